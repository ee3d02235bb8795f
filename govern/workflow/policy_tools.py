"""What a policy's change would do: stored decisions asked again under other documents, attempts told with changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from govern.canonical.values import from_json
from govern.domain.decision import Decision, Outcome
from govern.domain.evidence import Evidence
from govern.domain.statement import Entry
from govern.domain.text import Digest, short
from govern.errors import NotFoundError, StorageError
from govern.lineage.review import developers
from govern.lineage.state import State
from govern.policy.applicability import applicable
from govern.policy.attempts import Attempt, Attempted, attempts
from govern.policy.bound import BoundPolicy
from govern.policy.deciding import decide
from govern.policy.model import Policy
from govern.policy.question import PresentedEvidence, Question
from govern.workflow.interface import Objects
from govern.workflow.policies import in_force
from govern.workflow.waivers import presented_attestations, presented_waivers
from govern.workflow.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """A stored decision, asked again under another policy."""

    index: int
    decision: Digest
    subject_name: str
    gate: str
    before: Outcome
    """As the documents of its own time give it, derived now; so that only the policy's change shows."""
    after: Outcome
    rules: tuple[tuple[str, str, str], ...]
    """(rule, status before, status after) of the rules that came out otherwise."""

    @property
    def turned(self) -> bool:
        """Whether the gate's answer is another."""
        return self.before is not self.after


def would_turn(ws: Workspace, policy: Policy, digest: Digest, *, since: timedelta) -> tuple[Turned, ...]:
    """Ask the stored decisions of the last time again, with `policy` in the place of the one of its name.

    Decisions that did not rest on a policy of that name are left out. Waivers name a policy by digest, so none counts
    for another version. Raises `StorageError` where an object is not at hand.
    """
    start = ws.now() - since
    found = []
    for asked in stored(ws.ledger.entries(), ws.objects):
        if asked.decision.as_of < start or not any(one.policy.name == policy.name for one in asked.question.bound):
            continue
        bound = tuple(_with(one, policy, digest) for one in asked.question.bound)
        before = decide(asked.question, as_of=asked.decision.as_of)
        after = decide(replace(asked.question, bound=bound), as_of=asked.decision.as_of)
        found.append(Turned(
            index=asked.index, decision=asked.digest, subject_name=asked.decision.subject_name, gate=asked.decision.gate,
            before=before.outcome, after=after.outcome, rules=_otherwise(before, after),
        ))
    return tuple(found)


def attempts_of(ws: Workspace, line: str, gate: str) -> tuple[Attempt, ...]:
    """List every attempt of a model line (`credit` of `credit@2`) at a gate, with what policy changed in between.

    Raises `NotFoundError` where no model has the name, `StorageError` where an object is not at hand.
    """
    models = {record.digest for record in ws.state().model_line(line)}
    if not models:
        raise NotFoundError(f"no model is called “{line}”", "`govern log --kind model` lists them.")
    return attempts([
        Attempted(index=one.index, question=one.question, decision=one.decision)
        for one in stored(ws.ledger.entries(), ws.objects)
        if one.decision.subject in models and one.decision.gate == gate
    ])


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A decision of the ledger with the question that it answered."""

    index: int
    digest: Digest
    decision: Decision
    question: Question


def stored(entries: Iterable[Entry], objects: Objects) -> Iterator[Stored]:
    """Yield every stored decision with its question, oldest first, folding the ledger once.

    Decisions whose objects are not at hand are left out.
    """
    state, pending = State(), list[Entry]()
    for entry in entries:
        if entry.kind == "decision":
            state, pending = state.extend(pending), []
            record = state.apply(entry).decisions.get(entry.index)
            if record is not None:
                try:
                    decision = from_json(Decision, objects.get(record.digest))
                    question = question_of(objects, state, decision)
                except StorageError:
                    question = None
                if question is not None:
                    yield Stored(index=entry.index, digest=record.digest, decision=decision, question=question)
        pending.append(entry)


def question_of(objects: Objects, state: State, decision: Decision) -> Question:
    """Put together what a decision was asked with; `state` holds all entries before the decision's own.

    Raises `StorageError` where evidence or a document is not at hand.
    """
    record = state.models[decision.subject]
    system = state.systems[record.fact.system].fact
    return Question(
        gate=decision.gate, system=system, subject=decision.subject, subject_name=record.name,
        bound=applicable(in_force(objects, state), system=system, gate=decision.gate),
        evidence=tuple(_presented(objects, state, digest, decision.subject) for digest in decision.evidence),
        attestations=presented_attestations(state, decision.subject, decision.gate),
        waivers=presented_waivers(objects, state, decision.subject, decision.gate, now=decision.as_of),
        developers=developers(state, decision.subject), baseline=record.fact.baseline,
    )


def _presented(objects: Objects, state: State, digest: Digest, model: Digest) -> PresentedEvidence:
    known = [one for one in state.evidence_of(model) if one.fact.evidence == digest]
    if not known:
        raise StorageError(f"evidence {short(digest)} has no entry before the decision", "Run `govern verify`.")
    last = known[-1]
    return PresentedEvidence(
        digest=digest, evidence=from_json(Evidence, objects.get(digest)), subject=last.model, data=last.fact.data.digest,
        collected=last.fact.collected, trusted=True, holder=last.holder,
    )


def _with(bound: BoundPolicy, policy: Policy, digest: Digest) -> BoundPolicy:
    """Put a policy in the place of another version of it; the binding pins what it is given."""
    if bound.policy.name != policy.name:
        return bound
    pin = replace(bound.binding.pin, version=policy.version, digest=None)
    return replace(bound, policy=policy, policy_digest=digest, binding=replace(bound.binding, pin=pin))


def _otherwise(before: Decision, after: Decision) -> tuple[tuple[str, str, str], ...]:
    was = {f"{rule.policy_name}/{rule.rule}": rule.status.value for rule in before.rules}
    now = {f"{rule.policy_name}/{rule.rule}": rule.status.value for rule in after.rules}
    return tuple(
        (name, was.get(name, "not there"), now.get(name, "gone"))
        for name in sorted(was.keys() | now.keys()) if was.get(name) != now.get(name)
    )
