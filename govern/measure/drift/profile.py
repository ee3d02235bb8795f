"""A column's profile: a histogram over edges or categories that the reference fixed once, nulls counted apart."""

import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, cast

from govern.domain.evidence import JsonValue
from govern.measure.frames import Frame, batches, run
from govern.measure.labels import label
from govern.measure.numbers import real, text

FEW: Final = 20
"""Up to so many distinct numbers are categories: KS is not meant for so many ties."""
MAX_BINS: Final = 100
ROWS_AN_EDGE: Final = 20
"""An edge stands for no fewer people of the reference than this."""
MAX_CATEGORIES: Final = 200
"""Categories that are kept by name; rarer ones of the reference count as one."""
MIN_NAMED: Final = 5
"""A category of fewer rows is not named: evidence holds no row of data."""
MAX_DISTINCT: Final = 1000
"""A text column with more values is free text or an identifier and has no distribution to compare."""
_EDGE_DIGITS: Final = 3
"""Digits of an edge beyond the first of the column's standard deviation: finer would be somebody's exact value."""
BATCH: Final = 200_000
"""Rows of all columns that are held at a time."""


class Unprofiled(Exception):  # noqa: N818 - told to the measure, which puts the reason beside the feature
    """A column has no distribution that can be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bins:
    """What a column is counted over: ascending edges of numbers, or categories by name."""

    feature: str
    kind: str
    """`numeric` or `categorical`."""
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    spread: float = 0.0
    """Standard deviation in the reference, the unit of the Wasserstein effect."""

    def json(self) -> dict[str, JsonValue]:
        """As evidence holds it."""
        shown: dict[str, JsonValue] = {"feature": self.feature, "kind": self.kind}
        if self.kind == "numeric":
            return shown | {"edges": [text(edge) for edge in self.edges], "spread": text(self.spread)}
        return shown | {"categories": list(self.categories)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A column counted over bins.

    Numeric: below the first edge, between edges, from the last on. Categorical: the categories in order, then the
    rarer ones, then those that the reference does not have.
    """

    counts: tuple[int, ...]
    nulls: int
    infinite: int
    new: tuple[str, ...] = ()
    """Names of categories that the reference does not have, of at least five rows."""

    @property
    def n(self) -> int:
        """Rows that have a value."""
        return sum(self.counts)


