"""`govern policy test`: documents that fit, rules that can fail, wrongs that no case notices."""

import pytest
from policy.policy_worlds import OTHER, RULE, bind, binding_text, policy_text

from govern.policy.applicability import applicable
from govern.policy.boundaries import aged_trials, boundary_trials
from govern.policy.testing import RuleReport, made_system, try_documents

CASES = """cases:
  FAIR-001:
    bad: [{groups: [{group: a, n: 1000, selected: 500}, {group: b, n: 1000, selected: 250}]}]
    good: [{groups: [{group: a, n: 1000, selected: 500}, {group: b, n: 1000, selected: 500}]}]
"""


def tried(policy: str, binding: str | None = None) -> tuple[tuple[RuleReport, ...], tuple[str, ...], bool]:
    one = bind(policy, binding)
    report = try_documents(one.policy, one.policy_digest, [(one.binding, one.binding_digest)])
    return report.rules, report.problems, report.ok


def test_a_sound_policy_is_proved_at_its_boundaries() -> None:
    (rule,), problems, ok = tried(policy_text(extra=CASES))
    assert ok
    assert problems == ()
    assert rule.proved
    assert rule.cases == 2
    assert rule.tried >= 5
    assert rule.boundary == ()


AGED = {
    "by counts, two attributes": RULE.replace('"${system.protected}"', '[sex, "sex*race"]'),
    "a change against the baseline": """
  - id: PERF-009
    measure: performance@1
    assert: {value: auc, op: ">=", threshold: "0", against: baseline}
    max_age: P7D
""",
    "by feature": """
  - id: DRIFT-009
    measure: covariate_drift@1
    with: {attributes: [sex, race]}
    assert: {value: effect, op: "<", threshold: "0.2"}
    over: {each: feature}
    max_age: P7D
""",
}


@pytest.mark.parametrize("rule", AGED.values(), ids=list(AGED))
def test_every_rule_with_an_age_is_tried_around_it(rule: str) -> None:
    one = bind(policy_text(rule))
    (bound,) = applicable([one], system=made_system(one.policy, one.binding), gate="promote:production")
    (aged,) = [aged_trials(rule) for rule in bound.rules()]
    assert [trial.name for trial in aged] == ["on its last day", "a second past its age", "measured after the moment"]
    (report,), _, ok = tried(policy_text(rule))
    assert ok, report
    (ageless,), _, _ = tried(policy_text("\n".join(line for line in rule.splitlines() if "max_age" not in line) + "\n"))
    assert report.tried == ageless.tried + 3


def test_a_wrong_that_no_case_notices_is_named() -> None:
    rule = RULE + "    uncertainty: {decide: significant, min_group: 30}\n"
    (report,), _, ok = tried(policy_text(rule))
    assert ok
    assert "chance is left out of account" in report.unnoticed
    noticing = """cases:
  FAIR-001:
    bad: [{values: {p_value: "0.001"}, groups: [{group: a, n: 1000, selected: 500}, {group: b, n: 1000, selected: 250}]}]
    good: [{values: {p_value: "1"}, groups: [{group: a, n: 1000, selected: 500}, {group: b, n: 1000, selected: 500}]}]
    unclear: [{values: {p_value: "0.06"}, groups: [{group: a, n: 1000, selected: 500}, {group: b, n: 40, selected: 10}]}]
"""
    (report,), _, _ = tried(policy_text(rule, noticing))
    assert "chance is left out of account" not in report.unnoticed


def test_a_known_bad_case_that_passes_is_said() -> None:
    (rule,), _, ok = tried(policy_text(extra=CASES.replace("selected: 250", "selected: 499")))
    assert not ok
    assert not rule.proved
    assert "known-bad" in rule.detail


def test_documents_that_do_not_fit_are_said() -> None:
    one = bind()
    assert "no binding" in try_documents(one.policy, one.policy_digest, []).problems[0]
    _, problems, ok = tried(policy_text(), binding_text(version="9.0.0"))
    assert not ok
    assert "pins" in problems[0]
    pinned = binding_text().replace("version: 1.0.0}\n\n", f'version: 1.0.0, digest: "{OTHER}"}}\n\n')
    assert not tried(policy_text(), pinned)[2]


def test_boundaries_are_one_person_wide_where_there_are_counts() -> None:
    one = bind(policy_text(extra="applies_to: {jurisdictions: [EU], tier: [low]}"))
    (bound,) = applicable([one], system=made_system(one.policy, one.binding), gate="promote:production")
    trials = {trial.name: trial for rule in bound.rules() for trial in boundary_trials(rule)}
    at = trials["ratio at the threshold"].sighting.measurement.groups
    below = trials["ratio one step below"].sighting.measurement.groups
    assert (at[1]["selected"], below[1]["selected"]) == (400_000, 399_999)
