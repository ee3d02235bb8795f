"""Rules `against: baseline` at a real gate: what the model to be replaced gave on the same data is presented, and proved later."""

from datetime import timedelta
from pathlib import Path

import pytest
import skops.io
from policy.policy_worlds import binding_text, policy_text

from govern.domain.decision import Status
from govern.lineage.closure import closure
from govern.lineage.folding import fold
from govern.lineage.graph import parents
from govern.lineage.refs import resolve
from govern.lineage.stale import stale
from govern.workflow.gate.gating import gate
from govern.workflow.gate.measuring import record
from govern.workflow.packs.replaying import replay
from govern.workflow.policies.policies import install
from govern.workflow.record import recording
from govern.workflow.record.recording import record_model
from govern.workflow.review import findings, reviewing

GATE = "promote:production"

BETTER = """
  - id: BETTER-001
    measure: performance@1
    assert: {value: auc, against: baseline, op: ">=", threshold: "-0.2"}
"""


@pytest.fixture
def replacing(story, tmp_path: Path, passphrases):
    """The story with credit@3, which is to replace credit@1, and a rule that compares them."""
    folder = tmp_path / "better"
    folder.mkdir()
    (folder / "policy.yaml").write_text(policy_text(BETTER, name="better"))
    (folder / "binding.yaml").write_text(binding_text(name="better"))
    install(story.ws, str(folder), passphrases=passphrases)
    model = tmp_path / "third.skops"
    skops.io.dump(skops.io.load(story.candidates[1].model), model)
    record_model(
        story.ws, model, name="credit", system="credit", version="3", datasets=("credit-train@1",), threshold=story.trainer.CUT,
        baseline="credit@1", key="developer", passphrases=passphrases,
    )
    story.clock.forward(hours=1)
    return story, model


def rows(story, **other):
    """Rows without anybody's predictions: each model gives its own."""
    return story.data("2", prediction=None, score=None, **other)


def asked(story, model: Path, passphrases):
    found = gate(story.ws, "credit@3", to="production", data=rows(story, model=model), passphrases=passphrases)
    return found, next(rule for rule in found.decision.rules if rule.rule == "BETTER-001")


def test_a_comparison_rests_on_what_the_baseline_gave_on_the_same_data(replacing, passphrases):
    story, model = replacing
    _, without = asked(story, model, passphrases)
    assert (without.status, "was not measured on the same data" in without.explanation) == (Status.INCONCLUSIVE, True)
    elsewhere = story.data("1", prediction=None, score=None)
    assert elsewhere.data != rows(story).data
    record(story.ws, "credit@1", elsewhere, ["performance@1"], passphrases=passphrases)
    assert asked(story, model, passphrases)[1].status is Status.INCONCLUSIVE
    _, written = record(
        story.ws, "credit@1", rows(story, model=story.candidates[0].model), ["performance@1"], passphrases=passphrases
    )
    found, rule = asked(story, model, passphrases)
    assert rule.status is Status.PASS
    state = story.ws.state()
    decided = state.decision_by_digest(found.decision_digest)
    assert decided is not None
    assert written.index in parents(state, decided.index)
    assert state.models[decided.model].fact.baseline in closure(state, decided.model, GATE).relied_on
    assert replay(story.ws, found.decision_digest).outcome == "identical"
    assert fold(story.ws.ledger.entries()) == state


def test_how_the_replaced_model_fares_ends_nothing_and_its_revocation_does(replacing, passphrases):
    story, model = replacing
    record(story.ws, "credit@1", rows(story, model=story.candidates[0].model), ["performance@1"], passphrases=passphrases)
    asked(story, model, passphrases)
    reviewing.approve(story.ws, reviewing.dossier(story.ws, "credit@3"), reason="As good as the one it replaces, on the same rows.", key="reviewer", passphrases=passphrases)
    due = story.clock.now + timedelta(days=1)
    findings.open_finding(
        story.ws, "credit@1", title="It drifts every month", severity="critical", owner="model-risk", due=due, reason="It drifts more each month.", passphrases=passphrases
    )
    story.clock.forward(days=2)
    approved = state_of(story, "credit@3")
    assert why(story, approved) == ()
    recording.end_existence(story.ws, "credit@1", state="revoked", reason="wrong labels", passphrases=passphrases)
    approved = state_of(story, "credit@3")
    assert any("wrong labels" in path.reason for path in why(story, approved))


def state_of(story, ref: str):
    state = story.ws.state()
    return state, resolve(state, ref, kinds=("model",)).digest


def why(story, found):
    state, model = found
    (review,) = [one for one in state.reviews.values() if one.model == model]
    return stale(state, review, story.clock.now)
