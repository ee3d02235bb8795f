"""`govern model`: end what a model version was good for."""

from typing import Annotated

import typer

from govern.cli.ending import Confirmed, end
from govern.cli.options import Reason
from govern.cli.session import Session, command, group


def add(app: typer.Typer) -> None:
    """Add the group."""
    model = group(app, "model", "Revoke a model.")
    command(model, "revoke", signs=True)(revoke)


def revoke(
    session: Session, *, ref: Annotated[str, typer.Argument(metavar="MODEL", help="Such as credit@1.")], reason: Reason,
    yes: Confirmed = False,
) -> None:
    """Say that a model must not run any more.

    Shows beforehand what rests on it: the approvals among it turn stale, which blocks promotion and deployment.
    """
    end(session, ref, kind="model", state="revoked", reason=reason, confirmed=yes)
