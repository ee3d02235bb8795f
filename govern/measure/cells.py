"""Cells: rows reduced to counts by group, target and outcome; additive, so that parts of the data merge to the whole."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from govern.measure.attributes import Part
from govern.measure.frames import Frame, run
from govern.measure.labels import label
from govern.measure.sums import exact_sum, summed

MAX_GROUPS: Final = 1000
"""Beyond, a column is free text or an identifier and not a group; names of people must not reach evidence."""
MAX_CELLS: Final = 200_000
"""Cells over all attributes at once that are still fetched; beyond, each attribute is counted in a scan of its own."""
FEW_GROUPS: Final = 20
ROWS_A_GROUP: Final = 5
"""More than a few groups of fewer rows than this on average: a comment, a name or a number of a file, in a small file."""
PROBE_ROWS: Final = 50_000
"""Rows from the front that are looked at to find columns with too many values before they are grouped by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """How many rows share these labels. `weight` and `weight2` are sums of w and w², equal to `n` without weights."""

    group: tuple[str | None, ...]
    target: str | None
    outcome: str | None
    n: int
    weight: Decimal
    weight2: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What rows are counted by."""

    parts: tuple[Part, ...]
    target: str | None
    outcome: Any
    """An Ibis expression, or None."""
    weight: str | None
    scale: int = 0
    """The power of ten that no weight exceeds (`sums.weight_scale`)."""


class TooManyGroups(Exception):  # noqa: N818 - told to the measure, which says `undefined`
    """A column has too many values to group by."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def count(frame: Frame, keys: Keys, *, limit: int = MAX_CELLS) -> list[Cell] | None:
    """Count the rows of a frame in one scan; None where there are more than `limit` cells.

    Raises `DataError` where the engine can't.
    """
    table = frame.table
    names = [f"k{i}" for i in range(len(keys.parts))]
    by = {name: part.expression(frame) for name, part in zip(names, keys.parts, strict=True)}
    if keys.target is not None:
        by["target"] = table[keys.target]
    if keys.outcome is not None:
        by["outcome"] = keys.outcome
    sums = {"n": table.count()}
    if keys.weight is not None:
        weight = table[keys.weight].cast("float64")
        sums["w"] = exact_sum(weight, keys.scale)
        sums["w2"] = exact_sum(weight * weight, 2 * keys.scale)
    counted = table.group_by(**by).aggregate(**sums) if by else table.aggregate(**sums)
    rows = run(counted.limit(limit + 1), frame.name)
    if len(rows) > limit:
        return None
    return merge(_cell(row, names, keys) for row in rows)


def merge(*collections: Iterable[Cell]) -> list[Cell]:
    """Add up cells with the same labels, sorted; `merge(a, b)` of two parts of the data is `merge(whole)`."""
    sums: dict[tuple[Any, ...], list[Any]] = {}
    for cells in collections:
        for cell in cells:
            key = (cell.group, cell.target, cell.outcome)
            total = sums.setdefault(key, [0, Decimal(0), Decimal(0)])
            total[0] += cell.n
            total[1] += cell.weight
            total[2] += cell.weight2
    return [
        Cell(group=group, target=target, outcome=outcome, n=n, weight=weight, weight2=weight2)
        for (group, target, outcome), (n, weight, weight2) in sorted(sums.items(), key=lambda item: _order(item[0]))
    ]


def marginal(cells: Iterable[Cell], positions: Sequence[int]) -> list[Cell]:
    """Keep only the group parts at `positions`."""
    return merge(
        Cell(group=tuple(cell.group[i] for i in positions), target=cell.target, outcome=cell.outcome, n=cell.n,
             weight=cell.weight, weight2=cell.weight2)
        for cell in cells
    )


def wide_columns(frame: Frame, parts: Sequence[Part]) -> set[str]:
    """Return the parts with more values than groups can have, by the front of the data."""
    candidates = [part for part in parts if not part.op]
    if not candidates:
        return set()
    front = frame.table.limit(PROBE_ROWS)
    asked = {f"c{i}": front[part.column].nunique() for i, part in enumerate(candidates)}
    found = run(front.aggregate(n=front.count(), **asked), frame.name)[0]
    most = min(MAX_GROUPS, max(FEW_GROUPS, int(found["n"]) // ROWS_A_GROUP))
    return {part.text for i, part in enumerate(candidates) if (found[f"c{i}"] or 0) > most}


def by_key(rows: Iterable[Mapping[str, Any]], key: str) -> dict[Any, list[Mapping[str, Any]]]:
    """Gather mappings by one of their values."""
    gathered: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        gathered[row[key]].append(row)
    return dict(gathered)


def _cell(row: Mapping[str, Any], names: Sequence[str], keys: Keys) -> Cell:
    n = int(row["n"])
    group = tuple(part.label(label(row[name])) for name, part in zip(names, keys.parts, strict=True))
    return Cell(
        group=group, target=label(row.get("target")), outcome=label(row.get("outcome")), n=n,
        weight=summed(row["w"], keys.scale) if "w" in row else Decimal(n),
        weight2=summed(row["w2"], 2 * keys.scale) if "w2" in row else Decimal(n),
    )


def _order(key: tuple[Any, ...]) -> tuple[Any, ...]:
    group, target, outcome = key
    return tuple((part is not None, part or "") for part in (*group, target, outcome))
