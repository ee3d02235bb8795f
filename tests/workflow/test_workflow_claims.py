"""What somebody with a valid key and a program of their own could write, and where it is found."""

from dataclasses import replace

import pytest
from workflow.conftest import Story, enrol

from govern.domain.statement import Draft
from govern.errors import Refused, UnverifiableError
from govern.workflow.packs import replaying
from govern.workflow.place.workspace import about
from govern.workflow.policies import policies
from govern.workflow.policies.waivers import presented_attestations
from govern.workflow.prove import verifying
from govern.workflow.release import promoting
from govern.workflow.release.quick import quick_check
from govern.workflow.review import reviewing

GATE = "promote:production"


def claimed(story: Story, passphrases, **other):
    """An entry that names the real decision object and says otherwise."""
    state = story.ws.state()
    model = next(m for m in state.models.values() if m.fact.version == "2")
    fact = replace(state.latest_decision(model.digest, GATE).fact, **other)
    return story.ws.write(
        [Draft(subjects=about(model.name, model.digest), fact=fact)], key="pipeline", passphrases=passphrases
    )[0]


def test_an_entry_that_asks_for_fewer_approvals_than_its_decision_promotes_nothing(story: Story, passphrases):
    written = claimed(story, passphrases, approvals=())
    with pytest.raises(Refused, match=f"its entry says another approvals than the decision that it names .#{written.index}."):
        promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    view = verifying.verify(story.ws)
    assert (view.outcome, view.kind, view.index) == ("wrong", "verdict", written.index)
    assert replaying.replay(story.ws, f"#{written.index}").outcome == "differs"


def test_nothing_is_deployed_or_runs_on_a_claimed_verdict_or_one_that_is_lost(story: Story, passphrases, monkeypatch):
    monkeypatch.setenv("GOVERN_HOME", str(story.ws.home.keys.parent))
    dossier = reviewing.dossier(story.ws, "credit@2", GATE)
    reviewing.approve(story.ws, dossier, key="reviewer", reason="Read and found good.", passphrases=passphrases)
    promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)

    def quick() -> object:
        story.ws._state = None
        story.ws.state()
        return quick_check(story.ws.folder, "credit@2", to="production", now=story.ws.now())

    assert quick().allowed
    document = story.ws.objects.path_of(dossier.decision.digest)
    data = document.read_bytes()
    document.unlink()
    assert quick() is None
    with pytest.raises(UnverifiableError, match="is not at hand"):
        promoting.check(story.ws, "credit@2", to="production")
    document.write_bytes(data)
    assert quick().allowed

    written = claimed(story, passphrases, approvals=())
    said = "its entry says another approvals than the decision that it names"
    answer = promoting.check(story.ws, "credit@2", to="production")
    assert (answer.allowed, [(one.reason, one.index) for one in answer.refusals]) == (False, [(said, written.index)])
    assert quick() is None, "what is not plain is asked the long way"
    with pytest.raises(Refused, match=said):
        promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)


@pytest.mark.parametrize("emergency", [False, True])
def test_only_an_emergency_goes_back_past_a_claimed_verdict(story: Story, passphrases, emergency):
    enrol(story.ws, "chief", "operator", "emergency")
    dossier = reviewing.dossier(story.ws, "credit@2", GATE)
    reviewing.approve(story.ws, dossier, key="reviewer", reason="Read and found good.", passphrases=passphrases)
    promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)
    words = {"to": "credit@2", "environment": "production", "reason": "The new one misjudges.", "passphrases": passphrases}
    if not emergency:
        with pytest.raises(Refused, match="credit@2 is what runs in production"):
            promoting.rollback(story.ws, "credit", **words)
        return
    claimed(story, passphrases, approvals=())
    promoting.rollback(story.ws, "credit", **words, emergency=True, key="chief")
    granted = promoting.check(story.ws, "credit@2", to="production")
    assert granted.notes[0].startswith("emergency rollback by chief")


@pytest.mark.parametrize("other", [{"outcome": "deny"}, {"expires": None}, {"gate": "promote:staging"}, {"statuses": {}}])
def test_any_other_word_than_the_decisions_is_found(story: Story, passphrases, other):
    written = claimed(story, passphrases, **other)
    view = verifying.verify(story.ws)
    assert (view.outcome, view.index) == ("wrong", written.index)


def test_a_renamed_policy_under_a_known_binding_takes_two(story: Story, passphrases, tmp_path):
    import govern_policies

    pack = govern_policies.load("baseline")
    folder = tmp_path / "weak"
    folder.mkdir()
    (folder / "policy.yaml").write_bytes(pack.policy.replace(b"name: baseline", b"name: weak", 1))
    (folder / "binding.yaml").write_bytes(
        pack.binding.replace(b"policy: {name: baseline", b"policy: {name: weak").replace(b"version: 1.0.0", b"version: 1.0.1", 1)
    )
    with pytest.raises(Refused, match="would bind weak in place of baseline"):
        policies.install(story.ws, str(folder), passphrases=passphrases)


def test_an_attestation_that_was_taken_back_is_not_presented(story: Story, passphrases):
    from govern.domain.facts import Attestation, ReviewFact

    state = story.ws.state()
    model = next(m for m in state.models.values() if m.fact.version == "2")
    policy = state.latest_decision(model.digest, GATE).fact.policies[0]
    fact = ReviewFact(
        action="attest", system="credit", gate=GATE, role="validator",
        attestation=Attestation(rule="HUM-001", policy=policy, statement="I looked"),
    )
    written = story.ws.write(
        [Draft(subjects=about(model.name, model.digest), fact=fact)], key="checker", passphrases=passphrases
    )[0]
    assert len(presented_attestations(story.ws.state(), model.digest, GATE)) == 1
    reviewing.take_back(
        story.ws, reviewing.dossier(story.ws, "credit@2", GATE), written.index, reason="I looked at the wrong model",
        key="checker", passphrases=passphrases,
    )
    assert presented_attestations(story.ws.state(), model.digest, GATE) == ()


def test_what_was_deployed_from_another_stage_does_not_run(story: Story, passphrases):
    """As after one word was changed in config.toml: the environment serves production, the deployment came from staging."""
    reviewing.approve(story.ws, reviewing.dossier(story.ws, "credit@2", GATE), key="reviewer", passphrases=passphrases)
    promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)
    assert promoting.check(story.ws, "credit@2", to="production").allowed
    story.ws.config = story.ws.config.model_copy(update={"environments": {"production": "staging"}})
    answer = promoting.check(story.ws, "credit@2", to="production")
    assert not answer.allowed
    assert "serves staging" in answer.refusals[-1].reason
