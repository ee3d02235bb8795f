"""Maximum mean discrepancy by scikit-learn's Gaussian kernel, with a permutation test.

Gretton and others 2012, J. Mach. Learn. Res. 13, 723-773: the unbiased estimate (lemma 6) and the median heuristic. It is
alibi-detect's MMDDrift number for number, but for the p-value: alibi-detect's can be 0, this one counts the sample itself.
"""

from typing import Any, Final

from govern.domain.evidence import JsonValue
from govern.measure.detectors.interface import Joint
from govern.measure.detectors.joint import bandwidth, read_bandwidth
from govern.measure.numbers import text

_AT_ONCE: Final = 200
"""Permutations in one matrix product: 2,000 rows a side then take 6 MB."""
_SAME: Final = 1e-9
"""Discrepancies that differ by less count as equal: the order of summing must not decide."""


def collect(asked: Joint) -> dict[str, JsonValue]:
    """The discrepancy, and how many permutations of the rows reach it."""
    import numpy as np
    from sklearn.metrics.pairwise import rbf_kernel
    from threadpoolctl import threadpool_limits

    rows = np.concatenate([asked.reference, asked.window])
    n, total = len(asked.reference), len(asked.reference) + len(asked.window)
    with threadpool_limits(1):
        sigma = read_bandwidth(median_bandwidth(rows))
        kernel = rbf_kernel(rows, gamma=1 / (2 * sigma**2))
        np.fill_diagonal(kernel, 0.0)
        generator = np.random.default_rng(asked.seed)
        observed = float(_discrepancy(kernel, np.arange(total).reshape(-1, 1) >= n)[0])
        beyond, left = 0, asked.permutations
        while left:
            turn = min(left, _AT_ONCE)
            order = np.argsort(generator.random((total, turn)), axis=0)
            beyond += int((_discrepancy(kernel, order >= n) >= observed - _SAME).sum())
            left -= turn
    return {
        "name": "mmd", "by": "scikit-learn", "mmd_squared": text(round(observed, 10)), "beyond": beyond,
        "permutations": asked.permutations, "bandwidth": bandwidth(sigma), "n_reference": n, "n_window": total - n,
    }


def median_bandwidth(rows: Any) -> str:
    """The square root of half the median squared distance between rows of both samples (Gretton 2012, section 8)."""
    import numpy as np
    from sklearn.metrics.pairwise import euclidean_distances

    squares = euclidean_distances(rows, squared=True)[np.triu_indices(len(rows), 1)]
    middle = float(np.median(squares))
    return bandwidth(float(np.sqrt(0.5 * middle)) if middle > 0 else 1.0)


def _discrepancy(kernel: Any, in_window: Any) -> Any:
    """Unbiased squared discrepancies of several assignments (a column each) of rows to the window."""
    chosen = in_window.astype(kernel.dtype)
    m = chosen.sum(axis=0)
    n = len(kernel) - m
    with_all = kernel.sum(axis=1) @ chosen
    within = (chosen * (kernel @ chosen)).sum(axis=0)
    between = with_all - within
    rest = kernel.sum() - 2 * between - within
    return rest / (n * (n - 1)) + within / (m * (m - 1)) - 2 * between / (n * m)
