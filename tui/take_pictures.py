"""Takes the pictures of `tui/README.md` from a workspace that `govern demo --keep DIR` made: `take_pictures.py DIR tui/pictures`."""

import asyncio
import io
import os
import re
import sys
from pathlib import Path

import govern_tui

govern_tui.forget_recording()

from textual.pilot import Pilot  # noqa: E402

from govern.workflow.place.workspace import Workspace  # noqa: E402
from govern_tui.app import GovernApp  # noqa: E402
from govern_tui.picture import picture_of  # noqa: E402
from govern_tui.settings import Settings  # noqa: E402
from govern_tui.workflow_desk import WorkflowDesk  # noqa: E402

WIDTH = 1200
"""Pixels: what a README shows on a wide screen."""
COLOURS = 128
"""Of a palette: a terminal has few, and the files stay small."""
SHOTS: dict[str, tuple[str, ...]] = {
    "dashboard": (), "ledger": ("2", *("down",) * 12), "lineage": ("3",), "review": ("4", "enter", "tab:rules"), "approve": ("4", "enter", "tab:rules", "a"),
    "distributions": ("4", "enter", "tab:distributions"), "conditions": ("4", "enter", "tab:rules", "A"),
    "policies": ("5",), "waive": ("4", "o", "text:credit@1", "enter", "w"), "monitoring": ("6",), "reports": ("7", "tab", "p"), "verify": ("8", "F"), "keys": ("9",), "colour-blind": ("4", "enter", "tab:attempts"),
}


def png_of(svg: str) -> bytes:
    """Draw an SVG through WeasyPrint and MuPDF, both of which are here anyway."""
    import pymupdf
    from PIL import Image
    from weasyprint import HTML

    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    width, height = (found[1], found[2]) if found else ("1200", "800")
    page = f"<style>@page{{size:{width}px {height}px;margin:0}}body{{margin:0}}svg{{display:block}}</style>{svg}"
    drawn = pymupdf.open(stream=HTML(string=page).write_pdf(), filetype="pdf")[0]
    sharp = drawn.get_pixmap(matrix=pymupdf.Matrix(WIDTH / drawn.rect.width, WIDTH / drawn.rect.width))
    picture = Image.frombytes("RGB", (sharp.width, sharp.height), sharp.samples).quantize(COLOURS)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


async def quiet(pilot: Pilot[int]) -> None:
    """Wait until nothing reads any more."""
    await pilot.pause(0.4)
    while pilot.app.workers or pilot.app.jobs.running:  # type: ignore[attr-defined]
        await pilot.pause(0.1)
    await pilot.pause(0.2)


async def take(folder: Path, out: Path) -> None:
    """Take every picture."""
    for name, steps in SHOTS.items():
        workspace = Workspace.open(folder)
        app = GovernApp(WorkflowDesk(workspace), Settings(theme="govern-cvd" if name == "colour-blind" else ""))
        async with app.run_test(size=(120, 34)) as pilot:
            await quiet(pilot)
            for step in steps:
                if step.startswith("text:"):
                    app.screen.query_one("#prompt").value = step[5:]  # type: ignore[attr-defined]
                elif step.startswith("tab:"):
                    app.page.query_one("#tabs").active = f"tab-{step[4:]}"  # type: ignore[union-attr,attr-defined]
                else:
                    await pilot.press(step)
                await quiet(pilot)
            picture = picture_of(app)
        workspace.close()
        (out / f"{name}.png").write_bytes(png_of(picture))


if __name__ == "__main__":
    given = Path(sys.argv[1])
    os.environ.setdefault("GOVERN_HOME", str(given / "home"))
    asyncio.run(take(given, Path(sys.argv[2])))
