"""Verification of a whole ledger in numbered steps; reads from anything that can give leaves, nodes and checkpoints."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from govern.domain.statement import Entry, Producer, TreeHead
from govern.domain.text import Digest, counted, instant
from govern.errors import CorruptStoreError, UnverifiableError, VerificationError
from govern.ledger import tree
from govern.ledger.anchored import check_anchors
from govern.ledger.asked import Asked, Source
from govern.ledger.checkpoint import Checkpoint, digest_bytes, digest_text, verify_checkpoint
from govern.ledger.chunks import CHUNK, WORTH_PROCESSES, Chunk, ChunkResult, LeafResult, check_chunks
from govern.ledger.entries import check_producer, decode
from govern.ledger.guard import check_guard
from govern.ledger.roots import Roots, chain_of, check_same, check_trusted
from govern.ledger.steps import TITLES, Report, Verification
from govern.trust.checkpoints import Trusted
from govern.trust.root import RootChain

PROGRESS_EVERY: Final = CHUNK


def verify(source: Source, asked: Asked) -> Verification:
    """Verify a ledger; failures are in the result, and `Verification.check` raises them."""
    run = _Run(source, asked)
    run.steps()
    steps = []
    for number in TITLES:
        steps.append(run.report.result(number))
        if asked.on_step is not None:
            asked.on_step(steps[-1])
    failures = tuple(error for _, error in sorted(run.report.failures.items(), key=lambda item: item[0]))
    done = not failures
    return Verification(
        origin=source.origin, size=run.frontier.size, head=run.head if done else None, steps=tuple(steps),
        failures=failures, producers=run.producers if done else {}, roots=run.roots if done else (), from_size=run.begin,
        note=run.note,
    )


class _Run:
    """One verification under way."""

    def __init__(self, source: Source, asked: Asked) -> None:
        self.source = source
        self.asked = asked
        self.report = Report()
        self.producers: dict[str, tuple[int, Digest]] = dict(asked.resume.producers) if asked.resume else {}
        self.frontier = tree.Frontier()
        self.begin = 0
        self.roots: Roots = ()
        self.size = source.size
        self.note = ""
        self.last_checkpoint = -1
        self.roots_at: dict[int, bytes] = {}
        self.void_later = 0
        self._seen_last: tuple[int, Digest] | None = None
        self.checkpoints = 0
        wanted = {one.head.size for one in asked.anchors}
        if asked.trusted is not None:
            wanted.add(asked.trusted.size)
        self.wanted = wanted

    @property
    def head(self) -> TreeHead:
        """The tree as computed from the leaves."""
        return TreeHead(size=self.frontier.size, root=digest_text(self.frontier.root()))

    def steps(self) -> None:
        """Run all steps that can be run."""
        roots = self._trust_root()
        if roots is None:
            return
        try:
            self._resume(roots)
            for chunk, result in check_chunks(self._chunks(), roots, self.source.origin, processes=self._processes()):
                self._take(chunk, result)
            if self.torn is None:
                self._ends()
        except VerificationError as error:
            self.report.wrong(error)
        except CorruptStoreError as error:
            self.torn = error
        if self.torn is None:
            self._trusted()
            self._details()
        else:
            self._torn(self.torn)
        self._history(roots)
        check_anchors(self.asked.anchors, self.report, frontier=self.frontier, roots_at=self.roots_at, read=self.source.nodes)

    def _trust_root(self) -> RootChain | None:
        asked = self.asked
        try:
            leaves = self.source.root_leaves()
            self.roots = tuple((index, digest_text(tree.leaf_hash(leaf))) for index, leaf in leaves if index < self.size)
            roots = chain_of(leaves, origin=self.source.origin)
            if asked.trust_root is not None:
                check_trusted(roots, asked.trust_root)
            newest = roots.newest
            if asked.now is not None and asked.now > newest.expires:
                self.report.wrong(
                    VerificationError(
                        f"trust root {newest.version} expired on {instant(newest.expires)}",
                        "The root key holders renew it: `govern trust update`.", step=1, kind="expired-root",
                    )
                )
        except (VerificationError, CorruptStoreError) as error:
            self.report.wrong(
                error if isinstance(error, VerificationError)
                else VerificationError(error.message, error.hint, step=1, kind="missing")
            )
            return None
        outside = "matches the one given from outside" if asked.trust_root else "none was given from outside"
        self.report.ok(1, f"version {newest.version} of {len(roots.versions)}; {outside}")
        return roots

    def _resume(self, roots: RootChain) -> None:
        """Begin where an earlier run ended, if the tree still has that beginning."""
        if self.asked.resume is None:
            return
        head = self.asked.resume.head
        if head.size > self.size:
            raise VerificationError(
                f"the ledger has {self.size} entries, {head.size} were verified before", "An old copy was put back.",
                step=3, index=self.size, kind="rollback",
            )
        peaks = self.source.nodes(tree.peak_indices(0, head.size))
        if digest_text(tree.fold_peaks(peaks)) != head.root:
            raise VerificationError(
                f"the first {head.size} entries are no longer the ones that were verified",
                "Run `govern verify --full` to find the place.", step=3, kind="fork",
            )
        check_same(self.roots, self.asked.resume.roots, size=head.size)
        self.frontier = tree.Frontier(head.size, peaks)
        self.begin = head.size
        there = next(self.source.checkpoints(head.size - 1), None)
        if there is not None and there[0] == head.size:
            if verify_checkpoint(there[1], roots.in_force(head.size)).head != head:
                raise VerificationError(
                    f"the checkpoint of size {head.size} is no longer the one that was verified", "It was changed.",
                    step=3, index=head.size, kind="checkpoint",
                )
            self.last_checkpoint, self.note = there

    def _processes(self) -> int:
        return self.asked.processes if self.size - self.begin >= WORTH_PROCESSES else 1

    def _chunks(self) -> Iterator[Chunk]:
        """Give the leaves up to the end, or up to the first one that can't be read."""
        leaves = self._until_torn(self.source.leaves(self.begin, self.size))
        notes = self._notes()
        note = next(notes, None)
        start = self.begin
        while chunk := list(islice(leaves, CHUNK)):
            covered = []
            while note is not None and note[0] <= start + len(chunk):
                covered.append(note)
                note = next(notes, None)
            yield Chunk(start, chunk, covered)
            start += len(chunk)
        self.beyond = note

    beyond: tuple[int, str] | None = None
    torn: CorruptStoreError | None = None
    """Why no entry beyond those that were looked at can be read."""

    def _until_torn(self, leaves: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from leaves
        except CorruptStoreError as error:
            self.torn = error

    def _notes(self) -> Iterator[tuple[int, str]]:
        """Give the checkpoints; entries are looked at even where those can't be read."""
        try:
            yield from self.source.checkpoints(self.begin or -1)
        except CorruptStoreError as error:
            self.report.wrong(
                VerificationError(f"a checkpoint can’t be read: {_why(error)}", error.hint, step=3, kind="checkpoint")
            )

    def _take(self, chunk: Chunk, result: ChunkResult) -> None:
        """Do what needs the leaves in order: nodes, checkpoints, counters, what the signers saw."""
        checkpoints = list(zip(chunk.notes, result.checkpoints, strict=True))
        if not self.frontier.size:
            self._checkpoints_at(checkpoints)
        start, stop = chunk.start, chunk.start + len(chunk.leaves)
        # The tree grows from one size at which its root is asked for to the next.
        sizes = {size for size, _ in chunk.notes} | self.wanted
        for size in sorted({one for one in sizes if start < one < stop} | {stop}):
            done = self.frontier.size
            part = slice(done - start, size - start)
            for index, (found, hashed) in enumerate(zip(result.leaves[part], result.hashes[part], strict=True), done):
                if isinstance(found, VerificationError):
                    self.report.wrong(found)
                else:
                    self._leaf(index, found, hashed)
            self._grow(result.hashes[part])
            if size in self.wanted:
                self.roots_at[size] = self.frontier.root()
            self._checkpoints_at(checkpoints)
        if self.asked.progress is not None:
            self.asked.progress("verify", self.frontier.size - self.begin, self.size - self.begin)

    def _grow(self, hashes: list[bytes]) -> None:
        """Add leaf hashes to the tree and compare every node that they complete with the stored one."""
        first = self.frontier.size
        nodes = self.frontier.extend(hashes)
        try:
            stored = list(islice(self._nodes, len(nodes)))
        except CorruptStoreError as error:
            # Nodes are read in long runs, so this tells no place; the entries are looked at all the same.
            self._node_stream = iter(())
            self.report.wrong(VerificationError(f"nodes of the tree can’t be read: {_why(error)}", error.hint, step=2, kind="missing"))
            return
        if [one for _, one in stored] == nodes:
            return
        place = next(
            (place for place, (node, one) in enumerate(zip(nodes, stored, strict=False)) if one[1] != node), len(stored)
        )
        index = first
        while tree.stored_count(index + 1) - tree.stored_count(first) <= place:
            index += 1
        self._wrong_node(index, stored[place] if place < len(stored) else None)

    @property
    def _nodes(self) -> Iterator[tuple[int, bytes]]:
        if self._node_stream is None:
            self._node_stream = self.source.stored_nodes(tree.stored_count(self.begin))
        return self._node_stream

    _node_stream: Iterator[tuple[int, bytes]] | None = None

    def _wrong_node(self, index: int, stored: tuple[int, bytes] | None) -> None:
        what = "is missing" if stored is None else "does not fit"
        self.report.wrong(
            VerificationError(
                f"entry {index}: a node of the tree over it {what}",
                "The entry or the tree was changed after it was written.", step=2, index=index, kind="changed",
            )
        )

    def _leaf(self, index: int, found: LeafResult, hashed: bytes) -> None:
        self.void_later += found.void_later
        if found.seen is not None:
            self._seen(index, *found.seen)
        try:
            check_producer(index, Producer(seq=found.seq, prev=found.prev), found.signers, hashed, self.producers)
        except VerificationError as error:
            # After an entry that could not be read, its key's counter can't be judged.
            if not {4, 5, 7} & self.report.failures.keys():
                self.report.wrong(error)
            self.producers[found.signers[0]] = (found.seq, digest_text(hashed))

    def _seen(self, index: int, size: int, said: Digest) -> None:
        """Check that what the signer saw is the beginning of this very tree."""
        if (size, said) == self._seen_last:
            return  # nearly every entry of a batch saw the same
        try:
            same = size <= index and (
                digest_text(self.roots_at[size]) == said if size in self.roots_at else self._continues(size, said)
            )
        except CorruptStoreError:
            return  # step 2 says so
        if same:
            self._seen_last = (size, said)
        else:
            self.report.wrong(
                VerificationError(
                    f"the signer of entry {index} saw another tree of {size} entries",
                    "What stood before it was rewritten.", step=3, index=index, kind="fork",
                )
            )

    def _continues(self, size: int, said: Digest) -> bool:
        """Say whether the tree has that beginning: proved, since the nodes of what was verified before are not read again."""
        done = self.frontier.size
        if not 0 < size <= done:
            return digest_text(tree.root_at(size, self.source.nodes)) == said
        try:
            tree.check_continues(size, done, digest_bytes(said), self.frontier.root(), self.source.nodes)
        except tree.ProofError:
            return False
        return True

    def _checkpoints_at(self, checkpoints: list[tuple[tuple[int, str], Checkpoint | VerificationError]]) -> None:
        """Compare the checkpoints of the size that was just reached."""
        size = self.frontier.size
        while checkpoints and checkpoints[0][0][0] <= size:
            (stored, note), found = checkpoints.pop(0)
            self.last_checkpoint = stored
            self.note = note
            self.checkpoints += 1
            root = self.frontier.root()
            self.roots_at[size] = root
            if len(self.roots_at) > PROGRESS_EVERY:
                self._forget()
            if isinstance(found, VerificationError):
                self.report.wrong(found)
            elif found.root != digest_text(root):
                self.report.wrong(
                    VerificationError(
                        f"the checkpoint of size {size} has another root than the entries",
                        "Something before it was changed, and everything above computed again.",
                        step=3, index=size, kind="checkpoint",
                    )
                )

    def _forget(self) -> None:
        """Keep only the newest roots: nearly every signer saw the checkpoint before."""
        for size in list(self.roots_at)[: len(self.roots_at) // 2]:
            if size not in self.wanted:
                del self.roots_at[size]

    def _ends(self) -> None:
        """Look at both ends: entries without a checkpoint, checkpoints and nodes without entries."""
        beyond, more = self.beyond, next(self._nodes, None) is not None
        # Others may have appended since this run began: what they wrote has its entries, and is not judged here.
        grown = self.source.size if beyond is not None or more else self.size
        if beyond is not None and beyond[0] > grown:
            self.report.wrong(
                VerificationError(
                    f"there are {self.size} entries, but a checkpoint of {beyond[0]}", "The tail was deleted.",
                    step=3, index=self.size, kind="truncation",
                )
            )
        if self.last_checkpoint != self.size:
            self.report.wrong(
                VerificationError(
                    f"no checkpoint covers the last {self.size - max(self.last_checkpoint, 0)} entries",
                    "They were not written by an append.", step=3, index=max(self.last_checkpoint, 0), kind="uncovered",
                )
            )
        if more and grown == self.size:
            self.report.wrong(
                VerificationError(
                    "the tree has more nodes than the entries give", "The tail was deleted.",
                    step=2, index=self.size, kind="truncation",
                )
            )

    def _torn(self, error: CorruptStoreError) -> None:
        """Say where reading ended, and of no step that it was done: what comes after that entry was not looked at."""
        at = self.frontier.size
        self.report.wrong(VerificationError(
            error.message if f"entry {at} " in error.message else f"entry {at} can’t be read: {_why(error)}",
            error.hint, step=2, index=at, kind="missing",
        ))
        for step in (3, 4, 5, 6, 7):
            self.report.skip(step, f"only {at - self.begin:,} of {counted(self.size - self.begin, 'entry', 'entries')} could be looked at")

    def _trusted(self) -> None:
        trusted = self.asked.trusted
        try:
            here = Trusted(origin=self.source.origin, size=self.head.size, root=self.head.root, note=self.note)
            for later in self.asked.later:
                check_guard(here, later.head, later.note, self.source.nodes)
            if trusted is None:
                return
            if trusted.size in self.roots_at and digest_text(self.roots_at[trusted.size]) == trusted.root:
                return
            check_guard(trusted, self.head, self.note, self.source.nodes)
        except VerificationError as error:
            self.report.failures[3] = error

    def _details(self) -> None:
        report, new = self.report, counted(self.size - self.begin, "entry", "entries")
        again = f" after {self.begin:,} verified before" if self.begin else ""
        trusted = self.asked.trusted
        beside = f"; continues the trusted one of size {trusted.size}" if trusted else "; none was trusted before"
        if self.asked.later:
            beside = f"; those of size {' and '.join(str(one.size) for one in self.asked.later)} continue it"
        void = f"; {self.void_later} by a key that was later declared void from then on" if self.void_later else ""
        report.ok(2, f"{new}{again}")
        report.ok(3, f"{counted(self.checkpoints, 'checkpoint')}{beside}")
        report.ok(4, f"{new}{again}")
        report.ok(5, f"{new}{again}{void}")
        report.ok(7, f"{new}{again}")
        if {4, 5, 7} & report.failures.keys():
            report.skip(6, "not judged: an entry could not be read")
        else:
            report.ok(6, counted(len(self.producers), "key"))

    def _history(self, roots: RootChain) -> None:
        if self.asked.history is None:
            self.report.skip(8, "not asked for")
            return
        if any(step in self.report.failures for step in (1, 2, 3, 4, 5, 6, 7)):
            self.report.skip(8, "not judged before the entries are right")
            return
        resume = self.asked.resume
        begin = self.begin if resume is not None and resume.history else 0
        try:
            self.asked.history(begin, self._again(begin, roots))
        except VerificationError as error:
            self.report.wrong(error, 8)
        except UnverifiableError as error:
            self.report.wrong(error, 8)
        else:
            again = f", after {begin:,} judged before" if begin else ""
            self.report.ok(8, f"every promotion and deployment was allowed when it was made{again}")

    def _again(self, begin: int, roots: RootChain) -> Iterator[Entry]:
        """Read the entries once more, for step 8: they have to be those that the steps before looked at."""
        frontier = tree.Frontier(begin, self.source.nodes(tree.peak_indices(0, begin)))
        for index, leaf in enumerate(self.source.leaves(begin, self.size), begin):
            frontier.extend([tree.leaf_hash(leaf)])
            yield decode(index, leaf, roots)
        if frontier.root() != self.frontier.root():
            raise VerificationError(
                "the entries changed while they were verified", "Somebody writes into the database: look who.", step=8, kind="changed"
            )


def _why(error: CorruptStoreError) -> str:
    """Say what is wrong, without saying once more that something could not be read."""
    return error.message.removeprefix("the ledger could not be read: ")
