"""`govern rollback`: go back to a model that ran before."""

from typing import Annotated

import typer

from govern.cli import options
from govern.cli.session import Session, command


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "rollback", signs=True)(rollback)


def rollback(
    session: Session, *,
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Such as credit.")],
    to: Annotated[str, typer.Option("--to", metavar="MODEL", callback=options.given, help="The model to go back to.")],
    reason: options.Reason,
    environment: Annotated[
        str, typer.Option("--environment", metavar="ENVIRONMENT", callback=options.given, help="Where.")
    ] = "production",
    emergency: Annotated[
        bool, typer.Option("--emergency", help="Go back although its approval is stale; stays on every later report.")
    ] = False,
) -> None:
    """Go back to an earlier model in an environment.

    Refused if its approval no longer holds.
    """
    from govern.workflow.release import promoting

    with session.workspace() as workspace:
        written = promoting.rollback(
            workspace, system, to=to, environment=environment, reason=reason, emergency=emergency, key=session.key,
            passphrases=session.passphrases,
        )
        session.wrote(written, schema="govern/written/v1", within=workspace, done=f"rolled back in {environment}")
