"""Keyed tables that many states share: a change adds a layer, and an older state never sees it."""

import json
from collections.abc import Hashable, Iterator, Mapping
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

CHUNK: Final = 64
"""Values kept together in a series: appending copies at most so many."""

JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

_MISSING: Final = object()


class Table(Mapping[K, V], Generic[K, V]):
    """A mapping of layers, the youngest last; only an opened table takes changes, and nothing is ever removed.

    Layers are merged so that each is at least twice as large as the next: a change costs O(log n) amortised, a look-up
    at most O(log n) dictionary look-ups, and tables made earlier stay as they were. The first layer may be a mapping
    that reads from disk; it is never merged into.
    """

    __slots__ = ("_base", "_layers", "_top")

    def __init__(self, layers: tuple[dict[K, V], ...] = (), *, base: Mapping[K, V] | None = None) -> None:
        self._base = base
        self._layers = layers
        self._top: dict[K, V] | None = None

    def opened(self) -> "Table[K, V]":
        """Return a table that takes changes and starts from this one."""
        table: Table[K, V] = Table(self._layers, base=self._base)
        table._top = {}
        return table

    def closed(self) -> "Table[K, V]":
        """Return what this opened table holds, for good."""
        layers = list(self._layers)
        if self._top:
            layers.append(self._top)
        while len(layers) > 1 and 2 * len(layers[-1]) >= len(layers[-2]):
            young = layers.pop()
            layers[-1] = layers[-1] | young
        return Table(tuple(layers), base=self._base)

    def put(self, key: K, value: V) -> None:
        """Set a value in an opened table."""
        if self._top is None:
            message = "this table is closed: its state is a value"
            raise TypeError(message)
        self._top[key] = value

    @property
    def changed(self) -> Mapping[K, V]:
        """What was put since the table was opened."""
        return self._top or {}

    def layered(self) -> dict[K, V]:
        """Everything that is not in the base, youngest value last."""
        merged: dict[K, V] = {}
        for layer in self._layers:
            merged.update(layer)
        merged.update(self._top or {})
        return merged

    def _find(self, key: K) -> object:
        if self._top is not None and key in self._top:
            return self._top[key]
        for layer in reversed(self._layers):
            if key in layer:
                return layer[key]
        if self._base is not None:
            return self._base.get(key, _MISSING)
        return _MISSING

    def __getitem__(self, key: K) -> V:
        found = self._find(key)
        if found is _MISSING:
            raise KeyError(key)
        return found  # type: ignore[return-value]

    def get(self, key: K, default: V | None = None) -> V | None:  # type: ignore[override]
        """Return the value at `key`, or `default`."""
        found = self._find(key)
        return default if found is _MISSING else found  # type: ignore[return-value]

    def __contains__(self, key: object) -> bool:
        return self._find(key) is not _MISSING  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[K]:
        maps: list[Mapping[K, V]] = [self._base] if self._base is not None else []
        maps += self._layers
        if self._top:
            maps.append(self._top)
        for place, layer in enumerate(maps):
            for key in layer:
                if not any(key in older for older in maps[:place]):
                    yield key

    def __len__(self) -> int:
        if self._base is None and len(self._layers) == 1 and not self._top:
            return len(self._layers[0])
        return sum(1 for _ in self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Table) and dict(self.items()) == dict(other.items())

    __hash__ = None  # type: ignore[assignment]

    def starting(self, prefix: str) -> Iterator[K]:
        """Keys whose text (see `key_text`) starts with `prefix`; a base that has them in order is asked for the range."""
        ranged = getattr(self._base, "starting", None)
        seen: set[K] = set()
        if ranged is not None:
            seen.update(ranged(prefix))
            yield from seen
        mine = self if ranged is None else self.layered()
        yield from (key for key in mine if key not in seen and key_text(key).startswith(prefix))


def key_text(key: Hashable) -> str:
    """A key as text: itself, or JSON where it is a tuple. Distinct keys of one table have distinct texts."""
    return key if isinstance(key, str) else JSON.encode(key)


class Series(Generic[K, V]):
    """For each owner a growing sequence, kept in chunks so that appending stays cheap however long it gets."""

    __slots__ = ("chunks", "full")

    def __init__(self, full: Table[K, int], chunks: Table[tuple[K, int], tuple[V, ...]]) -> None:
        self.full = full
        """How many chunks are full; nothing for the many owners that have not filled one."""
        self.chunks = chunks

    def append(self, owner: K, value: V) -> None:
        """Add a value at the end (opened tables only)."""
        full = self._full(owner)
        chunk = (*(self.chunks.get((owner, full)) or ()), value)
        self.chunks.put((owner, full), chunk)
        if len(chunk) == CHUNK:
            self.full.put(owner, full + 1)

    def _full(self, owner: K) -> int:
        """How many chunks are full; most owners never fill one, so the first one is asked first."""
        first = self.chunks.get((owner, 0))
        return 0 if first is None or len(first) < CHUNK else self.full.get(owner) or 0

    def count(self, owner: K) -> int:
        """How many values the owner has."""
        full = self._full(owner)
        return full * CHUNK + len(self.chunks.get((owner, full)) or ())

    def of(self, owner: K) -> Iterator[V]:
        """Oldest first."""
        for number in range(self._full(owner) + 1):
            yield from self.chunks.get((owner, number)) or ()

    def newest(self, owner: K) -> Iterator[V]:
        """Youngest first."""
        for number in reversed(range(self._full(owner) + 1)):
            yield from reversed(self.chunks.get((owner, number)) or ())

    def last(self, owner: K) -> V | None:
        """The youngest, if there is one."""
        return next(self.newest(owner), None)

    def starting(self, prefix: str) -> Iterator[K]:
        """Owners whose text, as the first of a JSON array, starts with `prefix`."""
        return (owner for owner, number in self.chunks.starting(f"[{prefix}") if number == 0)
