"""What a new version changes is said by meaning, and never called text where it may be looser."""

import pytest
from policy.policy_worlds import RULE, bind, policy_text

from govern.policy.diff import diff

BASE = policy_text(
    RULE + "    uncertainty: {min_group: 30}\n    when: {tier: [high, medium]}\n",
    "applies_to: {purpose: [credit]}\nwaivable: {FAIR-001: {max: P60D, approvals: [{role: approver, count: 2}]}}\n"
    "approvals: [{role: approver, count: 1}]",
)


@pytest.mark.parametrize(
    ("before", "after", "change", "where"),
    [
        ('default: "0.8"', 'default: "0.85"', "tightened", "parameters.min_ratio.default"),
        ('default: "0.8"', 'default: "0.75"', "loosened", "parameters.min_ratio.default"),
        ('default: "0.8"', 'default: "0.80"', "text", "parameters.min_ratio.default"),
        ('"${min_ratio}"', '"0.9"', "mixed", "rules.FAIR-001.assert.threshold"),
        ('op: ">="', 'op: ">"', "mixed", "rules.FAIR-001.assert"),
        ("P90D", "P30D", "tightened", "rules.FAIR-001.max_age"),
        ("P90D", "P91D", "loosened", "rules.FAIR-001.max_age"),
        ("    max_age: P90D\n", "", "loosened", "rules.FAIR-001.max_age"),
        ("need: 2", "need: 3", "tightened", "rules.FAIR-001.over.need"),
        ("min_group: 30", "min_group: 10", "loosened", "rules.FAIR-001.uncertainty.min_group"),
        ("purpose: [credit]", "purpose: [credit, employment]", "tightened", "applies_to.purpose"),
        ("applies_to: {purpose: [credit]}\n", "", "tightened", "applies_to.purpose"),
        ("purpose: [credit]", "purpose: [employment]", "mixed", "applies_to.purpose"),
        ("tier: [high, medium]", "tier: [high]", "loosened", "rules.FAIR-001.when.tier"),
        ("max: P60D", "max: P30D", "tightened", "waivable.FAIR-001.max"),
        ("waivable: {FAIR-001: {max: P60D, approvals: [{role: approver, count: 2}]}}\n", "", "tightened", "waivable.FAIR-001"),
        ("count: 1", "count: 2", "tightened", "approvals.approver"),
        ("approvals: [{role: approver, count: 1}]", "", "loosened", "approvals.approver"),
        ("title: Impact ratio", "title: Ratio of rates", "text", "rules.FAIR-001.title"),
        ("reference: highest", "reference: male", "mixed", "rules.FAIR-001.parameters"),
        ("impact_ratio@1", "impact_ratio@2", "mixed", "rules.FAIR-001.measure"),
        ("    title: Impact ratio\n", "    title: Impact ratio\n    needs: [labels]\n", "mixed", "rules.FAIR-001.needs"),
    ],
)
def test_each_kind_of_change(before: str, after: str, change: str, where: str) -> None:
    assert before in BASE
    found = diff(bind(BASE).policy, bind(BASE.replace(before, after, 1)).policy)
    assert where in {line.where for line in found.lines}
    assert found.change == change
    assert found.needs_second_approver == (change in {"loosened", "mixed"})


def test_a_rule_more_is_tighter_and_a_rule_less_is_looser() -> None:
    more = policy_text(RULE + RULE.replace("FAIR-001", "FAIR-002"))
    one, two = bind(policy_text()).policy, bind(more).policy
    assert diff(one, two).change == "tightened"
    assert diff(two, one).change == "loosened"


def test_tighter_here_and_looser_there_is_mixed() -> None:
    both = BASE.replace("P90D", "P30D").replace("need: 2", "need: 1")
    assert diff(bind(BASE).policy, bind(both).policy).change == "mixed"


def test_the_same_is_the_same() -> None:
    found = diff(bind(BASE).policy, bind(BASE).policy)
    assert (found.lines, found.change) == ((), "text")


def test_exchanging_any_and_all_is_not_text() -> None:
    rule = """
  - id: DRIFT-001
    measure: covariate_drift@1
    assert: {any: [{value: effect, op: "<", threshold: "0.2"}, {all: [{value: p_adjusted, op: ">=", threshold: "0.05"}, {value: n, op: ">", threshold: "5"}]}]}
"""
    turned = rule.replace("{all:", "{any:")
    assert diff(bind(policy_text(rule)).policy, bind(policy_text(turned)).policy).change == "mixed"
