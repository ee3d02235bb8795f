"""Groups compared where outcomes are quantities or many classes, and within strata: against Fairlearn, scipy and statsmodels."""

# ruff: noqa: PD011 - `values` is the evidence's, not a column's

import fairlearn.metrics as fairlearn
import numpy as np
import pandas as pd
import pytest
from measure.measuring import feature, group, one
from scipy import stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.oneway import anova_oneway


def near(text: object, number: float, rel: float = 1e-10) -> bool:
    return float(str(text)) == pytest.approx(number, rel=rel, abs=1e-13)


def loans(n: int = 900, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    who, y = generator.choice(list("abc"), n, p=[0.5, 0.3, 0.2]), generator.normal(52_000, 9000, n)
    return pd.DataFrame({"who": who, "y": y, "p": y + generator.normal(0, 3000, n) + np.where(who == "b", 1500, 0)})


class TestQuantities:
    """Against `MetricFrame` of scikit-learn's regression metrics, and Welch's tests of scipy and statsmodels."""

    def test_means_and_errors_are_those_of_the_rows(self):
        data = loans()
        found = one("residuals_by_group@1", data, target="y", prediction="p", protected=("who",))
        frame = fairlearn.MetricFrame(
            metrics={"mae": metrics.mean_absolute_error, "mse": metrics.mean_squared_error, "mean_prediction": fairlearn.mean_prediction},
            y_true=data["y"], y_pred=data["p"], sensitive_features=data["who"],
        )
        for name, row in frame.by_group.iterrows():
            assert near(group(found, name)["mae"], row["mae"])
            assert near(group(found, name)["rmse"], np.sqrt(row["mse"]))
            assert near(group(found, name)["mean_prediction"], row["mean_prediction"])
        assert near(found.values["mae_difference"], frame.difference()["mae"], 1e-9)
        assert near(found.values["mean_prediction_difference"], frame.difference()["mean_prediction"], 1e-8)

    def test_differences_are_welch(self):
        data = loans()
        found = one("residuals_by_group@1", data, target="y", prediction="p", protected=("who",), parameters={"reference": "a"})
        residuals = {name: (rows["y"] - rows["p"]).to_numpy() for name, rows in data.groupby("who")}
        pair = stats.ttest_ind(residuals["b"], residuals["a"], equal_var=False)
        low, high = pair.confidence_interval()
        interval = group(found, "b")["residual_difference_interval"]
        assert (near(interval["low"], low), near(interval["high"], high)) == (True, True)
        assert near(group(found, "b")["p_value"], 2 * pair.pvalue, 1e-8)  # Holm, of two
        expected = anova_oneway(list(residuals.values()), use_var="unequal").pvalue
        assert near(found.values["p_value"], expected, 1e-8)
        assert (found.values["mean_residual_highest"], found.values["mean_residual_lowest"]) == ("a", "b")

    def test_unknown_groups_are_counted_and_small_ones_have_no_interval(self):
        data = pd.concat([loans(), pd.DataFrame({"who": ["?", None, "d"], "y": [1.0, 2.0, 3.0], "p": [1.0, 1.0, 1.0]})])
        found = one("residuals_by_group@1", data, target="y", prediction="p", protected=("who",))
        assert found.statistics["unknown"] == 2
        assert (group(found, "d")["mean_residual"], group(found, "d")["mean_residual_interval"]) == ("2", None)
        assert found.values["mean_residual_p_value"] is None

    def test_predictions_that_are_right_everywhere(self):
        data = loans().assign(p=lambda d: d["y"])
        found = one("residuals_by_group@1", data, target="y", prediction="p", protected=("who",))
        assert (found.values["mae_difference"], found.values["p_value"]) == ("0", None)

    def test_one_group_and_no_prediction(self):
        assert one("residuals_by_group@1", loans().assign(who="a"), target="y", prediction="p", protected=("who",)).availability == "undefined"
        assert one("residuals_by_group@1", loans(), target="y", protected=("who",)).availability == "missing"


def ranks(n: int = 1500, seed: int = 3) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    who = generator.choice(["x", "y", "z"], n)
    actual = generator.choice(["fair", "good", "poor"], n, p=[0.3, 0.5, 0.2])
    said = np.where(generator.random(n) < np.where(who == "x", 0.6, 0.8), actual, generator.choice(["fair", "good", "poor"], n))
    return pd.DataFrame({"who": who, "actual": actual, "said": said, "w": generator.integers(1, 9, n) / 4})


class TestClasses:
    """One class against the rest, against Fairlearn on the rows."""

    @pytest.mark.parametrize("weight", [None, "w"])
    def test_rates_of_every_class_are_fairlearns(self, weight: str | None):
        data = ranks()
        found = one("class_rates@1", data, target="actual", prediction="said", protected=("who",), weight=weight)
        given = {} if weight is None else {"sample_params": {"sample_weight": data[weight]}}
        for name in ("fair", "good", "poor"):
            for rate in ("selection_rate", "true_positive_rate", "false_positive_rate"):
                frame = fairlearn.MetricFrame(metrics=getattr(fairlearn, rate), y_true=data["actual"] == name, y_pred=data["said"] == name,
                                              sensitive_features=data["who"], **given)
                key = "difference" if rate == "selection_rate" else f"{rate}_difference"
                assert near(feature(found, name)[key], frame.difference())
                for who, expected in frame.by_group.items():
                    shown = next(row for row in group(found, who)["classes"] if row["class"] == name)
                    assert near(shown[rate], expected)

    def test_accuracy_by_group_and_which_class_lies_apart(self):
        data = ranks()
        found = one("class_rates@1", data, target="actual", prediction="said", protected=("who",))
        expected = data.assign(right=data["actual"] == data["said"]).groupby("who")["right"].mean()
        assert [float(str(row["accuracy"])) for row in found.groups] == pytest.approx(list(expected), rel=1e-12)
        assert found.values["error_difference"] == max((str(row[f"{rate}_difference"]) for row in found.features for rate in ("true_positive_rate", "false_positive_rate")), key=float)

    def test_p_values_are_holms_over_the_classes(self):
        found = one("class_rates@1", ranks(), target="actual", prediction="said", protected=("who",))
        raw = sorted(float(str(row["p_value"])) for row in found.features)
        assert float(str(found.values["p_value"])) == pytest.approx(min(1.0, 3 * raw[0]), rel=1e-9)

    def test_labels_alone_and_a_class_nobody_was_given(self):
        data = ranks().assign(said="good")
        assert "accuracy_difference" not in one("class_rates@1", data, target="actual", protected=("who",)).values
        found = one("class_rates@1", data, target="actual", prediction="said", protected=("who",))
        assert (feature(found, "poor")["ratio"], feature(found, "poor")["positive_predictive_value_difference"]) == (None, None)

    def test_a_declared_set_is_favourable(self):
        data = ranks()
        expected = data["said"].isin(["good", "fair"]).groupby(data["who"]).sum()
        by_rule = one("impact_ratio@1", data, prediction="said", protected=("who",), parameters={"favourable": ["good", "fair"]})
        by_word = one("impact_ratio@1", data, prediction="said", protected=("who",), favourable="good|fair")
        assert by_rule.favourable == by_word.favourable == "fair | good"
        assert [row["selected"] for row in by_rule.groups] == [row["selected"] for row in by_word.groups] == list(expected)

    def test_too_many_classes(self):
        data = pd.DataFrame({"who": ["a", "b"] * 300, "said": [f"c{i % 60}" for i in range(600)]})
        assert one("class_rates@1", data, prediction="said", protected=("who",)).availability == "undefined"


BERKELEY = {  # admitted and rejected men, admitted and rejected women: R's dataset UCBAdmissions
    "A": (512, 313, 89, 19), "B": (353, 207, 17, 8), "C": (120, 205, 202, 391),
    "D": (138, 279, 131, 244), "E": (53, 138, 94, 299), "F": (22, 351, 24, 317),
}


def berkeley() -> pd.DataFrame:
    rows = [
        (department, sex, admitted) for department, counts in BERKELEY.items()
        for (sex, admitted), n in zip((("m", 1), ("m", 0), ("f", 1), ("f", 0)), counts, strict=True) for _ in range(n)
    ]
    return pd.DataFrame(rows, columns=["department", "sex", "y"])


class TestWithinStrata:
    """Bickel, Hammel and O'Connell 1975, Science 187, 398-404: fewer women admitted, and no fewer in any department alike."""

    def test_simpsons_paradox_is_seen(self):
        found = one("conditional_disparity@1", berkeley(), target="y", protected=("sex",), control=("department",))
        women = group(found, "f")
        assert (round(float(women["overall_difference"]), 4), women["reversed"]) == (-0.1416, True)
        assert float(women["difference"]) > 0
        assert found.values["reversed"] == 1
        assert [row["feature"] for row in found.features] == list("ABCDEF")

    def test_the_test_is_cochran_mantel_haenszel(self):
        """R: mantelhaen.test(UCBAdmissions, correct = FALSE) gives M² = 1.5246, p = 0.2169."""
        found = group(one("conditional_disparity@1", berkeley(), target="y", protected=("sex",), control=("department",)), "f")
        tables = [np.array([[f1, f0], [m1, m0]], dtype=float) for m1, m0, f1, f0 in BERKELEY.values()]
        stratified = StratifiedTable(tables)
        assert near(found["p_value"], stratified.test_null_odds(correction=False).pvalue, 1e-9)
        assert round(float(found["p_value"]), 4) == 0.2169
        assert near(found["ratio"], stratified.riskratio_pooled)

    def test_an_interval_covers_the_common_difference(self):
        generator, hits = np.random.default_rng(8), 0
        for _ in range(60):
            stratum = generator.integers(0, 4, 600)
            who = np.where(generator.random(600) < 0.2 + 0.15 * stratum, "a", "b")
            y = generator.random(600) < 0.2 + 0.15 * stratum + 0.1 * (who == "a")
            found = one("conditional_disparity@1", pd.DataFrame({"g": who, "s": stratum, "y": y.astype(int)}), target="y", protected=("g",),
                        control=("s",), parameters={"reference": "b"})
            interval = group(found, "a")["difference_interval"]
            hits += float(interval["low"]) <= 0.1 <= float(interval["high"])
        assert hits >= 52

    def test_no_control_no_column_no_stratum_in_common(self):
        data = pd.DataFrame({"g": ["a", "b"] * 50, "s": ["x", "y"] * 50, "y": [1, 0, 0, 1] * 25})
        assert one("conditional_disparity@1", data, target="y", protected=("g",)).availability == "missing"
        assert one("conditional_disparity@1", data, target="y", protected=("g",), parameters={"control": ["nobody"]}).availability == "missing"
        assert one("conditional_disparity@1", data, target="y", protected=("g",), control=("s",)).availability == "insufficient-data"

    def test_a_control_that_is_a_quantity_asks_for_a_cut(self):
        generator = np.random.default_rng(1)
        data = pd.DataFrame({"g": ["a", "b"] * 1500, "s": generator.normal(size=3000), "y": generator.integers(0, 2, 3000)})
        assert one("conditional_disparity@1", data, target="y", protected=("g",), control=("s",)).availability == "undefined"
        assert one("conditional_disparity@1", data, target="y", protected=("g",), control=("s<=0",)).availability == "measured"

    def test_rows_without_a_control_are_counted(self):
        data = berkeley()
        data.loc[:9, "department"] = None
        found = one("conditional_disparity@1", data, target="y", protected=("sex",), control=("department",))
        assert found.values["unknown_control"] == 10
        assert sum(int(str(row["n"])) for row in found.groups) == len(data) - 10
