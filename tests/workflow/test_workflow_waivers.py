"""A waiver's whole life in a workspace: asked for, approved by two, in force, void, ended by time, asked for again."""

from dataclasses import replace
from datetime import timedelta

import pytest
from workflow.conftest import Story, enrol

from govern.domain.decision import Outcome, Score
from govern.domain.statement import Draft
from govern.domain.text import digest_of
from govern.errors import Refused
from govern.workflow.custody import keys
from govern.workflow.gate import gating
from govern.workflow.packs import replaying
from govern.workflow.place.workspace import about
from govern.workflow.policies import waivers
from govern.workflow.read import waiting
from govern.workflow.release import promoting
from govern.workflow.review import reviewing

GATE = "promote:production"


@pytest.fixture
def asked(story: Story, passphrases):
    """The biased model with a waiver proposed of its selection ratio; what else denies it is waived already."""
    enrol(story.ws, "third", "approver")
    for rule in against(story) - {"FAIR-001"}:
        propose(story, passphrases, rule=rule)
        approve(story, passphrases, "reviewer")
    propose(story, passphrases)
    return story


def against(story: Story) -> set[str]:
    return {rule.rule for rule in reviewing.dossier(story.ws, "credit@1", GATE).decision.decision.rules if rule.denies}


def propose(story: Story, passphrases, **terms: object):
    words = {"rule": "FAIR-001", "reason": "while the training is mended", "expires": story.clock() + timedelta(days=30)}
    seen = reviewing.dossier(story.ws, "credit@1", GATE)
    return waivers.propose_waiver(story.ws, seen, key="third", passphrases=passphrases, **(words | terms))


def approve(story: Story, passphrases, *holders: str) -> None:
    waiver = rows(story)[-1].id
    for holder in holders:
        waivers.approve_waiver(story.ws, waiver, reason="I read why and agree", key=holder, passphrases=passphrases)


def rows(story: Story):
    return sorted(waivers.waivers(story.ws), key=lambda row: row.index)


def gated(story: Story, passphrases, data=None):
    return gating.gate(story.ws, "credit@1", to="production", data=data, passphrases=passphrases).decision


def waivers_due(story: Story, holder: str | None = None):
    return [item for item in waiting.queue(story.ws, holder) if item.why == "waiver"]


def test_a_proposed_waiver_waits_for_those_who_may_approve_it(asked: Story, passphrases):
    (item,) = waivers_due(asked)
    assert (item.name, item.gate) == ("credit@1", GATE)
    assert "2 more approvers" in item.headline
    assert waivers_due(asked, "third") == [], "who asked for it does not approve it"
    approve(asked, passphrases, "reviewer")
    assert waivers_due(asked, "reviewer") == []
    assert "1 more approver" in waivers_due(asked, "second")[0].headline
    assert gated(asked, passphrases).outcome is Outcome.DENY, "one of two is not enough"
    approve(asked, passphrases, "second")
    assert waivers_due(asked) == []
    decision = gated(asked, passphrases)
    assert decision.outcome is Outcome.ALLOW
    total = decision.before_waivers.total
    assert decision.after_waivers == Score(passed=total, total=total)
    assert decision.before_waivers == Score(passed=total - len(decision.waivers), total=total)
    assert replaying.replay(asked.ws, f"#{asked.ws.ledger.size - 1}").outcome == "identical"


def test_one_person_with_two_keys_is_one_approver_and_approves_no_waiver_of_their_own(asked: Story, passphrases):
    for name, holder in (("other-third", "third"), ("other-reviewer", "reviewer")):
        keys.new(asked.ws.home, name, holder=holder, passphrases=passphrases)
        keys.enrol(asked.ws, name, roles=("approver",), passphrases=passphrases)
    with pytest.raises(Refused, match="third asked for"):
        approve(asked, passphrases, "other-third")
    approve(asked, passphrases, "reviewer", "other-reviewer")
    assert rows(asked)[-1].state == "proposed", "FAIR-001 asks for two people, and two keys of one are one"
    approve(asked, passphrases, "second")
    assert rows(asked)[-1].state == "active"


