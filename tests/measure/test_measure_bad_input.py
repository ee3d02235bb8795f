"""Bad input, a line of the list each: an explicit reason, never a number that looks fine, never a crash."""

# ruff: noqa: PD011 - `values` is the evidence's, not a column's

import contextlib
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from measure.measuring import failures_at_parity, group, one
from scipy import stats

from govern.domain.evidence import Evidence, MeasureRequest
from govern.errors import DataError, GovernError, UsageError
from govern.measure import ALL_MEASURES, Inputs, measure, recompute
from govern.measure.statistics.intervals import wilson

OF_ROWS = (
    "impact_ratio@1", "demographic_parity@1", "equal_opportunity@1", "equalized_odds@1", "predictive_parity@1", "error_rates@1",
    "calibration_by_group@1", "scoring_rate@1", "class_rates@1", "residuals_by_group@1", "conditional_disparity@1", "performance@1",
    "calibration@1", "candidate_against_baseline@1", "data_quality@1", "representativeness@1", "train_test_overlap@1", "proxy@1",
)
"""What needs no model and compares no windows."""
QUICK = tuple(name for name in OF_ROWS if name != "proxy@1")
"""Without the one that grows trees, which is tried by itself."""


def people(n: int = 120, **columns: Any) -> pd.DataFrame:
    generator = np.random.default_rng(3)
    score = np.round(generator.random(n), 3)
    made = {
        "g": generator.choice(["a", "b"], n), "s": generator.choice(["x", "y"], n), "y": generator.integers(0, 2, n), "score": score,
        "p": (score >= 0.5).astype(int), "old": generator.integers(0, 2, n), "f": generator.normal(size=n),
    }
    return pd.DataFrame({**made, **columns})


BAD: Mapping[str, Mapping[str, Any]] = {
    "one group": {"g": "a"}, "nobody known": {"g": "?"}, "one class": {"y": 1}, "nobody selected": {"p": 0, "y": 0},
    "equal scores": {"score": 0.5}, "no score finite": {"score": [math.nan, math.inf] * 60}, "a score infinite": {"score": [0.5] * 119 + [math.inf]},
    "a target missing": {"y": [0.0, 1.0] * 59 + [1.0, math.nan]}, "free text": {"g": [f"my name is {i} and I" for i in range(120)]},
    "every row its own crossing": {"s": [f"s{i}" for i in range(120)]}, "huge numbers": {"score": [1e300, -1e300] * 60}, "a feature of nothing": {"f": None},
}


