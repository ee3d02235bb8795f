"""What one change ends: a dataset withdrawn under 10, 100, 1,000 and 10,000 approvals of one ledger, and under 10 of a larger one.

Timed from kept rows that nobody has read yet: down from the dataset to every approval that rests on it, and for each of
them up to the paths why it no longer holds.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage.book import Book, digest

from govern.domain.statement import Entry
from govern.domain.text import Digest
from govern.lineage.graph import Graph
from govern.lineage.nodes import node_of
from govern.lineage.snapshot import latest, load, stored
from govern.lineage.stale import stale
from govern.store.read_tables import ReadTables

PAD = "elsewhere"
"""What the approvals rest on that no change touches."""


class Approved:
    """A ledger of approvals, each of a model of its own; grown group by group, each group on a dataset of its own."""

    def __init__(self) -> None:
        self.book = Book()
        self.book.system()
        self.book.binding(self.book.policy())
        self.models = 0

    def group(self, name: str, approvals: int) -> None:
        """So many approvals that rest on the dataset NAME, three hops up."""
        book = self.book
        if digest(f"{name}@1") not in book.state.datasets:
            book.dataset(f"{name}@1")
            book.dataset(f"{name}-clean@1", sources=(f"{name}@1",))
        for _ in range(approvals):
            self.models += 1
            run = book.run(f"fit-{self.models}", (digest(f"{name}-clean@1"),))
            model = book.model(f"scorer@{self.models}", run=run)
            book.decide(model)
            book.review(model)

    def padded(self, entries: int) -> None:
        """Grow to so many entries by approvals that nothing of this ends."""
        self.group(PAD, max(0, (entries - self.size) // 5))

    @property
    def size(self) -> int:
        """How many entries there are."""
        return len(self.book.entries)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Entries in order."""
        return iter(self.book.entries[start:stop])

    def root(self, size: int) -> Digest:
        """Some digest of so many entries."""
        return digest(f"root {size}")


class Counted:
    """Read tables that count what they are asked for: what time says beside other work, this says at any time."""

    def __init__(self, rows: ReadTables) -> None:
        self.rows = rows
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rows, name)

    def value(self, table: str, key: str, size: int) -> bytes | None:
        """Ask, and count."""
        self.asked += 1
        return self.rows.value(table, key, size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """One change timed."""

    entries: int
    approvals: int
    seconds: float
    rows: int


def ended(rows: ReadTables, ledger: Approved, name: str, approvals: int, *, runs: int = 3) -> Ended:
    """Time what the withdrawal of a dataset ends; the fastest of a few, each from rows not yet read."""
    times = []
    for _ in range(runs):
        counted = Counted(rows)
        state = stored(counted, latest(rows))
        begun = time.perf_counter()
        reached = Graph(state).impact(node_of(state, digest(f"{name}@1")))
        gone = [one for one in reached if one.node.kind == "review" and stale(state, int(one.node.key), ledger.book.now)]
        times.append(time.perf_counter() - begun)
        if len(gone) != approvals:
            message = f"the benchmark's own ledger says that {len(gone)} approvals ended, and {approvals} rest on {name}"
            raise SystemExit(message)
    return Ended(entries=ledger.size, approvals=approvals, seconds=min(times), rows=counted.asked)


def scaling(most: int = 10_000) -> None:
    """Print what each approval that a change ends takes, and each figure's ratio to the first of its kind."""
    groups = [10**power for power in range(1, 6) if 10**power <= most]
    small, large = most, 10 * most
    ledger = Approved()
    with tempfile.TemporaryDirectory() as folder:
        rows = ReadTables(Path(folder) / "rows.db")
        ledger.group("of-10", 10)
        ledger.book.dataset("of-10@1", state="withdrawn", reason="it should not be used")
        ledger.padded(small)
        load(rows, ledger)
        first = ended(rows, ledger, "of-10", 10)
        for size in groups[1:]:
            ledger.group(f"of-{size}", size)
            ledger.book.dataset(f"of-{size}@1", state="withdrawn", reason="it should not be used")
        ledger.padded(large)
        load(rows, ledger)
        print(f"a dataset is withdrawn: {'approvals ended':>24} {'in entries':>12} {'time':>12} {'an approval':>12} {'rows read':>12}  ratio")
        line(first, first, "")
        base = ended(rows, ledger, "of-10", 10)
        line(base, first, "of the same change in a tenth of the entries")
        for size in groups[1:]:
            line(ended(rows, ledger, f"of-{size}", size), base, "an approval, of 10 in the same ledger")


def line(one: Ended, base: Ended, what: str) -> None:
    """Print one figure as soon as it is known."""
    each, before = one.seconds / one.approvals, base.seconds / base.approvals
    print(f"{'':24}{one.approvals:>24,} {one.entries:>12,} {one.seconds * 1e3:>9.1f} ms {each * 1e9:>9,.0f} ns "
          f"{one.rows / one.approvals:>12.1f}  "
          f"{each / before:5.2f} {what}", flush=True)


if __name__ == "__main__":
    scaling()
