"""Where a row table's rows come from: a list, or pages read by key range and kept while they are near."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, Generic, Protocol, TypeVar

Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)

PAGE: Final = 256
"""Rows read at once: a few screens, a few milliseconds."""
PAGES_KEPT: Final = 64
"""16,384 rows in memory whatever the ledger's length."""


class RowSource(Protocol[Row_co]):
    """Rows by position."""

    def __len__(self) -> int:
        """How many rows there are."""

    def row(self, position: int) -> Row_co:
        """The row at a position from 0."""


class ListSource(Generic[Row]):
    """Rows that are all at hand."""

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, position: int) -> Row:
        """The row at a position from 0."""
        return self._rows[position]


class PageCache(Generic[Row]):
    """Pages by number, the least recently used dropped first."""

    def __init__(self, read: Callable[[int], Sequence[Row]], kept: int = PAGES_KEPT) -> None:
        self._read = read
        self._kept = kept
        self._pages: OrderedDict[int, Sequence[Row]] = OrderedDict()

    def page(self, number: int) -> Sequence[Row]:
        """The page, read if it is not kept."""
        if (page := self._pages.get(number)) is not None:
            self._pages.move_to_end(number)
            return page
        page = self._read(number)
        self._pages[number] = page
        if len(self._pages) > self._kept:
            self._pages.popitem(last=False)
        return page


class RangeSource(Generic[Row]):
    """Rows whose position is their key: the ledger, unfiltered, oldest or newest first.

    `read(start, limit)` returns the rows with keys from `start` on.
    """

    def __init__(self, read: Callable[[int, int], Sequence[Row]], size: int, *, newest_first: bool = False) -> None:
        self._size = size
        self._newest_first = newest_first
        self._cache: PageCache[Row] = PageCache(lambda number: read(number * PAGE, min(PAGE, size - number * PAGE)))

    def __len__(self) -> int:
        return self._size

    def key(self, position: int) -> int:
        """The key of the row at a position."""
        return self._size - 1 - position if self._newest_first else position

    def position(self, key: int) -> int:
        """The position of the row with a key."""
        return self.key(max(0, min(key, self._size - 1)))

    def row(self, position: int) -> Row:
        """The row at a position from 0."""
        key = self.key(position)
        return self._cache.page(key // PAGE)[key % PAGE]


class AnchoredSource(Generic[Row]):
    """Rows that match a filter, found by sparse anchors: the key of every 256th match.

    `read(start, limit)` returns up to `limit` matching rows with keys from `start` on. Anchors are added while a worker
    scans; until it is done the length grows.
    """

    def __init__(self, read: Callable[[int, int], Sequence[Row]], key_of: Callable[[Row], int]) -> None:
        self._key_of = key_of
        self._anchors: list[int] = []
        self._read = read
        self._count = 0
        self.complete = False
        self.newest_first = False
        self._cache: PageCache[Row] = PageCache(lambda number: read(self._anchors[number], PAGE))

    def __len__(self) -> int:
        return self._count

    def extend(self, page: Sequence[Row]) -> None:
        """Take the next page of matches that the scan found."""
        if page:
            self._anchors.append(self._key_of(page[0]))
            self._count += len(page)

    def scan(self, stop: Callable[[], bool], found: Callable[[Sequence[Row]], None]) -> None:
        """Look for every match, a page at a time; `found` is called with each page, in this thread."""
        start = 0
        while not stop():
            page = self._read(start, PAGE)
            if page:
                found(page)
            if len(page) < PAGE:
                return
            start = self._key_of(page[-1]) + 1

    def position(self, key: int) -> int:
        """The position of the match with a key, or of the nearest before it."""
        number = max(0, bisect_right(self._anchors, key) - 1)
        if not self._anchors:
            return 0
        keys = [self._key_of(row) for row in self._cache.page(number)]
        ascending = number * PAGE + max(0, bisect_right(keys, key) - 1)
        return self._count - 1 - ascending if self.newest_first else ascending

    def row(self, position: int) -> Row:
        """The row at a position from 0."""
        ascending = self._count - 1 - position if self.newest_first else position
        return self._cache.page(ascending // PAGE)[ascending % PAGE]