def numbers(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inside in value.values():
            yield from numbers(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from numbers(inside)
    elif isinstance(value, str):
        yield value


def tried(inputs: Inputs) -> Iterator[Evidence]:
    """All in one go, which is fast; one by one where an error that a user sees stops them."""
    try:
        yield measure([MeasureRequest(measure=name) for name in QUICK], inputs)
    except GovernError:
        for name in QUICK:
            with contextlib.suppress(GovernError):
                yield measure([MeasureRequest(measure=name)], inputs)


@pytest.mark.parametrize("case", sorted(BAD))
def test_no_measure_crashes_and_none_says_nan(case: str):
    inputs = Inputs(data=people(**BAD[case]), reference=people(), target="y", prediction=None if "score" in BAD[case] else "p", score="score", threshold="0.5",
                    protected=("g",), cross=("g*s",), control=("s",), baseline_prediction="old", features=("f",))
    for found in tried(inputs):
        assert recompute(found) == found
        for measured in found.measures:
            assert measured.availability == "measured" or measured.reason
            assert not {"nan", "inf", "-inf", "infinity"} & {text.lower() for text in numbers((measured.values, measured.groups, measured.features))}


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_a_window_of_few_rows(rows: int):
    found = measure([MeasureRequest(measure=name) for name in QUICK], Inputs(
        data=people().head(rows), reference=people(), target="y", prediction="p", score="score", protected=("g",), control=("s",),
        baseline_prediction="old", features=("f",), positive="1"))
    assert all(measured.availability in {"measured", "undefined", "insufficient-data"} for measured in found.measures)


def test_a_proxy_needs_rows_and_groups():
    assert one("proxy@1", people().head(3), protected=("g",), features=("f",)).availability == "insufficient-data"
    assert one("proxy@1", people(g="a"), protected=("g",), features=("f",)).availability == "insufficient-data"
    with pytest.raises(DataError, match="neither numbers"):
        one("proxy@1", people(f=None), protected=("g",), features=("f",))


def test_every_measure_is_tried_here_or_where_models_and_windows_are():
    elsewhere = {name for name in ALL_MEASURES if any(word in name for word in (
        "drift", "permutation", "surrogate", "rank_", "reliance", "reason", "monotonicity", "dependence"))}
    assert set(ALL_MEASURES) - elsewhere == set(OF_ROWS)


class TestCategories:
    def test_a_million_categories(self):
        table = pa.table({"g": pa.array(np.arange(1_000_000)).cast(pa.string()), "y": np.tile([0, 1], 500_000), "h": np.tile(["a", "b", "b", "a"], 250_000)})
        inputs = {"target": "y", "protected": ("g", "h"), "cross": ("h*g",)}
        found = measure([MeasureRequest(measure="impact_ratio@1"), MeasureRequest(measure="demographic_parity@1")], Inputs(data=table, **inputs))
        assert {(row.attribute, row.availability) for row in found.measures} == {("g", "undefined"), ("h*g", "undefined"), ("h", "measured")}
        assert one("class_rates@1", table, target="g", protected=("h",)).availability == "undefined"
        assert one("conditional_disparity@1", table, target="y", protected=("h",), control=("g",)).availability == "undefined"

    @pytest.mark.parametrize("rows", [25, 120, 800])
    def test_free_text_in_a_small_file_is_not_named(self, rows: int):
        data = people(rows, g=[f"my name is {i} and I" for i in range(rows)])
        found = one("impact_ratio@1", data, target="y", protected=("g",))
        assert (found.availability, "my name" in str(found)) == ("undefined", False)

    def test_an_empty_category_is_no_group(self):
        data = people()
        data["g"] = pd.Categorical(data["g"], categories=["a", "b", "nobody"])
        assert [row["group"] for row in one("impact_ratio@1", data, target="y", protected=("g",)).groups] == ["a", "b"]

    def test_a_group_whose_weights_are_all_nought(self):
        data = people().assign(w=lambda d: (d["g"] == "a").astype(float))
        found = one("impact_ratio@1", data, target="y", weight="w", protected=("g",))
        assert (found.availability, len(found.groups)) == ("undefined", 1)

    @pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf, None])
    def test_weights_that_are_none(self, bad: float | None):
        data = people(w=[1.0] * 119 + [bad])
        found = one("impact_ratio@1", data, target="y", weight="w", protected=("g",))
        assert (found.availability, "1 rows have a weight" in found.reason) == ("undefined", True)

    @pytest.mark.parametrize("library", ["pandas", "polars", "arrow"])
    def test_an_age_that_is_no_number_is_on_no_side_of_a_cut(self, library: str):
        ages = [20.0, 40.0] * 30 + [math.nan] * 10
        made: Any = {"age": ages, "y": [0, 1, 1, 0, 1] * 14}
        data = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "arrow": pa.table}[library](made)
        found = one("impact_ratio@1", data, target="y", protected=("age<=30",))
        assert ([(row["group"], row["n"]) for row in found.groups], found.statistics["unknown"]) == ([("<=30", 30), (">30", 30)], 10)


class TestMixedTypes:
    def test_a_text_among_numbers_of_a_csv(self, tmp_path: Path):
        (tmp_path / "d.csv").write_text("g,y,score\n" + "a,1,0.5\nb,0,0.25\n" * 40 + "b,1,high\n")
        with pytest.raises(DataError, match="can't be a score"):
            one("performance@1", tmp_path / "d.csv", target="y", score="score")

    def test_labels_of_two_kinds(self, tmp_path: Path):
        (tmp_path / "d.csv").write_text("g,y\n" + "a,1\nb,0\n" * 40 + "b,yes\n")
        with pytest.raises(UsageError, match="none was declared"):
            one("impact_ratio@1", tmp_path / "d.csv", target="y", protected=("g",))
        assert group(one("impact_ratio@1", tmp_path / "d.csv", target="y", protected=("g",), favourable="1"), "b")["n"] == 41

    def test_truth_values_and_numbers_are_one_label(self):
        data = people()
        ones = one("error_rates@1", data, target="y", prediction="p", protected=("g",))
        truths = one("error_rates@1", data.assign(p=data["p"].astype(bool)), target="y", prediction="p", protected=("g",))
        assert ones.groups == truths.groups


