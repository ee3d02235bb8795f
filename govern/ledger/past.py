"""A ledger as it stood under an earlier checkpoint: the same rows, read only so far."""

from collections.abc import Iterator, Sequence
from itertools import takewhile

from govern.ledger import tree
from govern.ledger.asked import Source


class Past:
    """The first `size` entries of a ledger, with the checkpoints and trust roots of that time, as a source to verify."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self.size = size

    @property
    def origin(self) -> str:
        """The ledger's name."""
        return self._source.origin

    def leaves(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give leaves in order."""
        return self._source.leaves(start, self.size if stop is None else min(stop, self.size))

    def stored_nodes(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Give (stored-hash index, hash) in order."""
        end = tree.stored_count(self.size)
        return takewhile(lambda node: node[0] < end, self._source.stored_nodes(start))

    def nodes(self, ids: Sequence[int]) -> list[bytes]:
        """Read hashes by index; those of later nodes too, which prove that what came later continues this."""
        return self._source.nodes(ids)

    def checkpoints(self, after: int = -1) -> Iterator[tuple[int, str]]:
        """Give (size, note) in order of size."""
        return takewhile(lambda one: one[0] <= self.size, self._source.checkpoints(after))

    def root_leaves(self) -> list[tuple[int, bytes]]:
        """Give (index, leaf) of every trust root of that time, oldest first."""
        return [(index, leaf) for index, leaf in self._source.root_leaves() if index < self.size]
