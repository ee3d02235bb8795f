"""`govern checkpoint`: the newest signed tree head."""

import typer

from govern.cli.options import When, when
from govern.cli.session import Session, command


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "checkpoint")(checkpoint)


def checkpoint(session: Session, *, as_of: When = None) -> None:
    """Print the newest checkpoint, a signed note.

    Keep it where the ledger's owner can't write: with it, any change of what it covers is found.
    """
    with session.workspace() as workspace:
        moment = when(as_of)
        if moment is None:
            newest = workspace.ledger.checkpoint()
        else:
            from govern.workflow.place.moments import moment_kept

            newest = moment_kept(workspace, moment).checkpoint
    if session.as_json:
        session.voice.document(
            "govern/checkpoint/v1",
            {"origin": newest.origin, "size": newest.size, "root": newest.root, "note": newest.note},
        )
        return
    session.voice.raw(newest.note.encode())
