"""Univariate drift tests by scipy: the statistics that alibi-detect gives, under no licence but scipy's."""

from typing import Any

from govern.measure.detectors.interface import Shift, TestCounts
from govern.measure.inputs import DetectorName


class ScipyDetector:
    """Kolmogorov-Smirnov and chi-squared."""

    name: DetectorName = "scipy"

    def numeric(self, reference: Any, window: Any) -> Shift:
        """Compare two samples of numbers."""
        return from_counts(ks_counts(reference, window))

    def categorical(self, reference: Any, window: Any) -> Shift:
        """Compare two samples of category codes."""
        return from_counts(category_counts(reference, window))

    def rounded(self, number: float) -> float:
        """Scipy gives binary64."""
        return number


def ks_counts(reference: Any, window: Any) -> TestCounts:
    """Find where two empirical distribution functions differ most; the first such place where there are several."""
    import numpy as np

    reference, window = np.sort(reference), np.sort(window)
    both = np.concatenate([reference, window])
    below_reference = np.searchsorted(reference, both, side="right")
    below_window = np.searchsorted(window, both, side="right")
    place = int(np.argmax(np.abs(below_reference / len(reference) - below_window / len(window))))
    a, b = int(below_reference[place]), int(below_window[place])
    return TestCounts(test="ks", reference=(a, len(reference) - a), window=(b, len(window) - b))


def category_counts(reference: Any, window: Any) -> TestCounts:
    """Count codes over the union of both samples."""
    import numpy as np

    codes = np.union1d(reference, window)
    one, other = ((np.asarray(sample)[:, None] == codes).sum(axis=0) if len(codes) < 8 else _counted(sample, codes)  # noqa: PLR2004 - small tables
                  for sample in (reference, window))
    return TestCounts(test="chi-squared", reference=tuple(map(int, one)), window=tuple(map(int, other)))


def from_counts(counts: TestCounts) -> Shift:
    """Compute statistic and p-value from counts alone.

    As scipy's `ks_2samp(method="asymp")`, `chi2_contingency` (with Yates' correction at one degree of freedom) and
    `fisher_exact` do on the rows.
    """
    from scipy import stats

    n1, n2 = sum(counts.reference), sum(counts.window)
    if counts.test == "ks":
        distance = abs(counts.reference[0] / n1 - counts.window[0] / n2)
        large, small = float(max(n1, n2)), float(min(n1, n2))
        p_value = float(stats.kstwo.sf(distance, round(large * small / (large + small))))
        return Shift(statistic=distance, p_value=min(1.0, max(0.0, p_value)))
    table = [(one, other) for one, other in zip(counts.reference, counts.window, strict=True) if one or other]
    if len(table) < 2:  # noqa: PLR2004 - one category in both samples
        return Shift(statistic=0.0, p_value=1.0)
    if counts.test == "fisher":
        (a, c), (b, d) = table
        odds, p_value = stats.fisher_exact([[c, a], [d, b]])
        return Shift(statistic=float(odds), p_value=float(p_value))
    statistic, p_value, _, _ = stats.chi2_contingency([[one for one, _ in table], [other for _, other in table]])
    return Shift(statistic=float(statistic), p_value=float(p_value))


def _counted(sample: Any, codes: Any) -> Any:
    import numpy as np

    return np.bincount(np.searchsorted(codes, sample), minlength=len(codes))
