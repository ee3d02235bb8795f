"""The gate on the sample: one model denied for bias, one allowed, and what is and is not written."""

from dataclasses import replace

import pytest
from workflow.conftest import Story

from govern.domain.decision import Outcome, Reason, Status
from govern.errors import NotFoundError, Refused, UsageError
from govern.workflow.custody import keys
from govern.workflow.gate import gating, measuring
from govern.workflow.packs import replaying
from govern.workflow.record import recording


def decisions(story: Story):
    state = story.ws.state()
    return [record for model in state.models.values() for record in state.decisions_of(model.digest)]


def test_the_biased_model_is_denied_for_bias_and_the_other_allowed(story: Story):
    denied, allowed = sorted(decisions(story), key=lambda record: record.index)
    assert (denied.fact.outcome, allowed.fact.outcome) == ("deny", "allow")
    assert denied.fact.statuses["baseline/FAIR-001"] == "fail"
    assert set(allowed.fact.statuses.values()) <= {"pass", "not_applicable"}, allowed.fact.statuses
    assert [(q.role, q.count) for q in allowed.fact.approvals] == [("approver", 1)]


def test_every_decision_is_derived_again_byte_for_byte(story: Story):
    for record in decisions(story):
        found = replaying.replay(story.ws, record.digest)
        assert found.outcome == "identical", found.reasons


def test_replay_notices_a_decision_that_says_otherwise(story: Story):
    """The object is put back with another outcome, and the entry's digest made to fit: as a forger with our keys would."""
    record = next(r for r in decisions(story) if r.fact.outcome == "deny")
    ws = story.ws
    stored = replaying.from_json(replaying.Decision, ws.objects.get(record.digest))
    forged = replaying.object_bytes(replace(stored, outcome=Outcome.ALLOW))
    digest = ws.objects.put(forged)
    entry = ws.ledger.entry(record.index)
    other = replace(record, digest=digest, fact=replace(record.fact, outcome="allow", decision=digest))
    found = replaying.replayed(ws.ledger.entries(0, record.index), ws.objects, other, entry)
    assert found.outcome == "differs"
    assert "give deny" in found.reasons[0]


def test_a_dry_run_writes_nothing_and_says_the_same(story: Story, passphrases):
    size, objects = story.ws.ledger.size, sorted((story.ws.folder / "objects").rglob("*"))
    result = gating.gate(story.ws, "credit@1", to="production", data=story.data("1"), passphrases=passphrases, dry_run=True)
    assert result.decision.outcome is Outcome.DENY
    assert result.written == ()
    assert story.ws.ledger.size == size
    assert sorted((story.ws.folder / "objects").rglob("*")) == objects


def test_evidence_past_its_age_no_longer_allows(story: Story, passphrases):
    story.clock.forward(days=120)
    result = gating.gate(story.ws, "credit@2", to="production", data=None, passphrases=passphrases)
    assert result.decision.outcome is Outcome.DENY
    stale = [rule for rule in result.decision.rules if rule.reason is Reason.STALE]
    assert {rule.rule for rule in stale} >= {"FAIR-001", "PERF-001"}


def test_no_row_of_data_reaches_the_ledger_or_the_objects(story: Story):
    rows = (story.sample / "test.csv").read_text().splitlines()[1:]
    # Three neighbouring values of a row together: common single values such as a group's name are in the evidence.
    fragments = [",".join(row.split(",")[:3]).encode() for row in rows[:200]]
    written = b"".join(path.read_bytes() for path in story.ws.folder.rglob("*") if path.is_file())
    assert [fragment for fragment in fragments if fragment in written] == []


def test_a_model_file_that_changed_is_not_measured(story: Story, tmp_path, passphrases):
    changed = tmp_path / "model.skops"
    changed.write_bytes(story.candidates[1].model.read_bytes() + b" ")
    with pytest.raises(UsageError, match="is not the file that was recorded"):
        gating.gate(
            story.ws, "credit@2", to="production", data=story.data("2", model=changed), passphrases=passphrases
        )


@pytest.mark.parametrize(
    ("model", "stage", "error", "says"),
    [("credit@2", "moon", UsageError, "staging, production"), ("credit@9", "production", NotFoundError, "credit@9")],
)
def test_what_is_not_there_is_named(story: Story, passphrases, model, stage, error, says):
    with pytest.raises(error) as caught:
        gating.gate(story.ws, model, to=stage, data=story.data(), passphrases=passphrases)
    assert says in str(caught.value)


def test_a_revoked_model_is_not_gated(story: Story, passphrases):
    recording.end_existence(
        story.ws, "credit@2", state="revoked", reason="trained on leaked labels", key="developer", passphrases=passphrases
    )
    with pytest.raises(Refused, match="revoked: trained on leaked labels"):
        gating.gate(story.ws, "credit@2", to="production", data=story.data(), passphrases=passphrases)


def test_a_key_that_may_not_report_evidence_is_refused_and_nothing_is_written(story: Story, passphrases):
    size = story.ws.ledger.size
    with pytest.raises(Refused):
        gating.gate(
            story.ws, "credit@2", to="production", data=story.data(), key="reviewer", passphrases=passphrases
        )
    assert story.ws.ledger.size == size


