"""Drift tests by scipy and scikit-learn: the statistics that alibi-detect gives, under no licence but theirs."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from govern.domain.evidence import JsonValue
from govern.measure.detectors.cramer_von_mises import cramer_von_mises, rank_sums
from govern.measure.detectors.interface import Column, Joint, JointName, NotAvailable, Shift, TestCounts, TestName
from govern.measure.inputs import DetectorName


class ScipyDetector:
    """Kolmogorov-Smirnov, Cramér-von Mises, chi-squared, Fisher; a domain classifier and MMD by scikit-learn."""

    name: DetectorName = "scipy"

    def columns(self, asked: Sequence[Column]) -> list[Shift]:
        """Count each column and compute its test from the counts."""
        return [from_counts(counted(column)) for column in asked]

    def joint(self, name: JointName, asked: Joint) -> dict[str, JsonValue]:
        """Ask the domain classifier, or the kernel test."""
        if asked.back_end != "scikit-learn":
            raise NotAvailable(f"the back end {asked.back_end} is alibi-detect's, and the detector here is scipy")
        if name == "mmd":
            from govern.measure.detectors.mmd import collect

            return collect(asked)
        from govern.measure.detectors.domain_classifier import collect as classified

        return classified(asked)

    def rounded(self, number: float, test: TestName) -> float:
        """Scipy gives binary64."""
        del test
        return number


def counted(column: Column) -> TestCounts:
    """Reduce two samples to what their test needs."""
    if column.test == "ks":
        return ks_counts(column.reference, column.window)
    if column.test == "cramer-von-mises":
        one, other = rank_sums(column.reference, column.window)
        return TestCounts(test="cramer-von-mises", reference=(len(column.reference), one), window=(len(column.window), other))
    return category_counts(column.reference, column.window, column.test)


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


def category_counts(reference: Any, window: Any, test: TestName = "chi-squared") -> TestCounts:
    """Count codes over the union of both samples."""
    import numpy as np

    codes = np.union1d(reference, window)
    one, other = (np.bincount(np.searchsorted(codes, sample), minlength=len(codes)) for sample in (reference, window))
    return TestCounts(test=test, reference=tuple(map(int, one)), window=tuple(map(int, other)))


@lru_cache(maxsize=4096)
def from_counts(counts: TestCounts) -> Shift:
    """Compute statistic and p-value from counts alone; remembered, for collecting, checking and evaluating ask the same.

    As scipy's `ks_2samp(method="asymp")`, `cramervonmises_2samp(method="asymptotic")`, `chi2_contingency` (with Yates'
    correction at one degree of freedom) and `fisher_exact` do on the rows.
    """
    from scipy import stats

    if counts.test == "cramer-von-mises":
        return Shift(**cramer_von_mises(*counts.reference, *counts.window))
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
        odds, p_value = stats.fisher_exact([[d, b], [c, a]])
        return Shift(statistic=float(odds), p_value=min(1.0, float(p_value)))
    statistic, p_value, _, _ = stats.chi2_contingency([[one for one, _ in table], [other for _, other in table]])
    return Shift(statistic=float(statistic), p_value=float(p_value))
