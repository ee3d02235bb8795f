"""`govern log`: the ledger's entries, newest last."""

import time
from functools import partial
from typing import Annotated

import typer

from govern.cli import options
from govern.cli.options import chosen
from govern.cli.session import Session, command
from govern.cli.text import Cell, when
from govern.errors import UsageError

LIMIT = 50
STATES = ("ok", "warn", "bad", "none")
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
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="NAME", callback=options.given, help="Such as credit@2, or a whole digest.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="HOLDER", callback=options.given, help="Only what this holder signed.")
    ] = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", metavar="STATE", help="ok, warn, bad or none; repeat for more.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", callback=options.given, help="Not earlier: 2026-11-21, or with a time.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", callback=options.given, help="Not later.")
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with each new entry, until Ctrl-C.")] = False,
) -> None:
    """List the ledger's entries, the newest last."""
    from govern.workflow.read import logbook

    if follow and session.as_json:
        raise UsageError("--follow and --json exclude each other", "--json prints one document, and following has no end.")
    asked = partial(
        logbook.log, kinds=tuple(kind or ()), text=text or "", subject=subject or "", holder=by or "",
        standings=tuple(chosen(one, STATES, "--state") for one in state or ()), since=options.as_of(since), until=options.as_of(until),
    )
    with session.workspace() as workspace:
        size = workspace.ledger.size
        if start is None:
            newest = asked(workspace, size - 1, limit, newest_first=True)
            rows = tuple(reversed(newest))
        else:
            rows = asked(workspace, start, limit)
        if session.as_json:
            session.voice.document("govern/log/v1", {"size": size, "entries": rows})
            return
        _print(session, rows)
        while follow and session.voice.heard:
            time.sleep(POLL_SECONDS)
            grown = workspace.ledger.size
            if grown > size:
                _print(session, asked(workspace, size, grown - size))
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
