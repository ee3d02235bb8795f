"""Bias: published numbers, Fairlearn on the rows against cells, and what small and empty groups get."""

# ruff: noqa: PD011 - `values` is the evidence's, not a column's

import ast
import math
from fractions import Fraction
from pathlib import Path

import fairlearn.metrics as fairlearn
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from measure.measuring import evidence, group, one
from sklearn.metrics import precision_score

from govern.measure.bias import fair
from govern.measure.bias.fair import MAX_FRAME_GROUPS, by_rate
from govern.measure.cells import Cell, merge


def people(counts: dict[str, tuple[int, int]], column: str = "sex") -> pd.DataFrame:
    """Make a frame with so many selected of so many people a group."""
    rows = [(name, int(i < selected)) for name, (selected, n) in counts.items() for i in range(n)]
    return pd.DataFrame(rows, columns=[column, "y"])


class TestPublished:
    def test_adult_labels(self, shared_folder: Path):
        found = one("impact_ratio@1", shared_folder / "data/adult.csv", target="income-per-year", protected=("sex",), favourable=">50K")
        women = group(found, "Female")
        assert (women["n"], women["selected"]) == (10771, 1179)
        assert women["ratio"].startswith("0.3580225")
        assert found.values["reference_group"] == "Male"

    @pytest.mark.parametrize(("cut", "low", "ratio"), [("age<=25", "<=25", "0.794826"), ("age<25", "<25", "0.821248")])
    def test_german_cut_flips_the_verdict(self, shared_folder: Path, cut: str, low: str, ratio: str):
        found = one("impact_ratio@1", shared_folder / "data/german.csv", target="credit", protected=(cut,), favourable="1")
        assert f"{float(group(found, low)['ratio']):.6f}" == ratio

    def test_compas_error_rates(self):
        """ProPublica 2016, “How We Analyzed the COMPAS Recidivism Algorithm”: two-year recidivism, table by race."""
        counts = {"African-American": (990, 805, 532, 1369), "Caucasian": (1139, 349, 461, 505)}
        rows = [
            (race, y, p) for race, (tn, fp, fn, tp) in counts.items()
            for y, p, n in ((0, 0, tn), (0, 1, fp), (1, 0, fn), (1, 1, tp)) for _ in range(n)
        ]
        found = one("error_rates@1", pd.DataFrame(rows, columns=["race", "y", "p"]), target="y", prediction="p", protected=("race",))
        shown = {
            name: tuple(round(100 * float(group(found, name)[rate]), 2) for rate in ("false_positive_rate", "false_negative_rate"))
            for name in counts
        }
        assert shown == {"African-American": (44.85, 27.99), "Caucasian": (23.45, 47.72)}

    def test_fairlearn_quickstart_selection(self):
        """Fairlearn's user guide, “Performing a fairness assessment”, its example by sensitive feature."""
        y_true = [0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1]
        y_pred = [0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 1]
        who = ["b", "b", "a", "b", "b", "c", "c", "c", "a", "a", "c", "a", "b", "c", "c", "b", "c", "c"]
        found = one("demographic_parity@1", pd.DataFrame({"y": y_true, "p": y_pred, "who": who}), target="y", prediction="p", protected=("who",))
        assert float(str(found.values["difference"])) == pytest.approx(
            fairlearn.demographic_parity_difference(y_true, y_pred, sensitive_features=who), abs=1e-14
        )


rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 1), st.integers(0, 1), st.integers(1, 5)), min_size=12, max_size=60
)


RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "true_negative_rate", "false_negative_rate")


