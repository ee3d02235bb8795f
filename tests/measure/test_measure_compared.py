"""Candidate against baseline on the same rows, against statsmodels, scikit-learn and placements written out."""

# ruff: noqa: PD011 - `values` is the evidence's, not a column's

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measure.measuring import evidence, feature, one
from policy.policy_worlds import ask, bind, only, policy_text
from scipy import stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar as peer

from govern.errors import UsageError
from govern.measure.statistics.intervals import newcombe
from govern.measure.statistics.paired import mcnemar, paired_difference


def judged(n: int = 400, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    hidden = generator.normal(size=n)
    y = (generator.random(n) < 1 / (1 + np.exp(-2 * hidden))).astype(int)
    new, old = (1 / (1 + np.exp(-2 * (hidden + generator.normal(0, spread, n)))) for spread in (0.5, 1.2))
    new, old = np.round(new, 3), np.round(old, 3)
    return pd.DataFrame({"y": y, "new": new, "old": old, "new_says": (new >= 0.5).astype(int), "old_says": (old >= 0.5).astype(int)})


ROLES = {"target": "y", "score": "new", "threshold": "0.5", "baseline_score": "old", "baseline_prediction": "old_says"}


def number(value: object) -> float:
    return float(str(value))


class TestClasses:
    def test_metrics_are_scikit_learns(self):
        data = judged()
        found = one("candidate_against_baseline@1", data, **ROLES)
        for side, score, says in (("candidate", "new", "new_says"), ("baseline", "old", "old_says")):
            assert number(feature(found, "accuracy")[side]) == pytest.approx(metrics.accuracy_score(data["y"], data[says]), rel=1e-12)
            assert number(feature(found, "auc")[side]) == pytest.approx(metrics.roc_auc_score(data["y"], data[score]), rel=1e-12)
            assert number(feature(found, "brier")[side]) == pytest.approx(metrics.brier_score_loss(data["y"], data[score]), rel=1e-12)
            assert number(feature(found, "log_loss")[side]) == pytest.approx(metrics.log_loss(data["y"], data[score]), rel=1e-10)

    def test_a_better_model_improves_whichever_way_a_metric_runs(self):
        found = one("candidate_against_baseline@1", judged(2000), **ROLES)
        for row in found.features:
            assert number(row["improvement"]) > 0
            assert number(row["relative"]) > 0
            assert number(row["improvement_interval"]["low"]) > 0
            assert number(row["improvement_interval"]["low"]) < number(row["improvement"]) < number(row["improvement_interval"]["high"])
            assert number(found.values[f"{row['feature']}_improvement"]) == number(row["improvement"])

    def test_delong_by_placements_written_out(self):
        data = judged(150)
        row = feature(one("candidate_against_baseline@1", data, **ROLES), "auc")
        positive, negative = data[data["y"] == 1], data[data["y"] == 0]
        gaps = []
        for side in ("new", "old"):
            wins = np.sign(positive[side].to_numpy()[:, None] - negative[side].to_numpy()[None, :]) / 2 + 0.5
            gaps.append((wins.mean(axis=1), wins.mean(axis=0)))
        variance = sum(np.var(gaps[0][i] - gaps[1][i], ddof=1) / len(gaps[0][i]) for i in (0, 1))
        half = (number(row["improvement_interval"]["high"]) - number(row["improvement_interval"]["low"])) / 2
        assert half == pytest.approx(stats.norm.ppf(0.975) * np.sqrt(variance), rel=1e-9)

    def test_a_model_against_itself(self):
        data = judged()
        found = one("candidate_against_baseline@1", data, target="y", score="new", threshold="0.5", baseline_score="new", baseline_prediction="new_says")
        for row in found.features:
            assert number(row["improvement"]) == 0
            assert row["p_value"] in {"1", None}

    def test_parameters_of_a_rule_name_the_columns(self):
        data = judged()
        found = one("candidate_against_baseline@1", data, target="y", prediction="new_says", parameters={"baseline_prediction": "old_says"})
        assert [row["feature"] for row in found.features] == ["accuracy"]
        with pytest.raises(UsageError, match="baseline score"):
            one("candidate_against_baseline@1", data, target="y", score="new", baseline_score="gone")

    def test_nothing_is_relative_to_nought(self):
        data = pd.DataFrame({"y": [0, 1] * 40, "p": [0, 1] * 40, "q": [1, 0] * 40})
        row = feature(one("candidate_against_baseline@1", data, target="y", prediction="p", baseline_prediction="q"), "accuracy")
        assert (row["baseline"], row["improvement"], row["relative"]) == ("0", "1", None)
        assert "nothing can be relative" in row["reason"]

    def test_missing_and_undefined(self):
        data = judged()
        assert one("candidate_against_baseline@1", data, target="y", prediction="new_says").availability == "missing"
        assert one("candidate_against_baseline@1", data, prediction="new_says", baseline_prediction="old_says").availability == "missing"
        assert one("candidate_against_baseline@1", data.assign(old=np.nan), **ROLES).availability == "undefined"
        one_class = one("candidate_against_baseline@1", data.assign(y=1), **ROLES)
        assert [row["feature"] for row in one_class.features] == ["accuracy", "brier", "log_loss"]


RULE = """
  - id: PERF-009
    title: No worse than what it replaces
    measure: candidate_against_baseline@1
    with: {baseline_prediction: old_says, baseline_score: old}
    assert: {value: %s, op: ">=", threshold: "-0.01"}
    uncertainty: {decide: %s}
    over: {each: %s, need: 1}
"""


@pytest.mark.parametrize(("value", "decide", "each", "swapped", "status"), [
    ("auc_improvement", "interval", "whole", False, "pass"), ("auc_improvement", "interval", "whole", True, "fail"),
    ("accuracy_relative", "point", "whole", False, "pass"), ("relative", "point", "feature", True, "fail"),
])
def test_a_rule_judges_it(value: str, decide: str, each: str, swapped: bool, status: str):
    data = judged(2000)
    if swapped:
        data = data.rename(columns={"new": "old", "old": "new", "new_says": "old_says", "old_says": "new_says"})
    found = evidence("candidate_against_baseline@1", data, target="y", score="new", threshold="0.5",
                     parameters={"baseline_prediction": "old_says", "baseline_score": "old"})
    decision = ask([found], bind(policy_text(RULE % (value, decide, each))))
    assert only(decision).status.value == status


def test_a_rule_relative_to_nought_is_inconclusive():
    data = pd.DataFrame({"y": [0, 1] * 40, "new_says": [0, 1] * 40, "old_says": [1, 0] * 40})
    found = evidence("candidate_against_baseline@1", data, target="y", prediction="new_says", parameters={"baseline_prediction": "old_says"})
    rule = only(ask([found], bind(policy_text(RULE.replace(", baseline_score: old", "") % ("accuracy_relative", "point", "whole")))))
    assert (rule.status.value, rule.reason.value if rule.reason else "") == ("inconclusive", "undefined")


def test_quantities():
    generator = np.random.default_rng(4)
    y = generator.normal(300, 40, 500)
    data = pd.DataFrame({"y": y, "new": y + generator.normal(0, 5, 500), "old": y + generator.normal(0, 8, 500)})
    found = one("candidate_against_baseline@1", data, target="y", prediction="new", baseline_prediction="old")
    gaps = (data["y"] - data["new"]).abs() - (data["y"] - data["old"]).abs()
    expected = stats.norm.interval(0.95, -gaps.mean(), gaps.std() / np.sqrt(500))
    interval = feature(found, "mae")["improvement_interval"]
    assert (number(interval["low"]), number(interval["high"])) == pytest.approx(expected, rel=1e-9)
    assert number(feature(found, "rmse")["candidate"]) == pytest.approx(metrics.root_mean_squared_error(data["y"], data["new"]), rel=1e-12)
    assert number(feature(found, "rmse")["improvement_interval"]["low"]) > 0


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar(gained: int, lost: int):
    assert mcnemar(gained, lost) == pytest.approx(min(1.0, peer([[0, gained], [lost, 0]], exact=True).pvalue) if gained + lost else 1.0)


@settings(max_examples=200)
@given(*[st.integers(0, 80)] * 4)
def test_paired_interval(both: int, gained: int, lost: int, neither: int):
    n = both + gained + lost + neither
    if n == 0:
        return
    found = paired_difference(both, gained, lost, neither, "0.95")
    mirrored = paired_difference(both, lost, gained, neither, "0.95")
    assert -1 <= found.low <= (gained - lost) / n <= found.high <= 1
    assert (found.low, found.high) == pytest.approx((-mirrored.high, -mirrored.low), abs=1e-12)
    if both * neither == gained * lost:
        apart = newcombe(both + gained, n, both + lost, n)
        assert (found.low, found.high) == pytest.approx((apart.low, apart.high), abs=1e-12)


def test_a_published_paired_interval():
    """Altman, Machin, Bryant and Gardner 2000, Statistics with Confidence, chapter 6: two culture media, 0.056 to 0.329."""
    found = paired_difference(20, 12, 2, 16, "0.95")
    assert (round(found.low, 3), round(found.high, 3)) == (0.056, 0.329)


@pytest.mark.slow
def test_paired_intervals_cover():
    generator = np.random.default_rng(6)
    for p in ((0.7, 0.12, 0.08, 0.1), (0.88, 0.05, 0.04, 0.03)):
        draws = generator.multinomial(100, p, 4000)
        found = [paired_difference(*map(int, draw), "0.95") for draw in draws]
        covered = np.mean([one.low <= p[1] - p[2] <= one.high for one in found])
        assert 0.935 <= covered <= 0.985
