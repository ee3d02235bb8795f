"""Effect sizes between two histograms over the same bins."""

import math
from collections.abc import Sequence
from typing import Final

SMOOTHING: Final = 0.5
"""Added to every bin's count: an empty bin would make PSI infinite (Jeffreys' prior)."""
MAX_PSI_BINS: Final = 20
ROWS_A_BIN: Final = 50
"""PSI with 100 bins of 10 rows is 0.21 where nothing has drifted."""


def psi(reference: Sequence[int], window: Sequence[int]) -> float:
    """Population stability index (Yurdakul and Naranjo 2020, J. Risk Model Validation 14)."""
    p, q = _smoothed(reference), _smoothed(window)
    return math.fsum((b - a) * math.log(b / a) for a, b in zip(p, q, strict=True))


def psi_at_parity(bins: int, n_reference: int, n_window: int) -> float:
    """The PSI to be expected where nothing has drifted: chi-squared with bins - 1 degrees, scaled."""
    return (bins - 1) * (1 / n_reference + 1 / n_window)


def jensen_shannon(reference: Sequence[int], window: Sequence[int]) -> float:
    """Jensen-Shannon distance to base 2, between 0 and 1 (Lin 1991)."""
    p, q = _shares(reference), _shares(window)
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]

    def divergence(one: Sequence[float]) -> float:
        return math.fsum(a * math.log2(a / m) for a, m in zip(one, middle, strict=True) if a > 0)

    return math.sqrt(max(0.0, (divergence(p) + divergence(q)) / 2))


def wasserstein(edges: Sequence[float], reference: Sequence[int], window: Sequence[int]) -> float:
    """Area between two distribution functions over the inner bins, in the column's unit.

    `edges` has one entry less than the counts: the outer bins are open. Error at most a bin's width times its mass.
    """
    n1, n2 = sum(reference), sum(window)
    area, below1, below2 = [], reference[0], window[0]
    for place in range(1, len(edges)):
        gap = abs((below1 + reference[place] / 2) / n1 - (below2 + window[place] / 2) / n2)
        area.append(gap * (edges[place] - edges[place - 1]))
        below1, below2 = below1 + reference[place], below2 + window[place]
    return math.fsum(area)


def coarse(reference: Sequence[int], *others: Sequence[int]) -> list[list[int]]:
    """Merge neighbouring bins until each holds an equal share of the reference: 20 at most, 50 rows at least."""
    total = sum(reference)
    wanted = max(2, min(MAX_PSI_BINS, total // ROWS_A_BIN))
    merged: list[list[int]] = [[] for _ in range(1 + len(others))]
    held = done = 0
    sums = [0] * (1 + len(others))
    for place, count in enumerate(reference):
        for series, values in enumerate((reference, *others)):
            sums[series] += values[place]
        held += count
        if held - done >= (total - done) / max(1, wanted - len(merged[0])) or place == len(reference) - 1:
            done = held
            for series, value in enumerate(sums):
                merged[series].append(value)
            sums = [0] * len(sums)
    return merged


def _smoothed(counts: Sequence[int]) -> list[float]:
    total = sum(counts) + SMOOTHING * len(counts)
    return [(count + SMOOTHING) / total for count in counts]


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts)
    return [count / total for count in counts]
