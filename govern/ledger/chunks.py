"""The part of a verification that needs no neighbour: signatures, roles and statements of a run of leaves.

It takes nearly all the time, so several processes may do it; everything in and out of `check_chunk` can be pickled.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Final

from govern.domain.statement import Header
from govern.errors import VerificationError
from govern.ledger.checkpoint import Checkpoint, verify_checkpoint
from govern.ledger.entries import check_leaf
from govern.trust.root import RootChain

CHUNK: Final = 512
"""Leaves; large enough that handing them to another process costs little, small enough for little memory."""
WORTH_PROCESSES: Final = 4 * CHUNK
"""Below it, starting processes takes longer than it saves."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Leaves from `start` on, and the checkpoints whose size falls among them."""

    start: int
    leaves: list[bytes]
    notes: list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class LeafResult:
    """What was found in one leaf."""

    signers: tuple[str, ...]
    header: Header
    kind: str
    void_later: bool


@dataclass(frozen=True, slots=True)
class ChunkResult:
    """What was found in a chunk, in order; an error where a leaf or a checkpoint is wrong."""

    chunk: Chunk
    leaves: list[LeafResult | VerificationError]
    checkpoints: list[Checkpoint | VerificationError]


def check_chunk(chunk: Chunk, roots: RootChain, origin: str) -> ChunkResult:
    """Check every leaf and checkpoint of a chunk."""
    return ChunkResult(
        chunk,
        [_leaf(index, leaf, roots, origin) for index, leaf in enumerate(chunk.leaves, chunk.start)],
        [_checkpoint(size, note, roots) for size, note in chunk.notes],
    )


def _leaf(index: int, leaf: bytes, roots: RootChain, origin: str) -> LeafResult | VerificationError:
    try:
        checked = check_leaf(index, leaf, roots=roots, origin=origin)
    except VerificationError as error:
        return error
    return LeafResult(
        checked.signers,
        checked.statement.header,
        checked.statement.fact.KIND,
        any(roots.void_later(keyid, index) for keyid in checked.signers),
    )


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
) -> Iterator[ChunkResult]:
    """Check chunks in order, by several processes where that is asked for."""
    if processes <= 1:
        for chunk in chunks:
            yield check_chunk(chunk, roots, origin)
        return
    # A forked child of a threaded program (the terminal application) may hang: start clean ones.
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_start, initargs=(roots, origin)
    ) as pool:
        waiting: deque[Future[ChunkResult]] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(_work, chunk))
            if len(waiting) > 2 * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


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
