"""`govern retire`: end a model's running in an environment, or everywhere."""

from typing import Annotated

import typer

from govern.cli import options
from govern.cli.session import Session, command


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "retire", signs=True)(retire)


def retire(
    session: Session, *,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Such as credit@1, or a whole system: system/credit.")],
    reason: options.Reason,
    environment: Annotated[
        str | None,
        typer.Option("--environment", metavar="ENVIRONMENT", callback=options.given, help="Where it ends; else everywhere."),
    ] = None,
) -> None:
    """Record that a model runs no more."""
    from govern.workflow.release import promoting

    with session.workspace() as workspace:
        written = promoting.retire(
            workspace, model, environment=environment or "", reason=reason, key=session.key, passphrases=session.passphrases
        )
        session.wrote(written, schema="govern/written/v1", done=f"retired from {environment or 'every environment'}")
