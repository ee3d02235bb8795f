"""What goes wrong silently in other libraries, a test a line: an explicit reason, never a number that looks fine."""

# ruff: noqa: PD011 - `values` is the evidence's, not a column's

import numpy as np
import pandas as pd
import pytest
from measure.measuring import evidence, feature, group, one

from govern.domain.evidence import MeasureRequest
from govern.errors import DataError, UsageError
from govern.measure import Inputs, measure


def frame(n: int = 400, seed: int = 0, **columns) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame({"a": generator.normal(size=n), "b": generator.choice(["x", "y", "z"], n), **columns})


class TestDrift:
    def test_one_nan_does_not_hide_a_shift(self):
        window = frame(seed=1).assign(a=lambda d: d["a"] + 5)
        window.loc[0, "a"] = np.nan
        for detector in ("scipy", "alibi-detect"):
            found = one("covariate_drift@1", window, reference=frame(), detector=detector)
            assert float(feature(found, "a")["statistic"]) > 0.9
            assert float(feature(found, "a")["p_adjusted"]) < 1e-6
            assert feature(found, "a (missing)")["nulls_window"] == 1

    def test_missing_values_are_a_signal_of_their_own(self):
        window = frame(seed=1)
        window.loc[:150, "b"] = None
        found = one("covariate_drift@1", window, reference=frame())
        assert float(feature(found, "b (missing)")["effect"]) > 0.25
        assert float(feature(found, "b")["effect"]) < 0.1

    def test_twenty_null_features_are_corrected(self):
        flags = 0
        for seed in range(6):
            generator = np.random.default_rng(seed)
            one_side, other = (pd.DataFrame(generator.normal(size=(200, 20)), columns=[f"c{i}" for i in range(20)]) for _ in range(2))
            found = one("covariate_drift@1", other, reference=one_side)
            flags += any(float(str(row["p_adjusted"])) < 0.05 for row in found.features)
        assert flags <= 1

    @pytest.mark.parametrize("rows", [1, 3, 49])
    def test_a_few_rows_are_insufficient(self, rows: int):
        found = one("covariate_drift@1", frame(rows), reference=frame())
        assert (found.availability, found.features) == ("insufficient-data", ())

    def test_few_distinct_numbers_are_categories(self):
        generator = np.random.default_rng(0)
        left, right = (pd.DataFrame({"n": generator.integers(0, 5, 300)}) for _ in range(2))
        assert feature(one("covariate_drift@1", right, reference=left), "n")["test"] == "chi-squared"

    def test_bins_hold_fifty_and_parity_is_said(self):
        found = feature(one("covariate_drift@1", frame(1000, 1), reference=frame(1000)), "a")
        assert 10 <= found["bins"] <= 20
        assert float(found["effect"]) < 5 * float(found["effect_at_parity"]) < 0.25

    def test_infinity(self):
        window = frame(seed=1)
        window.loc[3, "a"] = np.inf
        found = feature(one("covariate_drift@1", window, reference=frame()), "a")
        assert (found["p_value"], found["effect"]) == (None, None)
        assert "infinite" in found["reason"]

    def test_columns_that_differ(self):
        found = one("covariate_drift@1", frame().rename(columns={"b": "c"}), reference=frame())
        assert feature(found, "b")["reason"] == "not in the window"
        assert feature(found, "c")["reason"] == "not in the reference"
        assert found.values["not_compared"] == 2

    def test_another_type(self):
        found = one("covariate_drift@1", frame(seed=1).assign(a="text"), reference=frame())
        assert feature(found, "a")["effect"] is None
        assert "numbers in the reference" in feature(found, "a")["reason"]

    def test_new_categories_are_named(self):
        window = frame(seed=1)
        window.loc[:30, "b"] = "new"
        assert feature(one("covariate_drift@1", window, reference=frame()), "b")["new_categories"] == ["new"]

    def test_identifiers_have_no_distribution(self):
        side = frame(2000, who=[f"person {i}" for i in range(2000)])
        found = one("covariate_drift@1", side, reference=side)
        assert "identifier" in feature(found, "who")["reason"]
        assert "person" not in str(found)


