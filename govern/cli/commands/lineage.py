"""`govern lineage`: what a thing was made from, and what rests on it."""

from typing import Annotated

import typer

from govern.cli import options, past
from govern.cli.session import Session, command
from govern.cli.text import Cell, brief
from govern.errors import UsageError

COLOUR = {"ok": "", "warn": "yellow", "bad": "red", "none": "dim"}


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "lineage")(lineage)


def lineage(
    session: Session, *,
    ref: Annotated[str, typer.Argument(metavar="REF", help="system/name, name@version, sha256:…, #123, or key/NAME.")],
    up: Annotated[bool, typer.Option("--up", help="Only what it was made from.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Only what was made from it.")] = False,
    impact: Annotated[bool, typer.Option("--impact", help="All models, approvals and deployments that rest on it.")] = False,
    as_of: options.AsOf = None,
) -> None:
    """Draw what a thing was made from and what rests on it.

    Of a key (its name here, its holder, or the beginning of its id) --impact lists what it signed and what rests on that.
    """
    from govern.workflow.read import reading, signed
    from govern.workflow.read.asof import past_of

    if up + down + impact > 1:
        raise UsageError("--up, --down and --impact exclude each other", "Give one of them, or none for both ways.")
    direction = "up" if up else "down" if down else "impact" if impact else "both"
    with session.workspace() as workspace:
        moment = options.as_of(as_of)
        asked = signed.signed_with if signed.is_key(ref) else reading.lineage
        rows = asked(workspace, ref, direction, as_of=moment)  # type: ignore[arg-type]
        proof = None if moment is None else past_of(
            workspace.ledger, workspace.objects, workspace.state(as_of=moment), moment, systems=()
        )
    if session.as_json:
        session.voice.document("govern/lineage/v1", {"ref": ref, "direction": direction, "rows": rows, "past": proof})
        return
    session.voice.table(
        [
            (Cell(f"{row.lanes} {row.node}", COLOUR[row.standing]), row.kind, f"#{row.index}" if row.index >= 0 else "–", brief(row.digest), row.detail)
            for row in rows
        ]
    )
    if proof is not None:
        past.show(session.voice, proof)
