"""All measures by id: ours, and those that other packages offer through the entry points `govern.measures`."""

from collections.abc import Iterator, Mapping
from functools import cache

from govern.errors import UsageError
from govern.measure.base import Measure
from govern.measure.columns import near


@cache
def _measures() -> dict[str, Measure]:
    from importlib.metadata import entry_points

    from govern.measure.ours import OURS

    found: dict[str, Measure] = {measure.id: measure for measure in OURS}
    for point in entry_points(group="govern.measures"):
        measure: Measure = point.load()()
        found.setdefault(measure.id, measure)
    return dict(sorted(found.items()))


class _Registry(Mapping[str, Measure]):
    """Loaded when first looked at, so that importing it costs nothing."""

    def __getitem__(self, key: str) -> Measure:
        return _measures()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(_measures())

    def __len__(self) -> int:
        return len(_measures())


ALL_MEASURES: Mapping[str, Measure] = _Registry()


def find(name: str) -> Measure:
    """Look up a measure by id; a name without a version means version 1. Raises `UsageError`."""
    key = name if "@" in name else f"{name}@1"
    if key not in ALL_MEASURES:
        close = near(key, ALL_MEASURES)
        hint = f"Did you mean {', '.join(close)}?" if close else f"There are {', '.join(ALL_MEASURES)}."
        raise UsageError(f"there is no measure “{name}”", hint)
    return ALL_MEASURES[key]
