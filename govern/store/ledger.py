"""The ledger in a database: created once, opened, appended to, read and proved."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from govern.canonical.statement import fact_digest
from govern.domain.facts import TrustRootFact
from govern.domain.statement import Draft, Entry, Producer, Subject, TreeHead
from govern.domain.text import Digest
from govern.errors import CorruptStoreError, DocumentError, NotFoundError, StorageError
from govern.ledger import tree
from govern.ledger.checkpoint import Checkpoint, check_origin, digest_text, read_checkpoint
from govern.ledger.entries import decode
from govern.ledger.proof import write_proof
from govern.store.database import CHUNK, Database
from govern.store.names import FORMAT
from govern.store.roots import Proved, load_roots, prove
from govern.store.rows import Rows
from govern.trust.checkpoints import CheckpointStore
from govern.trust.root import RootChain, check_first
from govern.trust.signer import Signer

if TYPE_CHECKING:
    # Verifying and appending are loaded by who does it.
    from govern.ledger.asked import Anchored, History
    from govern.ledger.mark import MarkStore
    from govern.ledger.steps import StepResult, Verification
    from govern.store.appending import Appending


class Ledger:
    """An open ledger. Safe to use from several threads and processes at once."""

    def __init__(self, database: Database) -> None:
        """Read the origin; use `create` or `open`."""
        self.database = database
        with database.reading() as rows:
            origin = rows.meta("origin")
        if not origin:
            raise CorruptStoreError("this database holds no whole ledger", "Restore it from a backup.")
        self.origin = origin
        self._roots: RootChain | None = None
        self._proved = Proved()

    @classmethod
    def create(
        cls, url: str, *, origin: str, root: TrustRootFact, root_signers: Sequence[Signer], log_signer: Signer,
        now: datetime, trusted: CheckpointStore | None = None,
    ) -> "Ledger":
        """Make a ledger whose entry 0 is the trust root's first version, with its first checkpoint.

        Raises `StorageError`, `VerificationError` for a trust root that is not valid, `DocumentError` for an origin.
        """
        from govern.store.appending import Appending

        check_origin(origin)
        check_first(root, [signer.keyid for signer in root_signers], origin=origin)
        database = Database.create(url)
        try:
            with database.writing() as connection:
                rows = Rows.inside(connection)
                rows.add("meta", [("format", str(FORMAT)), ("origin", origin)])
                draft = Draft(subjects=(Subject(name="trust-root@1", digest=fact_digest(root)),), fact=root)
                appending = Appending(rows, database, origin, None)
                appending.add([draft], signers=root_signers, now=now, seen=None)
                checkpoint = appending.finish(log_signer)
            if trusted is not None:
                trusted.advance(checkpoint.head, checkpoint.note, first=digest_text(appending.new[0].hash))
            return cls(database)
        except BaseException:
            database.close()
            raise

    @classmethod
    def open(cls, url: str, *, read_only: bool = False) -> "Ledger":
        """Open a ledger that is there. Raises `StorageError`, `CorruptStoreError`, `UsageError`."""
        database = Database.open(url, read_only=read_only)
        try:
            return cls(database)
        except BaseException:
            database.close()
            raise

    @property
    def size(self) -> int:
        """How many entries there are."""
        with self.database.reading() as rows:
            return rows.size()

    def roots(self) -> RootChain:
        """Return every version of the trust root, checked as a chain. Raises `VerificationError`."""
        with self.database.reading() as rows:
            self._roots = load_roots(rows, self.origin, self._roots)
        return self._roots

    def trust_root(self) -> TrustRootFact:
        """Return the newest trust root."""
        return self.roots().newest

    def proved(self) -> Checkpoint:
        """Return the newest checkpoint: signed by the log, over the trust roots that say so, and over every entry.

        Raises `VerificationError`, `CorruptStoreError`.
        """
        with self.database.reading() as rows:
            # The trust roots are read after the checkpoint: others may rotate the log's key in between.
            note = newest_checkpoint(rows).note
            self._roots = load_roots(rows, self.origin, self._roots)
            self._proved = prove(rows, note, self._roots, self._proved)
        return read_checkpoint(note)

    def append(
        self, drafts: Sequence[Draft], *, signers: Sequence[Signer], log_signer: Signer, now: datetime,
        seen: TreeHead | None = None, trusted: CheckpointStore | None = None, at: int | None = None,
    ) -> tuple[Entry, ...]:
        """Sign drafts and append them as one batch with one checkpoint, all or nothing.

        When this returns, the entries are durable and covered by a signed checkpoint that is consistent with `trusted`.

        Args:
            drafts: What to record, in this order.
            signers: Every one signs every draft.
            log_signer: Signs the checkpoint; in the role `log` of the trust root.
            now: The time that the entries claim.
            seen: The checkpoint that the signer verified last; by default the trusted one.
            trusted: The checkpoints kept outside the ledger: the fork guard.
            at: The size at which the caller decided to write this.

        Raises:
            LedgerMovedError: The ledger no longer has `at` entries.
            Refused: The signers may not state this, or an expired trust root.
            VerificationError: The ledger is not the one that `trusted` knows.
            StorageError: Nothing was written.
        """
        if not drafts:
            return ()
        from govern.store.appending import Appending

        with self.database.writing() as connection:
            rows = Rows.inside(connection)
            self._roots = load_roots(rows, self.origin, self._roots)
            appending = Appending(rows, self.database, self.origin, self._roots)
            appending.require(at)
            known = appending.guard(trusted)
            self._proved = prove(rows, appending.note, self._roots, self._proved)
            appending.add(drafts, signers=signers, now=now.replace(microsecond=0), seen=seen or known)
            checkpoint = appending.finish(log_signer)
        self._wrote(appending, checkpoint)
        _trust(trusted, checkpoint, self._proved.first)
        return appending.entries()

    def submit(
        self, leaves: Sequence[bytes], *, log_signer: Signer, trusted: CheckpointStore | None = None, at: int | None = None,
    ) -> tuple[int, ...]:
        """Append entries that were signed elsewhere, as one batch; returns their indices.

        An entry that is here already keeps its index, so handing in again what may have been lost does no harm.
        Raises `VerificationError` for an entry that this ledger could not have written next, `StorageError`, and
        `LedgerMovedError` where the ledger no longer has `at` entries.
        """
        from govern.store.appending import Appending

        with self.database.writing() as connection:
            rows = Rows.inside(connection)
            self._roots = load_roots(rows, self.origin, self._roots)
            appending = Appending(rows, self.database, self.origin, self._roots)
            appending.require(at)
            appending.guard(trusted)
            self._proved = prove(rows, appending.note, self._roots, self._proved)
            indices = tuple(appending.add_signed(leaf) for leaf in leaves)
            checkpoint = appending.finish(log_signer) if appending.new else None
        if checkpoint is not None:
            self._wrote(appending, checkpoint)
            _trust(trusted, checkpoint, self._proved.first)
        return indices

    def _wrote(self, appending: "Appending", checkpoint: Checkpoint) -> None:
        """Remember what this process itself has just signed: proving it again would cost the next append a signature's time."""
        self._roots = appending.roots
        versions = len(appending.roots.versions) if appending.roots else 0
        self._proved = Proved(note=checkpoint.note, versions=versions, first=self._proved.first)

    def next_producer(self, keyid: str) -> Producer:
        """Return the counter that a key's next entry carries."""
        from govern.store.appending import last_of

        with self.database.reading() as rows:
            last = last_of(rows, self.database, keyid)
        return Producer(seq=0, prev=None) if last is None else Producer(seq=last[0] + 1, prev=last[1])

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Entry]:
        """Decode entries [start, stop), all by default. Raises `StorageError`, `VerificationError`."""
        roots = self.roots()
        for index, leaf in enumerate(self.leaves(start, stop), start):
            yield decode(index, leaf, roots)

    def entry(self, index: int) -> Entry:
        """Decode one entry. Raises `NotFoundError`."""
        return decode(index, self.leaf(index), self.roots())

    def entries_at(self, indices: Sequence[int]) -> tuple[Entry, ...]:
        """Decode some entries, in the order given, in one question for many. Raises `NotFoundError`."""
        roots, leaves = self.roots(), dict[int, bytes]()
        for first in range(0, len(indices), CHUNK):
            with self.database.reading() as rows:
                leaves.update(rows.leaves_at(indices[first : first + CHUNK]))
        return tuple(decode(index, leaves[index] if index in leaves else self.leaf(index), roots) for index in indices)

    def leaf(self, index: int) -> bytes:
        """Return a leaf's stored bytes. Raises `NotFoundError`."""
        with self.database.reading() as rows:
            found = rows.leaf(index)
            if found is None:
                raise NotFoundError(f"there is no entry {index}", f"This ledger has entries 0 to {rows.size() - 1}.")
        return found

    def leaves(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give the stored bytes of leaves [start, stop), all by default. Raises `CorruptStoreError` at the first that can't be read."""
        end = self.size if stop is None else stop
        for first in range(start, end, CHUNK):
            last = min(first + CHUNK, end)
            try:
                with self.database.reading() as rows:
                    chunk = self.database.leaves(rows, first, last)
            except CorruptStoreError:
                yield from self._until_damage(first, last)
                raise
            yield from chunk

    def _until_damage(self, start: int, stop: int) -> Iterator[bytes]:
        """Give what can be read of a run of leaves that can't be read whole. Raises `CorruptStoreError`, of the first that can't."""
        from govern.store.salvage import leaves_there

        for _, leaf in leaves_there(self.database, start, stop):
            if isinstance(leaf, CorruptStoreError):
                raise leaf
            yield leaf

    def checkpoint(self) -> Checkpoint:
        """Return the newest checkpoint as stored. Raises `CorruptStoreError` where there is none."""
        with self.database.reading() as rows:
            return newest_checkpoint(rows)

    def checkpoints(self, after: int = -1) -> Iterator[tuple[int, str]]:
        """Give (size, note) of every checkpoint above a size, smallest first."""
        last = after
        while True:
            with self.database.reading() as rows:
                found = rows.notes(last, CHUNK)
            if not found:
                return
            yield from found
            last = found[-1][0]

    def checkpoint_at(self, size: int) -> Checkpoint:
        """Return the newest checkpoint of at most `size` entries. Raises `NotFoundError`."""
        with self.database.reading() as rows:
            note = rows.note_at(size)
        if note is None:
            raise NotFoundError(f"no checkpoint covers {size} entries or fewer", "The ledger begins later.")
        return read_checkpoint(note)

    def stored_nodes(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Give (stored-hash index, hash) of every node from an index on."""
        while True:
            with self.database.reading() as rows:
                found = rows.hashes_from(start, 4 * CHUNK)
            if not found:
                return
            yield from found
            start = found[-1][0] + 1

    def root_leaves(self) -> list[tuple[int, bytes]]:
        """Give (index, leaf) of every trust root, oldest first."""
        with self.database.reading() as rows:
            return rows.roots()

    def verify(
        self, *, trusted: CheckpointStore | None = None, trust_root: TrustRootFact | None = None,
        now: datetime | None = None, full: bool = True, mark: "MarkStore | None" = None, processes: int = 1,
        history: "History | None" = None, anchors: "Sequence[Anchored]" = (),
        progress: Callable[[str, int, int | None], None] | None = None,
        on_step: "Callable[[StepResult], None] | None" = None,
    ) -> "Verification":
        """Verify in numbered steps; what is wrong is in the result, and its `check` raises it.

        Args:
            trusted: The checkpoints kept outside; advanced if everything is right.
            trust_root: A trust root given from outside, to compare the chain with.
            now: Refuse a trust root that has expired by then.
            full: Look at every entry; otherwise go on from `mark`.
            mark: Where the last complete verification is remembered.
            processes: How many to verify signatures with.
            history: Step 8; gets the entries that were not judged before, raises `VerificationError`.
            anchors: Step 9; tree heads that somebody outside keeps.
            progress: Told (part, done, total).
            on_step: Told each step's result.
        """
        from govern.ledger.asked import Asked
        from govern.ledger.verify import verify

        resume = mark.read() if mark is not None and not full else None
        found = verify(
            self,
            Asked(
                trusted=trusted.read() if trusted is not None else None, trust_root=trust_root, now=now, resume=resume,
                processes=processes, anchors=tuple(anchors), history=history, progress=progress, on_step=on_step,
            ),
        )
        if found.head is not None and not found.failures:
            try:
                if trusted is not None and found.note:
                    trusted.advance(found.head, found.note, first=found.roots[0][1])
                if mark is not None:
                    mark.write(found)
            except StorageError as error:
                return replace(found, forgotten=error.message)  # what was proved is so nevertheless
        return found

    def nodes(self, ids: Sequence[int]) -> list[bytes]:
        """Return stored hashes by index."""
        with self.database.reading() as rows:
            return self.database.nodes(rows, ids)

    def root_at(self, size: int) -> TreeHead:
        """Return the tree head at any past size. Raises `NotFoundError`."""
        self._check_size(size)
        return TreeHead(size=size, root=digest_text(tree.root_at(size, self.nodes)))

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Prove that an entry is in the tree of `size` entries. Raises `NotFoundError`."""
        self._check_size(size)
        if not 0 <= index < size:
            raise NotFoundError(f"there is no entry {index} among the first {size}", "Count entries from 0.")
        return tree.inclusion(index, size, self.nodes)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Prove that the tree of `old` entries is the beginning of that of `new` entries. Raises `NotFoundError`."""
        self._check_size(new)
        if not 0 <= old <= new:
            raise NotFoundError(f"no tree of {old} entries comes before one of {new}", "Give the smaller size first.")
        return tree.consistency(old, new, self.nodes)

    def proof(self, index: int) -> str:
        """Return the C2SP tlog-proof of an entry against the newest checkpoint. Raises `NotFoundError`."""
        checkpoint = self.checkpoint()
        return write_proof(index, self.inclusion(index, checkpoint.size), checkpoint.note)

    def _check_size(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise NotFoundError(f"there never was a tree of {size} entries", f"This ledger has {self.size}.")

    def close(self) -> None:
        """Give the database back."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _trust(trusted: CheckpointStore | None, checkpoint: Checkpoint, first: Digest | None) -> None:
    """Remember a checkpoint whose entries are durable. Raises `StorageError`, which says that they are."""
    if trusted is None:
        return
    try:
        trusted.advance(checkpoint.head, checkpoint.note, first=first)
    except StorageError as error:
        raise StorageError(
            f"all {checkpoint.size} entries are recorded, but {error.message}",
            f"Don’t repeat the command. {error.hint} `govern verify` then trusts the newest checkpoint.",
        ) from error


def newest_checkpoint(rows: Rows) -> Checkpoint:
    """Read the newest checkpoint. Raises `CorruptStoreError`."""
    note = rows.newest_note()
    if note is None:
        raise CorruptStoreError("the ledger has no checkpoint", "Restore it from a backup.")
    try:
        return read_checkpoint(note)
    except DocumentError as error:
        raise CorruptStoreError(f"the newest checkpoint is damaged: {error.message}", "Restore a backup.") from error
