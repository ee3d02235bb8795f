"""One entry at a time into the tables of a state; which entry does what is listed in `HANDLERS`."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from govern.domain.statement import Entry
from govern.errors import CorruptStoreError
from govern.lineage import folding_acts as acts
from govern.lineage import folding_life as life
from govern.lineage import folding_things as things
from govern.lineage.records import Head
from govern.lineage.state import TABLES, State

Handler = Callable[[State, Entry], None]

HANDLERS: Final[dict[str, Handler]] = {
    "trust-root": things.trust_root,
    "system": things.system,
    "dataset": things.dataset,
    "run": things.run,
    "model": things.model,
    "evidence": things.evidence,
    "policy": things.policy,
    "binding": things.binding,
    "anchor": things.anchor,
    "export": things.export,
    "decision": acts.decision,
    "review": acts.review,
    "waiver": acts.waiver,
    "finding": acts.finding,
    "promotion": life.promotion,
    "deployment": life.deployment,
    "rollback": life.rollback,
    "retirement": life.retirement,
    "observation": life.observation,
}
"""Redactions and recoveries change nothing that may run: they are read from the ledger itself."""


class Folding:
    """A state in the making: `state` can be read at any time and moves on with each entry."""

    def __init__(self, start: State | None = None) -> None:
        start = start or State()
        self.state = State(start.head, {name: table.opened() for name, table in start.tables()})

    def apply(self, entry: Entry) -> None:
        """Fold one entry in. Raises `CorruptStoreError` where its index is not the next one."""
        head = self.state.head
        if entry.index != head.size:
            message = f"entry #{entry.index} follows #{head.size - 1}"
            raise CorruptStoreError(message, "Fold the entries in order and without gaps; `govern verify` looks closer.")
        handler = HANDLERS.get(entry.kind)
        if handler is not None:
            handler(self.state, entry)
        for signed in dict.fromkeys(signature.keyid for signature in entry.signed_by):
            self.state.series.append(("signed", signed), entry.index)
        self.state.head = self._moved(self.state.head, entry)

    @staticmethod
    def _moved(head: Head, entry: Entry) -> Head:
        clock = entry.time if head.clock is None else max(head.clock, entry.time)
        return replace(head, origin=head.origin or entry.statement.header.log, size=entry.index + 1, clock=clock)

    def run(self, entries: Iterable[Entry], *, as_of: datetime | None = None) -> None:
        """Fold entries in, stopping before the first that is later than `as_of`."""
        for entry in entries:
            if as_of is not None and self.state.moment(entry.time) > as_of:
                return
            self.apply(entry)

    def close(self) -> State:
        """Return what was folded as a value."""
        tables: dict[str, Any] = {name: getattr(self.state, name).closed() for name in TABLES}
        return State(self.state.head, tables)


def fold(entries: Iterable[Entry], *, as_of: datetime | None = None) -> State:
    """Fold a ledger's entries from the first one on.

    With `as_of` the fold stops before the first entry whose time is later: always a prefix of the ledger, so that a
    checkpoint of that time proves it. An entry that claims an earlier time than one before it counts as being of that
    later time. Raises `CorruptStoreError` where an index is not the next one.
    """
    return extended(State(), entries, as_of=as_of)


def extended(state: State, entries: Iterable[Entry], *, as_of: datetime | None = None) -> State:
    """Return the state after more entries, stopping before the first that is later than `as_of`."""
    folding = Folding(state)
    folding.run(entries, as_of=as_of)
    return folding.close()