def test_its_end_blocks_again_and_reopens_the_review(asked: Story, passphrases):
    approve(asked, passphrases, "reviewer", "second")
    assert gated(asked, passphrases).outcome is Outcome.ALLOW
    reviewing.approve(asked.ws, reviewing.dossier(asked.ws, "credit@1", GATE), key="reviewer", passphrases=passphrases)
    promoting.promote(asked.ws, "credit@1", to="production", passphrases=passphrases)
    assert not [item for item in waiting.queue(asked.ws) if item.name == "credit@1"]
    asked.clock.forward(days=31)
    assert rows(asked)[-1].state == "expired"
    (again,) = [item for item in waiting.queue(asked.ws) if item.name == "credit@1"]
    assert again.why == "stale"
    note = reviewing.dossier(asked.ws, "credit@1", GATE).reviews[-1].note
    assert f"waiver {rows(asked)[-1].id} expired" in note
    assert gated(asked, passphrases).outcome is Outcome.DENY
    with pytest.raises(Refused):
        promoting.deploy(asked.ws, "credit@1", to="production", passphrases=passphrases)


def test_a_renewal_needs_new_evidence(asked: Story, passphrases, tmp_path):
    waivers.revoke_waiver(asked.ws, rows(asked)[-1].id, reason="it was asked too early", key="reviewer", passphrases=passphrases)
    assert rows(asked)[-1].state == "revoked"
    with pytest.raises(Refused, match="needs new evidence"):
        propose(asked, passphrases)
    gated(asked, passphrases, data=asked.data("1", seed=7))
    with pytest.raises(Refused, match="needs new evidence"):
        propose(asked, passphrases)  # the same rows by another seed are nothing new
    later = tmp_path / "later.csv"
    later.write_text("".join(asked.candidates[0].scored.read_text().splitlines(keepends=True)[:-1]))
    gated(asked, passphrases, data=asked.data("1", data=later))
    propose(asked, passphrases)
    approve(asked, passphrases, "reviewer", "second")
    assert rows(asked)[-1].state == "active"


def test_it_is_void_where_the_value_is_worse_than_was_accepted(story: Story, passphrases):
    enrol(story.ws, "third", "approver")
    propose(story, passphrases, void_if_worse_than="0.7")
    approve(story, passphrases, "reviewer", "second")
    decision = gated(story, passphrases)
    assert decision.outcome is Outcome.DENY
    fairness = next(rule for rule in decision.rules if rule.rule == "FAIR-001")
    assert "is void" in fairness.advisory
    assert "worse than 0.7" in fairness.advisory


def test_a_renewal_on_evidence_that_the_ledger_does_not_hold_stays_proposed(asked: Story, passphrases):
    """Written past the face, as another tool could: a digest that nobody recorded is nothing new."""
    first = rows(asked)[-1]
    waivers.revoke_waiver(asked.ws, first.id, reason="it was asked too early", key="reviewer", passphrases=passphrases)
    state = asked.ws.state()
    record = state.waivers[first.id]
    for number, evidence in enumerate(((digest_of(b"made up"),), record.fact.evidence)):
        fact = replace(record.fact, action="propose", id=f"W-own-{number}", evidence=evidence, role="")
        draft = Draft(subjects=about("credit@1", record.model), fact=fact)
        asked.ws.write([draft], key="third", passphrases=passphrases)
        for key in ("reviewer", "second"):
            waivers.approve_waiver(asked.ws, fact.id, reason="the list is being called", key=key, passphrases=passphrases)
        assert {row.id: row.state for row in rows(asked)}[fact.id] == "proposed"
    assert gated(asked, passphrases).outcome is Outcome.DENY
