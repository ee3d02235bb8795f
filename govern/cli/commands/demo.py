"""`govern demo`: the whole path on the shipped sample, in a new workspace."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli.session import Session, command
from govern.cli.text import duration
from govern.errors import ExitCode

if TYPE_CHECKING:
    from govern.workflow.demo import DemoResult


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "demo", workspace=False)(demo)


def demo(
    session: Session, *,
    keep: Annotated[
        Path | None, typer.Option("--keep", metavar="DIR", help="Work in this new folder; else in a temporary one.")
    ] = None,
) -> ExitCode | None:
    """Go the whole path on the shipped sample, with every part real.

    Record, gate, review, promote, deploy, monitor, export, verify. One candidate is denied for bias and one allowed; a reviewer signs; a later window has drifted; a byte of a copy is
    changed and found.
    """
    from govern.cli.rendering import renderer
    from govern.workflow import demo as whole_path

    folder = keep or Path(tempfile.mkdtemp(prefix="govern-demo-"))
    voice = session.voice

    def say(sentence: str) -> None:
        if not session.as_json:
            voice.line(f"• {sentence}")
            voice.flush()

    with session.progress() as progress:
        result = whole_path.run(folder, renderer=renderer(), progress=progress, say=say)
    if session.as_json:
        voice.document("govern/demo/v1", {"demo": result})
        return None
    _ended(session, result)
    return None


def _ended(session: Session, result: "DemoResult") -> None:
    """Say how long each part took, and what to open."""
    voice = session.voice
    voice.line()
    voice.table([(part, duration(seconds)) for part, seconds in result.seconds.items()], right=(1,), indent="  ")
    voice.table([("together", duration(sum(result.seconds.values())))], indent="  ")
    voice.line()
    voice.line("What to open next", "bold")
    home = f"GOVERN_HOME={result.home}"
    voice.table(
        [
            ("the evidence pack", result.pack),
            ("prove it", f"govern verify {result.pack} --trust {result.trust} --replay"),
            ("the application", f"{home} govern --workspace {result.folder} tui"),
            ("what was written", f"{home} govern --workspace {result.folder} log"),
            ("where it stands", f"{home} govern --workspace {result.folder} status"),
        ],
        indent="  ",
    )
