"""Two models on the same rows: paired tests and intervals."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from govern.measure.statistics.intervals import Bounds, quantile, wilson


def mcnemar(gained: int, lost: int) -> float:
    """Exact two-sided p-value from discordant pairs (McNemar 1947, Psychometrika 12, 153-157; the binomial form)."""
    from scipy.stats import binom

    both = gained + lost
    return 1.0 if both == 0 else min(1.0, 2 * float(binom.cdf(min(gained, lost), both, 0.5)))


def paired_difference(both: int, gained: int, lost: int, neither: int, level: str) -> Bounds:
    """Interval of p1 - p2 of paired shares, `gained` right only in 1 and `lost` only in 2.

    Newcombe 1998, Statist. Med. 17, 2635-2650, method 10: Wilson's limits of both shares, joined with their correlation.
    """
    n = both + gained + lost + neither
    one, other = wilson(both + gained, n, level), wilson(both + lost, n, level)
    p1, p2 = (both + gained) / n, (both + lost) / n
    margins = (both + gained) * (lost + neither) * (both + lost) * (gained + neither)
    product = both * neither - gained * lost
    # Newcombe takes n/2 off a positive product, as Yates does, and never past zero.
    product_corrected = max(product - n / 2, 0.0) if product > 0 else float(product)
    phi = product_corrected / math.sqrt(margins) if margins > 0 else 0.0
    low1, high1, low2, high2 = p1 - one.low, one.high - p1, p2 - other.low, other.high - p2
    low = p1 - p2 - math.sqrt(max(0.0, low1**2 - 2 * phi * low1 * high2 + high2**2))
    high = p1 - p2 + math.sqrt(max(0.0, high1**2 - 2 * phi * high1 * low2 + low2**2))
    return Bounds(method="newcombe-paired", level=level, low=max(-1.0, low), high=min(1.0, high))


def mean_difference(n: int, total: Fraction, squares: Fraction, level: str) -> tuple[Bounds, float] | None:
    """Normal interval of a mean of paired differences and its two-sided p-value; None where nothing differs or varies."""
    mean = total / n
    variance = (squares - total * mean) / (n - 1) if n > 1 else Fraction(0)
    if variance <= 0:
        return None
    error = math.sqrt(float(variance) / n)
    half = quantile(level) * error
    bounds = Bounds(method="normal-paired", level=level, low=float(mean) - half, high=float(mean) + half)
    return bounds, math.erfc(abs(float(mean)) / error / math.sqrt(2))


def auc_difference(sums: Mapping[str, Any], level: str) -> tuple[float, float, Bounds | None, float | None]:
    """Both areas under the curve, the interval of their difference and its p-value.

    DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44, 837-845, from sums of doubled placements and of their squares
    and products; no interval where the placements of both models are the same.
    """
    n1, n0 = int(sums["positives"]), int(sums["negatives"])
    one, other = (Fraction(int(sums[key]), 2 * n1 * n0) for key in ("pairs_candidate", "pairs_baseline"))
    if n1 < 2 or n0 < 2:  # noqa: PLR2004 - a variance
        return float(one), float(other), None, None
    gap = one - other
    spread1 = (Fraction(int(sums["squares1"]), (2 * n0) ** 2) - n1 * gap * gap) / (n1 - 1)
    spread0 = (Fraction(int(sums["squares0"]), (2 * n1) ** 2) - n0 * gap * gap) / (n0 - 1)
    variance = float(spread1 / n1 + spread0 / n0)
    if variance <= 0:
        return float(one), float(other), None, None
    error = math.sqrt(variance)
    half = quantile(level) * error
    bounds = Bounds(method="delong-paired", level=level, low=float(gap) - half, high=float(gap) + half)
    return float(one), float(other), bounds, math.erfc(abs(float(gap)) / error / math.sqrt(2))