class TestGroups:
    def test_string_labels_need_a_declared_value(self):
        data = pd.DataFrame({"g": ["a", "b"] * 50, "y": ["yes", "no"] * 50})
        with pytest.raises(UsageError, match="none was declared favourable"):
            evidence("demographic_parity@1", data, target="y", protected=("g",))
        assert one("demographic_parity@1", data, target="y", protected=("g",), favourable="yes").values["difference"] == "1"

    def test_a_favourable_value_that_does_not_occur(self):
        data = pd.DataFrame({"g": ["a", "b"] * 50, "y": ["yes", "no"] * 50})
        for name in ("impact_ratio@1", "demographic_parity@1"):
            assert one(name, data, target="y", protected=("g",), favourable="Yes!").availability == "undefined"

    def test_nobody_selected(self):
        data = pd.DataFrame({"g": ["a", "b"] * 50, "y": 0})
        found = one("impact_ratio@1", data, target="y", protected=("g",))
        assert found.availability == "undefined"
        assert [(row["n"], row["selected"]) for row in found.groups] == [(50, 0), (50, 0)]

    def test_nobody_selected_in_the_named_reference(self):
        data = pd.DataFrame({"g": ["a"] * 50 + ["b"] * 50, "y": [0] * 50 + [1] * 50})
        assert one("impact_ratio@1", data, target="y", protected=("g",), parameters={"reference": "a"}).availability == "undefined"

    def test_one_group(self):
        data = pd.DataFrame({"g": "a", "y": [0, 1] * 50})
        for name in ("impact_ratio@1", "demographic_parity@1"):
            found = one(name, data, target="y", protected=("g",))
            assert (found.availability, found.values) == ("undefined", {})

    def test_no_known_group(self):
        found = evidence("impact_ratio@1", pd.DataFrame({"g": ["?", None] * 20, "y": [0, 1] * 20}), target="y", protected=("g",))
        assert found.measures[0].availability == "insufficient-data"

    def test_a_group_without_positives(self):
        data = pd.DataFrame({"g": ["a"] * 50 + ["b"] * 50, "y": [0, 1] * 25 + [0] * 50, "p": [0, 1] * 50})
        for name in ("equalized_odds@1", "equal_opportunity@1", "error_rates@1"):
            found = one(name, data, target="y", prediction="p", protected=("g",))
            assert found.availability == "undefined"
            assert "“b”" in found.reason
            assert group(found, "b")["positives"] == 0

    def test_an_empty_crossing_is_not_a_group(self):
        data = pd.DataFrame({"g": ["a", "b", "b"] * 40, "h": ["x", "x", "y"] * 40, "y": [1, 0, 1] * 40})
        assert [row["group"] for row in one("impact_ratio@1", data, target="y", cross=("g*h",)).groups] == ["a*x", "b*x", "b*y"]

    @pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
    def test_outcomes_that_are_no_numbers(self, bad: float):
        data = pd.DataFrame({"g": ["a", "b"] * 50, "y": [0, 1] * 50, "s": [0.2, 0.9] * 49 + [0.5, bad]})
        for name in ("impact_ratio@1", "performance@1", "equalized_odds@1"):
            found = one(name, data, target="y", score="s", threshold="0.5", protected=("g",))
            assert found.availability == "undefined"
            assert "1 rows have no finite value in “s”" in found.reason

    def test_a_label_that_is_missing(self):
        data = pd.DataFrame({"g": ["a", "b"] * 50, "y": [0.0, 1.0] * 49 + [np.nan, 1.0]})
        assert one("impact_ratio@1", data, target="y", protected=("g",)).availability == "undefined"

    @pytest.mark.parametrize("values", [[f"name {i}" for i in range(3000)], list(np.linspace(0, 1, 3000))])
    def test_free_text_and_quantities_are_not_groups(self, values: list[object]):
        data = pd.DataFrame({"g": values, "y": [0, 1, 1] * 1000})
        found = one("impact_ratio@1", data, target="y", protected=("g",))
        assert (found.availability, found.groups, found.statistics) == ("undefined", (), {})

    def test_a_target_that_is_a_quantity_has_no_favourable_value(self):
        data = pd.DataFrame({"g": ["a", "b"] * 1500, "y": np.linspace(0, 1, 3000)})
        found = one("impact_ratio@1", data, target="y", protected=("g",), favourable="1")
        assert found.availability == "undefined"


