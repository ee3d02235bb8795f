"""A waiver's life, step by step, as one function tells it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import pytest
from policy.policy_worlds import MODEL, NOW, OTHER, bind, policy_text

from govern.domain.facts import WaiverFact
from govern.domain.text import Digest, digest_of
from govern.policy.waivers import life_of

POLICY = bind(policy_text(extra="waivable: {FAIR-001: {max: P60D, approvals: [{role: approver, count: 2}]}}"))
START = NOW - timedelta(days=10)


@dataclass(frozen=True)
class Step:
    action: Literal["propose", "approve", "revoke"]
    index: int
    holder: str
    role: str = "approver"
    time: datetime = START


@dataclass(frozen=True)
class Record:
    fact: WaiverFact
    steps: tuple[Step, ...]
    model: Digest = MODEL


FACT = WaiverFact(
    action="propose", id="W-1", system="credit", rule="FAIR-001", policy=POLICY.policy_digest,
    environment="promote:production", reason="the replacement is being trained", expires=START + timedelta(days=60),
    evidence=(digest_of(b"first"),),
)
ASKED = Step("propose", 1, "requester")
BOTH = (Step("approve", 2, "first"), Step("approve", 3, "second"))


def life(*steps: Step, fact: WaiverFact = FACT, as_of: datetime = NOW, **more: object) -> str:
    return life_of(Record(fact, (ASKED, *steps)), POLICY.policy, as_of=as_of, **more).state  # type: ignore[arg-type]


def test_a_waiver_needs_its_whole_quorum() -> None:
    assert life() == "proposed"
    assert life(BOTH[0]) == "proposed"
    assert life(*BOTH) == "active"
    assert life_of(Record(FACT, (ASKED, *BOTH)), POLICY.policy, as_of=NOW).approvers == ("first", "second")


@pytest.mark.parametrize(
    "second", [
        Step("approve", 3, "first"), Step("approve", 3, "requester"), Step("approve", 3, "developer"),
        Step("approve", 3, "second", role="validator"), Step("approve", 3, ""), Step("approve", 0, "second"),
        Step("approve", 3, "second", time=NOW + timedelta(seconds=1)),
    ],
)
def test_approvals_that_do_not_count(second: Step) -> None:
    assert life(BOTH[0], second, developers={"developer"}) == "proposed"


def test_a_waiver_ends_by_time_and_by_word() -> None:
    assert life(*BOTH, as_of=FACT.expires - timedelta(seconds=1)) == "active"
    assert life(*BOTH, as_of=FACT.expires) == "expired"
    assert life(*BOTH, Step("revoke", 4, "officer")) == "revoked"
    assert life(*BOTH, Step("revoke", 4, "officer"), Step("approve", 5, "third")) == "revoked"
    assert life(*BOTH, Step("revoke", 4, "officer", time=NOW + timedelta(1))) == "active", "not yet revoked then"


def test_terms_the_policy_does_not_allow() -> None:
    for fact in (
        replace(FACT, expires=START + timedelta(days=60, seconds=1)), replace(FACT, environment="*"),
        replace(FACT, environment=""), replace(FACT, rule="FAIR-002"),
    ):
        assert life(*BOTH, fact=fact) == "proposed"
    assert life_of(Record(FACT, (ASKED, *BOTH)), None, as_of=NOW).state == "proposed"


def test_a_renewal_needs_new_evidence() -> None:
    before = Record(replace(FACT, id="W-0"), (Step("propose", 0, "requester"),))
    assert life(*BOTH, earlier=[before]) == "proposed"
    fresh = replace(FACT, evidence=(*FACT.evidence, digest_of(b"second")))
    assert life(*BOTH, fact=fresh, earlier=[before]) == "active"
    elsewhere = replace(before, model=OTHER)
    assert life(*BOTH, earlier=[elsewhere]) == "active", "a waiver of another model is none of this one's"


def test_a_second_proposal_starts_anew() -> None:
    assert life(*BOTH, Step("propose", 4, "requester")) == "proposed"


def test_a_record_of_which_nothing_was_known_then() -> None:
    assert life(*BOTH, as_of=START - timedelta(days=1)) == "proposed"
