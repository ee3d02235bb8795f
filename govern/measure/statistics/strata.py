"""Two groups compared within strata: Mantel and Haenszel's difference, ratio and test."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from govern.measure.statistics.intervals import Bounds, quantile


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Chosen people and people of the group (1) and of the reference (0) in one stratum; effective numbers if weighted."""

    x1: float
    n1: float
    x0: float
    n0: float

    @property
    def n(self) -> float:
        """Everybody."""
        return self.n1 + self.n0


def common_difference(strata: Sequence[Stratum], level: str) -> tuple[float, Bounds]:
    """Mantel-Haenszel risk difference p1 - p0 and its interval (Sato 1989, Biometrics 45, 1323-1324)."""
    whole = math.fsum(s.n1 * s.n0 / s.n for s in strata)
    difference = math.fsum((s.x1 * s.n0 - s.x0 * s.n1) / s.n for s in strata) / whole
    p = math.fsum((s.n1**2 * s.x0 - s.n0**2 * s.x1 + s.n1 * s.n0 * (s.n0 - s.n1) / 2) / s.n**2 for s in strata)
    q = math.fsum((s.x1 * (s.n0 - s.x0) + s.x0 * (s.n1 - s.x1)) / (2 * s.n) for s in strata)
    half = quantile(level) * math.sqrt(max(0.0, difference * p + q)) / whole
    return difference, Bounds(method="mantel-haenszel-sato", level=level, low=max(-1.0, difference - half), high=min(1.0, difference + half))


def common_ratio(strata: Sequence[Stratum], level: str) -> tuple[float, Bounds | None] | None:
    """Mantel-Haenszel risk ratio p1 / p0 and its interval (Greenland and Robins 1985, Biometrics 41, 55-68).

    None where nobody of the reference was chosen; no interval where nobody of the group was.
    """
    r, s = math.fsum(one.x1 * one.n0 / one.n for one in strata), math.fsum(one.x0 * one.n1 / one.n for one in strata)
    if s <= 0:
        return None
    ratio = r / s
    if r <= 0:
        return ratio, None
    spread = math.fsum((one.n1 * one.n0 * (one.x1 + one.x0) - one.x1 * one.x0 * one.n) / one.n**2 for one in strata)
    half = quantile(level) * math.sqrt(max(0.0, spread) / (r * s))
    return ratio, Bounds(method="mantel-haenszel-log", level=level, low=ratio * math.exp(-half), high=ratio * math.exp(half))


def cochran_mantel_haenszel(strata: Sequence[Stratum]) -> float:
    """P-value that group and outcome are independent within strata (Mantel and Haenszel 1959); no continuity correction."""
    excess, variance = 0.0, 0.0
    for one in strata:
        chosen = one.x1 + one.x0
        excess += one.x1 - one.n1 * chosen / one.n
        if one.n > 1:
            variance += one.n1 * one.n0 * chosen * (one.n - chosen) / (one.n**2 * (one.n - 1))
    return 1.0 if variance <= 0 else math.erfc(math.sqrt(excess**2 / variance / 2))
