"""Detectors behind one interface: alibi-detect, scipy and scikit-learn say the same, and what can't be asked says why."""

# ruff: noqa: PD011 - `values` is the evidence's, not a column's

import importlib.util
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from measure.measuring import evidence, feature, one
from scipy import stats
from sklearn.metrics import roc_auc_score

from govern.errors import UsageError
from govern.measure import recompute
from govern.measure.detectors.choosing import detector
from govern.measure.detectors.cramer_von_mises import rank_sums, rank_sums_of_bins
from govern.measure.detectors.domain_classifier import collect as classify
from govern.measure.detectors.interface import Column, Joint, NotAvailable
from govern.measure.detectors.joint import numbers
from govern.measure.detectors.mmd import collect as discrepancy
from govern.measure.drift.testing import written
from govern.measure.statistics.mann_whitney import area, area_interval, exceeds, wins

TORCH = importlib.util.find_spec("torch") is not None


def columns(seed: int, n: int = 300, m: int = 240) -> list[Column]:
    generator = np.random.default_rng(seed)
    shift = generator.choice([0.0, 0.1, 0.5])
    numbers_ = [(np.round(generator.normal(size=n), d), np.round(generator.normal(shift, 1.2, m), d)) for d in (8, 1)]
    codes = [(generator.integers(0, k, n), generator.integers(0, k, m)) for k in (2, 5)]
    asked = [Column(test=test, reference=a, window=b) for a, b in numbers_ for test in ("ks", "cramer-von-mises")]
    asked += [Column(test="chi-squared", reference=a, window=b) for a, b in codes]
    return [*asked, Column(test="fisher", reference=codes[0][0], window=codes[0][1])]


def by_scipy(column: Column) -> tuple[float, float]:
    a, b = column.reference, column.window
    if column.test == "ks":
        found = stats.ks_2samp(a, b, method="asymp")
    elif column.test == "cramer-von-mises":
        found = stats.cramervonmises_2samp(a, b, method="asymptotic")
    else:
        table = [[int((side == code).sum()) for side in (b, a)] for code in np.union1d(a, b)[::-1]]
        found = stats.fisher_exact(table) if column.test == "fisher" else stats.chi2_contingency(table)
    return float(found.statistic), float(found.pvalue)


