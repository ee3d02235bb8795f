"""Enforcement, chance, waivers, attestations and approvals: what lies between a status and the gate's answer."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from policy.policy_worlds import (
    MODEL,
    NOW,
    OTHER,
    RULE,
    SYSTEM,
    ask,
    bind,
    binding_text,
    only,
    pack,
    policy_text,
    presented,
    ratio_evidence,
    whole_evidence,
)

from govern.domain.decision import Outcome, Quorum, Reason, Status
from govern.domain.evidence import Evidence, Measurement
from govern.errors import ExitCode, UsageError
from govern.policy.applicability import applicable
from govern.policy.bound import requests
from govern.policy.kleene import all_of, any_of
from govern.policy.outcome import exit_code_of
from govern.policy.question import PresentedAttestation, PresentedWaiver

GOOD = ratio_evidence((500, 1000), (490, 1000))
BAD = ratio_evidence((500, 1000), (200, 1000))
CHANCE = RULE + "    uncertainty: {decide: significant, multiplicity: holm, min_group: 30, flip_check: true}\n"
WORD = """
  - id: HUM-001
    attestation: {statement: I challenged the model, role: validator, expires: P180D}
"""
WAIVABLE = "waivable: {FAIR-001: {max: P60D, approvals: [{role: approver, count: 2}]}}"


@pytest.mark.parametrize(
    ("level", "outcome"), [("observe", "allow"), ("advise", "allow"), ("require", "deny"), ("mandatory", "deny")]
)
def test_enforcement_says_what_a_failure_does(level: str, outcome: str) -> None:
    one = bind(binding=binding_text(f"promote:production: {{enforcement: {level}}}"))
    decision = ask([BAD], one)
    assert (only(decision).status, decision.outcome.value) == (Status.FAIL, outcome)
    assert only(ask([GOOD], one)).status is Status.PASS


def test_kleene_logic() -> None:
    fail, unclear, ok, away, error = (
        Status.FAIL, Status.INCONCLUSIVE, Status.PASS, Status.NOT_APPLICABLE, Status.ERROR
    )
    assert all_of([]) is any_of([]) is unclear
    order = {fail: 0, unclear: 1, ok: 2}
    for a, b in product(order, repeat=2):
        assert order[all_of([a, b])] == min(order[a], order[b])
        assert order[any_of([a, b])] == max(order[a], order[b])
    for status in Status:
        assert all_of([status, away]) is all_of([status])
        assert all_of([status, error]) is any_of([status, error]) is error
    assert all_of([away, away]) is away


@pytest.mark.parametrize(
    ("first", "second", "p", "status"),
    [
        ((500, 1000), (300, 1000), "0.0001", Status.FAIL),
        ((500, 1000), (10, 40), "0.07", Status.INCONCLUSIVE),
        ((500, 1000), (450, 1000), "0.02", Status.PASS),
        ((500, 1000), (490, 1000), "0.7", Status.PASS),
        ((500, 1000), (10, 20), "0.9", Status.INCONCLUSIVE),
        ((500, 1000), (300, 1000), None, Status.INCONCLUSIVE),
    ],
)
def test_the_table_of_significance(
    first: tuple[int, int], second: tuple[int, int], p: str | None, status: Status
) -> None:
    result = only(ask([ratio_evidence(first, second, values={"p_value": p})], bind(policy_text(CHANCE))))
    assert result.status is status
    if status is Status.INCONCLUSIVE:
        assert result.reason is Reason.INSUFFICIENT_DATA
    if p == "0.02":
        assert "though" in result.advisory


def test_a_named_reference_is_tested_group_by_group_with_holm() -> None:
    """0.03 three times is 0.09 after Holm: none of the three groups is significant any more."""
    rule = bind(policy_text(CHANCE.replace("reference: highest", "reference: a")))
    groups = [{"group": "a", "n": 1000, "selected": 500}] + [
        {"group": name, "n": 1000, "selected": 300, "p_value": "0.03"} for name in "bcd"
    ]
    assert only(ask([ratio_evidence(groups=groups, reference="a")], rule)).reason is Reason.INSUFFICIENT_DATA
    groups[1]["p_value"] = "0.01"
    assert only(ask([ratio_evidence(groups=groups, reference="a")], rule)).status is Status.FAIL


@pytest.mark.parametrize("p", ["NaN", "-0.1", "1.5", "p"])
def test_a_p_value_that_is_none_is_an_error(p: str) -> None:
    result = only(ask([ratio_evidence((500, 1000), (300, 1000), values={"p_value": p})], bind(policy_text(CHANCE))))
    assert result.status is Status.ERROR


def test_one_person_in_a_small_group_does_not_decide() -> None:
    groups = [{"group": "a", "n": 1000, "selected": 800}, {"group": "b", "n": 10, "selected": 6, "flip": True}]
    evidence = ratio_evidence(groups=groups, values={"p_value": "0.01"})
    assert only(ask([evidence], bind(policy_text(CHANCE)))).reason is Reason.INSUFFICIENT_DATA
    unchecked = CHANCE.replace("flip_check: true", "flip_check: false")
    assert only(ask([evidence], bind(policy_text(unchecked)))).status is Status.FAIL


def test_an_interval_must_lie_wholly_on_one_side() -> None:
    rule = """
  - id: PERF-001
    measure: performance@1
    assert: {value: auc, op: ">=", threshold: "0.8"}
    uncertainty: {decide: interval, level: "0.95"}
