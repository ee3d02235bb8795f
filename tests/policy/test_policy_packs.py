"""Every shipped pack reads, binds what it pins, proves its rules, and dates its sources."""

from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import pytest
from policy.policy_worlds import NOW, SYSTEM, ask, pack, presented, ratio_evidence

import govern_policies
from govern.domain.decision import Reason
from govern.errors import DocumentError
from govern.policy.catalogue import Catalogue, parse_catalogue, served_by
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


COUNTS = {
    "nist-ai-rmf": {"GOVERN": 19, "MAP": 18, "MEASURE": 22, "MANAGE": 13},
    "iso-42001": {"A.2": 3, "A.3": 2, "A.4": 5, "A.5": 4, "A.6": 9, "A.7": 5, "A.8": 4, "A.9": 3, "A.10": 3},
}
CATALOGUED = [name for name in PACKS if govern_policies.load(name).controls]


@cache
def catalogue(name: str) -> Catalogue:
    return parse_catalogue(govern_policies.load(name).controls, where=f"{name}/controls.yaml")


def test_the_packs_that_there_are() -> None:
    assert PACKS == (
        "baseline", "eeoc-four-fifths", "eu-ai-act-high-risk", "iso-42001", "nist-ai-rmf", "nyc-ll144", "us-mrm-sr-26-2",
    )
    assert set(PACKS) - set(CATALOGUED) == {"baseline"}


def test_the_72_subcategories_are_numbered_as_in_the_framework() -> None:
    parts = {"GOVERN": (7, 3, 2, 3, 2, 2), "MAP": (6, 3, 5, 2, 2), "MEASURE": (3, 13, 3, 3), "MANAGE": (4, 4, 2, 3)}
    wanted = {
        f"{part}-{category}.{number}"
        for part, sizes in parts.items() for category, size in enumerate(sizes, 1) for number in range(1, size + 1)
    }
    assert {control.id for control in catalogue("nist-ai-rmf").controls} == wanted


@pytest.mark.parametrize("name", COUNTS)
def test_frameworks_have_as_many_controls_as_they_have(name: str) -> None:
    ids = [control.id for control in catalogue(name).controls]
    found = {part: sum(one.startswith((f"{part}.", f"{part}-")) for one in ids) for part in COUNTS[name]}
    assert found == COUNTS[name]
    assert len(ids) == sum(COUNTS[name].values()) == {"nist-ai-rmf": 72, "iso-42001": 38}[name]


def test_annex_iv_has_nine_points_and_the_articles_are_there() -> None:
    ids = {control.id for control in catalogue("eu-ai-act-high-risk").controls}
    assert {f"AnnexIV.{number}" for number in range(1, 10)} == {one for one in ids if one.startswith("AnnexIV")}
    assert {"9", "11", "12", "13", "14", "15", "17", "19", "26", "72"} <= ids
    assert {one.partition(".")[0] for one in ids} >= {"10"}


@pytest.mark.parametrize("name", CATALOGUED)
def test_catalogue_and_rules_name_each_other(name: str) -> None:
    policy, found = pack(name).policy, catalogue(name)
    rules = {rule.id: rule for rule in policy.rules}
    framework = found.metadata.name
    for control in found.controls:
        for check in control.checks:
            assert f"{framework}:{control.id}" in rules[check].controls, f"{check} does not name {control.id}"
        assert control.checks or control.human or control.evidence, control.id
    ids = {control.id: control for control in found.controls}
    for rule in rules.values():
        for named in rule.controls:
            prefix, _, control_id = named.partition(":")
            if prefix == framework:
                assert control_id in ids, f"{rule.id} names {named}"


@pytest.mark.parametrize("name", CATALOGUED)
def test_every_control_is_dated_and_says_what_it_rests_on(name: str) -> None:
    found = catalogue(name)
    for control in found.controls:
        assert date.fromisoformat(found.sources[control.source].retrieved) <= NOW.date()
        assert control.claim == "supports"
        assert control.applies_from
    for source in found.sources.values():
        assert source.basis == "primary-source" or source.note, f"{source.ref}: what was not read is not said"


@pytest.mark.parametrize("name", PACKS)
def test_controls_that_rules_name_exist_in_some_catalogue(name: str) -> None:
    known = {f"{catalogue(one).metadata.name}:{control.id}" for one in CATALOGUED for control in catalogue(one).controls}
    for rule in pack(name).policy.rules:
        assert set(rule.controls) <= known, (rule.id, set(rule.controls) - known)


def test_a_superseded_pack_loads_its_successor_and_warns() -> None:
    found = govern_policies.load("sr-11-7")
    assert (found.id, found.superseded_by) == ("us-mrm-sr-26-2", "us-mrm-sr-26-2")
    assert "sr-11-7" not in PACKS
    us = replace(SYSTEM, task="binary-classification", tier="high")
    decision = ask([], pack("us-mrm-sr-26-2"), system=us)
    assert any("SR 11-7 is superseded by SR 26-2" in rule.advisory for rule in decision.rules)


def test_ll144_has_no_pass_mark() -> None:
    """The lowest ratio there can be passes: the law asks that it be computed and published."""
    city = replace(SYSTEM, purpose="employment", jurisdictions=("US-NYC",))
    measured = ratio_evidence((900, 1000), (1, 1000), parameters={"min_reference": 1})
    decision = ask([measured], pack("nyc-ll144"), system=city)
    statuses = {rule.rule: rule.status.value for rule in decision.rules}
    assert statuses["LL144-301b"] == "pass"
    assert decision.outcome.value == "deny", "but nobody attested independence"
    old = presented(measured, collected=NOW - timedelta(days=366))
    late = ask([old], pack("nyc-ll144"), system=city)
    assert {rule.rule: rule.reason for rule in late.rules}["LL144-301b"] is Reason.STALE


def test_what_is_said_of_a_control_is_what_was_shown() -> None:
    said = served_by(catalogue("eu-ai-act-high-risk"), {"AIA-10-BIAS": "pass", "AIA-10-ERRORS": "fail"})
    assert said["10.2.f-g"] == "evidence: 1 of 2 checks pass; 2 items need a human"
    assert said["27"] == "evidence: nothing is checked by machine; 1 item needs a human"


@pytest.mark.parametrize(
    ("before", "after", "words"), [
        ("source: main", "source: elsewhere", "no source"), ('id: "10.2-3"', 'id: "9"', "twice"),
        ("claim: supports", "claim: satisfies", "claim"), ("basis: copy", "basis: hearsay", "basis"),
    ],
)
def test_catalogues_are_read_strictly(before: str, after: str, words: str) -> None:
    text = govern_policies.load("eu-ai-act-high-risk").controls.decode()
    assert before in text
    with pytest.raises(DocumentError, match=words):
        parse_catalogue(text.replace(before, after, 1).encode(), where="c.yaml")