class TestOneColumn:
    @pytest.mark.parametrize("seed", range(4))
    def test_scipy_detector_is_scipy_on_the_rows(self, seed: int):
        asked = columns(seed)
        for column, found in zip(asked, detector("scipy").columns(asked), strict=True):
            assert (found.statistic, found.p_value) == pytest.approx(by_scipy(column), rel=1e-9, abs=1e-12), column.test

    @pytest.mark.parametrize("seed", range(4))
    def test_alibi_detect_says_the_same(self, seed: int):
        asked, alibi, scipy = columns(seed), detector("alibi-detect"), detector("scipy")
        for column, theirs, ours in zip(asked, alibi.columns(asked), scipy.columns(asked), strict=True):
            assert theirs.statistic == pytest.approx(alibi.rounded(ours.statistic, column.test), rel=1e-6, abs=1e-7), column.test
            assert theirs.p_value == pytest.approx(alibi.rounded(ours.p_value, column.test), rel=1e-5, abs=1e-7), column.test

    @pytest.mark.parametrize("name", ["scipy", "alibi-detect"])
    @pytest.mark.parametrize(("numeric", "categorical"), [("ks", "chi-squared"), ("cramer-von-mises", "fisher")])
    def test_both_leave_the_same_evidence_but_for_precision(self, name: str, numeric: str, categorical: str):
        generator = np.random.default_rng(3)
        side = [pd.DataFrame({"a": generator.normal(size=300), "b": generator.choice(["x", "y"], 300), "c": generator.choice(list("pqr"), 300)}) for _ in range(2)]
        asked = {"numeric": numeric, "categorical": categorical}
        found = one("covariate_drift@1", side[1], reference=side[0], detector=name, parameters=asked)
        assert [feature(found, column)["test"] for column in "abc"] == [numeric, categorical, "chi-squared"]
        other = one("covariate_drift@1", side[1], reference=side[0], parameters=asked)
        assert found.statistics == other.statistics
        for column in "abc":
            for key in ("statistic", "p_value"):
                assert float(feature(found, column)[key]) == pytest.approx(float(feature(other, column)[key]), rel=1e-6, abs=1e-7)

    def test_fisher_with_a_value_on_one_side_only_has_no_odds_ratio(self):
        sides = [pd.DataFrame({"b": ["x"] * 60 + ["y"] * k}) for k in (0, 40)]
        row = feature(one("covariate_drift@1", sides[1], reference=sides[0], parameters={"categorical": "fisher"}), "b")
        assert (row["test"], row["statistic"]) == ("fisher", None)
        assert "one of the two values" in row["statistic_reason"]
        assert float(row["p_value"]) == pytest.approx(stats.fisher_exact([[0, 40], [60, 60]]).pvalue)

    def test_ranks_of_bins_are_ranks_of_ties(self):
        generator = np.random.default_rng(0)
        one_side, other = (generator.integers(0, 9, n) for n in (700, 450))
        bins = [[int((side == value).sum()) for value in range(9)] for side in (one_side, other)]
        assert rank_sums_of_bins(*bins) == rank_sums(one_side, other)

    def test_sums_of_ranks_of_millions_are_written_without_loss(self):
        n = 3_000_000
        sums = rank_sums_of_bins([n, n], [0, 2 * n])
        assert sums[0] > 2**53
        found = evidence_of_sums(n, sums)
        assert [int(found[side][1]) for side in ("reference", "window")] == list(sums)  # type: ignore[index]

    def test_cramer_von_mises_against_stored_histograms(self):
        generator = np.random.default_rng(1)
        before, after = (pd.DataFrame({"a": generator.normal(shift, 1, 4000)}) for shift in (0, 0.1))
        asked = {"numeric": "cramer-von-mises"}
        rows = feature(one("covariate_drift@1", after, reference=before, parameters=asked), "a")
        stored = feature(one("covariate_drift@1", after, baseline=evidence("covariate_drift@1", before, reference=before), parameters=asked), "a")
        assert (stored["test"], stored["effect"]) == ("cramer-von-mises", rows["effect"])
        assert float(stored["statistic"]) == pytest.approx(float(rows["statistic"]), rel=0.02)

    @pytest.mark.parametrize(("asked", "words"), [
        ({"numeric": "t-test"}, "numeric can't be “t-test”"), ({"joint": ["mdm"]}, "joint can't be “mdm”"),
        ({"correction": "none"}, "correction can't be"), ({"joint_sample": 1_000_000}, "may be 5,000 at most"),
        ({"sample": "many"}, "not a number of rows"),
    ])
    def test_a_misspelt_word_is_refused(self, asked: dict, words: str):
        frame = pd.DataFrame({"a": np.arange(60.0)})
        with pytest.raises(UsageError, match=words):
            one("covariate_drift@1", frame, reference=frame, parameters=asked)


def evidence_of_sums(n: int, sums: tuple[int, int]) -> dict:
    from govern.measure.detectors.interface import TestCounts

    return written(TestCounts(test="cramer-von-mises", reference=(2 * n, sums[0]), window=(2 * n, sums[1])))


