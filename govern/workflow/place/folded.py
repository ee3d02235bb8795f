"""The state of a workspace's ledger, read from rows that are kept where the user's keys are.

Whoever owns the ledger's file must not own these rows: they say what is approved. Where the user's own folder can't be
written (a container without a home, a read-only copy), the ledger is folded from its first entry: slower, never other.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from govern.domain.facts import TrustRootFact
from govern.domain.statement import Entry, TreeHead
from govern.domain.text import Digest
from govern.errors import StorageError, VerificationError
from govern.ledger.checkpoint import digest_bytes, digest_text
from govern.ledger.entries import check_leaf, decode
from govern.ledger.tree import Frontier, ProofError, check_continues, leaf_hash, peak_indices
from govern.lineage.folding import fold
from govern.lineage.snapshot import BATCH, load
from govern.lineage.state import State
from govern.store.ledger import Ledger
from govern.store.read_tables import ReadTables
from govern.trust.home import Home
from govern.trust.root import RootChain


class LedgerSource:
    """A ledger as something to fold: no entry is given out that the tree under the newest signed checkpoint does not hold.

    What somebody else wrote since this user last looked is checked as verification checks it, signatures and roles too: it
    is the log's word only that a checkpoint gives, and everybody who writes has the log's key.
    """

    def __init__(self, ledger: Ledger, seen: TreeHead | None) -> None:
        """`seen` is the trusted checkpoint: the entries under it were verified, or written, by this user."""
        self.ledger = ledger
        self._seen = seen

    @property
    def size(self) -> int:
        """How many entries there are."""
        return self.ledger.size

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Entries in order, a batch hashed into the tree before one of it is given. Raises `VerificationError` where it does not fit."""
        end = self.size if stop is None else stop
        frontier = Frontier(start, self.ledger.nodes(peak_indices(0, start)))
        for first in range(start, end, BATCH):
            leaves = list(self.ledger.leaves(first, min(first + BATCH, end)))
            frontier.extend(leaf_hash(leaf) for leaf in leaves)
            if digest_text(frontier.root()) != self.root(first + len(leaves)):
                raise VerificationError(
                    f"entries {first} to {first + len(leaves) - 1} are not those that the tree holds",
                    "Something changed the ledger's rows: `govern verify` says which.", step=2, index=first, kind="leaf",
                )
            roots = self.ledger.roots()
            chunk = [self._decoded(index, leaf, roots) for index, leaf in enumerate(leaves, first)]
            yield from chunk

    def _decoded(self, index: int, leaf: bytes, roots: RootChain) -> Entry:
        if self._seen is not None and index >= self._seen.size:
            check_leaf(index, leaf, roots=roots, origin=self.ledger.origin)
        entry = decode(index, leaf, roots)
        if isinstance(entry.fact, TrustRootFact) and (index, entry.fact) not in roots.versions:
            raise _other_roots(index)
        return entry

    def root(self, size: int) -> Digest:
        """Root hash of the tree of the first `size` entries. Raises `VerificationError` where the newest checkpoint does not cover it."""
        found, newest = self.ledger.root_at(size).root, self.ledger.proved()
        try:
            if size:
                check_continues(size, newest.size, digest_bytes(found), digest_bytes(newest.root), self.ledger.nodes)
        except ProofError as error:
            raise VerificationError(
                "the tree is not the one that the newest checkpoint signs",
                "Something changed the ledger's rows: `govern verify` says which.", step=2, index=size - 1, kind="node",
            ) from error
        return found


def _other_roots(index: int) -> VerificationError:
    return VerificationError(
        f"the trust roots of this ledger are not those that its entries brought, of which one is #{index}",
        "The table of trust roots was changed: `govern verify --full` says where.", step=1, index=index, kind="trust-root",
    )


def rows_path(home: Home, origin: str, *, guarded: bool = True) -> Path:
    """Where one ledger's rows lie; those of a ledger that does not continue what was trusted are never taken for its own."""
    return home.checkpoint_folder.parent / "read-tables" / f"{_word(origin)}{'' if guarded else '.as-found'}.db"


def index_path(home: Home, origin: str) -> Path:
    """Where the index of one ledger's entries lies."""
    return home.checkpoint_folder.parent / "read-tables" / f"{_word(origin)}.entries.db"


def _word(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()[:32]


def folded(
    home: Home, origin: str, ledger: Ledger, *, as_of: datetime | None = None, stop: int | None = None, guarded: bool = True,
) -> State:
    """Return what a ledger says now, said at `as_of`, or in its first `stop` entries. Raises `VerificationError` where its rows were changed."""
    source = LedgerSource(ledger, home.checkpoints(origin).head())
    try:
        state = load(ReadTables(rows_path(home, origin, guarded=guarded)), source, as_of=as_of, stop=stop)
    except StorageError:
        # The rows are only a copy: whatever is wrong with them, the ledger itself says the same, and says what is wrong
        # with it where the fault is there.
        state = fold(source.entries(0, stop), as_of=as_of)
    here = tuple(index for index, _ in ledger.roots().versions if index < state.size)
    if here != state.head.roots:
        raise _other_roots(max({*state.head.roots} ^ {*here}))
    return state
