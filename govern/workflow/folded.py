"""The state of a workspace's ledger, read from rows that are kept where the user's keys are.

Whoever owns the ledger's file must not own these rows: they say what is approved. Where the user's own folder can't be
written (a container without a home, a read-only copy), the ledger is folded from its first entry: slower, never other.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from govern.domain.statement import Entry
from govern.domain.text import Digest
from govern.errors import StorageError
from govern.lineage.snapshot import load
from govern.lineage.state import State, fold
from govern.store.ledger import Ledger
from govern.store.read_tables import ReadTables
from govern.trust.home import Home


class LedgerSource:
    """A ledger as something to fold."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self.ledger.size

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Entries in order."""
        return self.ledger.entries(start, stop)

    def root(self, size: int) -> Digest:
        """Root hash of the tree of the first `size` entries."""
        return self.ledger.root_at(size).root


def rows_path(home: Home, origin: str) -> Path:
    """Where one ledger's rows lie."""
    word = hashlib.sha256(origin.encode()).hexdigest()[:32]
    return home.checkpoint_folder.parent / "read-tables" / f"{word}.db"


def folded(home: Home, origin: str, ledger: Ledger, *, as_of: datetime | None = None, stop: int | None = None) -> State:
    """Return what a ledger says now, or said at `as_of`, or in its first `stop` entries."""
    try:
        return load(ReadTables(rows_path(home, origin)), LedgerSource(ledger), as_of=as_of, stop=stop)
    except StorageError:
        # The rows are only a copy: whatever is wrong with them, the ledger itself says the same, and says what is wrong
        # with it where the fault is there.
        return fold(ledger.entries(0, stop), as_of=as_of)