class TestOutcomes:
    def test_a_quantity_is_not_taken_for_classes(self):
        """Few distinct values do not make a class of 17.25: an accuracy of 0 would look like a number."""
        data = people(y=np.tile(np.linspace(0.5, 6.2, 10), 12), p=np.tile(np.linspace(1.5, 7, 12), 10))
        found = one("performance@1", data, target="y", prediction="p")
        assert (found.parameters["judged"], found.values["mae"] is not None) == ("quantity", True)
        for name in ("impact_ratio@1", "equalized_odds@1", "class_rates@1"):
            assert one(name, data, target="y", prediction="p", protected=("g",), favourable="1").availability == "undefined"

    def test_a_score_that_is_called_a_prediction(self):
        found = one("performance@1", people(), target="y", prediction="score")
        assert (found.availability, "give it as the score" in found.reason) == ("undefined", True)

    def test_ties_at_the_median(self):
        data = pd.DataFrame({"g": ["a"] * 50 + ["b"] * 50, "s": [5] * 40 + [9] * 10 + [5] * 30 + [1] * 20})
        found = one("scoring_rate@1", data, score="s", protected=("g",))
        assert (found.values["median"], found.values["ties"]) == ("5", 70)
        assert [row["above"] for row in found.groups] == [10, 0]

    def test_a_perfect_and_a_perfectly_wrong_score_have_intervals(self):
        for sign, auc in ((1, "1"), (-1, "0")):
            data = pd.DataFrame({"y": [0, 1] * 30, "s": [sign * value for value in (0, 1)] * 30})
            found = one("performance@1", data, target="y", score="s").values
            interval: Any = found["auc_interval"]
            assert found["auc"] == auc
            assert 0.01 < float(interval["high"]) - float(interval["low"]) < 0.2

    def test_predicting_the_mean_of_a_constant(self):
        data = pd.DataFrame({"y": [2.5] * 60, "p": [2.5] * 60})
        found = one("performance@1", data, target="y", prediction="p")
        assert (found.values["rmse"], found.values["r2"], found.values["r2_interval"]) == ("0", None, None)


class TestWhatIsSilentElsewhere:
    """Rows of the table in the specification that are about intervals and tests."""

    def test_ten_people_have_an_interval_that_covers(self):
        """Exact coverage of Wilson at n = 10, from the binomial; a percentile bootstrap covers 41 % at p = 0.05."""
        for p, least in ((0.05, 0.91), (0.1, 0.92), (0.3, 0.92), (0.5, 0.97)):
            assert sum(stats.binom.pmf(x, 10, p) for x in range(11) if wilson(x, 10).low <= p <= wilson(x, 10).high) > least - 0.001

    def test_a_largest_difference_of_three_groups_has_a_test_and_no_interval(self):
        generator = np.random.default_rng(0)
        data = pd.DataFrame({"g": generator.choice(["a", "b", "c"], 900), "y": generator.integers(0, 2, 900)})
        three, two = (one("demographic_parity@1", rows, target="y", protected=("g",)) for rows in (data, data[data["g"] != "c"]))
        assert (three.values["difference_interval"], three.values["p_value"] is not None) == (None, True)
        assert two.values["difference_interval"] is not None

    def test_ten_crossings_of_a_fair_model(self):
        """30,000 rows in ten crossings with equal rates: the naive rule denies most fair models, ratio and test few."""
        naive, both = failures_at_parity(np.random.default_rng(5), 10, 3000, 0.02, draws=200)
        assert naive > 0.8
        assert both < 0.1
