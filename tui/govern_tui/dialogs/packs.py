"""Asking where an evidence pack goes, and writing it as a job that can be stopped."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from govern.domain.text import Digest
from govern.workflow.interface import Passphrases, RenderedPack
from govern_tui.dialogs.asking import AskDialog, Field

if TYPE_CHECKING:
    from govern_tui.app import GovernApp

TITLE = "writing the pack"
EXPORT_KEY = "pipeline"
"""The key that signs exports where the workspace names no other; `init` makes it."""


def file_name(model: str) -> str:
    """A file name for the pack of `name@version`."""
    return "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in model) + ".pdf"


def ask_for_pack(app: "GovernApp", model: Digest, name: str) -> None:
    """Ask for file and passphrase, then write the pack."""
    def confirmed(values: dict[str, str], passphrases: Passphrases) -> tuple[Path, Passphrases]:
        return Path(values["file"]).expanduser(), passphrases

    def start(answer: tuple[Path, Passphrases] | None) -> None:
        if answer is None:
            return
        out, passphrases = answer

        def work(progress: Any) -> RenderedPack:
            out.parent.mkdir(parents=True, exist_ok=True)
            return app.desk.export(model, out, key="", passphrases=passphrases, progress=progress)

        app.say(f"govern export {name} -o {out}")
        app.start_job(TITLE, work, lambda pack: done(app, pack))

    default = app.desk.exports() / file_name(name)
    app.push_screen(
        AskDialog(
            f"EXPORT · {name}",
            "A PDF/A-3 with the machine-readable proofs attached. That it left the house is recorded, signed by the auditor's key.",
            [Field(id="file", label="File", value=str(default))], confirmed, secrets=(EXPORT_KEY,),
        ),
        start,
    )


def done(app: "GovernApp", pack: RenderedPack) -> None:
    """Say where the pack is and what it hashes to."""
    app.notify(f"{pack.path}\n{pack.pages} pages, {pack.digest}", title="Evidence pack written", markup=False, timeout=12)
    if app.page is not None and hasattr(app.page, "pack_written"):
        app.page.pack_written(pack)
