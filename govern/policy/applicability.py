"""Which bound policies a gate asks: three answers, for a field that a system does not state is not a "no"."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from govern.domain.facts import SystemFact
from govern.policy.bound import BoundPolicy
from govern.policy.model import Selector


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Whether a selector means a system, and which fields would be needed to know."""

    applies: Literal["yes", "no", "unknown"]
    missing: tuple[str, ...] = ()


def selects(selector: Selector, *, system: SystemFact, gate: str) -> Answer:
    """Say whether a selector means this system at this gate.

    One field that does not fit is a no, whatever the others are; otherwise one field that the system leaves empty is
    unknown.
    """
    stated: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
        ("system", selector.system, (system.name,)),
        ("task", selector.task, (system.task,)),
        ("tier", selector.tier, (system.tier,)),
        ("purpose", selector.purpose, (system.purpose,)),
        ("jurisdictions", selector.jurisdictions, system.jurisdictions),
        ("gate", selector.gate, (gate,)),
    )
    missing: list[str] = []
    for name, wanted, has in stated:
        if not wanted:
            continue
        known = {word for word in has if word}
        if not known:
            missing.append(name)
        elif not known & set(wanted):
            return Answer(applies="no")
    return Answer(applies="unknown", missing=tuple(missing)) if missing else Answer(applies="yes")


def applicable(bound: Sequence[BoundPolicy], *, system: SystemFact, gate: str) -> tuple[BoundPolicy, ...]:
    """Return the policies that bind this system at this gate, with gate and system filled in.

    A policy of which it can't be known whether it applies is returned too: its rules will be inconclusive.
    """
    found: list[BoundPolicy] = []
    for one in bound:
        if gate not in one.binding.terms:
            continue
        answers = [selects(s, system=system, gate=gate) for s in (one.binding.scope, one.policy.applies_to)]
        if any(answer.applies == "no" for answer in answers):
            continue
        unknown = ", ".join(sorted({name for answer in answers for name in answer.missing}))
        found.append(replace(one, gate=gate, system=system, unknown=unknown))
    return tuple(found)