"""
    for low, high, level, status in (
        ("0.81", "0.9", "0.95", Status.PASS), ("0.7", "0.79", "0.95", Status.FAIL),
        ("0.79", "0.9", "0.95", Status.INCONCLUSIVE), ("0.81", "0.9", "0.9", Status.INCONCLUSIVE),
    ):
        evidence = whole_evidence(
            auc="0.8", auc_interval={"method": "delong", "level": level, "low": low, "high": high}
        )
        assert only(ask([evidence], bind(policy_text(rule)))).status is status
    assert only(ask([whole_evidence(auc="0.9")], bind(policy_text(rule)))).reason is Reason.MISSING


def waiver(**changes: object) -> PresentedWaiver:
    fine = PresentedWaiver(
        id="W-1", rule="FAIR-001", policy=bind(policy_text(extra=WAIVABLE)).policy_digest, subject=MODEL,
        environment="promote:production", expires=NOW + timedelta(days=1), void_if_worse_than="", active=True,
        state="active",
    )
    return replace(fine, **changes)  # type: ignore[arg-type]


def test_a_waiver_lies_over_a_status_and_never_replaces_it() -> None:
    decision = ask([BAD], bind(policy_text(extra=WAIVABLE)), waivers=(waiver(),))
    assert (only(decision).status, only(decision).waiver, decision.outcome) == (Status.FAIL, "W-1", Outcome.ALLOW)
    assert (decision.before_waivers.passed, decision.after_waivers.passed) == (0, 1)
    assert decision.waivers == ("W-1",)
    assert decision.expires == waiver().expires, "when the waiver ends, so does what was allowed"


@pytest.mark.parametrize(
    "changes",
    [
        {"active": False, "state": "proposed"}, {"expires": NOW}, {"subject": OTHER}, {"environment": "deploy"},
        {"rule": "FAIR-002"}, {"policy": OTHER}, {"void_if_worse_than": "0.5"}, {"void_if_worse_than": "NaN"},
    ],
)
def test_a_waiver_that_does_not_count(changes: dict[str, object]) -> None:
    decision = ask([BAD], bind(policy_text(extra=WAIVABLE)), waivers=(waiver(**changes),))
    assert decision.outcome is Outcome.DENY
    assert only(decision).waiver == ""


def test_a_waiver_holds_down_to_its_own_limit() -> None:
    """The worst group's ratio is exactly 0.4."""
    for limit, outcome in (("0.4", Outcome.ALLOW), ("0.4000001", Outcome.DENY)):
        given = waiver(void_if_worse_than=limit)
        assert ask([BAD], bind(policy_text(extra=WAIVABLE)), waivers=(given,)).outcome is outcome


def test_what_is_not_listed_or_mandatory_or_an_error_can_not_be_waived() -> None:
    unlisted = bind()
    assert ask([BAD], unlisted, waivers=(waiver(policy=unlisted.policy_digest),)).outcome is Outcome.DENY
    strict = bind(policy_text(extra=WAIVABLE), binding_text("promote:production: {enforcement: mandatory}"))
    assert ask([BAD], strict, waivers=(waiver(),)).outcome is Outcome.DENY
    broken = ratio_evidence((500, 1000), (490, 1000), rows=5000)
    assert ask([broken], bind(policy_text(extra=WAIVABLE)), waivers=(waiver(),)).outcome is Outcome.DENY


def said(**changes: object) -> PresentedAttestation:
    fine = PresentedAttestation(
        index=7, rule="HUM-001", policy=bind(policy_text(WORD)).policy_digest, holder="reviewer", role="validator",
        time=NOW - timedelta(days=1), expires=None,
    )
    return replace(fine, **changes)  # type: ignore[arg-type]