def test_without_policy_the_gate_denies(story: Story, passphrases, tmp_path):
    from govern.domain.facts import SystemFact

    recording.record_system(
        story.ws,
        SystemFact(name="rates", purpose="pricing", task="regression", tier="low", owner="model-risk"),
        passphrases=passphrases,
    )
    other = tmp_path / "rates.skops"
    other.write_bytes(_skops(tmp_path))
    recording.record_model(story.ws, other, name="rates", system="rates", key="developer", passphrases=passphrases)
    result = gating.gate(story.ws, "rates@1", to="production", data=None, passphrases=passphrases)
    assert result.decision.outcome is Outcome.DENY
    assert "no policy binds" in result.decision.problem
    assert all(rule.status is not Status.PASS for rule in result.decision.rules)


def _skops(folder) -> bytes:
    import numpy as np
    import skops.io
    from sklearn.linear_model import LinearRegression

    path = folder / "plain.skops"
    skops.io.dump(LinearRegression().fit(np.arange(6.0).reshape(3, 2), [1.0, 2.0, 3.0]), path)
    return path.read_bytes()


def test_a_measure_that_can_no_longer_fail_judges_nothing(story: Story, passphrases, monkeypatch):
    """As after an update of a package that turned a number round."""
    from govern.errors import SelfTestError
    from govern.measure.bias import impact_ratio

    (story.ws.home.keys.parent / "proofs.json").unlink(missing_ok=True)
    real = impact_ratio.ImpactRatio.evaluate

    def flattering(self, bare):
        found = real(self, bare)
        return replace(found, groups=tuple({**g, "selected": g["n"], "rate": "1", "ratio": "1"} for g in found.groups))

    monkeypatch.setattr(impact_ratio.ImpactRatio, "evaluate", flattering)
    size = story.ws.ledger.size
    with pytest.raises(SelfTestError, match="FAIR-001"):
        gating.gate(story.ws, "credit@1", to="production", data=story.data("1"), passphrases=passphrases)
    assert story.ws.ledger.size == size


def test_evidence_by_a_key_that_is_void_since_does_not_speak(story: Story, passphrases):
    state = story.ws.state()
    allowed = next(r for r in decisions(story) if r.fact.outcome == "allow")
    name = state.models[allowed.model].name
    start = min(one.index for one in state.evidence_of(allowed.model))
    keys.new(story.ws.home, "pipeline-2", holder="pipeline-2", passphrases=passphrases)
    keys.enrol(story.ws, "pipeline-2", roles=("evaluator",), passphrases=passphrases)
    keys.revoke(story.ws, "pipeline", reason="somebody else had it", void_from=start, passphrases=passphrases)
    result = gating.gate(story.ws, name, to="production", data=None, key="pipeline-2", passphrases=passphrases)
    assert result.decision.outcome is Outcome.DENY
    assert {rule.reason for rule in result.decision.rules if rule.measure} == {Reason.UNTRUSTED_SIGNER}
    found = replaying.replay(story.ws, result.decision_digest)
    assert found.outcome == "identical", found.reasons


def test_the_last_evidence_of_each_measure_speaks(story: Story, passphrases):
    """Measuring one thing anew does not make the rest go missing."""
    allowed = next(r for r in decisions(story) if r.fact.outcome == "allow")
    name = story.ws.state().models[allowed.model].name
    measuring.record(story.ws, name, story.data("2"), ["performance"], passphrases=passphrases)
    result = gating.gate(story.ws, name, to="production", data=None, passphrases=passphrases)
    assert result.decision.outcome is Outcome.ALLOW
    newest = {rule.rule: rule.evidence for rule in result.decision.rules}
    assert newest["PERF-001"] != newest["FAIR-001"]
    assert set(result.decision.evidence) == {digest for one in newest.values() for digest in one}
    assert replaying.replay(story.ws, result.decision_digest).outcome == "identical"


def test_a_crossing_that_was_named_is_measured_beside_what_the_policy_asks(story: Story, passphrases):
    """The rules name the system's attributes alone, and `--cross` must not be dropped without a word."""
    data = story.data("2", cross=("sex*group",))
    result = gating.gate(story.ws, "credit@2", to="production", data=data, passphrases=passphrases)
    assert result.decision.outcome is Outcome.ALLOW
    assert not [check for rule in result.decision.rules for check in rule.checks if "*" in check.label]
    shown = [view for digest in result.evidence for view in [story.ws.objects.get(digest).decode()]]
    assert any('"attribute":"sex*group"' in text for text in shown)
    record = max(decisions(story), key=lambda one: one.index)
    assert replaying.replay(story.ws, record.digest).outcome == "identical"


def test_a_clock_that_is_set_back_makes_no_evidence_fresh_again(story: Story, passphrases):
    """The ledger knows how late it is: what was stale in its last entry is stale in the next."""
    story.clock.forward(days=100)
    late = gating.gate(story.ws, "credit@2", to="production", data=None, passphrases=passphrases).decision
    story.clock.forward(days=-100)
    back = gating.gate(story.ws, "credit@2", to="production", data=None, passphrases=passphrases).decision
    assert (late.outcome, back.outcome, back.as_of) == (Outcome.DENY, Outcome.DENY, late.as_of)
