"""What a sample can show: the smallest difference it would detect, and the rows that would decide."""

import math
from statistics import NormalDist
from typing import Final

ALPHA: Final = 0.05
POWER: Final = 0.8
_Z = NormalDist().inv_cdf(1 - ALPHA / 2) + NormalDist().inv_cdf(POWER)


def minimum_detectable(rate: float, n1: float, n2: float) -> float:
    """Difference from `rate` that a two-sided 5 % test finds 8 times in 10 (Fleiss, Levin and Paik 2003, 4.3)."""
    return min(1.0, _Z * math.sqrt(rate * (1 - rate) * (1 / n1 + 1 / n2)))


def rows_needed(p1: float, p2: float, n1: float, n2: float) -> int | None:
    """Rows of group 1, group 2 growing with it, that would show the observed difference; None at equal rates."""
    if p1 == p2:
        return None
    pooled = (p1 * n1 + p2 * n2) / (n1 + n2)
    return math.ceil((_Z / (p1 - p2)) ** 2 * pooled * (1 - pooled) * (1 + n1 / n2))