def test_a_person_can_meet_a_rule() -> None:
    decision = ask([], bind(policy_text(WORD)), attestations=(said(),))
    assert decision.outcome is Outcome.ALLOW
    assert decision.expires == said().time + timedelta(days=180)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rule": "HUM-002"}, Reason.MISSING), ({"policy": OTHER}, Reason.WRONG_SUBJECT),
        ({"role": "approver"}, Reason.UNTRUSTED_SIGNER), ({"holder": "developer"}, Reason.UNTRUSTED_SIGNER),
        ({"holder": ""}, Reason.UNTRUSTED_SIGNER), ({"time": NOW + timedelta(seconds=1)}, Reason.STALE),
        ({"time": NOW - timedelta(days=180)}, Reason.STALE), ({"expires": NOW}, Reason.STALE),
    ],
)
def test_a_word_that_does_not_count(changes: dict[str, object], reason: Reason) -> None:
    decision = ask([], bind(policy_text(WORD)), attestations=(said(**changes),), developers=frozenset({"developer"}))
    assert (only(decision).status, only(decision).reason) == (Status.INCONCLUSIVE, reason)
    assert decision.outcome is Outcome.DENY


def test_one_person_twice_is_one_person() -> None:
    text = policy_text(WORD.replace("expires: P180D", "expires: P180D, count: 2"))
    policy = bind(text).policy_digest
    twice = (said(policy=policy), said(policy=policy, index=8))
    assert ask([], bind(text), attestations=twice).outcome is Outcome.DENY
    assert ask([], bind(text), attestations=(*twice, said(policy=policy, holder="second"))).outcome is Outcome.ALLOW


def test_approvals_of_several_policies_add_up_to_the_strictest() -> None:
    first = bind(policy_text(extra="approvals: [{role: approver, count: 1}]"))
    second = bind(
        policy_text(extra="approvals: [{role: approver, count: 2, distinct_from: [requester]}]", name="second"),
        binding_text(name="second"),
    )
    decision = ask([GOOD], first, second)
    assert decision.approvals == (Quorum(role="approver", count=2, distinct_from=("developers", "requester")),)
    elsewhere = bind(policy_text(extra='approvals: [{role: approver, when: {gate: ["promote:staging"]}}]'))
    assert ask([GOOD], elsewhere).approvals == ()


def test_a_decision_ends_with_the_first_evidence_it_rests_on() -> None:
    old = presented(GOOD, collected=NOW - timedelta(days=80))
    assert ask([old]).expires == NOW + timedelta(days=10)
    assert ask([GOOD], bind(binding=binding_text("promote:production: {enforcement: advise}"))).expires is None


def test_error_dominates_the_exit_code() -> None:
    broken = whole_evidence(auc="NaN")
    rules = RULE + '  - {id: PERF-001, measure: "performance@1", assert: {value: auc, op: ">", threshold: "0.5"}}\n'
    assert exit_code_of(ask([BAD, broken], bind(policy_text(rules)))) is ExitCode.ERROR
    assert exit_code_of(ask([BAD], bind(policy_text(rules)))) is ExitCode.REFUSED


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(UsageError):
        ask([GOOD], as_of=NOW.replace(tzinfo=None))


def test_a_superseded_source_and_an_overdue_review_warn() -> None:
    extra = 'sources: [{ref: "old", retrieved: 2026-01-01, status: superseded, superseded_by: "new"}]'
    decision = ask([GOOD], bind(policy_text(extra=extra).replace("1.0.0}", "1.0.0, review_by: 2026-11-20}")))
    assert "old is superseded by new" in only(decision).advisory
    assert "due by 2026-11-20" in only(decision).advisory
    assert decision.outcome is Outcome.ALLOW


def test_requests_are_what_the_rules_need_and_no_more() -> None:
    (bound,) = applicable([pack()], system=replace(SYSTEM, protected=("sex", "race")), gate="promote:production")
    found = {request.measure: request.parameters for request in requests([bound])}
    assert found["impact_ratio@1"] == {"attributes": ["sex", "race"], "reference": "highest"}
    assert len(found) == len(requests([bound])), "two rules on one measure ask once"
    (deploying,) = applicable([pack()], system=SYSTEM, gate="deploy")
    assert requests([deploying]) == ()


