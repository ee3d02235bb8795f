"""`govern lineage`: what a thing was made from, and what rests on it."""

from typing import Annotated

import typer

from govern.cli import options
from govern.cli.session import Session, command
from govern.cli.text import Cell, brief
from govern.errors import UsageError

COLOUR = {"ok": "", "warn": "yellow", "bad": "red", "none": "dim"}


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "lineage")(lineage)


def lineage(
    session: Session, *,
    ref: Annotated[str, typer.Argument(metavar="REF", help="system/name, name@version, sha256:…, or #123.")],
    up: Annotated[bool, typer.Option("--up", help="Only what it was made from.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Only what was made from it.")] = False,
    impact: Annotated[bool, typer.Option("--impact", help="All models, approvals and deployments that rest on it.")] = False,
    as_of: options.AsOf = None,
) -> None:
    """Draw what a thing was made from and what rests on it."""
    from govern.workflow import reading

    if up + down + impact > 1:
        raise UsageError("--up, --down and --impact exclude each other", "Give one of them, or none for both ways.")
    direction = "up" if up else "down" if down else "impact" if impact else "both"
    with session.workspace() as workspace:
        rows = reading.lineage(workspace, ref, direction, as_of=options.as_of(as_of))  # type: ignore[arg-type]
    if session.as_json:
        session.voice.document("govern/lineage/v1", {"ref": ref, "direction": direction, "rows": rows})
        return
    session.voice.table(
        [
            (Cell(f"{row.lanes} {row.node}", COLOUR[row.standing]), row.kind, f"#{row.index}" if row.index >= 0 else "–", brief(row.digest), row.detail)
            for row in rows
        ]
    )
