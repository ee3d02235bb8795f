"""Known-bad and known-good rows through the real measures: rules that can't fail here are found before they judge."""

from dataclasses import replace
from pathlib import Path

import pytest
from policy.policy_worlds import SYSTEM, ask, bind, pack, policy_text

import govern_policies
from govern.domain.decision import Status
from govern.policy.applicability import applicable
from govern.policy.model import Over
from govern.policy.testing import made_system
from govern.workflow.policies import selftesting
from govern.workflow.policies.selftesting import measured_proofs

GATES = ("promote:production", "monitor")


def bound(one=None, gate="promote:production"):
    return applicable([one or pack()], system=SYSTEM, gate=gate)


@pytest.mark.parametrize("gate", GATES)
def test_the_shipped_rules_are_proved_from_rows_on(gate: str) -> None:
    proofs = measured_proofs(bound(gate=gate), detector="scipy")
    assert [proof.detail for proof in proofs if not proof.proved] == []
    assert {"promote:production": 5, "monitor": 3}[gate] == len(proofs)


def test_a_rule_that_can_not_fail_on_rows_is_an_error_at_the_gate() -> None:
    """Nobody of the bad rows' second group is chosen; a floor that nought clears fails nobody."""
    text = pack().policy
    rule = replace(text.rules[0], assertion=replace(text.rules[0].assertion, threshold="-1"))
    never = replace(pack(), policy=replace(text, rules=(rule, *text.rules[1:])))
    proofs = measured_proofs(bound(never), detector="scipy")
    (wrong,) = [proof for proof in proofs if not proof.proved]
    assert wrong.rule == "FAIR-001"
    assert "known-bad rows" in wrong.detail


def test_what_the_gate_does_with_a_proof_that_failed() -> None:
    one = bind()
    (proof,) = measured_proofs(bound(one), detector="scipy")
    assert proof.proved
    failed = replace(proof, proved=False, detail="known-bad rows, measured here, came out as pass")
    decision = ask([], one, proofs=(failed,))
    assert decision.rules[0].status is Status.ERROR
    assert "known-bad rows" in decision.rules[0].explanation


def test_a_proof_is_remembered_by_rule_and_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, runs = tmp_path / "home" / "proofs.json", []
    real = selftesting._measured
    monkeypatch.setattr(selftesting, "_measured", lambda *args, **more: runs.append(1) or real(*args, **more))
    one = bind()
    first = measured_proofs(bound(one), detector="scipy", remembered=file)
    assert measured_proofs(bound(one), detector="scipy", remembered=file) == first
    assert len(runs) == 2, "bad rows and good rows, once"
    tighter = replace(one, policy=replace(one.policy, rules=tuple(replace(r, max_age=None) for r in one.policy.rules)))
    measured_proofs(bound(tighter), detector="scipy", remembered=file)
    assert len(runs) == 4, "another rule is proved anew"
    file.write_text("not JSON")
    assert measured_proofs(bound(one), detector="scipy", remembered=file) == first
    assert len(runs) == 6


OTHERWISE = {
    "rule": lambda one, _: replace(one, assertion=replace(one.assertion, threshold="0.75")),
    "measure": lambda one, _: replace(one, measure="demographic_parity@1", parameters={"attributes": ["sex"]}, over=Over()),
    "environment": lambda one, patch: patch.setattr("govern.measure.environment", lambda: {"numpy": "9.9.9"}) or one,
    "measuring code": lambda one, patch: patch.setattr(selftesting, "code_digest", lambda: "sha256:other") or one,
    "engine": lambda one, patch: patch.setattr(selftesting, "ENGINE", "govern-policy/99") or one,
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_a_proof_is_made_anew_when_anything_that_it_rests_on_changes(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, runs = tmp_path / "proofs.json", []
    real = selftesting._measured
    monkeypatch.setattr(selftesting, "_measured", lambda *args, **more: runs.append(1) or real(*args, **more))
    one = bind()
    for _ in range(2):
        measured_proofs(bound(one), detector="scipy", remembered=file)
    assert len(runs) == 2, "the second time it is remembered"
    rules = tuple(OTHERWISE[what](rule, monkeypatch) for rule in one.policy.rules)
    measured_proofs(bound(replace(one, policy=replace(one.policy, rules=rules))), detector="scipy", remembered=file)
    assert len(runs) == 4


def test_another_line_of_code_is_another_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import govern.measure

    before = selftesting.code_digest()
    (tmp_path / "more.py").write_text("THRESHOLD = 1")
    monkeypatch.setattr(govern.measure, "__path__", [*govern.measure.__path__, str(tmp_path)])
    selftesting.code_digest.cache_clear()
    assert selftesting.code_digest() != before
    selftesting.code_digest.cache_clear()


@pytest.mark.parametrize("name", govern_policies.pack_ids())
def test_no_pack_is_stopped_by_rows_that_do_not_fit_it(name: str) -> None:
    """A rule that asks only for presence can't fail on rows, and is no fault of this machine."""
    one = pack(name)
    system = made_system(one.policy, one.binding)
    for gate in one.binding.gates:
        proofs = measured_proofs(applicable([one], system=system, gate=gate), detector="scipy")
        assert [proof.detail for proof in proofs if not proof.proved] == []


@pytest.mark.parametrize(
    ("assertion", "tried"), [
        ('{value: accuracy, op: ">=", threshold: "0.99"}', True), ('{value: accuracy, op: ">=", threshold: "0.2"}', True),
        ('{value: accuracy, op: "<=", threshold: "0.9"}', False), ("{value: accuracy, op: present}", False),
        ('{value: accuracy, op: ">=", threshold: "0.01", against: baseline}', False),
    ],
)
def test_only_rules_that_rows_can_show_are_tried_on_rows(assertion: str, tried: bool) -> None:
    rule = f"""
  - id: PERF-001
    measure: performance@1
    assert: {assertion}
"""
    proofs = measured_proofs(bound(bind(policy_text(rule))), detector="scipy")
    assert [proof.proved for proof in proofs] == [True] * tried
