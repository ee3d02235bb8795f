"""Means of quantities, from counts and sums: their intervals, Welch's interval for two and Welch's test for many."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from govern.measure.statistics.intervals import Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample by its size, its exact mean and its variance (divided by n - 1; 0 for one row)."""

    n: int
    exact: Fraction
    variance: float

    @classmethod
    def of(cls, n: int, total: Fraction, squares: Fraction) -> Self:
        """Make it from the sum and the sum of squares; both are exact, so that nothing cancels."""
        mean = total / n
        variance = (squares - total * mean) / (n - 1) if n > 1 else Fraction(0)
        return cls(n=n, exact=mean, variance=float(max(Fraction(0), variance)))

    @property
    def mean(self) -> float:
        """The mean."""
        return float(self.exact)

    def interval(self, level: str) -> Bounds | None:
        """Student's interval of the mean; None for one row."""
        if self.n < 2:  # noqa: PLR2004 - a variance
            return None
        half = _student(level, self.n - 1) * math.sqrt(self.variance / self.n)
        return Bounds(method="student", level=level, low=self.mean - half, high=self.mean + half)


def welch_difference(one: Sample, other: Sample, level: str) -> tuple[Bounds, float] | None:
    """Interval of a difference of means and the two-sided p-value (Welch 1947, Biometrika 34, 28-35).

    None where a group has one row or nothing varies in either.
    """
    parts = [sample.variance / sample.n for sample in (one, other)]
    if min(one.n, other.n) < 2 or sum(parts) <= 0:  # noqa: PLR2004 - a variance
        return None
    from scipy.stats import t

    freedom = sum(parts) ** 2 / sum(part**2 / (sample.n - 1) for part, sample in zip(parts, (one, other), strict=True))
    difference, error = float(one.exact - other.exact), math.sqrt(sum(parts))
    half = _student(level, freedom) * error
    bounds = Bounds(method="welch", level=level, low=difference - half, high=difference + half)
    return bounds, float(2 * t.sf(abs(difference) / error, freedom))


def welch(samples: Sequence[Sample]) -> float | None:
    """P-value that all groups share one mean, without equal variances (Welch 1951, Biometrika 38, 330-336).

    None where a group has one row or a variance of 0.
    """
    if len(samples) < 2 or any(sample.n < 2 or sample.variance <= 0 for sample in samples):  # noqa: PLR2004 - pairs; a variance
        return None
    from scipy.stats import f

    weights = [sample.n / sample.variance for sample in samples]
    whole, k = math.fsum(weights), len(samples)
    centre = math.fsum(w * sample.mean for w, sample in zip(weights, samples, strict=True)) / whole
    between = math.fsum(w * (sample.mean - centre) ** 2 for w, sample in zip(weights, samples, strict=True)) / (k - 1)
    spread = math.fsum((1 - w / whole) ** 2 / (sample.n - 1) for w, sample in zip(weights, samples, strict=True))
    statistic = between / (1 + 2 * (k - 2) / (k**2 - 1) * spread)
    return float(f.sf(statistic, k - 1, (k**2 - 1) / (3 * spread)))


def _student(level: str, freedom: float) -> float:
    from scipy.stats import t

    return float(t.ppf(0.5 + float(level) / 2, freedom))
