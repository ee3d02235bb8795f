"""Goalposts: what policy changed between two attempts, and what the documents of the earlier one say of the later.

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
class Goalposts:
    """An attempt beside the documents of the attempt before."""

    changes: tuple[Line, ...]
    """What policies and bindings changed in meaning."""
    outcome: Outcome
    """What the earlier documents answer."""
    against: tuple[str, ...]
    """Rules of theirs that deny."""


def goalposts(question: Question, *, before: Sequence[BoundPolicy], as_of: datetime) -> Goalposts:
    """Judge an attempt under the documents of the attempt before."""
    again = decide(replace(question, bound=before, proofs=()), as_of=as_of)
    return Goalposts(changes=changes(before, question.bound), outcome=again.outcome, against=denying(again))


def denying(decision: Decision) -> tuple[str, ...]:
    """Name the rules that deny, with their policy."""
    return tuple(f"{rule.policy_name}/{rule.rule}" for rule in decision.rules if rule.denies)


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
