"""The ledger's entries as lists that people filter: found by read tables, shown from the ledger."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from govern.canonical.dsse import parse_leaf
from govern.domain.evidence import JsonValue
from govern.domain.statement import Entry
from govern.errors import NotFoundError
from govern.store.entry_index import EntryIndex, IndexRow, Wanted
from govern.workflow.place.folded import LedgerSource, index_path
from govern.workflow.place.workspace import Workspace
from govern.workflow.read.summaries import entry_row
from govern.workflow.views import EntryDetail, EntryRow

BATCH: Final = 2000
"""Entries that are indexed in one transaction."""


def log(
    ws: Workspace, start: int | None = None, limit: int = 256, *, kinds: Sequence[str] = (), text: str = "", subject: str = "",
    holder: str = "", standings: Sequence[str] = (), since: datetime | None = None, until: datetime | None = None,
    newest_first: bool = False,
) -> tuple[EntryRow, ...]:
    """Show up to `limit` entries from index `start` on that fit every filter.

    The key to go on from is an index: the last row's plus one, or minus one with `newest_first`. Without filters the
    entries are read as they are; with one, read tables say which, and an entry is decoded only to be shown.

    Args:
        ws: The workspace.
        start: The first index to look at; the oldest, or with `newest_first` the newest, where none is given.
        limit: At most so many rows.
        kinds: Such as `model` or `review`; one of them.
        text: Has to stand in kind, subject, holder or summary, in any case.
        subject: A name as entries say it, such as `credit@2`, or a whole digest.
        holder: Who signed.
        standings: `ok`, `warn`, `bad` or `none`; one of them.
        since: Not claimed earlier than this.
        until: Not claimed later than this.
        newest_first: Go down instead of up.

    Raises:
        StorageError: The read tables can't be kept.
    """
    found = entries(
        ws, start, limit, kinds=kinds, text=text, subject=subject, holder=holder, standings=standings, since=since, until=until,
        newest_first=newest_first,
    )
    return tuple(map(entry_row, found))


def entries(
    ws: Workspace, start: int | None = None, limit: int = 256, *, kinds: Sequence[str] = (), text: str = "", subject: str = "",
    holder: str = "", standings: Sequence[str] = (), since: datetime | None = None, until: datetime | None = None,
    newest_first: bool = False,
) -> tuple[Entry, ...]:
    """Give the entries themselves that `log` shows; the same arguments. Raises `StorageError`."""
    size = ws.ledger.size
    low, high = (0, size) if start is None else (0, min(start + 1, size)) if newest_first else (max(start, 0), size)
    wanted = Wanted(
        kinds=tuple(kinds), subject=subject, holder=holder, standings=tuple(standings), since=since, until=until, text=text
    )
    if wanted == Wanted():
        found: Sequence[int] = range(high - 1, low - 1, -1)[:limit] if newest_first else range(low, high)[:limit]
    else:
        found = _caught_up(ws, size).find(wanted, start=low, stop=high, limit=limit, newest_first=newest_first)
    return tuple(ws.ledger.entries_at(found))


def count(ws: Workspace, *, kinds: Sequence[str] = (), holder: str = "") -> int:
    """Count the entries of some kinds, or by a holder, by read tables. Raises `StorageError`."""
    return _caught_up(ws, ws.ledger.size).count(Wanted(kinds=tuple(kinds), holder=holder))


def entry(ws: Workspace, index: int) -> EntryDetail:
    """Show one entry with its decoded statement, signatures and proof. Raises `NotFoundError`."""
    if not 0 <= index < ws.ledger.size:
        raise NotFoundError(f"there is no entry #{index}", f"The ledger has entries #0 to #{ws.ledger.size - 1}.")
    found = ws.ledger.entry(index)
    leaf = ws.ledger.leaf(index)
    statement: dict[str, JsonValue] = json.loads(parse_leaf(leaf).payload)
    return EntryDetail(
        row=entry_row(found), leaf_hash=found.leaf_hash, statement=statement,
        signatures=tuple((signed.keyid, signed.holder) for signed in found.signed_by),
        proof=ws.ledger.proof(index), size=len(leaf),
    )


def _caught_up(ws: Workspace, size: int) -> EntryIndex:
    """The index with every entry of the ledger in it; made anew where it is of another ledger."""
    index, source = EntryIndex(index_path(ws.home, ws.config.origin)), LedgerSource(ws.ledger, ws.trusted.head())
    done, root = index.reached()
    if done > size or (done and source.root(done) != root):
        index.clear()
        done = 0
    rows: list[IndexRow] = []
    for entry in source.entries(done, size):
        rows.append(_row(entry))
        if len(rows) == BATCH or entry.index == size - 1:
            index.add(rows, at=rows[0].index, size=entry.index + 1, root=source.root(entry.index + 1))
            rows = []
    return index


def _row(entry: Entry) -> IndexRow:
    shown = entry_row(entry)
    subject = entry.statement.subjects[0]
    return IndexRow(
        index=entry.index, time=entry.time, kind=shown.kind, holder=shown.holder, subject=subject.name, digest=subject.digest,
        standing=shown.standing, words=f"{shown.subject} {shown.holder} {shown.summary} {shown.kind}",
    )
