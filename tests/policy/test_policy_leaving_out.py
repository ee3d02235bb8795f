"""Leaving a category out of the ratios is no way to fail open: only a rule that says so may, and looser takes two."""

from dataclasses import replace
from typing import Any

import pytest
from measure.test_measure_leaving_out import WHY, measured
from policy.policy_worlds import RULE, SYSTEM, ask, bind, binding_text, only, pack, policy_text, ratio_evidence

from govern.domain.decision import Decision, Outcome, Reason, Status
from govern.domain.evidence import Evidence, Measurement
from govern.errors import DocumentError
from govern.policy.bound import BoundPolicy, requests
from govern.policy.diff import diff
from govern.policy.diff_bindings import diff_bindings
from govern.policy.testing import try_documents

CITY = replace(SYSTEM, purpose="employment", jurisdictions=("US-NYC",))
LEFT = {"sex": {"c": WHY}}


def city_pack(leave_out: Any = None) -> BoundPolicy:
    """The pack, with what the binding leaves out."""
    bound = pack("nyc-ll144")
    more = {} if leave_out is None else {"leave_out": leave_out}
    return replace(bound, binding=replace(bound.binding, parameters={**bound.binding.parameters, **more}))


def statuses(decision: Decision) -> dict[str, Status]:
    """Rule to status."""
    return {rule.rule: rule.status for rule in decision.rules}


def test_the_binding_names_it_the_gate_measures_it_and_the_decision_says_so() -> None:
    bound = replace(city_pack(LEFT), gate="promote:production", system=CITY)
    assert {request.measure: request.parameters["leave_out"] for request in requests([bound])} == {
        "impact_ratio@1": LEFT, "scoring_rate@1": LEFT}
    decision = ask([measured(leave_out=LEFT)], city_pack(LEFT), system=CITY)
    found = {rule.rule: rule for rule in decision.rules}
    assert (found["LL144-301b"].status, found["LL144-301c"].status) == (Status.PASS, Status.PASS)
    assert [check.label for check in found["LL144-301b"].checks] == ["sex=a", "sex=b"]
    assert f"sex=c (30 rows) is left out of the ratios: {WHY}" in found["LL144-301b"].advisory


def test_without_a_word_of_the_binding_nothing_is_left_out() -> None:
    bound = replace(city_pack(), gate="promote:production", system=CITY)
    assert all("leave_out" not in request.parameters for request in requests([bound]))
    assert statuses(ask([measured()], city_pack(), system=CITY))["LL144-301b"] is Status.PASS


def test_evidence_and_rule_have_to_leave_out_the_same() -> None:
    other = {"sex": {"c": "another reason"}}
    for evidence, asked in ((measured(leave_out=LEFT), None), (measured(), LEFT), (measured(leave_out=LEFT), other)):
        decision = ask([evidence], city_pack(asked), system=CITY)
        assert statuses(decision)["LL144-301b"] is Status.INCONCLUSIVE
        assert decision.outcome is Outcome.DENY


def test_a_rule_that_leaves_nobody_out_believes_no_evidence_that_did() -> None:
    decision = ask([measured(leave_out=LEFT)])
    assert (only(decision).status, only(decision).reason) == (Status.INCONCLUSIVE, Reason.MISSING)


def forged(change: dict[str, Any], **more: Any) -> Evidence:
    """Evidence whose table says something else of what it leaves out."""
    evidence = measured(leave_out=LEFT)
    one = next(item for item in evidence.measures if item.measure == "impact_ratio@1" and item.attribute == "sex")
    rows = [{**dict(row), **change} for row in one.values["left_out"]]
    return replace(evidence, measures=(replace(one, values={**one.values, "left_out": rows, **more}),))


@pytest.mark.parametrize(
    "evidence",
    [
        forged({"n": 29}), forged({"group": "b"}), forged({"reason": "because"}), forged({}, left_out=[]),
        forged({}, left_out="c"),
    ],
)
def test_a_table_that_contradicts_what_it_left_out_is_an_error(evidence: Evidence) -> None:
    assert statuses(ask([evidence], city_pack(LEFT), system=CITY))["LL144-301b"] is Status.ERROR