class TestAgainstFairlearn:
    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(rows)
    def test_cells_are_bitwise_the_rows(self, drawn: list[tuple[str, int, int, int]]):
        who, y, p, w = (list(column) for column in zip(*drawn, strict=True))
        totals: dict[tuple[str, int, int], Fraction] = {}
        for name, actual, decided, weight in drawn:
            totals[name, actual, decided] = totals.get((name, actual, decided), Fraction(0)) + weight
        cells = [(name, bool(actual), bool(decided), weight) for (name, actual, decided), weight in sorted(totals.items())]
        for metric in RATES:
            frame = fairlearn.MetricFrame(
                metrics=getattr(fairlearn, metric), y_true=y, y_pred=p, sensitive_features=who, sample_params={"sample_weight": w}
            )
            found = by_rate(metric, cells)
            assert found.by_group == {str(k): float(v) for k, v in frame.by_group.items()}
            assert found.difference == frame.difference()
            assert found.ratio == frame.ratio() or (math.isnan(found.ratio) and math.isnan(frame.ratio()))

    def test_every_metric_that_is_asked_of_fairlearn_is_compared_here(self):
        folder = Path(fair.__file__).parent
        said = {
            node.value for file in folder.glob("*.py") for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        # The mean prediction is divided here; `test_measure_disparity` holds it to Fairlearn's frame.
        assert {word for word in said if word.isidentifier() and hasattr(fairlearn, word)} == {*RATES, "mean_prediction"}

    @settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(rows)
    def test_what_measures_say_is_what_fairlearn_says_of_the_rows(self, drawn: list[tuple[str, int, int, int]]):
        """Each measure of disparity beside the function or frame of Fairlearn, on weighted rows with every cell filled."""
        every = [(name, actual, decided, 1) for name in "abc" for actual in (0, 1) for decided in (0, 1)] + drawn
        frame = pd.DataFrame(every, columns=["who", "y", "p", "w"])
        asked = ("demographic_parity@1", "equalized_odds@1", "equal_opportunity@1", "predictive_parity@1")
        found = {name: one(name, frame, target="y", prediction="p", weight="w", protected=("who",), favourable="1", positive="1").values
                 for name in asked}
        rest = {"sensitive_features": frame["who"], "sample_weight": frame["w"]}
        for measure in asked[:3]:
            name = measure.partition("@")[0]
            for part in ("difference", "ratio"):
                theirs = getattr(fairlearn, f"{name}_{part}")(frame["y"], frame["p"], **rest)
                assert float(found[measure][part]) == pytest.approx(theirs, rel=1e-13, abs=1e-14), (name, part)
        precision = fairlearn.MetricFrame(
            metrics=precision_score, y_true=frame["y"], y_pred=frame["p"], sensitive_features=frame["who"],
            sample_params={"sample_weight": frame["w"]},
        )
        for part in ("difference", "ratio"):
            theirs = getattr(precision, part)()
            assert float(found["predictive_parity@1"][part]) == pytest.approx(theirs, rel=1e-13, abs=1e-14), part

    def test_many_groups_take_the_same_division(self):
        generator = np.random.default_rng(5)
        cells = [
            (f"g{i:04}", actual, decided, Fraction(int(generator.integers(1, 40))))
            for i in range(MAX_FRAME_GROUPS + 1) for actual in (True, False) for decided in (True, False)
        ]
        for metric in ("selection_rate", "false_negative_rate"):
            ours = by_rate(metric, cells)
            few = by_rate(metric, cells[: 4 * MAX_FRAME_GROUPS])
            assert {name: ours.by_group[name] for name in few.by_group} == few.by_group

    def test_odds_of_weighted_rows(self):
        generator = np.random.default_rng(2)
        frame = pd.DataFrame({"who": generator.choice(list("xyz"), 900), "y": generator.integers(0, 2, 900),
                              "p": generator.integers(0, 2, 900), "w": generator.integers(1, 9, 900) / 4})
        found = one("equalized_odds@1", frame, target="y", prediction="p", weight="w", protected=("who",))
        arguments = {"sensitive_features": frame["who"], "sample_weight": frame["w"]}
        assert float(str(found.values["difference"])) == pytest.approx(fairlearn.equalized_odds_difference(frame["y"], frame["p"], **arguments), rel=1e-13)
        assert float(str(found.values["ratio"])) == pytest.approx(fairlearn.equalized_odds_ratio(frame["y"], frame["p"], **arguments), rel=1e-13)


cell_lists = st.lists(
    st.builds(
        Cell, group=st.tuples(st.sampled_from(["a", "b", None])), target=st.sampled_from(["0", "1", None]),
        outcome=st.sampled_from(["0", "1"]), n=st.integers(1, 9), weight=st.decimals(1, 5, places=2), weight2=st.decimals(1, 5, places=2),
    ), max_size=20,
)


@given(cell_lists, cell_lists)
def test_cells_of_parts_merge_to_the_whole(left: list[Cell], right: list[Cell]):
    assert merge(merge(left), merge(right)) == merge(left + right)


class TestImpactRatio:
    def test_exact_at_the_threshold(self):
        """4/5 of a rate must not fall below 0.8 because a rate was rounded on the way."""
        found = one("impact_ratio@1", people({"a": (44, 100), "b": (55, 100)}), target="y", protected=("sex",))
        assert group(found, "a")["ratio"] == "0.8"

    def test_one_person_flips_a_small_group_and_not_a_large_one(self):
        small = one("impact_ratio@1", people({"a": (3, 10), "b": (40, 100)}), target="y", protected=("sex",))
        large = one("impact_ratio@1", people({"a": (300, 1000), "b": (400, 1000)}), target="y", protected=("sex",))
        assert group(small, "a")["flip"] is True
        assert group(large, "a")["flip"] is False

    def test_shortfall_is_expected_less_actual(self):
        """At the pooled rate (20 + 60) / 200 a group of 100 has 40 selections: 20 are missing."""
        found = one("impact_ratio@1", people({"a": (20, 100), "b": (60, 100)}), target="y", protected=("sex",))
        assert group(found, "a")["shortfall"] == "20"

    def test_one_lucky_applicant_is_not_the_reference(self):
        found = one("impact_ratio@1", people({"a": (50, 100), "b": (40, 100), "c": (1, 1)}), target="y", protected=("sex",))
        assert found.values["reference_group"] == "a"
        assert group(found, "c")["ratio"] == "2"

    def test_named_reference_and_favourable_zero(self):
        found = one("impact_ratio@1", people({"a": (30, 100), "b": (60, 100)}), target="y", protected=("sex",),
                    parameters={"reference": "b", "favourable": 0})
        assert (found.reference, found.favourable) == ("b", "0")
        assert group(found, "a")["ratio"] == "1.75"

    def test_groups_and_unknown_make_the_whole(self):
        frame = people({"a": (5, 40), "?": (3, 9), "": (1, 5), "b": (9, 40)})
        found = evidence("impact_ratio@1", frame, target="y", protected=("sex",))
        assert sum(int(str(row["n"])) for row in found.measures[0].groups) + found.excluded[0].n == found.rows == 94
        assert found.excluded[0].n == 14

    def test_crossing_keeps_the_order_asked_for(self):
        frame = people({"a": (20, 40), "b": (9, 40)}).assign(race=["x", "y"] * 40)
        found = one("impact_ratio@1", frame, target="y", cross=("sex*race",))
        assert [row["group"] for row in found.groups] == ["a*x", "a*y", "b*x", "b*y"]

    def test_score_and_threshold_are_judged(self):
        frame = pd.DataFrame({"sex": ["a"] * 4 + ["b"] * 4, "s": [0.1, 0.5, 0.6, 0.9, 0.1, 0.2, 0.3, 0.5]})
        found = one("impact_ratio@1", frame, score="s", threshold="0.5", protected=("sex",))
        assert (group(found, "a")["selected"], group(found, "b")["selected"]) == (3, 1)
        unfavourable = one("impact_ratio@1", frame, score="s", threshold="0.5", protected=("sex",), positive="1", favourable="0")
        assert (group(unfavourable, "a")["selected"], group(unfavourable, "b")["selected"]) == (1, 3)
