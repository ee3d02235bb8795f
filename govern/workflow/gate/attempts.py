"""Every attempt of a model line at a gate, each beside what policy changed since the one before, and what that would say."""

from collections.abc import Sequence
from datetime import datetime

from govern.domain.facts import DecisionFact
from govern.errors import NotFoundError, StorageError
from govern.lineage.records import DecisionRecord
from govern.lineage.state import State
from govern.policy.attempts import Goalposts, denying, goalposts
from govern.policy.bound import BoundPolicy
from govern.policy.question import Question
from govern.workflow.gate.asking import question_of
from govern.workflow.interface import Objects
from govern.workflow.place.workspace import Workspace
from govern.workflow.policies.policies import binding_of, policy_of
from govern.workflow.policies.waivers import read_decision
from govern.workflow.views import AttemptView


def attempts_of(ws: Workspace, state: State, line: str, gate: str) -> tuple[AttemptView, ...]:
    """List every decision on a model line (`credit` of `credit@2`) at a gate, oldest first.

    Raises `NotFoundError` where no model has the name, `StorageError` where an object is not at hand.
    """
    if not state.model_line(line):
        raise NotFoundError(f"no model is called “{line}”", "`govern log --kind model` lists them.")
    views: list[AttemptView] = []
    before: DecisionRecord | None = None
    for record in asked_before(state, line, gate):
        decision = read_decision(ws.objects, record.digest)
        moved: Goalposts | None = None
        if before is not None and documents_of(before.fact) != documents_of(record.fact):
            then = question_of(ws.objects, ws.state_before(record.index), decision, record.marks)
            moved = goalposts(then, before=bound_of(ws.objects, before.fact), as_of=decision.as_of)
        views.append(AttemptView(
            digest=record.digest, index=record.index, holder=record.holder, decision=decision, number=len(views) + 1,
            changes=moved.changes if moved else (),
            outcome_before=moved.outcome if moved else decision.outcome if before else None,
            against_before=moved.against if moved else denying(decision) if before else (),
        ))
        before = record
    return tuple(views)


def asked_before(state: State, line: str, gate: str) -> tuple[DecisionRecord, ...]:
    """Return every decision on a model line at a gate, oldest first."""
    found = [record for model in state.model_line(line) for record in state.decisions_of(model.digest, gate)]
    return tuple(sorted(found, key=lambda record: record.index))


def beside_the_last(objects: Objects, state: State, question: Question, *, now: datetime) -> Goalposts | None:
    """Judge a new question under the documents of the last attempt of its line; None where they are the same or it is the first."""
    earlier = asked_before(state, state.models[question.subject].fact.name, question.gate)
    if not earlier:
        return None
    last = earlier[-1].fact
    bound = (sorted({one.policy_digest for one in question.bound}), sorted({one.binding_digest for one in question.bound}))
    return None if bound == documents_of(last) else goalposts(question, before=bound_of(objects, last), as_of=now)


def documents_of(fact: DecisionFact) -> tuple[list[str], list[str]]:
    """Return the digests of the policies and bindings that a decision rested on."""
    return sorted(fact.policies), sorted(fact.bindings)


def bound_of(objects: Objects, fact: DecisionFact) -> Sequence[BoundPolicy]:
    """Read the documents that a decision rested on. Raises `StorageError`, `DocumentError`."""
    policies = [(digest, policy_of(objects, digest)) for digest in fact.policies]
    found = []
    for digest in fact.bindings:
        binding = binding_of(objects, digest)
        pinned = [one for one in policies if one[1].name == binding.pin.name]
        # Two versions of one policy in force at once are told apart by what each binding pins.
        pinned = [one for one in pinned if one[1].version == binding.pin.version] or pinned
        if not pinned:
            raise StorageError(f"the policy that {binding.name} bound is not named by the decision", "Run `govern verify`.")
        found.append(BoundPolicy(policy=pinned[0][1], policy_digest=pinned[0][0], binding=binding, binding_digest=digest))
    return found