class TestSamples:
    def test_a_sample_of_one_column_of_classes_has_all_of_them(self):
        """By content hash alone, all rows of one class would come first."""
        generator = np.random.default_rng(0)
        before, after = (pd.DataFrame({"y": (generator.random(8000) < share).astype(int)}) for share in (0.5, 0.7))
        found = feature(one("label_drift@1", after, reference=before, target="y", parameters={"sample": 1000}), "y")
        assert float(found["p_value"]) < 1e-9

    def test_copies_are_drawn_in_proportion_whatever_their_order(self):
        from govern.measure.frames import Frames
        from govern.measure.sampling import MAX_CONTENTS, sample

        generator = np.random.default_rng(1)
        data = pd.DataFrame({"a": generator.choice(["x", "y", "z"], 6000, p=[0.6, 0.3, 0.1]), "b": generator.integers(0, 2, 6000)})
        with Frames() as frames:
            drawn = [sample(frames.open(one_), ["a", "b"], 1000, 0) for one_ in (data, data.sample(frac=1, random_state=1))]
        assert drawn[0].equals(drawn[1])
        assert drawn[0]["a"].value_counts(normalize=True).to_dict() == pytest.approx({"x": 0.6, "y": 0.3, "z": 0.1}, abs=0.05)
        assert MAX_CONTENTS > 6

    def test_a_few_columns_choose_the_rows_of_many(self):
        """The hash of three columns leaves out most rows; order and engine's threads must not matter, nor a tie be lost."""
        from govern.measure.frames import Frames
        from govern.measure.sampling import _narrowed, sample

        generator = np.random.default_rng(1)
        data = pd.DataFrame({f"c{i}": generator.normal(size=3000) for i in range(5)}).assign(w=generator.choice(["x", "y"], 3000))
        with Frames() as frames:
            opened = frames.open(data)
            assert _narrowed(opened, list(data), 500, 0).rows() == 500
            drawn = [sample(frames.open(one_), list(data), 500, 0) for one_ in (data, data.sample(frac=1, random_state=1))]
            assert drawn[0].equals(drawn[1])
            assert abs(drawn[0]["c0"].mean()) < 0.15
            coarse = data.assign(c0=0.0, c1=1.0, c2=2.0)
            assert _narrowed(frames.open(coarse), list(data), 500, 0).rows() == 3000, "three columns tell nothing apart"
            assert sample(frames.open(coarse), list(data), 500, 0)["c3"].nunique() == 500

    def test_copies_of_many_contents(self, monkeypatch):
        from govern.measure import sampling
        from govern.measure.frames import Frames

        monkeypatch.setattr(sampling, "MAX_CONTENTS", 10)
        data = pd.DataFrame({"a": np.repeat(np.arange(300), 20)})
        with Frames() as frames:
            drawn = [sampling.sample(frames.open(one_), ["a"], 2000, 0) for one_ in (data, data.sample(frac=1, random_state=1))]
        assert drawn[0].equals(drawn[1])
        assert drawn[0]["a"].nunique() > 290


