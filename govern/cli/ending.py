"""Ends the existence of a dataset or a model, after showing what that will touch."""

import sys
from typing import Annotated

import typer

from govern.cli.session import Session
from govern.domain.text import counted
from govern.errors import UsageError

Confirmed = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]


def end(session: Session, ref: str, *, kind: str, state: str, reason: str, confirmed: bool) -> None:
    """Show the blast radius, ask, and record the end. Raises `UsageError` where nobody can be asked."""
    from govern.workflow.read import reading
    from govern.workflow.record import recording

    with session.workspace() as workspace:
        node = reading.resolve(workspace, ref, kinds=(kind,))
        touched = reading.lineage(workspace, node.name, "impact")
        others = [row for row in touched if row.digest != node.digest or row.kind != kind]
        if not session.as_json:
            session.voice.talk(f"{node.name} will be {state}; {counted(len(others), 'thing rests', 'things rest')} on it:")
            for row in others:
                session.voice.talk(f"  {row.lanes} {row.node}  {row.kind} #{row.index}")
        if session.as_json and not confirmed:
            # What would be asked of a person is data here; the exit code says that it was not done.
            session.voice.document("govern/touches/v1", {
                "exit_code": int(UsageError.code), "ref": node.name, "digest": node.digest, "state": state, "touches": others,
            })
            raise UsageError("nothing was written: nobody said yes", "Read what it touches; then say --yes.")
        if not confirmed and not _agreed():
            session.voice.talk("nothing was written")
            raise KeyboardInterrupt
        written = recording.end_existence(
            workspace, node.name, state=state, reason=reason, key=session.key, passphrases=session.passphrases
        )
        session.wrote(written, schema="govern/written/v1", done=state, touches=others)
        session.voice.hint("Next: govern review list shows what this reopened.")


def _agreed() -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("nobody can be asked here", "`govern lineage REF --impact` shows what is touched; then say --yes.")
    sys.stderr.write("Go on? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
