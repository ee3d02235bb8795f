"""The Merkle tree of RFC 6962: hashes, proofs, and where each perfect subtree is stored.

Perfect subtrees are numbered as Go's sumdb/tlog does (`stored_index`): in the order in which they become complete, so
that appending only ever adds rows and n leaves take fewer than 2n of them.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from govern.errors import VerificationError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""Root of the tree without leaves (RFC 6962, section 2.1)."""

ReadNodes = Callable[[Sequence[int]], Sequence[bytes]]
"""Stored-hash indices to hashes, in the same order."""
_sha256 = hashlib.sha256


def leaf_hash(leaf: bytes) -> bytes:
    """Hash a leaf."""
    return _sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into one."""
    return _sha256(b"\x01" + left + right).digest()


def stored_index(level: int, number: int) -> int:
    """Return where the `number`-th perfect subtree with 2**level leaves is stored."""
    # Before leaf i lie 2i nodes less one for every one in i's binary form; its own subtrees follow it.
    last = ((number + 1) << level) - 1
    return 2 * last - last.bit_count() + level


def stored_count(size: int) -> int:
    """Return how many subtrees are stored for `size` leaves."""
    if size == 0:
        return 0
    # The last leaf completes one subtree for each of its number's trailing ones.
    count, number = stored_index(0, size - 1) + 1, size - 1
    while number & 1:
        count += 1
        number >>= 1
    return count


def append_nodes(size: int, leaves: Iterable[bytes], read: ReadNodes) -> tuple[list[bytes], bytes]:
    """Add leaf hashes to a tree of `size` leaves.

    Returns the new stored hashes in order, beginning at `stored_count(size)`, and the new root.
    """
    frontier = Frontier(size, read(peak_indices(0, size)))
    return frontier.extend(leaves), frontier.root()


def peak_indices(start: int, stop: int) -> list[int]:
    """Return where the perfect subtrees lie that make up the leaves [start, stop), left to right.

    `start` has to be where a subtree of a proof begins.
    """
    indices = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        indices.append(stored_index(level, start >> level))
        start += 1 << level
    return indices


def fold_peaks(peaks: Sequence[bytes]) -> bytes:
    """Combine the perfect subtrees of a range of leaves into its hash."""
    if not peaks:
        return EMPTY_ROOT
    folded = peaks[-1]
    for peak in reversed(peaks[:-1]):
        folded = node_hash(peak, folded)
    return folded


def root_at(size: int, read: ReadNodes) -> bytes:
    """Return the root of the first `size` leaves, in O(log n) reads."""
    return fold_peaks(read(peak_indices(0, size)))


def inclusion(index: int, size: int, read: ReadNodes) -> tuple[bytes, ...]:
    """Prove that leaf `index` is in the tree of `size` leaves (RFC 6962, section 2.1.1)."""
    ranges = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return _hash_ranges(reversed(ranges), read)


def consistency(old: int, new: int, read: ReadNodes) -> tuple[bytes, ...]:
    """Prove that the tree of `old` leaves is the beginning of that of `new` leaves (RFC 6962, section 2.1.2)."""
    if old == 0:
        return ()
    ranges = []
    low, high, whole = 0, new, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low, whole = middle, False
    if not whole:
        ranges.append((low, high))
    return _hash_ranges(reversed(ranges), read)


def _split(count: int) -> int:
    """Return the largest power of two smaller than `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _hash_ranges(ranges: Iterable[tuple[int, int]], read: ReadNodes) -> tuple[bytes, ...]:
    groups = [peak_indices(low, high) for low, high in ranges]
    hashes = iter(read([index for group in groups for index in group]))
    return tuple(fold_peaks([next(hashes) for _ in group]) for group in groups)


class ProofError(VerificationError):
    """A proof does not fit what it is to prove."""


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check an inclusion proof (RFC 9162, section 2.1.3.2). Raises `ProofError`."""
    if not 0 <= index < size:
        raise ProofError(f"no leaf {index} can be in a tree of {size}", kind="proof", index=index)
    _check_hashes((leaf, *proof))
    number, last, folded = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long", kind="proof", index=index)
        if number & 1 or number == last:
            folded = node_hash(sibling, folded)
            while not number & 1 and number:
                number >>= 1
                last >>= 1
        else:
            folded = node_hash(folded, sibling)
        number >>= 1
        last >>= 1
    if last or folded != root:
        raise ProofError(f"entry {index} is not proved to be in the tree of {size}", kind="proof", index=index)


def verify_consistency(  # noqa: C901 - the standard’s algorithm in the standard’s order
    old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> None:
    """Check a consistency proof (RFC 9162, section 2.1.4.2). Raises `ProofError`.

    A proof from the tree without leaves is refused: it would say nothing about the other.
    """
    if not 0 < old <= new:
        raise ProofError(f"a tree of {old} can't be the beginning of one of {new}", kind="consistency")
    _check_hashes(proof)
    if old == new:
        if proof or old_root != new_root:
            raise ProofError(f"the trees of {old} and {new} are not consistent", kind="consistency")
        return
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        raise ProofError("the consistency proof is empty", kind="consistency")
    number, last = old - 1, new - 1
    while number & 1:
        number >>= 1
        last >>= 1
    first = second = path[0]
    for node in path[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long", kind="consistency")
        if number & 1 or number == last:
            first = node_hash(node, first)
            second = node_hash(node, second)
            while not number & 1 and number:
                number >>= 1
                last >>= 1
        else:
            second = node_hash(second, node)
        number >>= 1
        last >>= 1
    if last or first != old_root or second != new_root:
        raise ProofError(f"the trees of {old} and {new} are not consistent", kind="consistency")


def check_continues(old: int, new: int, old_root: bytes, new_root: bytes, read: ReadNodes) -> None:
    """Prove from stored hashes, which are not believed, that one tree is the beginning of another. Raises `ProofError`."""
    verify_consistency(old, new, consistency(old, new, read) if old <= new else (), old_root, new_root)


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(one) != HASH_BYTES for one in hashes):
        raise ProofError("a hash in a proof does not have 32 bytes", kind="proof")


class Frontier:
    """The perfect subtrees at the right edge of a growing tree: an audit of any length in O(log n) memory."""

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)

    def extend(self, leaves: Iterable[bytes]) -> list[bytes]:
        """Add leaf hashes and return every subtree that they complete, in the order in which they are stored."""
        peaks, number = self.peaks, self.size
        added: list[bytes] = []
        for node in leaves:
            added.append(node)
            level = number
            while level & 1:
                node = _sha256(b"\x01" + peaks.pop() + node).digest()  # noqa: PLW2901 - it grows
                added.append(node)
                level >>= 1
            peaks.append(node)
            number += 1
        self.size = number
        return added

    def root(self) -> bytes:
        """Return the root of what was added so far."""
        return fold_peaks(self.peaks)
