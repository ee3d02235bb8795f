"""Step 8 with documents at hand: written by a program of somebody's own, past every command that would have refused."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from workflow.conftest import Story, enrol

import govern_policies
from govern.canonical.values import object_bytes
from govern.domain.decision import Outcome
from govern.domain.facts import BindingFact, PolicyFact
from govern.domain.statement import Draft
from govern.domain.text import digest_of
from govern.errors import VerificationError
from govern.workflow.place.workspace import about
from govern.workflow.policies import policies, waivers
from govern.workflow.policies.waivers import read_decision
from govern.workflow.prove import verifying
from govern.workflow.review import reviewing

GATE = "promote:production"


def write(story: Story, passphrases, draft: Draft, key: str, also: tuple[str, ...] = ()) -> int:
    return story.ws.write([draft], key=key, also=also, passphrases=passphrases)[0].index


def wrong(story: Story) -> tuple[int | None, str, str]:
    view = verifying.verify(story.ws)
    assert view.outcome == "wrong", view.steps
    assert next(step.state for step in view.steps if step.number == 8) == "wrong"
    return view.index, view.kind, view.problem


def looser_policy(story: Story) -> Draft:
    data = govern_policies.load("baseline").policy.replace(b"version: 1.0.0", b"version: 1.1.0", 1)
    data = data.replace(b'default: "0.8", bounds', b'default: "0.7", bounds', 1)
    story.ws.objects.put(data)
    fact = PolicyFact(name="baseline", version="1.1.0", supersedes=story.ws.state().policies["baseline"].digest, change="tightened")
    return Draft(subjects=about("policy/baseline@1.1.0", digest_of(data)), fact=fact)


def test_a_policy_that_one_person_loosened_is_found(story: Story, passphrases):
    index = write(story, passphrases, looser_policy(story), "policy-owner")
    assert wrong(story)[:2] == (index, "policy")
    assert "0.8 → 0.7" in wrong(story)[2]


def test_a_second_signature_of_another_role_is_none(story: Story, passphrases):
    draft = looser_policy(story)
    index = write(story, passphrases, draft, "policy-owner", also=("pipeline",))
    assert wrong(story)[:2] == (index, "policy")


def test_two_owners_may_loosen_it(story: Story, passphrases, tmp_path: Path):
    enrol(story.ws, "second-owner", "policy")
    write(story, passphrases, looser_policy(story), "policy-owner", also=("second-owner",))
    assert verifying.verify(story.ws).outcome == "verified"


def test_a_binding_that_one_person_loosened_is_found(story: Story, passphrases):
    ws = story.ws
    data = govern_policies.load("baseline").binding.replace(b"enforcement: require", b"enforcement: observe", 1)
    assert data != govern_policies.load("baseline").binding
    ws.objects.put(data)
    record = next(iter(ws.state().bindings.values()))
    fact = replace(record.fact, version="1.1.0", supersedes=record.digest)
    index = write(story, passphrases, Draft(subjects=about("binding/x", digest_of(data)), fact=fact), "policy-owner")
    assert wrong(story)[:2] == (index, "policy")


def test_documents_that_are_called_otherwise_are_found(story: Story, passphrases):
    """Under a new name nothing would be compared: the document itself says what it is."""
    draft = looser_policy(story)
    assert isinstance(draft.fact, PolicyFact)
    index = write(story, passphrases, replace(draft, fact=replace(draft.fact, name="brand-new", supersedes=None)), "policy-owner")
    assert wrong(story)[:2] == (index, "policy")
    assert "is the policy baseline" in wrong(story)[2]


def test_a_binding_of_another_policy_is_found(story: Story, passphrases):
    record = next(iter(story.ws.state().bindings.values()))
    fact = BindingFact(name="brand-new", version="1", policy=record.fact.policy, gates=record.fact.gates)
    index = write(story, passphrases, Draft(subjects=about("binding/x", record.digest), fact=fact), "policy-owner")
    assert wrong(story)[:2] == (index, "policy")


def test_a_document_that_can_not_be_read_is_found(story: Story, passphrases):
    story.ws.objects.put(b"kind: [")
    fact = PolicyFact(name="broken", version="1")
    index = write(story, passphrases, Draft(subjects=about("policy/broken@1", digest_of(b"kind: [")), fact=fact), "policy-owner")
    assert wrong(story)[:2] == (index, "policy")


@pytest.fixture
def waived(story: Story, passphrases) -> str:
    """A waiver of FAIR-001, which takes two approvers, with one approval."""
    ws = story.ws
    written = waivers.propose_waiver(
        ws, reviewing.dossier(ws, "credit@1", GATE), rule="FAIR-001", reason="while the training is mended",
        expires=story.clock() + timedelta(days=30), key="developer", passphrases=passphrases,
    )
    waiver = next(row.id for row in waivers.waivers(ws) if row.index == written.index)
    waivers.approve_waiver(ws, waiver, reason="I read why and agree", key="reviewer", passphrases=passphrases)
    story.clock.forward(hours=1)
    return waiver


def decided(story: Story, passphrases, waiver: str) -> int:
    """Write a decision that counts the waiver as if it stood; entry and object say the same."""
    ws = story.ws
    record = ws.state().waivers[waiver]
    last = ws.state().decisions_of(record.model)[-1]
    stored = replace(
        read_decision(ws.objects, last.digest), outcome=Outcome.ALLOW, waivers=(waiver,), as_of=story.clock()
    )
    digest = ws.objects.put(object_bytes(stored))
    fact = replace(last.fact, outcome="allow", waivers=(record.digest,), decision=digest, as_of=story.clock())
    return write(story, passphrases, Draft(subjects=about("credit@1", record.model), fact=fact), "pipeline")


def test_a_waiver_without_its_policys_quorum_helps_nobody(story: Story, waived: str, passphrases):
    index = decided(story, passphrases, waived)
    at, kind, problem = wrong(story)
    assert (at, kind) == (index, "waiver")
    assert "1 more approver must approve it" in problem


def test_a_waiver_with_its_quorum_does(story: Story, waived: str, passphrases):
    waivers.approve_waiver(story.ws, waived, reason="I read why and agree", key="second", passphrases=passphrases)
    decided(story, passphrases, waived)
    view = verifying.verify(story.ws)
    assert view.kind != "waiver", view.problem


def test_a_waiver_proposed_before_the_last_run_is_known_to_the_next(story: Story, waived: str, passphrases):
    waivers.approve_waiver(story.ws, waived, reason="I read why and agree", key="second", passphrases=passphrases)
    assert verifying.verify(story.ws).outcome == "verified"
    before = story.ws.ledger.size
    decided(story, passphrases, waived)
    view = verifying.verify(story.ws, full=False)
    assert view.outcome == "verified", view.problem
    assert any(f"after {before} judged before" in step.detail for step in view.steps)


def test_a_waiver_that_came_later_or_never_helps_nobody(story: Story, waived: str, passphrases):
    waivers.approve_waiver(story.ws, waived, reason="I read why and agree", key="second", passphrases=passphrases)
    story.clock.forward(days=40)
    index = decided(story, passphrases, waived)
    assert wrong(story)[:2] == (index, "waiver")
    assert "expired" in wrong(story)[2]


def test_what_is_wrong_is_told_even_where_a_document_is_missing(story: Story, passphrases):
    index = write(story, passphrases, looser_policy(story), "policy-owner")
    with pytest.raises(VerificationError) as caught:
        verifying.check_ledger_history(story.ws.ledger.entries(), story.ws.objects)
    assert caught.value.index == index
    gone = next(iter(story.ws.state().decisions.values())).digest
    story.ws.objects.path_of(gone).unlink()
    assert verifying.verify(story.ws).outcome == "unchecked", "whether it was loosened can't be said without every document"
    assert policies.in_force(story.ws.objects, story.ws.state())