class TestPerformance:
    def test_one_class(self):
        data = pd.DataFrame({"y": 1, "s": np.linspace(0, 1, 60)})
        found = one("performance@1", data, target="y", score="s")
        assert (found.availability, found.values["auc"]) == ("undefined", None)

    def test_equal_scores(self):
        found = one("performance@1", pd.DataFrame({"y": [0, 1] * 40, "s": 0.5}), target="y", score="s")
        assert found.values["auc"] == "0.5"

    def test_scores_that_are_no_probabilities(self):
        found = one("performance@1", pd.DataFrame({"y": [0, 1] * 40, "s": [-3.0, 7.0] * 40}), target="y", score="s")
        assert (found.values["auc"], found.values["brier"], found.values["log_loss"]) == ("1", None, None)


class TestInputs:
    def test_a_missing_column_names_its_neighbours(self):
        with pytest.raises(UsageError, match="no column “incom”") as refused:
            evidence("impact_ratio@1", pd.DataFrame({"income": [1, 0], "g": ["a", "b"]}), target="incom", protected=("g",))
        assert "“income”" in refused.value.hint

    def test_an_attribute_that_only_a_rule_names_is_missing(self):
        found = one("impact_ratio@1", pd.DataFrame({"y": [1, 0], "g": ["a", "b"]}), target="y", parameters={"attributes": ["race"]})
        assert (found.attribute, found.availability) == ("race", "missing")

    def test_no_attribute_at_all_is_missing(self):
        assert one("impact_ratio@1", pd.DataFrame({"y": [1, 0]}), target="y").availability == "missing"

    @pytest.mark.parametrize("name", ["equalized_odds@1", "performance@1", "permutation_importance@1", "protected_reliance@1", "covariate_drift@1"])
    def test_an_input_that_was_not_given_is_missing(self, name: str):
        assert one(name, pd.DataFrame({"y": [1, 0] * 9, "g": ["a", "b"] * 9}), target="y", protected=("g",)).availability == "missing"

    def test_an_empty_frame(self):
        with pytest.raises(DataError, match="has no rows"):
            evidence("impact_ratio@1", pd.DataFrame({"y": [], "g": []}), target="y", protected=("g",))

    def test_a_csv_with_a_header_only(self, tmp_path):
        (tmp_path / "f.csv").write_text("y,score\n")
        with pytest.raises(DataError, match=r"f\.csv.* has no rows"):
            evidence("performance@1", tmp_path / "f.csv", target="y", score="score")

    @pytest.mark.parametrize(("name", "data", "words"), [
        ("empty.csv", b"", "is empty"), ("sheet.xlsx", b"PK", "neither CSV nor Parquet"), ("broken.parquet", b"PAR1 no", "can't be read"),
        ("binary.csv", b"a,b\n\xff\xfe\x00,\x81\n", "can't be"),
    ])
    def test_files_that_can_not_be_read(self, tmp_path, name: str, data: bytes, words: str):
        (tmp_path / name).write_bytes(data)
        with pytest.raises((DataError, UsageError), match=words):
            measure([], Inputs(data=tmp_path / name))

    def test_no_file(self, tmp_path):
        with pytest.raises(UsageError, match="there is no file"):
            evidence("impact_ratio@1", tmp_path / "none.csv", target="y")

    def test_mixed_types(self):
        with pytest.raises(DataError, match="mixes types"):
            evidence("impact_ratio@1", pd.DataFrame({"y": [1, "one"], "g": ["a", "b"]}), target="y", protected=("g",))

    def test_an_unknown_measure(self):
        with pytest.raises(UsageError, match="no measure") as refused:
            measure([MeasureRequest(measure="impact_ration@1")], Inputs(data=pd.DataFrame({"y": [1]})))
        assert "impact_ratio@1" in refused.value.hint

    def test_a_score_of_words(self):
        with pytest.raises(DataError, match="can't be a score"):
            evidence("performance@1", pd.DataFrame({"y": [1, 0], "s": ["a", "b"]}), target="y", score="s")

    def test_nothing_to_measure(self):
        with pytest.raises(UsageError, match="nothing to be measured"):
            measure([], Inputs(data=pd.DataFrame({"y": [1, 0]}), target="y"))
