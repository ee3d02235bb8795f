"""`govern replay`: derive a verdict again from what it rested on, and say whether it comes out the same."""

from typing import Annotated

import typer

from govern.cli.session import Session, command
from govern.errors import ExitCode

CODES = {
    "identical": ExitCode.OK, "same-verdict": ExitCode.OK, "differs": ExitCode.REFUSED, "cannot": ExitCode.ERROR,
}
WORDS = {"identical": "ok", "same-verdict": "ok", "differs": "wrong", "cannot": "unchecked"}


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "replay")(replay)


def replay(
    session: Session, *,
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="A decision's entry #12, or its digest's prefix.")],
) -> ExitCode:
    """Derive a decision again from what it rested on.

    Exit 0 the same; 1 it differs, with the rule; 4 it can't be derived, with the reason.
    """
    from govern.workflow import replaying

    with session.workspace() as workspace:
        found = replaying.replay(workspace, decision)
    code = CODES[found.outcome]
    if session.as_json:
        session.voice.document("govern/replay/v1", {"exit_code": int(code), "replay": found})
        return code
    voice = session.voice
    voice.line(f"{voice.state(WORDS[found.outcome])}  {found.outcome}: {found.subject_name} at {found.gate}, #{found.index}")
    voice.line(f"  decision {found.decision}")
    for reason in found.reasons:
        voice.paragraph(reason, indent="  ")
    return code
