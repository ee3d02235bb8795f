"""`govern checkpoint`: the newest signed tree head."""

import typer

from govern.cli.session import Session, command


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "checkpoint")(checkpoint)


def checkpoint(session: Session) -> None:
    """Print the newest checkpoint, a signed note.

    Keep it where the ledger's owner can't write: with it, any change of what it covers is found.
    """
    with session.workspace() as workspace:
        newest = workspace.ledger.checkpoint()
    if session.as_json:
        session.voice.document(
            "govern/checkpoint/v1",
            {"origin": newest.origin, "size": newest.size, "root": newest.root, "note": newest.note},
        )
        return
    session.voice.raw(newest.note.encode())