def turned(n: int = 1500) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two columns whose correlation turns round: each by itself stays as it was."""
    generator = np.random.default_rng(5)
    sides = []
    for sign in (0.8, -0.8):
        a = generator.normal(size=n)
        sides.append(pd.DataFrame({"a": a, "b": sign * a + 0.6 * generator.normal(size=n), "c": generator.choice(["x", "y"], n)}))
    return sides[0], sides[1]


class TestAllColumnsTogether:
    @pytest.mark.parametrize("name", ["scipy", "alibi-detect"])
    def test_a_turned_correlation_is_seen_only_together(self, name: str):
        before, after = turned()
        asked = {"joint": ["classifier", "mmd"] if name == "scipy" else ["classifier"], "joint_sample": 600, "permutations": 99}
        found = one("covariate_drift@1", after, reference=before, parameters=asked, detector=name)
        assert min(float(str(row["p_adjusted"])) for row in found.features) > 0.05
        assert float(str(found.values["classifier_auc"])) > 0.8
        assert float(str(found.values["classifier_p_adjusted"])) < 1e-6
        assert found.values["classifier_n_reference"] in range(250, 351)
        if name == "scipy":
            assert found.values["mmd_p_value"] == "0.01"
            assert float(str(found.values["mmd_p_value_error"])) == pytest.approx(0.01, rel=0.01)

    def test_nothing_is_seen_where_nothing_moved(self):
        before, _ = turned()
        after = turned(1501)[0]
        found = one("covariate_drift@1", after, reference=before, parameters={"joint": ["classifier", "mmd"], "joint_sample": 500, "permutations": 99})
        assert 0.4 < float(str(found.values["classifier_auc"])) < 0.6
        assert min(float(str(found.values[f"{name}_p_value"])) for name in ("classifier", "mmd")) > 0.01

    def test_an_area_of_exactly_one_has_an_interval(self):
        before, after = (pd.DataFrame({"a": np.linspace(low, low + 1, 200)}) for low in (0, 5))
        found = one("covariate_drift@1", after, reference=before, parameters={"joint": "classifier"})
        interval = found.values["classifier_auc_interval"]
        assert found.values["classifier_auc"] == "1"
        assert 0.9 < float(interval["low"]) < 1  # type: ignore[index,call-overload,arg-type]
        assert interval["high"] == "1"  # type: ignore[index,call-overload]

    def test_missing_values_tell_windows_apart(self):
        before = turned()[0]
        after = turned(1501)[0]
        after.loc[::3, "a"] = np.nan
        found = one("covariate_drift@1", after, reference=before, parameters={"joint": "classifier"})
        assert float(str(found.values["classifier_p_value"])) < 1e-6

    def test_infinity_is_a_reason(self):
        before, after = turned()
        after.loc[3, "a"] = np.inf
        found = one("covariate_drift@1", after, reference=before, parameters={"joint": ["classifier", "mmd"]})
        for name in ("classifier", "mmd"):
            assert found.values[f"{name}_p_value"] is None
            assert found.values[f"{name}_reason"] == "not available: column “a” has infinite values"

    def test_histograms_have_no_rows_to_tell_apart(self):
        before, after = turned()
        stored = evidence("covariate_drift@1", before, reference=before)
        found = one("covariate_drift@1", after, baseline=stored, parameters={"joint": "mmd"})
        assert found.values["mmd_reason"] == "not available: it needs reference rows, and histograms hold none"

    @pytest.mark.skipif(TORCH, reason="PyTorch is installed")
    @pytest.mark.parametrize(("name", "asked", "words"), [
        ("alibi-detect", {"joint": "mmd"}, "needs PyTorch"), ("alibi-detect", {"joint": "classifier", "back_end": "pytorch"}, "PyTorch is not installed"),
        ("scipy", {"joint": "classifier", "back_end": "pytorch"}, "is alibi-detect's"),
    ])
    def test_what_is_not_installed_says_so(self, name: str, asked: dict, words: str):
        before, after = turned(200)
        found = one("covariate_drift@1", after, reference=before, parameters=asked, detector=name)
        joint = str(asked["joint"])
        assert found.values[f"{joint}_p_value"] is None
        assert words in str(found.values[f"{joint}_reason"])

    @pytest.mark.skipif(not TORCH, reason="PyTorch is not installed")
    def test_mmd_is_alibi_detects_number_for_number(self):
        before, after = turned(300)
        asked = Joint(reference=before[["a", "b"]].to_numpy(), window=after[["a", "b"]].to_numpy(), seed=0, permutations=99, back_end="pytorch")
        theirs = numbers(detector("alibi-detect").joint("mmd", asked))
        ours = numbers(discrepancy(asked))
        assert float(str(theirs["mmd_squared"])) == pytest.approx(float(str(ours["mmd_squared"])), rel=1e-5)
        assert theirs["mmd_p_value"] == ours["mmd_p_value"] == "0.01"
        told = numbers(detector("alibi-detect").joint("classifier", asked))
        assert told["classifier_by"] == "alibi-detect, pytorch"
        assert float(str(told["classifier_auc"])) > 0.7

    def test_discrepancy_is_the_unbiased_estimate(self):
        generator = np.random.default_rng(2)
        x, y = generator.normal(size=(40, 3)), generator.normal(0.5, 1, size=(50, 3))
        found = discrepancy(Joint(reference=x, window=y, seed=0, permutations=19, back_end="scikit-learn"))
        gamma = 1 / (2 * float(str(found["bandwidth"])) ** 2)

        def kernel(a: np.ndarray, b: np.ndarray) -> float:
            return float(np.exp(-gamma * ((a - b) ** 2).sum()))

        within = [sum(kernel(a, b) for i, a in enumerate(s) for j, b in enumerate(s) if i != j) / (len(s) * (len(s) - 1)) for s in (x, y)]
        between = sum(kernel(a, b) for a in x for b in y) / (len(x) * len(y))
        assert float(str(found["mmd_squared"])) == pytest.approx(sum(within) - 2 * between, abs=1e-9)

    def test_the_same_seed_gives_the_same_and_another_seed_another(self):
        x, y = (side[["a", "b"]].to_numpy()[:120] for side in turned())
        asked = {seed: classify(Joint(reference=x, window=y, seed=seed, permutations=1, back_end="scikit-learn")) for seed in (0, 1)}
        assert classify(Joint(reference=x, window=y, seed=0, permutations=1, back_end="scikit-learn")) == asked[0] != asked[1]

    def test_an_unknown_back_end_is_an_answer_and_no_crash(self):
        with pytest.raises(NotAvailable):
            detector("scipy").joint("mmd", Joint(reference=np.ones((2, 1)), window=np.ones((2, 1)), seed=0, permutations=1, back_end="pytorch"))


class TestArea:
    def test_area_and_p_value_are_scipys(self):
        generator = np.random.default_rng(0)
        before, after = np.round(generator.normal(size=70), 1), np.round(generator.normal(0.3, 1, 90), 1)
        counted = wins(before, after)
        theirs = stats.mannwhitneyu(after, before, alternative="greater", method="asymptotic", use_continuity=False)
        assert area(counted) == pytest.approx(roc_auc_score([0] * 70 + [1] * 90, [*before, *after]))
        assert exceeds(counted) == pytest.approx(theirs.pvalue, rel=1e-9)
        assert Fraction(int(str(counted["twice_wins"])), 2) == Fraction(theirs.statistic)

    def test_all_equal_scores_show_nothing(self):
        assert exceeds(wins(np.ones(50), np.ones(50))) == 1.0

    def test_the_interval_ends_where_the_variance_says(self):
        found = area_interval(0.8, 40, 60)
        for bound in (found.low, found.high):
            star = (40 + 60) / 2 - 1
            variance = bound * (1 - bound) * (1 + star * (1 - bound) / (2 - bound) + star * bound / (1 + bound)) / (40 * 60)
            assert abs(bound - 0.8) == pytest.approx(1.959964 * variance**0.5, rel=1e-6)
        assert area_interval(0.0, 40, 60).low == 0 < area_interval(0.0, 40, 60).high < 0.1


def test_alibi_detect_is_loaded_only_where_it_is_asked_for():
    """Its licence forbids most production use: the default must not touch it, whatever is measured or replayed."""
    code = """if True:
        import sys, pandas as pd, numpy as np
        from govern.domain.evidence import MeasureRequest
        from govern.measure import Inputs, measure, recompute
        g = np.random.default_rng(0)
        a, b = (pd.DataFrame({"a": g.normal(size=80), "b": g.choice(["x", "y"], 80)}) for _ in range(2))
        asked = {"numeric": "cramer-von-mises", "categorical": "fisher", "joint": ["classifier"]}
        recompute(measure([MeasureRequest(measure="covariate_drift@1", parameters=asked)], Inputs(data=b, reference=a)))
        print("alibi_detect" in sys.modules)
    """
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_numbers_of_alibi_detect_are_computed_again_without_it():
    before, after = turned(120)
    found = evidence("covariate_drift@1", after, reference=before, detector="alibi-detect", parameters={"joint": "classifier"})
    assert found.measures[0].values["classifier_by"] == "alibi-detect, sklearn"
    assert recompute(found) == found
