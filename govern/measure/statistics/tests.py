"""Tests for differences between rates: z, Fisher, chi-squared, and a permutation test on the cells."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

MIN_EXPECTED: Final = 5
"""Below this expected count the normal approximations of z and chi-squared do not hold (Cochran 1954)."""
PERMUTATIONS: Final = 9999
"""Monte-Carlo error of a p-value at 0.05 is then 0.002."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A p-value and the test it is of."""

    test: str
    p_value: float


def z_test(x1: float, n1: float, x2: float, n2: float) -> Result:
    """Two-sided test for two rates with pooled variance; the square of z is Pearson's chi-squared."""
    pooled = (x1 + x2) / (n1 + n2)
    variance = pooled * (1 - pooled) * (1 / n1 + 1 / n2)
    if variance <= 0:
        return Result(test="z", p_value=1.0)
    z = (x1 / n1 - x2 / n2) / math.sqrt(variance)
    return Result(test="z", p_value=math.erfc(abs(z) / math.sqrt(2)))


def fisher(x1: int, n1: int, x2: int, n2: int) -> Result:
    """Fisher's exact test, two-sided."""
    from scipy.stats import fisher_exact

    return Result(test="fisher", p_value=min(1.0, float(fisher_exact([[x1, n1 - x1], [x2, n2 - x2]])[1])))


def two_rates(x1: float, n1: float, x2: float, n2: float, *, whole: bool = True) -> Result:
    """z, or Fisher where an expected count is below 5; effective counts of weighted data are never exact."""
    if whole and _least_expected((x1, x2), (n1, n2)) < MIN_EXPECTED:
        return fisher(int(x1), int(n1), int(x2), int(n2))
    return z_test(x1, n1, x2, n2)


def omnibus(selected: Sequence[float], sizes: Sequence[float], *, seed: int, whole: bool = True) -> Result:
    """Whether all groups share one rate: chi-squared, or a permutation test where an expected count is below 5.

    The permutations hold both margins (a multivariate hypergeometric draw of who is selected); the p-value counts the
    observed table too (Davison and Hinkley 1997, 4.2), so that it is never 0.
    """
    total, chosen = sum(sizes), sum(selected)
    if chosen in {0, total}:
        return Result(test="chi-squared", p_value=1.0)
    if whole and _least_expected(selected, sizes) < MIN_EXPECTED:
        return _permuted([int(x) for x in selected], [int(n) for n in sizes], seed)
    from scipy.stats import chi2

    return Result(test="chi-squared", p_value=float(chi2.sf(_chi_squared(selected, sizes), len(sizes) - 1)))


def adjusted(p_values: Sequence[float | None], method: Literal["holm", "bh"] = "holm") -> list[float | None]:
    """Correct p-values for their number; None stays None and does not count.

    `holm`: Holm 1979, Scand. J. Stat. 6, 65-70. `bh`: Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57, 289-300.
    """
    order = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    count = len(order)
    result: list[float | None] = [None] * len(p_values)
    if method == "holm":
        highest = 0.0
        for rank, (p, i) in enumerate(order):
            highest = max(highest, min(1.0, (count - rank) * p))
            result[i] = highest
        return result
    lowest = 1.0
    for rank, (p, i) in reversed(list(enumerate(order, start=1))):
        lowest = min(lowest, p * count / rank)
        result[i] = lowest
    return result


def _least_expected(selected: Sequence[float], sizes: Sequence[float]) -> float:
    rate = sum(selected) / sum(sizes)
    return min(n * min(rate, 1 - rate) for n in sizes)


def _chi_squared(selected: Sequence[float], sizes: Sequence[float]) -> float:
    rate = sum(selected) / sum(sizes)
    return math.fsum((x - n * rate) ** 2 / (n * rate * (1 - rate)) for x, n in zip(selected, sizes, strict=True))


def _permuted(selected: list[int], sizes: list[int], seed: int) -> Result:
    import numpy as np

    draws = np.random.default_rng(seed).multivariate_hypergeometric(sizes, sum(selected), PERMUTATIONS, method="marginals")
    expected = np.asarray(sizes) * (sum(selected) / sum(sizes))
    statistic = ((draws - expected) ** 2 / np.asarray(sizes)).sum(axis=1)
    observed = ((np.asarray(selected) - expected) ** 2 / np.asarray(sizes)).sum()
    # Tables as far from parity as the observed one must count although their sums differ in the last bit.
    beyond = int((statistic >= observed * (1 - 1e-9)).sum())
    return Result(test="permutation", p_value=(1 + beyond) / (1 + PERMUTATIONS))
