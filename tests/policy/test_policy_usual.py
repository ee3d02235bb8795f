"""What a rule leaves open is nobody else's choice: no seed, no bins, no reference group that happens to pass."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import skops.io
from policy.policy_worlds import MODEL, OTHER, ask, bind, only, policy_text, presented, ratio_evidence, whole_evidence
from sklearn.linear_model import LogisticRegression

from govern.domain.decision import Outcome, Reason, Status
from govern.domain.evidence import Evidence, JsonValue, Measurement, MeasureRequest
from govern.domain.text import digest_of
from govern.measure import ALL_MEASURES, Inputs, measure
from govern.policy.usual import COLUMNS, SAID, USUAL, unusual

GOOD = ((500, 1000), (490, 1000))
BETTER = """
  - id: PERF-002
    measure: performance@1
    assert: {value: auc, against: baseline, op: ">=", threshold: "0.05"}
"""


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """Everything that any measure wants."""
    generator = np.random.default_rng(3)
    frame = pd.DataFrame({name: generator.normal(0, 1, 600).round(6) for name in ("income", "debt")})
    frame["sex"] = generator.choice(["f", "m"], 600)
    frame["area"] = generator.choice(["north", "south"], 600)
    frame["y"] = (frame["income"] + generator.normal(0, 1, 600) > 0).astype(int)
    frame["score"] = (1 / (1 + np.exp(-frame["income"]))).round(6)
    frame["before"] = (1 / (1 + np.exp(-frame["debt"]))).round(6)
    path = tmp_path_factory.mktemp("model") / "m.skops"
    skops.io.dump(LogisticRegression().fit(frame[["income", "debt"]], frame["y"]), path)
    return Inputs(
        data=frame, reference=frame.assign(income=frame["income"] + 0.01), target="y", score="score", threshold="0.5", protected=("sex",),
        control=("area",), baseline_score="before", model=path, features=("income", "debt"), favourable="1", positive="1",
    )


def test_the_table_is_what_the_measures_take_and_say_by_themselves(inputs: Inputs) -> None:
    assert set(USUAL) == set(ALL_MEASURES)
    found = measure([MeasureRequest(measure=name) for name in ALL_MEASURES], inputs).measures
    assert {one.measure for one in found} == set(ALL_MEASURES)
    for one in found:
        assert unusual(one, {}) == "", one.measure
        assert set(one.parameters) <= {*USUAL[one.measure], *SAID, *COLUMNS, "seed"}
        if one.availability == "measured":
            assert {key: one.parameters[key] for key in USUAL[one.measure]} == dict(USUAL[one.measure]), one.measure
    assert len([one for one in found if one.availability == "measured"]) > 20


@pytest.mark.parametrize("chosen", [
    {"seed": 7}, {"level": "0.5"}, {"reference": "g1"}, {"unknown": "impute"}, {"min_reference": 400}, {"population": {"g0": "1"}},
])
def test_evidence_that_was_made_with_a_choice_of_its_own_is_none(chosen: dict[str, JsonValue]) -> None:
    rule = "\n  - {id: FAIR-001, measure: impact_ratio@1, with: {attributes: [sex]}, assert: {value: ratio, op: '>=', threshold: '0.8'}, over: {each: group, need: 2}}\n"
    assert ask([ratio_evidence(*GOOD, parameters={"seed": 0, "level": "0.95"})], bind(policy_text(rule))).outcome is Outcome.ALLOW
    result = only(ask([ratio_evidence(*GOOD, parameters=chosen)], bind(policy_text(rule))))
    ((name, value),) = chosen.items()
    assert (result.status, result.reason) == (Status.INCONCLUSIVE, Reason.MISSING)
    assert f"there is one with {name} = {value}, which the rule leaves at" in result.explanation


def test_a_rule_that_names_a_parameter_is_measured_so_and_no_other_way() -> None:
    rule = "\n  - {id: FAIR-001, measure: impact_ratio@1, with: {attributes: [sex], seed: 7}, assert: {value: ratio, op: '>=', threshold: '0.8'}, over: {each: group, need: 2}}\n"
    assert ask([ratio_evidence(*GOOD, parameters={"seed": 7})], bind(policy_text(rule))).outcome is Outcome.ALLOW
    denied = only(ask([ratio_evidence(*GOOD, parameters={"seed": 0})], bind(policy_text(rule))))
    assert "there is one with seed = 0, and the rule asks for 7" in denied.explanation


def test_a_smaller_reference_group_is_stricter_and_another_packages_measure_is_held_to_its_seed() -> None:
    assert unusual(Measurement(measure="impact_ratio@1", parameters={"min_reference": 10}), {}) == ""
    assert unusual(Measurement(measure="theirs@1", parameters={"depth": 9, "seed": 0}), {}) == ""
    assert unusual(Measurement(measure="theirs@1", parameters={"seed": 3}), {}) == "seed = 3, which the rule leaves at 0"


def test_better_than_the_baseline_on_other_rows_is_not_better() -> None:
    own, before = presented(whole_evidence(auc="0.9")), presented(whole_evidence(auc="0.8"), subject=OTHER)
    assert only(ask([own, before], bind(policy_text(BETTER)), baseline=OTHER)).status is Status.PASS
    elsewhere = replace(before, data=digest_of(b"easier rows"))
    result = only(ask([own, elsewhere], bind(policy_text(BETTER)), baseline=OTHER))
    assert (result.status, result.reason) == (Status.INCONCLUSIVE, Reason.MISSING)
    assert "on the same data" in result.explanation
    worse = replace(presented(whole_evidence(auc="0.89")), subject=OTHER)
    assert only(ask([own, elsewhere, worse], bind(policy_text(BETTER)), baseline=OTHER)).status is Status.FAIL
    assert MODEL != OTHER
    assert isinstance(own.evidence, Evidence)


@pytest.mark.parametrize("name", ["rank_stability@1", "protected_reliance@1", "reason_codes@1"])
def test_attributions_that_somebody_brought_explain_only_where_the_rule_asks_for_them(inputs: Inputs, name: str) -> None:
    """Whoever measures could otherwise bring the values by which the model leans on nothing."""
    brought = replace(inputs, attributions=pd.DataFrame({"income": [1.0] * 600, "debt": [0.0] * 600}))
    (found,) = measure([MeasureRequest(measure=name)], brought).measures
    assert "method = shap, which the rule leaves at" in unusual(found, {})
    assert unusual(found, {"method": "shap"}) == ""
