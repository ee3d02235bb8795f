"""What the engine is asked: a question put together from entries and objects, the same way at the gate and ever after."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from govern.canonical.values import from_json
from govern.domain.decision import Decision
from govern.domain.evidence import Evidence
from govern.domain.text import Digest, short
from govern.errors import StorageError
from govern.lineage.people import holds_role, person
from govern.lineage.records import EvidenceRecord, Mark
from govern.lineage.review import developers
from govern.lineage.state import State
from govern.policy.applicability import applicable
from govern.policy.bound import BoundPolicy
from govern.policy.cases import compares
from govern.policy.deciding import decide
from govern.policy.question import PresentedEvidence, Question
from govern.workflow.interface import Objects
from govern.workflow.policies.policies import in_force
from govern.workflow.policies.waivers import presented_attestations, presented_waivers

JUDGED = frozenset({"gate", "measure"})
"""Purposes of evidence that a gate judges; a monitoring window is no test of a model."""


def question(
    objects: Objects, state: State, model: Digest, gate: str, *, evidence: Sequence[PresentedEvidence], now: datetime,
    requesters: Iterable[str],
) -> Question:
    """Put together what a gate is asked about a model in a state; `requesters` sign the decision.

    All names that a person's keys have had are one. Raises `StorageError`, `DocumentError`.
    """
    record = state.models[model]
    system = state.systems[record.fact.system].fact
    return Question(
        gate=gate, system=system, subject=model, subject_name=record.name,
        bound=applicable(in_force(objects, state), system=system, gate=gate), evidence=evidence,
        attestations=presented_attestations(state, model, gate), waivers=presented_waivers(objects, state, model, gate, now=now),
        developers=frozenset(person(state, holder) for holder in developers(state, model)),
        requesters=frozenset(person(state, holder) for holder in requesters if holder), baseline=record.fact.baseline,
    )


def derived(
    objects: Objects, state: State, model: Digest, gate: str, *, evidence: Sequence[PresentedEvidence], now: datetime,
    requesters: Iterable[str],
) -> Decision:
    """Derive the decision on a model at a gate in a state: the same function at the gate and at replay."""
    return decide(question(objects, state, model, gate, evidence=evidence, now=now, requesters=requesters), as_of=now)


def question_of(objects: Objects, state: State, decision: Decision, marks: Iterable[Mark]) -> Question:
    """Put together what a decision was asked with; `state` holds all entries before the decision's own, `marks` signed it.

    Raises `StorageError` where evidence or a document is not at hand.
    """
    evidence = [_named(objects, state, decision.subject, digest) for digest in decision.evidence]
    return question(
        objects, state, decision.subject, decision.gate, evidence=evidence, now=decision.as_of,
        requesters=[mark.holder for mark in marks],
    )


def recorded(objects: Objects, state: State, model: Digest) -> tuple[PresentedEvidence, ...]:
    """Present, for each measure, the last evidence on a model that has it; one by a key that may not, only for want of another."""
    last: dict[str, EvidenceRecord] = {}
    for record in state.evidence_of(model):
        for measure in record.fact.measures if record.fact.purpose in JUDGED else ():
            if measure not in last or _trusted(state, record) or not _trusted(state, last[measure]):
                last[measure] = record
    chosen = {record.index: record for record in last.values()}
    return tuple(presented(objects, state, chosen[index]) for index in sorted(chosen))


def compared(
    objects: Objects, state: State, model: Digest, bound: Sequence[BoundPolicy], shown: Sequence[PresentedEvidence]
) -> tuple[PresentedEvidence, ...]:
    """Present what the model that this one is to replace gave on the same data, the last of each measure that a rule compares.

    It has to be recorded before, by a gate or by `govern measure`: a comparison with numbers from other rows is none.
    """
    baseline = state.models[model].fact.baseline
    wanted = {rule.rule.measure for one in bound for rule in one.rules() if compares(rule.rule)}
    if baseline is None or not wanted:
        return ()
    data = {one.data for one in shown}
    last: dict[tuple[str, Digest], EvidenceRecord] = {}
    for record in state.evidence_of(baseline):
        if record.fact.purpose in JUDGED and record.fact.data.digest in data and _trusted(state, record):
            last.update({(measure, record.fact.data.digest): record for measure in wanted & {*record.fact.measures}})
    chosen = {record.index: record for record in last.values()}
    return tuple(presented(objects, state, chosen[index]) for index in sorted(chosen))


def presented(objects: Objects, state: State, record: EvidenceRecord) -> PresentedEvidence:
    """Present recorded evidence; trusted where its signer held the role `evaluator` then with a key that is not void now."""
    return PresentedEvidence(
        digest=record.digest, evidence=from_json(Evidence, objects.get(record.digest)), subject=record.model,
        data=record.fact.data.digest, collected=record.fact.collected, trusted=_trusted(state, record), holder=record.holder,
    )


def _named(objects: Objects, state: State, model: Digest, digest: Digest) -> PresentedEvidence:
    baseline = state.models[model].fact.baseline
    known = [one for of in (baseline, model) if of is not None for one in state.evidence_of(of) if one.digest == digest]
    if not known:
        raise StorageError(
            f"evidence {short(digest)} has no entry before the decision", "The decision can't rest on what was not recorded."
        )
    return presented(objects, state, known[-1])


def _trusted(state: State, record: EvidenceRecord) -> bool:
    return any(holds_role(state, mark.keyid, "evaluator", mark.index) for mark in record.marks)
