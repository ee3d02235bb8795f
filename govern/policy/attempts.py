"""Every attempt of a model line at a gate: what came of it, what the policy changed in between, what it said before.

Trying until it passes, and moving the threshold until it passes, look alike from the last decision alone. They do not
from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from govern.domain.decision import Decision, Outcome
from govern.policy.bound import BoundPolicy
from govern.policy.deciding import decide
from govern.policy.diff import Line, diff
from govern.policy.diff_bindings import diff_bindings
from govern.policy.question import Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """One decision and what it was asked with."""

    index: int
    """Of the decision's entry."""
    question: Question
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One line of the list."""

    number: int
    index: int
    subject_name: str
    as_of: datetime
    outcome: Outcome
    against: tuple[str, ...]
    """Rules that denied."""
    changes: tuple[Line, ...]
    """What policies and bindings changed in meaning since the attempt before."""
    outcome_before: Outcome | None
    """The gate's answer under the documents of the attempt before; None for the first."""
    against_before: tuple[str, ...]

    @property
    def moved_by_policy(self) -> bool:
        """Whether the answer is another than the earlier documents would have given."""
        return self.outcome_before is not None and self.outcome_before is not self.outcome


def attempts(history: Sequence[Attempted]) -> tuple[Attempt, ...]:
    """List attempts in the order of the ledger, each judged under the documents of the one before as well."""
    ordered = sorted(history, key=lambda one: one.index)
    found: list[Attempt] = []
    for number, one in enumerate(ordered):
        before = ordered[number - 1] if number else None
        again = (
            decide(replace(one.question, bound=before.question.bound, proofs=()), as_of=one.decision.as_of)
            if before is not None else None
        )
        found.append(Attempt(
            number=number + 1, index=one.index, subject_name=one.decision.subject_name, as_of=one.decision.as_of,
            outcome=one.decision.outcome, against=_against(one.decision),
            changes=changes(before.question.bound, one.question.bound) if before is not None else (),
            outcome_before=again.outcome if again is not None else None,
            against_before=_against(again) if again is not None else (),
        ))
    return tuple(found)


def changes(old: Sequence[BoundPolicy], new: Sequence[BoundPolicy]) -> tuple[Line, ...]:
    """Return what changed in meaning between two sets of bound policies."""
    was = {(one.policy.name, one.binding.name): one for one in old}
    now = {(one.policy.name, one.binding.name): one for one in new}
    lines: list[Line] = []
    for key in sorted(was.keys() | now.keys()):
        before, after = was.get(key), now.get(key)
        name = "/".join(dict.fromkeys(key))
        if before is None or after is None:
            lines.append(Line(
                kind="tightened" if before is None else "loosened", where=name, before="in force" if before else "not there",
                after="in force" if after else "gone",
            ))
            continue
        found = (*diff(before.policy, after.policy).lines,
                 *diff_bindings(before.binding, after.binding, policy=after.policy).lines)
        lines += [replace(line, where=f"{name}: {line.where}") for line in found if line.kind != "text"]
    return tuple(lines)


def _against(decision: Decision) -> tuple[str, ...]:
    return tuple(f"{rule.policy_name}/{rule.rule}" for rule in decision.rules if rule.denies)
