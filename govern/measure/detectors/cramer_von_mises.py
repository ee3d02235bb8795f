"""The two-sample Cramér-von Mises test from sums of ranks, so that a replay needs no sample."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

_TERMS: Final = 200
"""Of the series of the limiting distribution; it stops at the first that adds nothing."""
_SMALL: Final = 0.003
"""Below, the limiting distribution function is 0 (as scipy has it)."""


def rank_sums(reference: Any, window: Any) -> tuple[int, int]:
    """Four times the sum of squares of (midrank in both - rank in its own sample), sample by sample: whole numbers."""
    import numpy as np

    one, other = np.sort(reference), np.sort(window)
    both = np.sort(np.concatenate([one, other]))
    sums = []
    for sample in (one, other):
        low = np.searchsorted(both, sample, side="left")
        high = np.searchsorted(both, sample, side="right")
        # Twice the midrank is low + 1 + high; twice the own rank is 2i.
        twice = (low + 1 + high) - 2 * np.arange(1, len(sample) + 1)
        sums.append(int((twice.astype(np.int64) ** 2).sum()))
    return sums[0], sums[1]


def rank_sums_of_bins(reference: Sequence[int], window: Sequence[int]) -> tuple[int, int]:
    """The same from two histograms over the same bins, whose values count as tied; own ranks run through each bin."""
    edges = [0]
    for a, b in zip(reference, window, strict=True):
        edges.append(edges[-1] + a + b)
    sums = []
    for counts in (reference, window):
        total = before = 0
        for (low, high), count in zip(pairwise(edges), counts, strict=True):
            # Sum over i = before + 1 .. before + count of (t - 2i)^2 with t = low + 1 + high.
            t = low + 1 + high
            first, last = before, before + count
            ones = last * (last + 1) // 2 - first * (first + 1) // 2
            squares = last * (last + 1) * (2 * last + 1) // 6 - first * (first + 1) * (2 * first + 1) // 6
            total += count * t * t - 4 * t * ones + 4 * squares
            before = last
        sums.append(total)
    return sums[0], sums[1]


def cramer_von_mises(n: int, sum_n: int, m: int, sum_m: int) -> dict[str, float]:
    """Statistic and asymptotic p-value of two samples of `n` and `m` (Anderson 1962, Ann. Math. Stat. 33, 1148-1159).

    `sum_n` and `sum_m` are what `rank_sums` gives.
    """
    total = n + m
    u = (n * sum_n + m * sum_m) / 4
    statistic = u / (n * m * total) - (4 * n * m - 1) / (6 * total)
    expected = (1 + 1 / total) / 6
    variance = (total + 1) * (4 * n * m * total - 3 * (n * n + m * m) - 2 * n * m) / (45 * total**2 * 4 * n * m)
    standardised = 1 / 6 + (statistic - expected) / math.sqrt(45 * variance)
    p_value = 1.0 if standardised < _SMALL else max(0.0, 1.0 - limiting(standardised))
    return {"statistic": statistic, "p_value": p_value}


def limiting(x: float) -> float:
    """Distribution function of the limit (Anderson and Darling 1952, Ann. Math. Stat. 23, 193-212, formula 1.3)."""
    from scipy.special import gammaln, kv

    total = 0.0
    for k in range(_TERMS):
        weight = math.exp(gammaln(k + 0.5) - gammaln(k + 1)) / (math.pi**1.5 * math.sqrt(x))
        y = 4 * k + 1
        q = y * y / (16 * x)
        term = weight * math.sqrt(y) * math.exp(-q) * float(kv(0.25, q))
        total += term
        if abs(term) < 1e-7:  # noqa: PLR2004 - where scipy stops, so that the digits are the same
            break
    return total
