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
from govern.errors import StorageError, VerificationError
from govern.ledger.checkpoint import digest_bytes, digest_text
from govern.ledger.tree import Frontier, peak_indices
from govern.lineage.snapshot import BATCH, load
from govern.lineage.state import State, fold
from govern.store.ledger import Ledger
from govern.store.read_tables import ReadTables
from govern.trust.home import Home


class LedgerSource:
    """A ledger as something to fold: no entry is given out that the tree under the newest checkpoint does not hold."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self.ledger.size

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Entries in order, a batch hashed into the tree before one of it is given. Raises `VerificationError` where it does not fit."""
        end = self.size if stop is None else stop
        frontier = Frontier(start, self.ledger.nodes(peak_indices(0, start)))
        for first in range(start, end, BATCH):
            chunk = list(self.ledger.entries(first, min(first + BATCH, end)))
            frontier.extend(digest_bytes(entry.leaf_hash) for entry in chunk)
            if digest_text(frontier.root()) != self.root(first + len(chunk)):
                raise VerificationError(
                    f"entries {first} to {first + len(chunk) - 1} are not those that the tree holds",
                    "Something changed the ledger's rows: `govern verify` says which.", step=2, index=first, kind="leaf",
                )
            yield from chunk

    def root(self, size: int) -> Digest:
        """Root hash of the tree of the first `size` entries. Raises `VerificationError` where its checkpoint says otherwise."""
        found = self.ledger.root_at(size).root
        newest = self.ledger.checkpoint()
        if newest.size == size and newest.root != found:
            raise VerificationError(
                "the tree is not the one that the newest checkpoint signs",
                "Something changed the ledger's rows: `govern verify` says which.", step=2, index=size - 1, kind="node",
            )
        return found


def rows_path(home: Home, origin: str) -> Path:
    """Where one ledger's rows lie."""
    return home.checkpoint_folder.parent / "read-tables" / f"{_word(origin)}.db"


def index_path(home: Home, origin: str) -> Path:
    """Where the index of one ledger's entries lies."""
    return home.checkpoint_folder.parent / "read-tables" / f"{_word(origin)}.entries.db"


def _word(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()[:32]


def folded(home: Home, origin: str, ledger: Ledger, *, as_of: datetime | None = None, stop: int | None = None) -> State:
    """Return what a ledger says now, said at `as_of`, or in its first `stop` entries. Raises `VerificationError` where its rows were changed."""
    source = LedgerSource(ledger)
    try:
        return load(ReadTables(rows_path(home, origin)), source, as_of=as_of, stop=stop)
    except StorageError:
        # The rows are only a copy: whatever is wrong with them, the ledger itself says the same, and says what is wrong
        # with it where the fault is there.
        return fold(source.entries(0, stop), as_of=as_of)
