"""Options that say what lies outside the ledger: what anchors are checked with."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli.files import read

if TYPE_CHECKING:
    from govern.workflow.custody.anchors import Outside

Authorities = Annotated[
    list[Path] | None,
    typer.Option("--authority", metavar="PEM", help="Certificates of time-stamp authorities to trust; repeat for more."),
]
Repositories = Annotated[
    list[Path] | None, typer.Option("--repository", metavar="DIR", help="A git repository with tags; repeat for more.")
]
Folders = Annotated[
    list[Path] | None, typer.Option("--folder", metavar="DIR", help="A folder with kept checkpoints; repeat for more.")
]
Printed = Annotated[
    list[str] | None, typer.Option("--printed", metavar="'SIZE ROOT'", help="As on a printed page; repeat for more.")
]


def outside(
    authority: list[Path] | None, repository: list[Path] | None, folder: list[Path] | None, printed: list[str] | None
) -> "Outside":
    """Bundle what was given. Raises `UsageError` for a certificate file that can't be read."""
    from govern.workflow.custody.anchors import Outside

    return Outside(
        authorities=b"\n".join(read(path, "an authority's certificates") for path in authority or ()),
        repositories=tuple(repository or ()), folders=tuple(folder or ()), printed=tuple(printed or ()),
    )