def test_a_window_without_labels_is_judged_by_its_inputs() -> None:
    """The evaluator's signed evidence has to say that labels were not there: without any evidence it denies."""
    drift = Measurement(measure="covariate_drift@1", features=(
        {"feature": "income", "effect": "0.01", "p_adjusted": "0.5", "n_reference": 1000, "n_window": 1000},
    ))
    unlabelled = Measurement(measure="performance@1", availability="missing", reason="no target was given")
    bound = pack()
    without = ask([Evidence(rows=1000, measures=(drift, unlabelled))], bound, gate="monitor")
    assert without.outcome is Outcome.ALLOW
    assert {rule.rule: rule.enforcement.value for rule in without.rules}["PERF-001"] == "advise"
    assert ask([Evidence(rows=1000, measures=(drift,))], bound, gate="monitor").outcome is Outcome.DENY
    low = {"n": 1000, "accuracy": "0.4", "accuracy_interval": {"method": "w", "level": "0.95", "low": "0.3", "high": "0.5"}}
    bad = Evidence(rows=1000, measures=(drift, Measurement(measure="performance@1", values=low)))
    assert exit_code_of(ask([bad], bound, gate="monitor")) is ExitCode.REFUSED
    moved = replace(drift, features=({**drift.features[0], "effect": "0.9", "p_adjusted": "0.00001"},))
    assert ask([Evidence(rows=1000, measures=(moved, unlabelled))], bound, gate="monitor").outcome is Outcome.DENY


def test_the_smallest_change_is_counted_in_people() -> None:
    """0.8 of a half of 1000 are 400: 200 have to become 400, and of 490 the 91st fewer is the first below."""
    assert "200 more favourable outcomes (200 → 400 of 1000)" in only(ask([BAD])).flip
    assert "91 fewer favourable outcomes (490 → 399 of 1000)" in only(
        ask([ratio_evidence(groups=[
            {"group": "a", "n": 1000, "selected": 500, "ratio": "1"},
            {"group": "b", "n": 1000, "selected": 490, "ratio": "0.98"},
        ])])
    ).flip


def test_weights_are_what_is_compared_where_rows_carry_them() -> None:
    """By heads 0.9 of the reference, by weights 0.5: the weights speak."""
    groups = [
        {"group": "a", "n": 1000, "selected": 500, "weight": "1000", "weight_selected": "500"},
        {"group": "b", "n": 1000, "selected": 450, "weight": "1000.5", "weight_selected": "250.125"},
    ]
    result = only(ask([ratio_evidence(groups=groups)]))
    assert result.status is Status.FAIL
    assert result.checks[1].observed == "0.5"


def test_a_tiny_group_is_no_standard_where_the_measure_says_so() -> None:
    groups = [
        {"group": "a", "n": 1000, "selected": 500}, {"group": "b", "n": 1000, "selected": 480},
        {"group": "c", "n": 2, "selected": 2},
    ]
    evidence = ratio_evidence(groups=groups)
    assert only(ask([evidence])).status is Status.FAIL
    told = replace(evidence, measures=(replace(evidence.measures[0], parameters={"min_reference": 30}),))
    assert only(ask([told])).status is Status.PASS


def test_p_values_are_not_corrected_twice() -> None:
    """The measure has corrected 0.02 to 0.04 already; twice would be 0.08."""
    rule = bind(policy_text(CHANCE.replace("reference: highest", "reference: a")))
    groups = [{"group": "a", "n": 1000, "selected": 500}] + [
        {"group": name, "n": 1000, "selected": 300, "p_value": "0.04", "pairwise_p_value": "0.02"} for name in "bc"
    ]
    assert only(ask([ratio_evidence(groups=groups, reference="a")], rule)).status is Status.FAIL


@pytest.mark.parametrize(("selected", "one_person"), [(7, True), (5, False)])
def test_the_one_person_test_follows_the_rules_threshold(selected: int, one_person: bool) -> None:
    """Of ten, 7 against 0.95 of a hundred is below 0.8, and one person more against one fewer there is not."""
    groups = [{"group": "a", "n": 100, "selected": 95}, {"group": "b", "n": 10, "selected": selected}]
    evidence = ratio_evidence(groups=groups, values={"p_value": "0.01"})
    result = only(ask([evidence], bind(policy_text(CHANCE))))
    assert result.status is (Status.INCONCLUSIVE if one_person else Status.FAIL)


