"""Error rates of the tests of drift, simulated: how often they cry wolf, and how often they see what moved."""

import numpy as np
import pytest

from govern.measure.detectors import domain_classifier
from govern.measure.detectors.choosing import detector
from govern.measure.detectors.interface import Column, Joint, TestName
from govern.measure.detectors.joint import numbers
from govern.measure.detectors.mmd import collect as discrepancy
from govern.measure.detectors.scipy_ import from_counts
from govern.measure.drift.profile import Bins, Counted
from govern.measure.drift.testing import binned, read
from govern.measure.statistics.tests import adjusted

pytestmark = pytest.mark.slow
COLUMNS = 20
N, M = 1000, 800


def column(generator: np.random.Generator, test: TestName, shift: float) -> Column:
    if test in {"ks", "cramer-von-mises"}:
        return Column(test=test, reference=generator.normal(size=N), window=generator.normal(shift, 1, M))
    shares = np.array([0.6, 0.4]) if test == "fisher" else np.array([0.35, 0.25, 0.2, 0.15, 0.05])
    moved = shares + shift * np.array([-0.35, 0.35] if test == "fisher" else [-0.35, 0.0, 0.0, 0.1, 0.25])
    return Column(test=test, reference=generator.choice(len(shares), N, p=shares), window=generator.choice(len(shares), M, p=moved))


def flags(test: TestName, turns: int, shift: float, *, histograms: bool = False) -> float:
    """Share of tables of 20 columns (the first of them moved) in which any corrected p-value is below 5 %."""
    generator = np.random.default_rng([len(test), turns])
    tester = detector("scipy")
    found = 0
    for _ in range(turns):
        columns = [column(generator, test, shift if place == 0 else 0.0) for place in range(COLUMNS)]
        if histograms:
            p_values = [in_bins(one, test) for one in columns]
        else:
            p_values = [one.p_value for one in tester.columns(columns)]
        found += min(p for p in adjusted(list(p_values)) if p is not None) < 0.05
    return found / turns


def in_bins(one: Column, test: TestName) -> float:
    """The p-value against the reference's stored histogram."""
    edges = np.quantile(one.reference, np.arange(1, 50) / 50)
    counts = [tuple(int(c) for c in np.bincount(np.searchsorted(edges, side, side="right"), minlength=50)) for side in (one.reference, one.window)]
    bins = Bins(feature="x", kind="numeric", edges=tuple(edges))
    sides = [Counted(counts=c, nulls=0, infinite=0) for c in counts]
    return from_counts(read(binned(bins, *sides, {"numeric": test, "categorical": "chi-squared"}))).p_value


@pytest.mark.parametrize("test", ["ks", "cramer-von-mises", "chi-squared", "fisher"])
def test_columns_type_one_error_and_power(test: TestName):
    wolf, seen = flags(test, 2000, 0.0), flags(test, 200, 0.3)
    print(f"\n{test}: any of 20 columns flagged with nothing moved {wolf:.4f}; one moved: {seen:.3f}")
    assert 0.03 <= wolf <= 0.07
    assert seen >= 0.85


@pytest.mark.parametrize("test", ["ks", "cramer-von-mises"])
def test_stored_histograms_type_one_error_and_power(test: TestName):
    wolf, seen = flags(test, 2000, 0.0, histograms=True), flags(test, 200, 0.3, histograms=True)
    print(f"\n{test} against a histogram of 50 bins: {wolf:.4f}; {seen:.3f}")
    # Many ties in a bin make Kolmogorov-Smirnov careful: it cries wolf half as often as asked. The README says so.
    assert 0.02 <= wolf <= 0.07
    assert seen >= 0.95


def together(name: str, turns: int, shift: float, rows: int) -> float:
    generator = np.random.default_rng([len(name), turns])
    found = 0
    for turn in range(turns):
        before, after = generator.normal(size=(rows, 5)), generator.normal(size=(rows, 5))
        after[:, 0] += shift
        asked = Joint(reference=before, window=after, seed=turn, permutations=199, back_end="scikit-learn")
        counted = discrepancy(asked) if name == "mmd" else domain_classifier.collect(asked)
        found += float(str(numbers(counted)[f"{name}_p_value"])) < 0.05
    return found / turns


@pytest.mark.parametrize(("name", "rows"), [("mmd", 150), ("classifier", 300)])
def test_all_columns_together_type_one_error_and_power(name: str, rows: int, monkeypatch):
    # The p-value is of the first split; the others only say how far the area depends on it.
    monkeypatch.setattr(domain_classifier, "SPLITS", 1)
    wolf, seen = together(name, 1000, 0.0, rows), together(name, 100, 1.0, rows)
    print(f"\n{name}, {rows} rows a side: {wolf:.4f}; one of five columns moved by a standard deviation: {seen:.3f}")
    assert 0.03 <= wolf <= 0.07
    assert seen >= 0.95
