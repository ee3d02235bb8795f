"""What a policy's change would do: stored decisions asked again under other documents."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from govern.canonical.values import from_json
from govern.domain.decision import Decision, Outcome
from govern.domain.statement import Entry
from govern.domain.text import Digest
from govern.errors import StorageError
from govern.lineage.folding import extended
from govern.lineage.state import State
from govern.policy.bound import BoundPolicy
from govern.policy.deciding import decide
from govern.policy.model import Policy
from govern.policy.question import Question
from govern.workflow.gate.asking import question_of
from govern.workflow.interface import Objects
from govern.workflow.place.workspace import Workspace


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
            state, pending = extended(state, pending), []
            record = extended(state, (entry,)).decisions.get(entry.index)
            if record is not None:
                try:
                    decision = from_json(Decision, objects.get(record.digest))
                    question = question_of(objects, state, decision, record.marks)
                except StorageError:
                    question = None
                if question is not None:
                    yield Stored(index=entry.index, digest=record.digest, decision=decision, question=question)
        pending.append(entry)


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
