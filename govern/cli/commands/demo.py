"""`govern demo`: the whole path on the shipped sample, in a new workspace."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli.session import Session, command
from govern.cli.text import Cell, duration
from govern.domain.decision import Outcome
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
) -> ExitCode:
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
    wrong = _wrong(result)
    code = ExitCode.ERROR if wrong else ExitCode.OK
    if session.as_json:
        voice.document("govern/demo/v1", {"exit_code": int(code), "wrong": wrong, "demo": result})
        return code
    _ended(session, result)
    for what in wrong:
        voice.line(f"✗ {what}", "red")
    return code


def _wrong(result: "DemoResult") -> list[str]:
    """Say what did not come out as the path promises."""
    wanted = {
        "candidate 1 was not denied": result.denied.decision.outcome is Outcome.DENY,
        "candidate 2 was not allowed": result.allowed.decision.outcome is Outcome.ALLOW,
        "the ledger does not verify": result.verified.outcome == "verified",
        "the pack does not verify": result.pack_verified.outcome == "verified",
        "the changed byte was not found": result.tampered.outcome == "wrong",
    }
    return [sentence for sentence, held in wanted.items() if not held]


def _ended(session: Session, result: "DemoResult") -> None:
    """Say how long each part took, and what to open."""
    voice = session.voice
    voice.line()
    times = [(part, duration(seconds)) for part, seconds in result.seconds.items()]
    together = (Cell("together", "bold"), Cell(duration(sum(result.seconds.values())), "bold"))
    voice.table([*times, together], right=(1,), indent="  ")
    voice.line()
    voice.line("What to open next", "bold")
    home = f"GOVERN_HOME={result.home}"
    secret = result.home / "demo-passphrase.txt"
    voice.table(
        [
            ("the evidence pack", result.pack),
            ("prove it", f"govern verify {result.pack} --trust {result.trust} --replay"),
            ("the application", f"{home} govern --workspace {result.folder} tui"),
            ("what was written", f"{home} govern --workspace {result.folder} log"),
            ("where it stands", f"{home} govern --workspace {result.folder} status"),
            ("its keys open with", f"the passphrase in {secret}"),
        ],
        indent="  ",
    )
