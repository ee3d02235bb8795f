"""The measures beyond the gate's first ones: each says what it is for on data made to show it."""

# ruff: noqa: PD011 - `values` is the evidence's, not a column's

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from measure.measuring import evidence, feature, group, one
from sklearn import metrics
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from govern.measure import ALL_MEASURES
from govern.measure.bias.scoring_rate import published_ratio
from govern.measure.explain.reasons import reason_codes

NAMES = """impact_ratio demographic_parity equal_opportunity equalized_odds predictive_parity calibration_by_group error_rates scoring_rate
proxy permutation_importance surrogate_fidelity rank_stability protected_reliance reason_codes monotonicity covariate_drift label_drift
prediction_drift performance_drift performance calibration data_quality representativeness train_test_overlap"""


def lending(n: int = 1200, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    sex = generator.choice(["f", "m"], n)
    job = np.where(generator.random(n) < 0.9, np.where(sex == "f", 1.0, 0.0), generator.integers(0, 2, n))
    income, debt = np.round(generator.normal(50, 10, n), 4), np.round(generator.normal(20, 5, n), 4)
    chance = 1 / (1 + np.exp(-(income - 50) / 5 + (debt - 20) / 5 + job))
    return pd.DataFrame({"sex": sex, "income": income, "debt": debt, "job": job, "score": np.round(chance, 6), "y": (generator.random(n) < chance).astype(int)})


FEATURES = ["income", "debt", "job"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = lending()
    path = tmp_path_factory.mktemp("m") / "m.skops"
    skops.io.dump(LogisticRegression(max_iter=2000).fit(data[FEATURES], data["y"]), path)
    return path


def test_every_name_of_the_specification_is_there():
    assert not {f"{name}@1" for name in NAMES.split()} - set(ALL_MEASURES)


class TestScoringRate:
    """6 RCNY 5-301: the rate at which a category scores above the sample's median, over the highest category's."""

    def test_strictly_above_the_median_of_everybody(self):
        data = pd.DataFrame({"sex": ["a"] * 4 + ["b"] * 4 + [None], "s": [1, 2, 3, 4, 3, 4, 5, 6, 3]})
        found = one("scoring_rate@1", data, score="s", protected=("sex",))
        assert (found.values["median"], found.values["ties"]) == ("3", 3)
        assert [(row["group"], row["n"], row["above"], row["rate"], row["ratio"]) for row in found.groups] == [
            ("a", 4, 1, "0.25", "0.333333333333333"), ("b", 4, 3, "0.75", "1")]

    def test_all_equal_scores(self):
        found = one("scoring_rate@1", pd.DataFrame({"sex": ["a", "b"] * 40, "s": 7}), score="s", protected=("sex",))
        assert found.availability == "undefined"
        assert [row["above"] for row in found.groups] == [0, 0]

    def test_a_published_ratio_is_rounded_once_half_up(self):
        assert published_ratio((1, 8), (1, 1), 2) == "0.13"
        assert published_ratio((200, 1000), (300, 1000), 3) == "0.667"
        wrong = round(round(335 / 1000, 2) / round(665 / 1000, 2), 2)
        assert (published_ratio((335, 1000), (665, 1000)), wrong) == ("0.50", 0.51)


class TestGroups:
    def test_a_score_that_means_less_for_one_group(self):
        generator = np.random.default_rng(1)
        score = np.round(generator.random(4000), 4)
        sex = generator.choice(["f", "m"], 4000)
        y = (generator.random(4000) < np.where(sex == "f", score * 0.7, score)).astype(int)
        found = one("calibration_by_group@1", pd.DataFrame({"sex": sex, "s": score, "y": y}), target="y", score="s", protected=("sex",))
        assert float(group(found, "f")["gap"]) == pytest.approx(-0.15, abs=0.03)
        assert abs(float(group(found, "m")["gap"])) < 0.03

    def test_a_proxy_is_found_and_named(self):
        found = one("proxy@1", lending(), protected=("sex",), features=tuple(FEATURES))
        assert found.values["strongest"] == "job"
        assert float(str(found.values["auc"])) > 0.9
        blind = one("proxy@1", lending(), protected=("sex",), features=("income", "debt"))
        assert float(str(blind.values["auc"])) < 0.6

    def test_predictive_parity(self):
        data = pd.DataFrame({"g": ["a"] * 4 + ["b"] * 4, "y": [1, 1, 0, 0, 1, 0, 0, 1], "p": [1, 1, 1, 0, 1, 1, 0, 0]})
        found = one("predictive_parity@1", data, target="y", prediction="p", protected=("g",))
        assert (found.values["positive_predictive_value_difference"], found.values["negative_predictive_value_ratio"]) == ("0.166666666666667", "0.5")

    def test_representativeness_against_a_declared_population(self):
        data = pd.DataFrame({"g": ["a"] * 80 + ["b"] * 20})
        found = one("representativeness@1", data, protected=("g",), parameters={"population": {"a": "0.5", "b": "0.5"}})
        assert group(found, "b")["ratio"] == "0.4"
        assert float(str(found.values["p_value"])) == pytest.approx(1.973e-9, rel=1e-3)
        wrong = one("representativeness@1", data, protected=("g",), parameters={"population": {"a": "0.5", "b": "0.4"}})
        assert wrong.availability == "undefined"


class TestExplanation:
    def test_a_tree_is_its_own_surrogate(self, tmp_path: Path):
        data = lending()
        skops.io.dump(DecisionTreeClassifier(max_depth=2, random_state=0).fit(data[FEATURES], data["y"]), tmp_path / "t.skops")
        found = one("surrogate_fidelity@1", data, model=tmp_path / "t.skops", allowed_types=("sklearn.tree._tree.Tree",))
        assert float(str(found.values["fidelity"])) > 0.97
        assert float(str(found.values["constant_fidelity"])) < 0.9

    def test_ranks_of_a_plain_model_are_stable(self, model: Path):
        found = one("rank_stability@1", lending(), target="y", model=model)
        assert float(str(found.values["stability"])) > 0.7
        assert feature(found, "income")["rank_high"] < feature(found, "job")["rank_high"]

    def test_monotone_in_the_direction_declared(self, model: Path):
        found = one("monotonicity@1", lending(), model=model, parameters={"directions": {"income": "increasing", "debt": "increasing"}})
        assert (feature(found, "income")["against"], feature(found, "debt")["against"]) == ("0", "1")
        assert found.values["violations"] == 1

    def test_reasons_are_what_would_have_helped(self, model: Path):
        fitted = skops.io.load(model)
        rows = pd.DataFrame({"income": [20.0, 50.0], "debt": [21.0, 60.0], "job": [0.0, 1.0]})
        compared = {"income": 50.0, "debt": 20.0, "job": 0.0}
        found = reason_codes(fitted, rows, compared, columns=FEATURES, place=1, top=2)
        assert [[code.feature for code in codes] for codes in found] == [["income", "debt"], ["debt", "job"]]
        without = reason_codes(fitted, rows, compared, columns=FEATURES, protected=("job",), place=1, top=2)
        assert [code.feature for code in without[1]] == ["debt"]

    def test_no_protected_attribute_is_a_reason(self, model: Path):
        found = one("reason_codes@1", lending(), protected=("job",), model=model)
        assert feature(found, "job")["n"] == 0
        assert 0.8 < float(str(found.values["stability"])) <= 1

    def test_one_feature_has_no_order(self, tmp_path: Path):
        data = lending()
        skops.io.dump(LogisticRegression().fit(data[["income"]], data["y"]), tmp_path / "m.skops")
        assert one("rank_stability@1", data, target="y", model=tmp_path / "m.skops").availability == "undefined"


class TestDrift:
    def test_labels(self):
        before, after = lending(), lending(seed=1).assign(y=lambda d: (d["y"] | (d["income"] > 55)).astype(int))
        found = one("label_drift@1", after, reference=before, target="y")
        assert float(feature(found, "y")["p_adjusted"]) < 0.01

    def test_predictions_of_the_model_itself(self, model: Path):
        before, after = lending(), lending(seed=1).assign(income=lambda d: d["income"] + 8)
        found = one("prediction_drift@1", after.drop(columns="score"), reference=before.drop(columns="score"), model=model)
        assert float(str(found.values["largest_effect"])) > 0.25

    def test_performance_falls_under_concept_drift_that_no_feature_shows(self):
        before, after = lending(4000), lending(4000, seed=1).assign(y=lambda d: np.where(d["debt"] > 22, 1 - d["y"], d["y"]))
        inputs = {"target": "y", "score": "score", "threshold": "0.5", "features": tuple(FEATURES)}
        found = one("performance_drift@1", after, reference=before, **inputs)
        auc = feature(found, "auc")
        assert float(auc["difference"]) < -0.15
        assert float(auc["interval"]["high"]) < 0
        assert float(str(one("covariate_drift@1", after, reference=before, **inputs).values["largest_effect"])) < 0.1
        stored = evidence("performance@1", before, **inputs)
        assert feature(one("performance_drift@1", after, baseline=stored, **inputs), "auc") == auc


    def test_without_labels_an_estimate_never_passes(self):
        """Concept drift: the labels turn, the scores stay, and so does the estimate; it is shown and is no measurement."""
        before, after = lending(4000), lending(4000, seed=1).assign(y=lambda d: np.where(d["debt"] > 22, 1 - d["y"], d["y"]))
        asked = {"score": "score", "features": tuple(FEATURES), "positive": "1"}
        real = one("performance_drift@1", after, reference=before, target="y", **asked)
        found = one("performance_drift@1", after.drop(columns="y"), reference=before, parameters={"reference_target": "y"}, **asked)
        assert found.availability == "missing"
        assert "never passes a model" in found.reason
        assert abs(float(str(found.values["estimated_auc_difference"]))) < 0.03
        assert float(str(real.values["auc_difference"])) < -0.15
        assert not {"auc_difference", "accuracy_difference", "auc"} & set(found.values)
        stored = evidence("performance@1", before, target="y", score="score")
        again = one("performance_drift@1", after.drop(columns="y"), baseline=stored, **asked)
        assert again.values == found.values

    def test_an_estimate_follows_the_scores(self):
        before, after = lending(4000), lending(4000, seed=1).query("income > 50")
        found = one("performance_drift@1", after.drop(columns="y"), reference=before, parameters={"reference_target": "y"}, score="score", positive="1")
        assert float(str(found.values["estimated_positive_rate_window"])) == pytest.approx(after["y"].mean(), abs=0.03)
        assert found.values["rows_without_estimate"] == 0

    def test_nothing_is_estimated_from_no_probabilities(self):
        before = lending(500)
        for change in ({"score": 3.0}, {"score": np.nan}):
            found = one("performance_drift@1", before.assign(**change).drop(columns="y"), reference=before, parameters={"reference_target": "y"}, score="score", positive="1")
            assert (found.availability, found.values) == ("undefined", {})
        without = one("performance_drift@1", before.drop(columns="y"), reference=before, score="score")
        assert (without.availability, without.values) == ("missing", {})


class TestQuality:
    def test_what_stands_out_is_named(self):
        data = lending().assign(same=1, told=lambda d: d["y"], when="x")
        data.loc[:99, "debt"] = np.nan
        data = pd.concat([data, data.head(5)])
        reference = lending().assign(when=1, gone=2)
        found = one("data_quality@1", data, reference=reference, target="y", score="score")
        assert found.values["duplicates"] == 5
        assert found.values["constant_columns"] == ["same", "when"]
        assert found.values["leaking_columns"] == ["told"]
        assert (found.values["missing_columns"], found.values["added_columns"], found.values["changed_columns"]) == (["gone"], ["same", "told"], ["when"])
        assert feature(found, "debt")["nulls"] == 105

    def test_overlap(self):
        train = lending()
        test = pd.concat([lending(seed=1), train.head(30)])
        found = one("train_test_overlap@1", test, reference=train, target="y", features=tuple(FEATURES))
        assert (found.values["overlap"], found.values["overlap_with_target"]) == (30, 30)

    def test_overlap_of_columns_whose_type_changed(self):
        train = lending().assign(job=lambda d: d["job"].astype(int), debt="much")
        found = one("train_test_overlap@1", lending().head(200), reference=train, target="y", features=tuple(FEATURES))
        assert (found.values["overlap"], found.values["columns"], found.values["not_compared"]) == (200, 2, ["debt"])

    def test_calibration_against_scikit_learn(self):
        data = lending(4000)
        found = one("calibration@1", data, target="y", score="score")
        ys, scores = data["y"].to_numpy(), data["score"].to_numpy()
        bins = np.minimum((scores * 10).astype(int), 9)
        error = sum(abs(ys[bins == b].sum() - scores[bins == b].sum()) for b in range(10)) / len(ys)
        assert float(str(found.values["calibration_error"])) == pytest.approx(error, rel=1e-10)
        assert float(str(found.values["p_value"])) > 0.01
        squeezed = one("calibration@1", data.assign(score=lambda d: d["score"] ** 2), target="y", score="score")
        assert float(str(squeezed.values["p_value"])) < 1e-6

    def test_delong_is_the_spread_of_the_auc(self):
        areas, errors = [], []
        for seed in range(40):
            data = lending(300, seed)
            found = one("performance@1", data, target="y", score="score").values
            areas.append(metrics.roc_auc_score(data["y"], data["score"]))
            assert float(str(found["auc"])) == pytest.approx(areas[-1], rel=1e-12)
            interval = found["auc_interval"]
            errors.append((float(interval["high"]) - float(interval["low"])) / 2 / 1.96)  # type: ignore[index,call-overload,arg-type]
        assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.3)
