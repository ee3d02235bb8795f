"""`govern promote`: move a system's stage to a model that the ledger allows there."""

from typing import Annotated

import typer

from govern.cli import options
from govern.cli.session import Session, command


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "promote", signs=True)(promote)


def promote(
    session: Session, *,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Such as credit@2.")],
    to: Annotated[str, typer.Option("--to", metavar="STAGE", callback=options.given, help="Such as production.")],
) -> None:
    """Move the system's stage to this model.

    Refused without an allowing decision, its quorum and a live closure.
    """
    from govern.workflow.release import promoting

    with session.workspace() as workspace:
        written = promoting.promote(workspace, model, to=to, key=session.key, passphrases=session.passphrases)
        session.wrote(written, schema="govern/written/v1", done=f"promoted to {to}")
        session.voice.hint(f"Next: govern deploy {written.subject} --to ENVIRONMENT")
