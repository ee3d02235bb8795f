"""All measures by id: ours, and those that other packages offer through the entry points `govern.measures`."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint

from govern.errors import DataError, UsageError
from govern.measure.base import Measure
from govern.measure.columns import near

GROUP = "govern.measures"


@cache
def _ours() -> dict[str, Measure]:
    from govern.measure.ours import OURS

    return {measure.id: measure for measure in OURS}


@cache
def _theirs() -> dict[str, EntryPoint]:
    """Other packages' measures by the id that the entry point is named by; none of them is loaded by looking."""
    from importlib.metadata import entry_points

    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda point: (point.name, point.value)):
        # What ships with govern can't be replaced: evidence would be read as ours that is not.
        if point.name not in _ours():
            found.setdefault(point.name, point)
    return found


@cache
def _loaded(name: str) -> Measure:
    """Load another package's measure. Raises `DataError` where it can't be, or is not what its name says."""
    point = _theirs()[name]
    try:
        measure: Measure = point.load()()
        said = str(measure.id)
        missing = [part for part in ("collect", "evaluate", "per_attribute") if not hasattr(measure, part)]
    except Exception as error:  # another package's code ends in any way, and must not take ours with it
        raise DataError(f"the measure {name} of {_distribution(point)} can't be loaded: {type(error).__name__}: {error}", "Mend or remove that package.") from error
    if said != name or missing:
        wrong = f"calls itself {said}" if said != name else f"lacks {missing[0]}"
        raise DataError(f"the measure {name} of {_distribution(point)} {wrong}", "Its entry point has to be named by its id, such as churn@1.")
    return measure


class _Registry(Mapping[str, Measure]):
    """Loaded when first looked at, so that importing it costs nothing."""

    def __getitem__(self, key: str) -> Measure:
        ours = _ours().get(key)
        if ours is not None:
            return ours
        if key not in _theirs():
            raise KeyError(key)
        return _loaded(key)

    def __contains__(self, key: object) -> bool:
        return key in _ours() or key in _theirs()

    def __iter__(self) -> Iterator[str]:
        return iter(sorted({*_ours(), *_theirs()}))

    def __len__(self) -> int:
        return len({*_ours(), *_theirs()})


ALL_MEASURES: Mapping[str, Measure] = _Registry()


def find(name: str) -> Measure:
    """Look up a measure by id; a name without a version means version 1. Raises `UsageError`, `DataError`."""
    key = name if "@" in name else f"{name}@1"
    if key not in ALL_MEASURES:
        close = near(key, ALL_MEASURES)
        hint = f"Did you mean {', '.join(close)}?" if close else f"There are {', '.join(ALL_MEASURES)}."
        raise UsageError(f"there is no measure “{name}”", hint)
    return ALL_MEASURES[key]


def providers(names: Iterable[str]) -> dict[str, str]:
    """Distribution and version of every measure that is another package's, for what records how numbers came about."""
    return {
        name: _distribution(_theirs()[name]) for name in sorted(set(names)) if name not in _ours() and name in _theirs()
    }


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else "an unnamed package"
