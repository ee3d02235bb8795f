"""A ledger moved from one database to another: leaf by leaf, the tree computed anew, both roots compared."""

from collections.abc import Callable
from itertools import islice
from typing import Any

from sqlalchemy import insert

from govern.canonical.dsse import pae, parse_leaf
from govern.domain.facts import TrustRootFact
from govern.domain.text import Digest
from govern.errors import CorruptStoreError
from govern.ledger import tree
from govern.ledger.checkpoint import digest_text
from govern.ledger.entries import check_leaf, check_producer
from govern.store import tables
from govern.store.appending import SUBMISSION_BYTES, submission_key
from govern.store.database import CHUNK, Database
from govern.store.ledger import Ledger
from govern.store.tables import FORMAT
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
            connection.execute(
                insert(tables.meta), [{"key": "format", "value": str(FORMAT)}, {"key": "origin", "value": source.origin}]
            )
            copying = _Copying(source, connection, verified.size)
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

    def __init__(self, source: Ledger, connection: Any, size: int) -> None:
        self.source = source
        self.connection = connection
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
            rows: dict[Any, list[dict[str, Any]]] = {}
            for index, leaf in chunk:
                self._leaf(index, leaf, rows)
                if index + 1 in notes:
                    self._close(rows, index + 1, notes[index + 1])
            for table, values in rows.items():
                self.connection.execute(insert(table), values)
            if progress is not None:
                progress("copy", self.frontier.size, self.size)

    def _leaf(self, index: int, leaf: bytes, rows: dict[Any, list[dict[str, Any]]]) -> None:
        checked = check_leaf(index, leaf, roots=self.roots, origin=self.source.origin)
        envelope = parse_leaf(leaf)
        hashed = tree.leaf_hash(leaf)
        keyid = check_producer(index, checked.statement.header.producer, checked.signers, hashed, self.producers)
        if keyid not in self.numbers:
            self.numbers[keyid] = len(self.numbers) + 1
            rows.setdefault(tables.key, []).append({"id": self.numbers[keyid], "keyid": keyid})
        self.batch[keyid] = (checked.statement.header.producer.seq, index)
        first = tree.stored_count(index)
        rows.setdefault(tables.entry, []).append({"idx": index, "leaf": leaf})
        rows.setdefault(tables.node, []).extend(
            {"id": first + place, "hash": node} for place, node in enumerate(self.frontier.extend([hashed]))
        )
        key = submission_key(pae(envelope.payload_type, envelope.payload))[:SUBMISSION_BYTES]
        rows.setdefault(tables.submission, []).append({"pae": key, "idx": index})
        if isinstance(checked.statement.fact, TrustRootFact):
            rows.setdefault(tables.root, []).append({"version": checked.statement.fact.version, "idx": index})

    def _close(self, rows: dict[Any, list[dict[str, Any]]], size: int, note: str) -> None:
        rows.setdefault(tables.checkpoint, []).append({"size": size, "note": note})
        rows.setdefault(tables.producer, []).extend(
            {"key": self.numbers[keyid], "seq": seq, "idx": index} for keyid, (seq, index) in self.batch.items()
        )
        self.batch.clear()
