"""What a new version of a binding changes in meaning: where a policy applies, how strictly, with which numbers."""

from collections.abc import Iterator, Mapping

from govern.domain.decision import Enforcement
from govern.domain.evidence import JsonValue
from govern.policy.diff import Kind, Line, PolicyDiff, change_of, parameter_line, selector_lines
from govern.policy.model import Binding, GateTerms, Policy

_STRICTNESS = {level: rank for rank, level in enumerate(Enforcement)}
_IMPOSSIBLE = -1
"""Less strict than any level: what is not asked at all."""


def diff_bindings(old: Binding, new: Binding, *, policy: Policy) -> PolicyDiff:
    """Compare two versions of a binding by meaning; `policy` is the one that the new version pins."""
    lines = tuple(sorted(_lines(old, new, policy), key=lambda line: (line.where, line.kind)))
    return PolicyDiff(change=change_of(lines), lines=lines)


def _lines(old: Binding, new: Binding, policy: Policy) -> Iterator[Line]:
    yield from selector_lines(old.scope, new.scope, "scope")
    for gate in sorted(old.terms.keys() | new.terms.keys()):
        where = f"gates.{gate}"
        was, now = old.terms.get(gate), new.terms.get(gate)
        if was is None or now is None:
            kind: Kind = "scope-widened" if was is None else "scope-narrowed"
            yield Line(kind=kind, where=where, before="asked" if was else "not asked", after="asked" if now else "not asked")
            continue
        yield from _levels(was, now, policy, where)
        yield from _absent(was, now, where)
        if was.measure != now.measure:
            kind = "tightened" if now.measure == "fresh" else "loosened"
            yield Line(kind=kind, where=f"{where}.measure", before=was.measure, after=now.measure)
        merged = ({**old.parameters, **was.parameters}, {**new.parameters, **now.parameters})
        yield from _parameters(*merged, policy, f"{where}.parameters")
    if (old.metadata, old.pin) != (new.metadata, new.pin):
        yield Line(kind="text", where="metadata", before=f"{old.name}@{old.version} of {old.pin.name}@{old.pin.version}",
                   after=f"{new.name}@{new.version} of {new.pin.name}@{new.pin.version}")


def _levels(was: GateTerms, now: GateTerms, policy: Policy, where: str) -> Iterator[Line]:
    """Compare how strictly each rule binds, a rule that is not asked being the least strict."""
    for rule in policy.rules:
        before, after = _level(was, rule.id), _level(now, rule.id)
        if before is not after:
            tighter = _rank(after) > _rank(before)
            yield Line(kind="tightened" if tighter else "loosened", where=f"{where}.{rule.id}",
                       before=before.value if before else "not asked", after=after.value if after else "not asked")


def _level(terms: GateTerms, rule: str) -> Enforcement | None:
    if terms.rules and rule not in terms.rules:
        return None
    return terms.levels.get(rule, terms.enforcement)


def _rank(level: Enforcement | None) -> int:
    return _IMPOSSIBLE if level is None else _STRICTNESS[level]


def _absent(was: GateTerms, now: GateTerms, where: str) -> Iterator[Line]:
    """Compare what absent inputs lower rules to; nothing named lowers nothing."""
    for need in sorted(was.absent.keys() | now.absent.keys()):
        before, after = was.absent.get(need), now.absent.get(need)
        if before is not after:
            ranks = [len(_STRICTNESS) if level is None else _STRICTNESS[level] for level in (before, after)]
            yield Line(kind="tightened" if ranks[1] > ranks[0] else "loosened", where=f"{where}.absent.{need}",
                       before=before.value if before else "as usual", after=after.value if after else "as usual")


def _parameters(
    was: Mapping[str, JsonValue], now: Mapping[str, JsonValue], policy: Policy, where: str
) -> Iterator[Line]:
    for name in sorted(was.keys() | now.keys()):
        default = policy.parameters[name].default if name in policy.parameters else None
        before, after = was.get(name, default), now.get(name, default)
        if before != after:
            yield parameter_line(policy, name, before, after, f"{where}.{name}")
