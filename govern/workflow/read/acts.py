"""What one key holder did: how many entries, the last of them, and since when their keys are trusted."""

from datetime import datetime
from typing import Final

from govern.domain.facts import TrustRootFact
from govern.workflow.lately_views import Acts
from govern.workflow.place.workspace import Workspace
from govern.workflow.read.logbook import count, entries
from govern.workflow.read.summaries import entry_row

LATEST: Final = 12
"""Entries that are shown."""


def acts(ws: Workspace, holder: str) -> Acts:
    """Count what a holder signed, by read tables, and show the last of it. Raises `StorageError`."""
    since: dict[str, datetime] = {}
    for entry in entries(ws, kinds=("trust-root",), limit=ws.ledger.size):
        fact = entry.fact
        assert isinstance(fact, TrustRootFact)
        for keyid in fact.keys:
            since.setdefault(keyid, entry.time)
    latest = entries(ws, holder=holder, limit=LATEST, newest_first=True)
    return Acts(holder=holder, count=count(ws, holder=holder), latest=tuple(map(entry_row, latest)), since=since)
