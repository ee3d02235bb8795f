"""`govern anchor`: keep checkpoints where the ledger's owner can't rewrite them, and check the ledger against them."""

from pathlib import Path
from typing import Annotated

import typer

from govern.cli import options
from govern.cli.files import read
from govern.cli.outside import Authorities, Folders, Printed, Repositories, outside
from govern.cli.session import Session, command, group
from govern.cli.text import brief, state, when
from govern.domain.text import counted
from govern.errors import ExitCode

METHODS = ("rfc3161", "git-tag", "folder", "printed")


def add(app: typer.Typer) -> None:
    """Add the group."""
    anchor = group(app, "anchor", "Keep checkpoints where the ledger's owner can't write.")
    command(anchor, "add", signs=True)(keep)
    command(anchor, "list")(listed)
    command(anchor, "check")(check)


def keep(
    session: Session, *,
    method: Annotated[str, typer.Argument(metavar="METHOD", help=f"One of: {', '.join(METHODS)}.")],
    where: Annotated[
        str, typer.Argument(metavar="WHERE", help="The authority's address, the repository, the folder, or where the page is.")
    ],
    authority: Annotated[
        Path | None,
        typer.Option("--authority", metavar="PEM", help="rfc3161: certificates that the time stamp is held against."),
    ] = None,
) -> None:
    """Keep the newest checkpoint outside, and record where.

    An entry before the newest anchor can't be changed without contradicting what lies there.
    """
    from govern.workflow.custody import anchors

    with session.workspace() as workspace:
        written = anchors.add(
            workspace, options.chosen(method, METHODS, "METHOD"), where=where,
            authorities=read(authority, "the authority's certificates") if authority else b"", key=session.key,
            passphrases=session.passphrases,
        )
        session.wrote(written, schema="govern/written/v1", done=f"anchored by {method}")


def listed(session: Session) -> None:
    """List every anchor that was recorded, and what none covers."""
    from govern.workflow.custody import anchors

    with session.workspace() as workspace:
        rows = anchors.listed(workspace)
        tail = anchors.unanchored(((row.index, row.size) for row in rows), workspace.ledger.size)
    if session.as_json:
        session.voice.document("govern/anchors/v1", {"anchors": rows, "unanchored": tail})
        return
    session.voice.table(
        [
            (f"#{row.index}", row.method, f"size {row.size}", brief(row.root), when(row.attested or row.recorded), row.where)
            for row in rows
        ]
    )
    session.voice.line(f"unanchored tail: {counted(tail, 'entry', 'entries')}")


def check(
    session: Session, *, authority: Authorities = None, repository: Repositories = None, folder: Folders = None,
    printed: Printed = None,
) -> ExitCode:
    """Check what lies outside against the ledger.

    Exit 0 all agree; 1 one contradicts the ledger; 4 nothing, or not everything, could be checked.
    """
    from govern.workflow.custody import anchors

    given = outside(authority, repository, folder, printed)
    with session.workspace() as workspace:
        found = anchors.check(workspace, given)
    states = {one.state for one in found}
    code = ExitCode.REFUSED if "wrong" in states else ExitCode.ERROR if "unchecked" in states or not found else ExitCode.OK
    if session.as_json:
        session.voice.document("govern/anchor-check/v1", {"exit_code": int(code), "checks": found})
        return code
    session.voice.table([(state(one.state), one.what, one.detail) for one in found])
    if not found:
        session.voice.line("? nothing to check with: name what lies outside (--authority, --repository, --folder, --printed)")
    return code
