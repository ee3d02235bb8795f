"""The area under the curve from counts: its one-sided Mann-Whitney test, and an interval that 0 and 1 have too."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

from govern.domain.evidence import JsonValue
from govern.measure.statistics.intervals import Bounds, quantile

_HALVINGS: Final = 80
"""Of the interval in which a bound lies: beyond the last bit of binary64."""


def wins(reference: Any, window: Any) -> dict[str, JsonValue]:
    """Reduce two samples of scores (numpy arrays) to counts.

    Twice the pairs in which the window's score is the higher one, ties counting half, and the sum of t^3 - t over ties.
    """
    import numpy as np

    values, counts = np.unique(np.concatenate([reference, window]), return_counts=True)
    below = np.searchsorted(np.sort(reference), window, side="left")
    up_to = np.searchsorted(np.sort(reference), window, side="right")
    ties = sum(int(t) ** 3 - int(t) for t in counts if t > 1)
    del values
    return {
        "n_reference": len(reference), "n_window": len(window), "twice_wins": str(int(below.sum() + up_to.sum())), "ties": str(ties),
    }


def area(counted: Mapping[str, Any]) -> float:
    """The area under the curve: the chance that a row of the window scores higher."""
    return float(Fraction(int(counted["twice_wins"]), 2 * int(counted["n_reference"]) * int(counted["n_window"])))


def exceeds(counted: Mapping[str, Any]) -> float:
    """One-sided p-value that the area is above one half, with ties (Mann and Whitney 1947; Lehmann 1975, 1.4)."""
    n, m = int(counted["n_reference"]), int(counted["n_window"])
    total = n + m
    variance = n * m / 12 * ((total + 1) - int(counted["ties"]) / (total * (total - 1)))
    if variance <= 0:
        return 1.0
    z = (int(counted["twice_wins"]) / 2 - n * m / 2) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2)) / 2


def area_interval(found: float, positives: int, negatives: int, level: str = "0.95") -> Bounds:
    """An interval for an area: the areas that `found` does not contradict.

    Newcombe 2006, Statist. Med. 25, 559-573, method 5: Hanley and McNeil's variance is taken at the bound and not at the
    estimate, as Wilson does for a rate, so that an area of exactly 0 or 1 has an interval of some length.
    """
    z = quantile(level)

    def off(bound: float) -> float:
        return abs(found - bound) - z * math.sqrt(_variance(bound, positives, negatives))

    return Bounds(method="newcombe-5", level=level, low=_root(off, 0.0, found), high=_root(off, 1.0, found))


def _variance(a: float, m: int, n: int) -> float:
    star = (m + n) / 2 - 1
    return max(0.0, a * (1 - a) * (1 + star * (1 - a) / (2 - a) + star * a / (1 + a)) / (m * n))


def _root(off: Any, outer: float, inner: float) -> float:
    """Halve between the end of the scale and the estimate; the end itself where nothing contradicts it."""
    if outer == inner:
        return outer
    for _ in range(_HALVINGS):
        middle = (outer + inner) / 2
        outer, inner = (middle, inner) if off(middle) > 0 else (outer, middle)
    return inner
