"""Every shipped pack reads, binds what it pins, proves its rules, and dates its sources."""

from datetime import date

import pytest
from policy.policy_worlds import NOW, pack

import govern_policies
from govern.policy.testing import try_documents

PACKS = govern_policies.pack_ids()


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_holds_together(name: str) -> None:
    one = pack(name)
    report = try_documents(one.policy, one.policy_digest, [(one.binding, one.binding_digest)])
    assert report.problems == ()
    for rule in report.rules:
        assert rule.proved, (rule.rule, rule.gate, rule.detail)
        assert rule.boundary == (), (rule.rule, rule.gate)
        assert rule.unnoticed == (), f"{rule.rule} at {rule.gate}: no case notices {rule.unnoticed}"
    assert one.policy.name == name


@pytest.mark.parametrize("name", PACKS)
def test_every_measured_rule_ships_its_own_cases(name: str) -> None:
    policy = pack(name).policy
    assert {rule.id for rule in policy.rules if rule.measure} == set(policy.cases)


@pytest.mark.parametrize("name", PACKS)
def test_every_source_is_dated_and_every_pack_has_a_review(name: str) -> None:
    policy = pack(name).policy
    assert policy.sources
    for source in policy.sources:
        assert date.fromisoformat(source.retrieved) <= NOW.date()
    assert policy.metadata.review_by is not None
    assert policy.metadata.owner


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_never_claims_more_than_support(name: str) -> None:
    """No number satisfies an article, and no text says that somebody is on the right side of the law."""
    policy = pack(name).policy
    assert {rule.claim for rule in policy.rules} == {"supports"}
    for file in govern_policies.load(name).files.values():
        text = file.decode().lower()
        assert "tamper-proof" not in text
        assert "is compliant" not in text


def test_unknown_packs_are_said() -> None:
    with pytest.raises(govern_policies.UnknownPackError):
        govern_policies.load("nobody")
