"""Intervals and tests against statsmodels and scipy, and the error rates that the documentation states."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measure.measuring import failures_at_parity
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest

from govern.measure.outcomes.performance import auc_interval, calibration_interval
from govern.measure.outcomes.scored import ScoreCells, auc_with_error, ranking_statistics
from govern.measure.statistics.intervals import clopper_pearson, katz, newcombe, wilson
from govern.measure.statistics.power import minimum_detectable, rows_needed
from govern.measure.statistics.tests import adjusted, omnibus, two_rates, z_test

counts = st.tuples(st.integers(1, 400), st.integers(1, 400)).map(lambda pair: (min(pair), max(pair) + 1))


@given(counts)
def test_wilson(pair: tuple[int, int]):
    x, n = pair
    found = wilson(x, n)
    assert (found.low, found.high) == pytest.approx(proportion_confint(x, n, method="wilson"), abs=1e-12)


@given(counts, counts)
def test_newcombe(one: tuple[int, int], other: tuple[int, int]):
    found = newcombe(*one, *other)
    assert (found.low, found.high) == pytest.approx(confint_proportions_2indep(*one, *other, compare="diff", method="newcomb"), abs=1e-9)


@given(counts, counts)
def test_katz(one: tuple[int, int], other: tuple[int, int]):
    found = katz(*one, *other)
    assert found is not None
    assert (found.low, found.high) == pytest.approx(confint_proportions_2indep(*one, *other, compare="ratio", method="log"), rel=1e-9)


@given(counts)
def test_clopper_pearson(pair: tuple[int, int]):
    x, n = pair
    found = clopper_pearson(x, n, 0.95)
    assert (found.low, found.high) == pytest.approx(proportion_confint(x, n, method="beta"), abs=1e-12)


def test_katz_with_nobody_selected():
    found = katz(0, 20, 10, 20)
    assert found is not None
    assert found.method == "walter-log"
    assert found.low == 0
    assert 0 < found.high < 1
    assert katz(5, 20, 0, 20) is None


@given(counts, counts)
def test_z(one: tuple[int, int], other: tuple[int, int]):
    expected = proportions_ztest([one[0], other[0]], [one[1], other[1]])[1]
    assert z_test(*one, *other).p_value == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_small_counts_go_to_fisher():
    found = two_rates(1, 10, 8, 10)
    assert found.test == "fisher"
    assert found.p_value == pytest.approx(stats.fisher_exact([[1, 9], [8, 2]]).pvalue)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_corrections(p_values: list[float]):
    for ours, theirs in (("holm", "holm"), ("bh", "fdr_bh")):
        assert adjusted(p_values, ours) == pytest.approx(list(multipletests(p_values, method=theirs)[1]), abs=1e-12)  # type: ignore[arg-type]


def test_omnibus_is_chi_squared_without_correction():
    found = omnibus([20, 30, 45], [100, 100, 120], seed=0)
    expected = stats.chi2_contingency([[20, 30, 45], [80, 70, 75]], correction=False).pvalue
    assert (found.test, found.p_value) == ("chi-squared", pytest.approx(expected, rel=1e-12))


def test_omnibus_on_thin_cells_agrees_with_fisher():
    found = omnibus([1, 6], [9, 9], seed=3)
    assert found.test == "permutation"
    assert found.p_value == pytest.approx(stats.fisher_exact([[1, 8], [6, 3]]).pvalue, abs=0.01)
    assert omnibus([1, 6], [9, 9], seed=3) == found


def test_minimum_detectable_is_found_eight_times_in_ten():
    rate, n = 0.4, 500
    generator = np.random.default_rng(11)
    far = rate - minimum_detectable(rate, n, n)
    hits = [z_test(a, n, b, n).p_value < 0.05 for a, b in zip(generator.binomial(n, rate, 4000), generator.binomial(n, far, 4000), strict=True)]
    assert 0.76 < np.mean(hits) < 0.86


def test_rows_needed_would_decide():
    needed = rows_needed(0.4, 0.5, 50, 100)
    assert needed is not None
    scale = needed / 50
    assert minimum_detectable(0.46, 50 * scale, 100 * scale) == pytest.approx(0.1, rel=0.02)
    assert rows_needed(0.4, 0.4, 50, 50) is None


@pytest.mark.slow
class TestSimulated:
    """The error rates that the documentation states, 4,000 draws each."""

    def test_wilson_covers(self):
        generator = np.random.default_rng(1)
        for n, p in ((10, 0.2), (30, 0.5), (200, 0.05)):
            found = [wilson(x, n) for x in generator.binomial(n, p, 4000)]
            assert 0.91 <= np.mean([one.low <= p <= one.high for one in found]) <= 0.985

    def test_katz_covers(self):
        generator = np.random.default_rng(2)
        draws = zip(generator.binomial(100, 0.3, 4000), generator.binomial(150, 0.4, 4000), strict=True)
        found = [katz(a, 100, b, 150) for a, b in draws]
        assert 0.93 <= np.mean([one is not None and one.low <= 0.75 <= one.high for one in found]) <= 0.97

    def test_newcombe_covers(self):
        generator = np.random.default_rng(5)
        for a, b in ((30, 60), (100, 150), (1000, 1000)):
            pairs = zip(generator.binomial(a, 0.3, 4000), generator.binomial(b, 0.4, 4000), strict=True)
            found = [newcombe(x, a, y, b) for x, y in pairs]
            assert 0.935 <= np.mean([one.low <= -0.1 <= one.high for one in found]) <= 0.965

    def test_auc_covers(self):
        generator = np.random.default_rng(6)
        for auc, n1, n0 in ((0.8, 50, 100), (0.95, 50, 100), (0.99, 30, 60)):
            hits, distance = 0, np.sqrt(2) * stats.norm.ppf(auc)
            for _ in range(1500):
                values, place = np.unique(np.concatenate([generator.normal(distance, 1, n1), generator.normal(0, 1, n0)]), return_inverse=True)
                cells = ScoreCells(score=values, positives=np.bincount(place[:n1], minlength=len(values)),
                                   negatives=np.bincount(place[n1:], minlength=len(values)), grid=False)
                found = auc_with_error(ranking_statistics(cells))
                assert found is not None
                interval = auc_interval(*found, n1, n0, "0.95")
                hits += float(str(interval["low"])) <= auc <= float(str(interval["high"]))
            assert 0.92 <= hits / 1500 <= 0.98

    def test_calibration_errors_interval_reaches_nought(self):
        generator = np.random.default_rng(7)
        for n in (200, 2000):
            hits = 0
            for _ in range(1000):
                score = generator.random(n)
                y, place = generator.random(n) < score, np.minimum((score * 10).astype(int), 9)
                bins = [{"n": int((place == k).sum()), "positives": int(y[place == k].sum()), "scores": str(score[place == k].sum())} for k in set(place)]
                hits += calibration_interval(bins, n, "0.95").low <= 0
            assert hits / 1000 >= 0.94

    def test_power_at_a_ratio_of_0_7(self):
        """As the README of the room states: 31 %, 72 %, 88 % and 95 % fail at 100, 300, 500 and 1,000 in each group."""
        generator = np.random.default_rng(8)
        for n, stated in ((100, 0.31), (300, 0.72), (500, 0.88), (1000, 0.95)):
            pairs = zip(generator.binomial(n, 0.21, 2000), generator.binomial(n, 0.3, 2000), strict=True)
            failed = [a / b < 0.8 and omnibus([a, b], [n, n], seed=0).p_value < 0.05 for a, b in pairs]
            assert np.mean(failed) == pytest.approx(stated, abs=0.04)

    def test_type_one_error_of_the_omnibus(self):
        generator = np.random.default_rng(3)
        for groups, n in ((2, 200), (10, 300)):
            found = [omnibus(list(generator.binomial(n, 0.4, groups)), [n] * groups, seed=0).p_value < 0.05 for _ in range(4000)]
            assert 0.03 <= np.mean(found) <= 0.07

    def test_false_failures_at_parity(self):
        """As the README of the room states, beside what the ratio alone would do."""
        generator = np.random.default_rng(4)
        for groups, n, rate, alone, stated in ((2, 100, 0.3, 0.3, 0.049), (10, 50, 0.3, 1, 0.047), (10, 300, 0.3, 0.73, 0.059), (10, 3000, 0.02, 0.96, 0.051)):
            naive, both = failures_at_parity(generator, groups, n, rate, draws=2000)
            assert (naive, both) == (pytest.approx(alone, abs=0.03), pytest.approx(stated, abs=0.02))
