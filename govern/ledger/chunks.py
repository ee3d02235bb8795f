"""The part of a verification that needs no neighbour: signatures, roles and statements of a run of leaves.

It takes nearly all the time, so several processes may do it; everything in and out of `check_chunk` can be pickled.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final, NamedTuple, ParamSpec, TypeVar, cast

from govern.canonical.dsse import Envelope
from govern.domain.text import Digest
from govern.errors import VerificationError
from govern.ledger.checkpoint import Checkpoint, verify_checkpoint
from govern.ledger.entries import check_envelope, check_statement, open_leaf
from govern.ledger.tree import leaf_hash
from govern.trust.root import RootChain

P = ParamSpec("P")
Found = TypeVar("Found")

CHUNK: Final = 512
"""Leaves; large enough that handing them to another process costs little, small enough for little memory."""
WORTH_PROCESSES: Final = 20 * CHUNK
"""Below it, starting processes takes longer than it saves: each of them imports all of this first."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Leaves from `start` on, and the checkpoints whose size falls among them."""

    start: int
    leaves: list[bytes]
    notes: list[tuple[int, str]]


class LeafResult(NamedTuple):
    """What was found in one leaf; plain values, which go to another process and back in little time."""

    signers: tuple[str, ...]
    seq: int
    prev: Digest | None
    seen: tuple[int, Digest] | None
    void_later: bool


class ChunkResult(NamedTuple):
    """What was found in a chunk, in order; an error where a leaf or a checkpoint is wrong."""

    hashes: list[bytes]
    leaves: list[LeafResult | VerificationError]
    checkpoints: list[Checkpoint | VerificationError]


def check_chunk(chunk: Chunk, roots: RootChain, origin: str) -> ChunkResult:
    """Check every leaf and checkpoint of a chunk.

    One kind of work after the other, not one leaf after the other: verifying a signature empties the processor's
    caches, and all else between two of them takes twice as long.
    """
    numbered = list(enumerate(chunk.leaves, chunk.start))
    envelopes = [_tried(open_leaf, index, leaf) for index, leaf in numbered]
    signers = [
        one if isinstance(one, VerificationError) else _tried(check_envelope, index, one, roots)
        for index, one in enumerate(envelopes, chunk.start)
    ]
    return ChunkResult(
        [leaf_hash(leaf) for leaf in chunk.leaves],
        [
            keyids if isinstance(keyids, VerificationError) else _tried(_stated, index, cast("Envelope", one), keyids, roots, origin)
            for index, (one, keyids) in enumerate(zip(envelopes, signers, strict=True), chunk.start)
        ],
        [_checkpoint(size, note, roots) for size, note in chunk.notes],
    )


def _tried(work: Callable[P, Found], *args: P.args, **kwargs: P.kwargs) -> Found | VerificationError:
    try:
        return work(*args, **kwargs)
    except VerificationError as error:
        return error


def _stated(index: int, envelope: Envelope, signers: tuple[str, ...], roots: RootChain, origin: str) -> LeafResult:
    header = check_statement(index, envelope, signers, roots=roots, origin=origin).statement.header
    seen = None if header.seen is None else (header.seen.size, header.seen.root)
    void_later = any(roots.void_later(keyid, index) for keyid in signers)
    return LeafResult(signers, header.producer.seq, header.producer.prev, seen, void_later)


def _checkpoint(size: int, note: str, roots: RootChain) -> Checkpoint | VerificationError:
    try:
        checkpoint = verify_checkpoint(note, roots.in_force(size))
    except VerificationError as error:
        return error
    if checkpoint.size != size:
        return VerificationError(
            f"the checkpoint stored for size {size} says {checkpoint.size}", "It was moved.",
            step=3, index=size, kind="checkpoint",
        )
    return checkpoint


def check_chunks(
    chunks: Iterable[Chunk], roots: RootChain, origin: str, *, processes: int
) -> Iterator[tuple[Chunk, ChunkResult]]:
    """Check chunks and give them back in order, by several processes where that is asked for."""
    if processes <= 1:
        for chunk in chunks:
            yield chunk, check_chunk(chunk, roots, origin)
        return
    # A forked child of a threaded program (the terminal application) may hang: start clean ones.
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_start, initargs=(roots, origin)
    ) as pool:
        waiting: deque[tuple[Chunk, Future[ChunkResult]]] = deque()
        for chunk in chunks:
            waiting.append((chunk, pool.submit(_work, chunk)))
            if len(waiting) > 2 * processes:
                first, future = waiting.popleft()
                yield first, future.result()
        for first, future in waiting:
            yield first, future.result()


_context: dict[str, tuple[RootChain, str]] = {}


def _start(roots: RootChain, origin: str) -> None:
    _context["ledger"] = (roots, origin)


def _work(chunk: Chunk) -> ChunkResult:
    roots, origin = _context["ledger"]
    return check_chunk(chunk, roots, origin)


def default_processes() -> int:
    """Return how many processors this process may use."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else (os.cpu_count() or 1)
