"""Hands the reports room's renderer to those who export; WeasyPrint is imported only when a pack is made."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from govern.workflow.interface import LaidOutAgain, LayOutAgain, PackRenderer, Progress, RenderedPack
    from govern.workflow.pack import PackData


def renderer() -> "PackRenderer":
    """Return a renderer that loads the reports room when it is called."""
    from govern.cli.progress import ignore

    def render(pack: "PackData", out: Path, progress: "Progress" = ignore) -> "RenderedPack":
        from govern_reports import render_pack

        return render_pack(pack, out, progress)

    return render


def lay_out_again() -> "LayOutAgain":
    """Return what lays a pack's attached HTML out again; it loads the reports room when it is called."""

    def again(path: Path, progress: "Progress") -> "LaidOutAgain":
        from govern_reports.rerender import rerender

        return rerender(path, progress)

    return again
