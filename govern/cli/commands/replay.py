"""`govern replay`: derive a verdict again from what it rested on, and say whether it comes out the same."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli.files import existing, read
from govern.cli.options import given
from govern.cli.session import Session, command
from govern.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from govern.workflow.packs.replaying import Replay

CODES = {
    "identical": ExitCode.OK, "same-verdict": ExitCode.OK, "differs": ExitCode.REFUSED, "cannot": ExitCode.ERROR,
}
WORDS = {"identical": "ok", "same-verdict": "ok", "differs": "wrong", "cannot": "unchecked"}


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "replay")(replay)


def replay(
    session: Session, *,
    what: Annotated[
        str, typer.Argument(metavar="DECISION|PACK.pdf", help="A decision's entry #12, or its digest's prefix; or an evidence pack.")
    ],
    decision: Annotated[
        str | None, typer.Argument(metavar="[DECISION]", callback=given, help="With a pack: one decision; else every one that it holds.")
    ] = None,
    trust: Annotated[
        Path | None, typer.Option("--trust", metavar="ROOT", help="With a pack: the trust root that you were given on another way.")
    ] = None,
) -> ExitCode:
    """Derive a decision again, from the ledger or from a pack alone.

    Exit 0 the same; 1 it differs, with the rule; 4 it can't be derived, with the reason.
    """
    from govern.workflow.packs import replaying

    found: tuple[Replay, ...]
    if trust is not None or decision is not None or Path(what).is_file():
        if trust is None:
            raise UsageError(
                "a pack is replayed against a trust root from outside, and none is named",
                "Give --trust ROOT. A key that only the pack itself brings along proves nothing.",
            )
        with session.progress() as progress:
            found = replaying.replay_pack(
                existing(Path(what)), decision, trust=read(trust, "the trust root"), progress=progress
            )
    else:
        with session.workspace() as workspace:
            found = (replaying.replay(workspace, what),)
    # What was shown to be wrong comes before what could not be looked at.
    codes = {CODES[one.outcome] for one in found}
    code = next((one for one in (ExitCode.REFUSED, ExitCode.ERROR) if one in codes), ExitCode.OK)
    if session.as_json:
        session.voice.document("govern/replay/v1", {"exit_code": int(code), "replays": found})
        return code
    for one in found:
        show(session, one)
    return code


def show(session: Session, found: "Replay") -> None:
    """Write what deriving one decision again gave."""
    voice = session.voice
    voice.line(f"{voice.state(WORDS[found.outcome])}  {found.outcome}: {found.subject_name} at {found.gate}, #{found.index}")
    voice.line(f"  decision {found.decision}")
    for reason in found.reasons:
        voice.paragraph(reason, indent="  ")
