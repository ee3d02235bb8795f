"""A ledger moved from one database to another: leaf by leaf, the tree computed anew, both roots compared."""

from collections.abc import Callable
from itertools import islice

from govern.canonical.dsse import pae, parse_leaf
from govern.domain.facts import TrustRootFact
from govern.domain.text import Digest
from govern.errors import CorruptStoreError
from govern.ledger import tree
from govern.ledger.checkpoint import digest_text
from govern.ledger.entries import check_leaf, check_producer
from govern.store.appending import SUBMISSION_BYTES, submission_key
from govern.store.database import CHUNK, Database
from govern.store.ledger import Ledger
from govern.store.names import FORMAT
from govern.store.rows import Rows
from govern.trust.checkpoints import CheckpointStore


def copy_ledger(
    source: Ledger, url: str, *, trusted: CheckpointStore | None = None,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> Ledger:
    """Copy a ledger into a new database, all or nothing, and return the copy.

    The source is verified first, and every row that follows from the leaves is computed from them, not copied.
    Raises `VerificationError` for a source that is not right, `StorageError`.
    """
    verified = source.verify(trusted=trusted, progress=progress).check()
    database = Database.create(url)
    try:
        with database.writing() as connection:
            rows = Rows.inside(connection)
            rows.add("meta", [("format", str(FORMAT)), ("origin", source.origin)])
            copying = _Copying(source, rows, verified.size)
            copying.run(progress)
            _compare(digest_text(copying.frontier.root()), verified.root)
        return Ledger(database)
    except BaseException:
        database.close()
        raise


def _compare(copy: Digest, original: Digest | None) -> None:
    if copy != original:
        raise CorruptStoreError("the copy has another root than the ledger", "Nothing was written; try again.")


class _Copying:
    """One copy under way."""

    def __init__(self, source: Ledger, rows: Rows, size: int) -> None:
        self.source = source
        self.rows = rows
        self.size = size
        self.frontier = tree.Frontier()
        self.roots = source.roots()
        self.producers: dict[str, tuple[int, Digest]] = {}
        self.numbers: dict[str, int] = {}
        self.batch: dict[str, tuple[int, int]] = {}

    def run(self, progress: Callable[[str, int, int | None], None] | None) -> None:
        """Copy everything."""
        notes = dict(self.source.checkpoints())
        leaves = enumerate(self.source.leaves(0, self.size))
        while chunk := list(islice(leaves, CHUNK)):
            rows: dict[str, list[tuple[object, ...]]] = {}
            for index, leaf in chunk:
                self._leaf(index, leaf, rows)
                if index + 1 in notes:
                    self._close(rows, index + 1, notes[index + 1])
            for table, values in rows.items():
                self.rows.add(table, values)
            if progress is not None:
                progress("copy", self.frontier.size, self.size)

    def _leaf(self, index: int, leaf: bytes, rows: dict[str, list[tuple[object, ...]]]) -> None:
        checked = check_leaf(index, leaf, roots=self.roots, origin=self.source.origin)
        envelope = parse_leaf(leaf)
        hashed = tree.leaf_hash(leaf)
        keyid = check_producer(index, checked.statement.header.producer, checked.signers, hashed, self.producers)
        if keyid not in self.numbers:
            self.numbers[keyid] = len(self.numbers) + 1
            rows.setdefault("key", []).append((self.numbers[keyid], keyid))
        self.batch[keyid] = (checked.statement.header.producer.seq, index)
        first = tree.stored_count(index)
        rows.setdefault("entry", []).append((index, leaf))
        rows.setdefault("node", []).extend(
            (first + place, node) for place, node in enumerate(self.frontier.extend([hashed]))
        )
        key = submission_key(pae(envelope.payload_type, envelope.payload))[:SUBMISSION_BYTES]
        rows.setdefault("submission", []).append((key, index))
        if isinstance(checked.statement.fact, TrustRootFact):
            rows.setdefault("root", []).append((checked.statement.fact.version, index))

    def _close(self, rows: dict[str, list[tuple[object, ...]]], size: int, note: str) -> None:
        rows.setdefault("checkpoint", []).append((size, note))
        rows.setdefault("producer", []).extend(
            (self.numbers[keyid], seq, index) for keyid, (seq, index) in self.batch.items()
        )
        self.batch.clear()
