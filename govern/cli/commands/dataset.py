"""`govern dataset`: end what a dataset was good for; everything that rests on it turns stale."""

from typing import Annotated

import typer

from govern.cli.ending import Confirmed, end
from govern.cli.options import Reason
from govern.cli.session import Session, command, group

Dataset = Annotated[str, typer.Argument(metavar="DATASET", help="Such as credit-train@1.")]


def add(app: typer.Typer) -> None:
    """Add the group."""
    dataset = group(app, "dataset", "Withdraw or supersede a dataset.")
    command(dataset, "withdraw", signs=True)(withdraw)
    command(dataset, "supersede", signs=True)(supersede)


def withdraw(session: Session, *, ref: Dataset, reason: Reason, yes: Confirmed = False) -> None:
    """Say that a dataset must not be used any more.

    Shows beforehand what rests on it: the approvals among it turn stale, which blocks promotion and deployment.
    """
    end(session, ref, kind="dataset", state="withdrawn", reason=reason, confirmed=yes)


def supersede(session: Session, *, ref: Dataset, reason: Reason, yes: Confirmed = False) -> None:
    """Say that a newer version takes a dataset's place.

    Shows beforehand what rests on it: the approvals among it turn stale, which blocks promotion and deployment.
    """
    end(session, ref, kind="dataset", state="superseded", reason=reason, confirmed=yes)