def read_bins(row: Mapping[str, Any]) -> Bins:
    """Read what `Bins.json` wrote."""
    return Bins(
        feature=str(row["feature"]), kind=str(row["kind"]), edges=tuple(real(one) for one in row.get("edges") or ()),
        categories=tuple(str(one) for one in row.get("categories") or ()), spread=real(row.get("spread") or 0),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison: a frame, and a sample of its rows that may be all of them."""

    frame: Frame
    sample: Any = None
    """A pandas frame."""
    whole: bool = False
    """Whether the sample is every row: then columns are counted in it and not in the engine again."""

    def column(self, feature: str) -> Any:
        """The sample of a column, as a pandas column."""
        return self.sample[feature]


def make_bins(side: Side, feature: str) -> Bins:
    """Fix the bins of a column from its reference.

    Raises `Unprofiled` for a column without a distribution that can be kept.
    """
    import numpy as np

    few = _distinct(side, feature)
    if side.frame.numeric(feature) and few is None:
        numbers = side.column(feature).to_numpy(dtype=float)
        numbers = numbers[np.isfinite(numbers)]
        if len(numbers) == 0:
            raise Unprofiled("no finite value")
        bins = max(2, min(MAX_BINS, len(numbers) // ROWS_AN_EDGE))
        quantiles = np.quantile(numbers, np.arange(1, bins) / bins)
        spread = float(np.std(numbers))
        decimals = _EDGE_DIGITS - math.floor(math.log10(spread)) if 0 < spread < math.inf else _EDGE_DIGITS
        edges = tuple(sorted({float(round(float(edge), decimals)) for edge in quantiles}))
        return Bins(feature=feature, kind="numeric", edges=edges, spread=spread)
    if few is None:
        raise Unprofiled("free text or an identifier: it has too many different values")
    named = sorted((name for name, n in few.items() if n >= MIN_NAMED), key=lambda name: (-few[name], name))[:MAX_CATEGORIES]
    return Bins(feature=feature, kind="categorical", categories=tuple(sorted(named)))


def count_columns(side: Side, every: Sequence[Bins], *, is_reference: bool) -> dict[str, Counted | Unprofiled]:
    """Count columns over their bins, numbers in one pass; a column of another kind has its reason in place of counts."""
    found: dict[str, Counted | Unprofiled] = {}
    streamed = [bins for bins in every if bins.kind == "numeric" and side.frame.numeric(bins.feature)]
    if not side.whole and streamed and side.frame.table.get_backend().name == "duckdb":
        found |= _in_batches(side.frame, streamed)
    for bins in every:
        if bins.feature in found:
            continue
        try:
            found[bins.feature] = count_column(side, bins, is_reference=is_reference)
        except Unprofiled as answer:
            found[bins.feature] = answer
    return found


def count_column(side: Side, bins: Bins, *, is_reference: bool) -> Counted:
    """Count a column over bins in one scan. Raises `Unprofiled` where the column has another kind."""
    if bins.kind == "numeric":
        if not side.frame.numeric(bins.feature):
            raise Unprofiled(f"numbers in the reference, {side.frame.kinds[bins.feature]} in the window")
        return _in_sample(side, bins) if side.whole else _in_engine(side.frame, bins)
    found = _values(side, bins.feature, limit=50 * MAX_DISTINCT)
    if found is None:
        raise Unprofiled("free text or an identifier: it has too many different values")
    named = dict.fromkeys(bins.categories, 0)
    nulls = other = 0
    new: dict[str, int] = {}
    for name, n in found.items():
        if name is None:
            nulls += n
        elif name in named:
            named[name] += n
        else:
            other += n
            new[name] = n
    shown = () if is_reference else tuple(sorted(name for name, n in new.items() if n >= MIN_NAMED)[:FEW])
    tail = (other, 0) if is_reference else (0, other)
    return Counted(counts=(*named.values(), *tail), nulls=nulls, infinite=0, new=shown)


def _distinct(side: Side, feature: str) -> dict[str, int] | None:
    """Counts by value where there are few enough of them for categories, else None."""
    limit = FEW if side.frame.numeric(feature) else MAX_DISTINCT
    if not side.whole and int(side.column(feature).nunique()) > limit:
        return None
    found = _values(side, feature, limit=limit)
    return None if found is None else {name: n for name, n in found.items() if name is not None}


def _values(side: Side, feature: str, *, limit: int) -> dict[str | None, int] | None:
    """Counts by label, null last; None where there are more than `limit` values."""
    if side.whole:
        column = side.column(feature)
        found = [(value, int(n)) for value, n in column.value_counts(dropna=True).items()]
        found.append((None, int(column.isna().sum())))
    else:
        table = side.frame.table
        rows = run(table.group_by(value=table[feature]).aggregate(n=table.count()).limit(limit + 3), side.frame.name)
        found = [(row["value"], int(row["n"])) for row in rows]
    counts: dict[str | None, int] = {}
    for value, n in found:
        name = label(value) or None
        if n:
            counts[name] = counts.get(name, 0) + n
    if len(counts) - (None in counts) > limit:
        return None
    return dict(sorted(counts.items(), key=lambda item: (item[0] is None, item[0] or "")))


def _in_sample(side: Side, bins: Bins) -> Counted:
    import numpy as np

    numbers = side.column(bins.feature).to_numpy(dtype=float)
    finite = numbers[np.isfinite(numbers)]
    places = np.bincount(np.searchsorted(bins.edges, finite, side="right"), minlength=len(bins.edges) + 1)
    return Counted(counts=tuple(int(one) for one in places), nulls=int(np.isnan(numbers).sum()), infinite=int(np.isinf(numbers).sum()))


def _in_batches(frame: Frame, every: Sequence[Bins]) -> dict[str, Counted]:
    """Count numbers in the embedded engine's process: a search in numpy is faster than a hundred comparisons in SQL.

    The search lets other threads run: each column of a batch has one, and counts of its own.
    """
    import numpy as np

    places = {bins.feature: np.zeros(len(bins.edges) + 1, dtype=np.int64) for bins in every}
    edges = {bins.feature: np.asarray(bins.edges, dtype=np.float64) for bins in every}
    nulls, infinite = dict.fromkeys(places, 0), dict.fromkeys(places, 0)
    names = list(places)
    selected = frame.table.select(**{f"c{i}": frame.table[name].cast("float64") for i, name in enumerate(names)})

    def add(name: str, column: Any) -> None:
        numbers = column.to_numpy(zero_copy_only=False)
        good = np.isfinite(numbers)
        finite = numbers if good.all() else numbers[good]
        places[name] += np.bincount(np.searchsorted(edges[name], finite, side="right"), minlength=len(edges[name]) + 1)
        missing = 0 if finite is numbers else int(np.isnan(numbers).sum())
        nulls[name] += missing
        infinite[name] += len(numbers) - len(finite) - missing

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for batch in batches(Frame(table=selected, kinds={}, name=frame.name), BATCH):
            list(pool.map(add, names, batch.columns))
    return {
        name: Counted(counts=tuple(int(one) for one in places[name]), nulls=nulls[name], infinite=infinite[name]) for name in names
    }


def _in_engine(frame: Frame, bins: Bins) -> Counted:
    import ibis

    value = frame.table[bins.feature].cast("float64")
    infinite = value.isinf()
    null = value.isnull() | value.isnan()
    # One comparison an edge is what every engine can do; halving them first keeps the number of comparisons a row low.
    place = ibis.cases((null, -1), (infinite, -2), else_=_search(value, bins.edges, 0, len(bins.edges)))
    rows = run(frame.table.select(place=place).group_by("place").aggregate(n=ibis._.count()), frame.name)
    found = {int(row["place"]): int(row["n"]) for row in rows}
    counts = tuple(found.get(place, 0) for place in range(len(bins.edges) + 1))
    return Counted(counts=counts, nulls=found.get(-1, 0), infinite=found.get(-2, 0))


def _search(value: Any, edges: Sequence[float], low: int, high: int) -> Any:
    """A binary search as nested conditions: the number of edges that are at most the value."""
    import ibis

    if low == high:
        return ibis.literal(low, "int64")
    middle = (low + high) // 2
    return ibis.ifelse(value < edges[middle], _search(value, edges, low, middle), _search(value, edges, middle + 1, high))


def counted_of(row: Mapping[str, Any], side: str) -> Counted:
    """Read one side of a feature's statistics."""
    return Counted(
        counts=tuple(int(one) for one in cast("Sequence[int]", row[side])), nulls=int(row[f"nulls_{side}"]),
        infinite=int(row.get(f"infinite_{side}", 0)), new=tuple(row.get("new", ())) if side == "window" else (),
    )
