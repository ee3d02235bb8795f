"""Hands the reports room to those who export and verify; WeasyPrint is imported only when a pack is made or laid out."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from govern.cli.progress import ignore

if TYPE_CHECKING:
    from govern.workflow.interface import LaidOutAgain, LayOutAgain, PackRenderer, Progress, RenderedPack
    from govern.workflow.pack import PackData


class PackWriter:
    """A `PackRenderer` that loads the reports room when it is called, and keeps how the ledger stood in what it wrote."""

    def __init__(self, templates: Path | None = None) -> None:
        """Render with the reports' own templates, or with those in a folder of the user's."""
        self.templates = templates
        self.outcome: Literal["verified", "wrong", "unchecked"] | None = None
        """Of the ledger's verification that the last pack shows on its cover."""

    def __call__(self, pack: "PackData", out: Path, progress: "Progress" = ignore) -> "RenderedPack":
        """Write the pack to `out`."""
        from govern_reports import render_pack

        self.outcome = pack.verification.outcome
        return render_pack(pack, out, progress, templates=self.templates)


def renderer() -> "PackRenderer":
    """Return a renderer that loads the reports room when it is called."""
    return PackWriter()


def lay_out_again() -> "LayOutAgain":
    """Return what lays a pack's attached HTML out again; it loads the reports room when it is called."""

    def again(path: Path, progress: "Progress") -> "LaidOutAgain":
        from govern_reports.rerender import rerender

        return rerender(path, progress)

    return again
