"""States kept as rows: append-only versions of each key, so that any state that was kept can be read key by key.

A row is (table, key, size, value): the value of a key from the state of `size` entries on. Nothing is ever changed, so a
reader of one size is never disturbed by a writer of the next, and reading as of a time costs no more than reading now.
The rows are a copy that can be made again from the entries; who could write them could make a model seem approved, so
they belong where the keys are, not beside the ledger (see `README.md`).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final, Protocol

from govern.domain.kept import Kept, Row
from govern.domain.statement import Entry
from govern.domain.text import Digest
from govern.lineage.codec import fingerprint, key_text, read_head, table_codec, write_head
from govern.lineage.folding import Folding
from govern.lineage.state import TABLES, State
from govern.lineage.tables import Table

BATCH: Final = 250
"""Entries between two kept states when a long ledger is folded: what reading as of a time has to fold at most."""

TOGETHER: Final = 80
"""Kept states that are written in one transaction when a long ledger is folded: they change the same pages, which are written once."""

HELD: Final = 20_000
"""Entries of which a long fold holds in memory what they changed: it goes on from that, and reads little back of what it wrote."""


class Rows(Protocol):
    """Where rows are kept; implemented by `govern.store`."""

    def kept(self) -> Iterator[Kept]:
        """All kept states, the largest first."""

    def latest(self, form: str, *, as_of: datetime | None, most: int | None) -> Kept | None:
        """The largest kept state of a form whose clock is not after `as_of` and that has `most` entries at most.

        Found by key: a state's clock is the latest time claimed so far, so it never falls as states grow, whatever clocks do.
        """

    def keep(self, states: Sequence[tuple[Kept, Sequence[Row]]]) -> bool:
        """Keep more states, all or none, each with what changed since the one before; one of a size that is there already stays.

        False where nothing can be kept: then whoever folds has to hold on to what it folded.
        """

    def value(self, table: str, key: str, size: int) -> bytes | None:
        """The value of a key in the state of `size` entries."""

    def ranged(self, table: str, prefix: str, size: int) -> Iterator[tuple[str, bytes]]:
        """Keys that start with `prefix`, with their values, in the state of `size` entries."""

    def clear(self) -> None:
        """Forget everything."""


class StoredTable(Mapping[Any, Any]):
    """One table of a kept state; what was read once is remembered."""

    __slots__ = ("_codec", "_read", "_rows", "_size")

    def __init__(self, rows: Rows, name: str, size: int) -> None:
        self._rows = rows
        self._codec = table_codec(name)
        self._size = size
        self._read: dict[Any, Any] = {}

    def __getitem__(self, key: Any) -> Any:
        if key in self._read:
            found = self._read[key]
        else:
            data = self._rows.value(self._codec.name, key_text(key), self._size)
            found = self._read[key] = None if data is None else self._codec.read(data)
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None

    def __iter__(self) -> Iterator[Any]:
        return self.starting("")

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def starting(self, prefix: str) -> Iterator[Any]:
        """Keys whose text starts with `prefix`."""
        for text, data in self._rows.ranged(self._codec.name, prefix, self._size):
            key = self._codec.key_of(text)
            if self._read.get(key) is None:
                # Whoever lists keys reads their values next: one question instead of one a key.
                self._read[key] = self._codec.read(data)
            yield key


def stored(rows: Rows, kept: Kept) -> State:
    """The state that was kept, read key by key when asked."""
    tables: dict[str, Any] = {name: Table(base=StoredTable(rows, name, kept.size)) for name in TABLES}
    return State(read_head(kept.head), tables)


def latest(rows: Rows, *, as_of: datetime | None = None, most: int | None = None) -> Kept | None:
    """The largest kept state whose clock is not after `as_of` and that has `most` entries at most; None where there is none."""
    return rows.latest(fingerprint(), as_of=as_of, most=most)


def made(state: State, root: Digest) -> tuple[Kept, list[Row]]:
    """What to keep of a state in the making: where it stands, and what changed since it was opened."""
    kept = Kept(size=state.size, clock=state.clock, root=root, head=write_head(state.head), form=fingerprint())
    return kept, [
        (name, key_text(key), write(value))
        for name, table in state.tables() if table.changed
        for write in (table_codec(name).write,)
        for key, value in table.changed.items()
    ]


class Source(Protocol):
    """The ledger that a state is the fold of."""

    @property
    def size(self) -> int:
        """How many entries there are."""

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Entries in order."""

    def root(self, size: int) -> Digest:
        """Root hash of the tree of the first `size` entries."""


def load(
    rows: Rows, source: Source, *, as_of: datetime | None = None, stop: int | None = None, batch: int = BATCH
) -> State:
    """Return the state of a ledger, or of its first `stop` entries, folding only the entries after the last kept state, and keep what is new.

    Rows that belong to another ledger, another past or another form are forgotten and made again.
    """
    size = source.size
    newest = next(rows.kept(), None)
    if newest is not None and not _fits(newest, source, size):
        rows.clear()
    kept = latest(rows, as_of=as_of, most=stop)
    state = State() if kept is None else stored(rows, kept)
    begun, last = state.size, as_of is None and stop is None
    entries = source.entries(state.size, size if stop is None else min(stop, size))
    new: list[tuple[Kept, list[Row]]] = []
    while True:
        folding = Folding(state)
        folding.run(islice(entries, batch), as_of=as_of)
        grown, now = folding.state.size - state.size, folding.state.size
        if grown == batch or (grown and last):
            new.append(made(folding.state, source.root(now)))
        state = folding.close()
        if len(new) == TOGETHER or grown < batch:
            held = not rows.keep(new)
            if grown < batch:
                return state
            if now - begun >= HELD and not held:
                state, begun = stored(rows, new[-1][0]), now
            new = []


def _fits(newest: Kept, source: Source, size: int) -> bool:
    if newest.form != fingerprint() or newest.size > size:
        return False
    return newest.size == 0 or newest.root == source.root(newest.size)


__all__ = ["BATCH", "Rows", "Source", "StoredTable", "latest", "load", "made", "stored"]