def test_what_would_turn_a_rule_of_which_one_check_is_enough() -> None:
    """A model rests on something if any feature matters: to turn that, none may."""
    rule = """
  - id: EXPL-001
    measure: permutation_importance@1
    assert: {value: importance, op: ">", threshold: "0"}
    over: {each: feature, need: 1, of: any}
"""

    def flip(*importances: str) -> str:
        features = tuple({"feature": f"f{n}", "importance": one} for n, one in enumerate(importances))
        evidence = Evidence(rows=9, measures=(Measurement(measure="permutation_importance@1", features=features),))
        return only(ask([evidence], bind(policy_text(rule)))).flip

    assert flip("0.5", "0.1", "0") == "all 2 that hold would have to turn, among them f0: importance 0.5 lower"
    assert flip("0.5", "0") == "f0: importance 0.5 lower"
    assert flip("-0.5", "-0.25") == "f1: importance 0.25 higher"


def test_drift_says_both_halves_of_its_reason() -> None:
    drift = Measurement(measure="covariate_drift@1", features=(
        {"feature": "income", "effect": "0.9", "p_adjusted": "0.001", "n_reference": 1000, "n_window": 1000},
    ))
    decision = ask([Evidence(rows=1000, measures=(drift,))], pack(), gate="monitor")
    said = {rule.rule: rule.explanation for rule in decision.rules}["DRIFT-001"]
    assert said == "income: 0.9, must be less than 0.2 (the number is effect; p_adjusted of at least 0.05 would do as well and is 0.001)."


@pytest.mark.parametrize(
    ("asserted", "said"),
    [
        ('{value: importance, op: "<", threshold: "0.3"}', "f: importance 0.5, must be less than 0.3."),
        ('{value: importance, op: "<=", threshold: "0.3"}', "f: importance 0.5, must be at most 0.3."),
        ('{value: importance, op: ">", threshold: "0.7"}', "f: importance 0.5, must be more than 0.7."),
        ('{value: importance, op: ">=", threshold: "0.7"}', "f: importance 0.5, must be at least 0.7."),
        ('{value: importance, op: "==", threshold: "0.7"}', "f: importance 0.5, must be exactly 0.7."),
        (
            '{all: [{value: importance, op: ">", threshold: "0.7"}, {value: spread, op: "<", threshold: "0.2"}]}',
            "f: 0.5, must be more than 0.7 (the number is importance; spread of less than 0.2 is asked too and is 0.1).",
        ),
        (
            '{any: [{value: importance, op: ">", threshold: "0.7"}, {value: spread, op: "<", threshold: "0.05"}]}',
            "f: 0.5, must be more than 0.7 (the number is importance; spread of less than 0.05 would do as well and is 0.1).",
        ),
        (
            '{any: [{value: importance, op: ">", threshold: "0.7"}, {all: [{value: spread, op: "<", threshold: "0.05"}]}]}',
            "f: 0.5, must be more than 0.7 (the number is importance).",
        ),
    ],
)
def test_every_kind_of_condition_is_said_in_words(asserted: str, said: str) -> None:
    rule = f"""
  - id: EXPL-001
    measure: permutation_importance@1
    assert: {asserted}
    over: {{each: feature, need: 1}}
"""
    features = ({"feature": "f", "importance": "0.5", "spread": "0.1"},)
    evidence = Evidence(rows=9, measures=(Measurement(measure="permutation_importance@1", features=features),))
    assert only(ask([evidence], bind(policy_text(rule)))).explanation == said


RELIANCE = """
  - id: RELY-001
    measure: protected_reliance@1
    with: {attributes: "${system.protected}"}
    assert: {value: share, op: "<=", threshold: "0.05"}
    over: {each: feature, need: 1}
"""


@pytest.mark.parametrize(("protected", "shares", "status", "labels"), [
    (("sex", "race", "sex*race"), {"sex": "0", "race": "0.01"}, Status.PASS, ["race", "sex"]),
    (("sex*race",), {"sex": "0", "race": "0.2"}, Status.FAIL, ["race", "sex"]),
    (("sex*race",), {"sex": "0"}, Status.INCONCLUSIVE, ["sex*race"]),
    (("sex*age<=25",), {"sex": "0", "age": "0"}, Status.PASS, ["age", "sex"]),
    (("a*b",), {"a*b": "0.2", "a": "0", "b": "0"}, Status.FAIL, ["a*b"]),
])
def test_a_crossing_stands_as_the_columns_that_the_model_takes(
    protected: tuple[str, ...], shares: dict[str, str], status: Status, labels: list[str],
) -> None:
    features = tuple({"feature": name, "share": share} for name, share in sorted(shares.items()))
    evidence = Evidence(rows=9, measures=(Measurement(measure="protected_reliance@1", features=features),))
    result = only(ask([evidence], bind(policy_text(RELIANCE)), system=replace(SYSTEM, protected=protected)))
    assert result.status is status
    assert [check.label for check in result.checks] == labels
