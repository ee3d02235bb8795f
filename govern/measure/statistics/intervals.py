"""Confidence intervals in closed form: Wilson, Newcombe and Katz-log; no seed, no bootstrap.

`n` and `x` may be effective sizes of weighted data and need not be whole.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from govern.domain.evidence import JsonValue
from govern.measure.numbers import text

LEVEL: Final = "0.95"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """An interval before it is text."""

    method: str
    level: str
    low: float
    high: float

    def json(self) -> dict[str, JsonValue]:
        """As evidence holds it."""
        return {"method": self.method, "level": self.level, "low": text(self.low), "high": text(self.high)}


def quantile(level: str) -> float:
    """The two-sided standard normal quantile of a level such as `0.95`."""
    return NormalDist().inv_cdf(0.5 + float(level) / 2)


def wilson(x: float, n: float, level: str = LEVEL) -> Bounds:
    """Interval of a rate (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212)."""
    z = quantile(level)
    p = x / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if x == 0 else max(0.0, centre - half)
    high = 1.0 if x == n else min(1.0, centre + half)
    return Bounds(method="wilson", level=level, low=low, high=high)


def clopper_pearson(x: int, n: int, level: float) -> Bounds:
    """Exact interval of a rate, which never covers less often than it says (Clopper and Pearson 1934, Biometrika 26, 404-413)."""
    from scipy.stats import beta

    tail = (1 - level) / 2
    low = 0.0 if x == 0 else float(beta.ppf(tail, x, n - x + 1))
    high = 1.0 if x == n else float(beta.isf(tail, x + 1, n - x))
    return Bounds(method="clopper-pearson", level=str(level), low=low, high=high)


def newcombe(x1: float, n1: float, x2: float, n2: float, level: str = LEVEL) -> Bounds:
    """Interval of p1 - p2, hybrid score, method 10 (Newcombe 1998, Stat. Med. 17, 873-890)."""
    one, two = wilson(x1, n1, level), wilson(x2, n2, level)
    p1, p2 = x1 / n1, x2 / n2
    low = p1 - p2 - math.hypot(p1 - one.low, two.high - p2)
    high = p1 - p2 + math.hypot(one.high - p1, p2 - two.low)
    return Bounds(method="newcombe", level=level, low=low, high=high)


def katz(x1: float, n1: float, x2: float, n2: float, level: str = LEVEL) -> Bounds | None:
    """Interval of p1 / p2 on the log scale (Katz et al. 1978, Biometrics 34, 469-474).

    Where a count is zero or everybody was selected in both, half a person is added (Walter 1975, Biometrika 62,
    371-374) and the method says so; None where nobody of group 2 was selected.
    """
    if x2 <= 0:
        return None
    z = quantile(level)
    method = "katz-log"
    if x1 <= 0 or (x1 >= n1 and x2 >= n2):
        x1, n1, x2, n2 = x1 + 0.5, n1 + 0.5, x2 + 0.5, n2 + 0.5
        method = "walter-log"
    ratio = (x1 / n1) / (x2 / n2)
    se = math.sqrt(max(0.0, 1 / x1 - 1 / n1 + 1 / x2 - 1 / n2))
    low = ratio * math.exp(-z * se)
    return Bounds(method=method, level=level, low=0.0 if method != "katz-log" and x1 <= 0.5 else low,  # noqa: PLR2004 - nobody was selected
                  high=ratio * math.exp(z * se))
