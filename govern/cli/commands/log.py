"""`govern log`: the ledger's entries, newest last."""

import time
from typing import Annotated

import typer

from govern.cli import options
from govern.cli.session import Session, command
from govern.cli.text import Cell, when
from govern.errors import UsageError

LIMIT = 50
POLL_SECONDS = 1.0


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "log")(log)


def log(
    session: Session, *,
    limit: Annotated[int, typer.Option("-n", "--limit", metavar="N", min=1, help="At most so many, the newest.")] = LIMIT,
    start: Annotated[int | None, typer.Option("--start", metavar="INDEX", min=0, help="From this entry on instead.")] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", metavar="KIND", help="Such as model or review; repeat for more.")
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="TEXT", callback=options.given, help="Only entries that say this.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with each new entry, until Ctrl-C.")] = False,
) -> None:
    """List the ledger's entries, the newest last."""
    from govern.workflow import reading

    if follow and session.as_json:
        raise UsageError("--follow and --json exclude each other", "--json prints one document, and following has no end.")
    kinds = tuple(kind or ())
    with session.workspace() as workspace:
        size = workspace.ledger.size
        if start is None:
            newest = reading.log(workspace, size - 1, limit, kinds=kinds, text=text or "", newest_first=True)
            rows = tuple(reversed(newest))
        else:
            rows = reading.log(workspace, start, limit, kinds=kinds, text=text or "")
        if session.as_json:
            session.voice.document("govern/log/v1", {"size": size, "entries": rows})
            return
        _print(session, rows)
        while follow and session.voice.heard:
            time.sleep(POLL_SECONDS)
            grown = workspace.ledger.size
            if grown > size:
                _print(session, reading.log(workspace, size, grown - size, kinds=kinds, text=text or ""))
                session.voice.flush()
                size = grown


def _print(session: Session, rows: object) -> None:
    session.voice.table(
        [
            (f"#{row.index}", when(row.time), Cell(row.kind, "bold"), row.holder, row.subject, row.summary)
            for row in rows  # type: ignore[attr-defined]
        ],
        right=(0,),
    )