def test_a_large_category_is_not_left_out_even_where_evidence_did_it() -> None:
    """A measure of somebody else's, or a forged one, that left out a third of the people."""
    groups = ({"group": "a", "n": 1000, "selected": 500, "ratio": "1"}, {"group": "b", "n": 1000, "selected": 500, "ratio": "1"})
    table = Measurement(
        measure="impact_ratio@1", attribute="sex", reference="highest", groups=groups,
        parameters={"reference": "highest", "min_reference": 1, "leave_out": {"c": WHY}},
        values={"left_out": [{"group": "c", "n": 1000, "selected": 10, "reason": WHY}]},
    )
    decision = ask([Evidence(rows=3000, measures=(table,))], city_pack(LEFT), system=CITY)
    rule = next(rule for rule in decision.rules if rule.rule == "LL144-301b")
    assert (rule.status, "not less than 2 %" in rule.explanation) == (Status.ERROR, True)


def test_an_attribute_that_is_not_compared_is_an_error() -> None:
    decision = ask([measured()], city_pack({"sexx": {"c": WHY}}), system=CITY)
    rule = next(rule for rule in decision.rules if rule.rule == "LL144-301b")
    assert (rule.status, "sexx" in rule.explanation) == (Status.ERROR, True)


RULES = policy_text(RULE.replace("reference: highest", "reference: highest, min_reference: 1"))


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("", ", leave_out: {sex: {c: why}}", "loosened"), (", leave_out: {sex: {c: why}}", "", "tightened"),
        (", leave_out: {sex: {c: why}}", ", leave_out: {sex: {c: why, d: why}}", "loosened"),
        (", leave_out: {sex: {c: why, d: why}}", ", leave_out: {sex: {d: why}}", "tightened"),
        (", leave_out: {sex: {c: why}}", ", leave_out: {sex: {d: why}}", "changed"),
        (", leave_out: {sex: {c: why}}", ", leave_out: {sex: {c: 'why not'}}", "changed"),
    ],
)
def test_a_rule_that_leaves_out_more_is_looser(before: str, after: str, kind: str) -> None:
    old, new = (bind(RULES.replace("min_reference: 1", f"min_reference: 1{more}")).policy for more in (before, after))
    (line,) = diff(old, new).lines
    assert (line.kind, line.where) == (kind, "rules.FAIR-001.parameters.leave_out")
    assert diff(old, new).needs_second_approver is (kind != "tightened")


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [(None, LEFT, "loosened"), (LEFT, None, "tightened"), (LEFT, {"sex": {"c": "because"}}, "changed")],
)
def test_a_binding_that_leaves_out_more_is_looser(before: Any, after: Any, kind: str) -> None:
    found = diff_bindings(city_pack(before).binding, city_pack(after).binding, policy=pack("nyc-ll144").policy)
    assert {line.kind for line in found.lines} == {kind}
    assert found.needs_second_approver is (kind != "tightened")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("leave_out: {sex: {c: why}}", "can't leave categories out"), ("leave_out: [c]", "no mapping"),
        ("leave_out: {sex: {c: ''}}", "no reason"), ("leave_out: '${min_ratio}'", "no list of categories"),
    ],
)
def test_a_policy_that_names_nothing_is_refused_where_it_is_read(text: str, said: str) -> None:
    measure = "demographic_parity@1" if "can't" in said else "impact_ratio@1"
    with pytest.raises(DocumentError, match=said):
        bind(policy_text(RULE.replace("impact_ratio@1", measure).replace("reference: highest", f"reference: highest, {text}")))


def test_a_binding_that_gives_no_reason_binds_nothing() -> None:
    decision = ask([measured()], city_pack({"sex": {"c": ""}}), system=CITY)
    assert (decision.outcome, "no reason" in decision.problem) == (Outcome.DENY, True)


def test_the_pack_can_be_tried_with_categories_left_out() -> None:
    bound = city_pack({"race": {"Native": WHY}})
    assert try_documents(bound.policy, bound.policy_digest, [(bound.binding, bound.binding_digest)]).ok


def test_a_small_category_is_no_way_round_the_groups_adding_up() -> None:
    """Rows that are in no group are missed as before, whatever a table says it left out."""
    evidence = ratio_evidence((500, 1000), (490, 1000), rows=2030, values={
        "left_out": [{"group": "c", "n": 30, "selected": 1, "reason": WHY}]})
    assert only(ask([evidence], bind(policy_text(), binding_text()))).status is Status.ERROR
