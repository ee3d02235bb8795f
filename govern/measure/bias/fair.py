"""Fairlearn on weighted cells: the same numbers as on the rows, bit for bit, at any number of rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

MAX_FRAME_GROUPS: Final = 200
"""Fairlearn's frame takes 5 ms a group; beyond, the same division is done here (a test holds the two together)."""

WeightedCell = tuple[str, bool | None, bool, Fraction]
"""Group, what happened (None where it does not matter), what was decided, weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """A metric by group, and how far its values lie apart."""

    by_group: Mapping[str, float]
    difference: float
    ratio: float


def by_rate(metric: str, cells: Sequence[WeightedCell]) -> Rates:
    """Compute one of Fairlearn's rates by group; `metric` is its name, such as `true_positive_rate`.

    Every group needs a denominator that is not zero: Fairlearn would return 0 for it.
    """
    counted = [cell for cell in cells if cell[3] > 0]
    if len({cell[0] for cell in counted}) > MAX_FRAME_GROUPS:
        return _divided(metric, counted)
    import fairlearn.metrics as fairlearn

    function: Callable[..., Any] = getattr(fairlearn, metric)
    frame = fairlearn.MetricFrame(
        metrics=function, y_true=[int(cell[1]) if cell[1] is not None else int(cell[2]) for cell in counted],
        y_pred=[int(cell[2]) for cell in counted], sensitive_features=[cell[0] for cell in counted],
        sample_params={"sample_weight": [float(cell[3]) for cell in counted]},
    )
    return Rates(
        by_group={str(group): float(rate) for group, rate in frame.by_group.items()},
        difference=float(frame.difference()), ratio=_ratio([float(rate) for rate in frame.by_group]),
    )


def _divided(metric: str, cells: Sequence[WeightedCell]) -> Rates:
    counts: dict[str, list[Fraction]] = {}
    for group, actual, decided, weight in cells:
        if not _in_denominator(metric, actual):
            continue
        total = counts.setdefault(group, [Fraction(0), Fraction(0)])
        total[0] += weight
        total[1] += weight if decided is not (metric in {"true_negative_rate", "false_negative_rate"}) else 0
    rates = {group: float(chosen) / float(weight) for group, (weight, chosen) in sorted(counts.items())}
    return Rates(by_group=rates, difference=max(rates.values()) - min(rates.values()), ratio=_ratio(list(rates.values())))


def _in_denominator(metric: str, actual: bool | None) -> bool:  # noqa: FBT001 - a label
    if metric == "selection_rate":
        return True
    return bool(actual) is (metric in {"true_positive_rate", "false_negative_rate"})


def _ratio(rates: Sequence[float]) -> float:
    highest = max(rates)
    return float("nan") if highest == 0 else min(rates) / highest
