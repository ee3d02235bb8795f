"""What a new version of a policy changes in meaning: tightened, loosened, scope widened or narrowed, or only text."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Literal

from govern.domain.evidence import JsonValue
from govern.domain.leaving_out import LEAVE_OUT, asked
from govern.domain.text import decimal_of
from govern.errors import UsageError
from govern.policy.cases import leaves
from govern.policy.model import Assertion, Policy, Rule, Selector

Kind = Literal["tightened", "loosened", "scope-widened", "scope-narrowed", "changed", "text"]
Change = Literal["tightened", "loosened", "mixed", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One difference."""

    kind: Kind
    where: str
    """Such as `rules.FAIR-001.assert.threshold`."""
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDiff:
    """All differences, and the one word for them."""

    change: Change
    """`changed` differences, of which it can't be told which way they go, make it `mixed`."""
    lines: tuple[Line, ...]

    @property
    def needs_second_approver(self) -> bool:
        """Whether anything was loosened or narrowed, or may have been."""
        return self.change in {"loosened", "mixed"}


def diff(old: Policy, new: Policy) -> PolicyDiff:
    """Compare two versions of a policy by meaning."""
    lines = tuple(sorted(_lines(old, new), key=lambda line: (line.where, line.kind)))
    return PolicyDiff(change=change_of(lines), lines=lines)


def change_of(lines: tuple[Line, ...]) -> Change:
    """Sum differences up in one word."""
    kinds = {line.kind for line in lines} - {"text"}
    if not kinds:
        return "text"
    if kinds <= {"tightened", "scope-widened"}:
        return "tightened"
    if kinds <= {"loosened", "scope-narrowed"}:
        return "loosened"
    return "mixed"


def _lines(old: Policy, new: Policy) -> Iterator[Line]:
    before, after = {rule.id: rule for rule in old.rules}, {rule.id: rule for rule in new.rules}
    for rule_id in sorted(before.keys() | after.keys()):
        where = f"rules.{rule_id}"
        if rule_id not in after:
            yield Line(kind="loosened", where=where, before=before[rule_id].title or "there", after="gone")
        elif rule_id not in before:
            yield Line(kind="tightened", where=where, before="not there", after=after[rule_id].title or "new")
        else:
            yield from _rule(before[rule_id], after[rule_id], where)
    yield from selector_lines(old.applies_to, new.applies_to, "applies_to")
    for name in sorted(old.parameters.keys() | new.parameters.keys()):
        yield from _parameter(old, new, name)
    yield from _approvals(old, new)
    for rule_id in sorted(old.waivable.keys() | new.waivable.keys()):
        yield from _waivable(old, new, rule_id)
    for name in ("metadata", "sources", "cases"):
        if getattr(old, name) != getattr(new, name):
            yield Line(kind="text", where=name, before="", after="")


def _rule(old: Rule, new: Rule, where: str) -> Iterator[Line]:
    if (old.assertion is None) != (new.assertion is None) or old.measure != new.measure:
        yield Line(kind="changed", where=f"{where}.measure", before=old.measure, after=new.measure)
        return
    if old.assertion is not None and new.assertion is not None:
        yield from _assertion(old.assertion, new.assertion, f"{where}.assert")
    yield from _days(old.max_age.days if old.max_age else None, new.max_age.days if new.max_age else None,
                     f"{where}.max_age")
    yield from selector_lines(old.when, new.when, f"{where}.when")
    yield from _uncertainty(old, new, where)
    yield from _number(old.over.need, new.over.need, f"{where}.over.need")
    if (old.over.each, old.over.of) != (new.over.each, new.over.of):
        yield Line(kind="changed", where=f"{where}.over", before=f"{old.over.of} {old.over.each}",
                   after=f"{new.over.of} {new.over.each}")
    if old.parameters.get(LEAVE_OUT) != new.parameters.get(LEAVE_OUT):
        yield _left_out(old.parameters.get(LEAVE_OUT), new.parameters.get(LEAVE_OUT), f"{where}.parameters.{LEAVE_OUT}")
    rest = [{key: value for key, value in one.parameters.items() if key != LEAVE_OUT} for one in (old, new)]
    for name, was, now in (("parameters", *rest), ("attestation", old.attestation, new.attestation), ("needs", old.needs, new.needs)):
        if was != now:
            yield Line(kind="changed", where=f"{where}.{name}", before=str(was), after=str(now))
    if old.over.min_rows != new.over.min_rows:
        yield Line(kind="changed", where=f"{where}.over.min_rows", before=str(dict(old.over.min_rows)),
                   after=str(dict(new.over.min_rows)))
    for name in ("title", "controls", "claim", "remediation"):
        if getattr(old, name) != getattr(new, name):
            yield Line(kind="text", where=f"{where}.{name}", before=str(getattr(old, name)), after=str(getattr(new, name)))


def _left_out(old: JsonValue, new: JsonValue, where: str) -> Line:
    """Compare which categories are left out of ratios: one more is looser, one fewer tighter, another reason may be either."""
    def categories(value: JsonValue) -> set[tuple[str, str]] | None:
        try:
            return {(attribute, category) for attribute, given in asked(value or {}).items() for category in given}
        except UsageError:
            # `${name}`: what it stands for is compared where it is set; that the rule takes any is looser.
            return None

    was, now = categories(old), categories(new)
    kind: Kind = "changed"
    if old is None or (was is not None and now is not None and was < now):
        kind = "loosened"
    elif new is None or (was is not None and now is not None and now < was):
        kind = "tightened"
    return Line(kind=kind, where=where, before=str(old or "none"), after=str(new or "none"))


def _assertion(old: Assertion, new: Assertion, where: str) -> Iterator[Line]:
    if old == new:
        return
    before, after = list(leaves(old)), list(leaves(new))
    nested = bool(old.every or old.some)
    if _shape(old) != _shape(new):
        yield Line(kind="changed", where=where, before=_shown(before), after=_shown(after))
        return
    for number, (was, now) in enumerate(zip(before, after, strict=True)):
        if was.threshold != now.threshold:
            place = f"{where}.{number}.threshold" if nested else f"{where}.threshold"
            yield Line(kind=_direction(was.op or "", was.threshold, now.threshold), where=place,
                       before=was.threshold, after=now.threshold)


def _shape(assertion: Assertion) -> Assertion:
    """Return the assertion without its thresholds."""
    return replace(
        assertion, threshold="", every=tuple(_shape(part) for part in assertion.every),
        some=tuple(_shape(part) for part in assertion.some),
    )


def _shown(assertions: list[Assertion]) -> str:
    return ", ".join(f"{one.value} {one.op} {one.threshold}".strip() for one in assertions)


def _direction(op: str, old: str, new: str) -> Kind:
    try:
        was, now = Fraction(decimal_of(old)), Fraction(decimal_of(new))
    except UsageError:
        return "changed"
    if was == now:
        return "text"
    if op in {">=", ">"}:
        return "tightened" if now > was else "loosened"
    if op in {"<=", "<"}:
        return "tightened" if now < was else "loosened"
    return "changed"


def _days(old: int | None, new: int | None, where: str) -> Iterator[Line]:
    """A shorter time is stricter; none at all is endless."""
    if old == new:
        return
    tighter = new is not None and (old is None or new < old)
    yield Line(kind="tightened" if tighter else "loosened", where=where, before=_span(old), after=_span(new))


def _span(days: int | None) -> str:
    return "none" if days is None else f"P{days}D"


def _number(old: int, new: int, where: str) -> Iterator[Line]:
    if old != new:
        yield Line(kind="tightened" if new > old else "loosened", where=where, before=str(old), after=str(new))


def _uncertainty(old: Rule, new: Rule, where: str) -> Iterator[Line]:
    was, now = old.uncertainty, new.uncertainty
    for field in fields(was):
        before, after = getattr(was, field.name), getattr(now, field.name)
        if before == after:
            continue
        place = f"{where}.uncertainty.{field.name}"
        if field.name == "min_group":
            yield from _number(before, after, place)
        else:
            yield Line(kind="changed", where=place, before=str(before), after=str(after))


def selector_lines(old: Selector, new: Selector, where: str) -> Iterator[Line]:
    """Compare two selectors: a list that is not there selects everything."""
    for field in fields(old):
        was, now = set(getattr(old, field.name)), set(getattr(new, field.name))
        if was == now:
            continue
        if not now or (was and was < now):
            kind: Kind = "scope-widened"
        elif not was or now < was:
            kind = "scope-narrowed"
        else:
            kind = "changed"
        yield Line(kind=kind, where=f"{where}.{field.name}", before=", ".join(sorted(was)) or "all",
                   after=", ".join(sorted(now)) or "all")


def _parameter(old: Policy, new: Policy, name: str) -> Iterator[Line]:
    where = f"parameters.{name}"
    was, now = old.parameters.get(name), new.parameters.get(name)
    if was is None or now is None:
        # A parameter by itself judges nothing; the rules that came or went with it are lines of their own.
        yield Line(kind="text", where=where, before="there" if was else "not there", after="there" if now else "gone")
        return
    if was.default != now.default:
        yield parameter_line(new, name, was.default, now.default, f"{where}.default")
    if (was.bounds, was.type) != (now.bounds, now.type):
        yield Line(kind="changed", where=f"{where}.bounds", before=str(was.bounds), after=str(now.bounds))
    if was.description != now.description:
        yield Line(kind="text", where=f"{where}.description", before=was.description, after=now.description)


def parameter_line(policy: Policy, name: str, was: JsonValue, now: JsonValue, where: str) -> Line:
    """Say which way another value of a parameter goes, by what it is and the comparisons that use it."""
    if name in policy.parameters and policy.parameters[name].type == "categories":
        return _left_out(was or None, now or None, where)
    used = {
        _direction(leaf.op or "", str(was), str(now))
        for rule in policy.rules if rule.assertion is not None
        for leaf in leaves(rule.assertion) if leaf.threshold == f"${{{name}}}"
    }
    return Line(kind=used.pop() if len(used) == 1 else "changed", where=where, before=str(was), after=str(now))


def _approvals(old: Policy, new: Policy) -> Iterator[Line]:
    if old.approvals == new.approvals:
        return

    def by_role(policy: Policy) -> dict[tuple[str, str], tuple[int, tuple[str, ...]]]:
        return {(one.role, repr(one.when)): (one.count, tuple(sorted(one.distinct_from))) for one in policy.approvals}

    was, now = by_role(old), by_role(new)
    for key in sorted(was.keys() | now.keys()):
        before, after = was.get(key), now.get(key)
        if before == after:
            continue
        kind: Kind = "changed"
        if before is None or (after is not None and after[0] >= before[0] and set(after[1]) >= set(before[1])):
            kind = "tightened"
        elif after is None or (after[0] <= before[0] and set(after[1]) <= set(before[1])):
            kind = "loosened"
        yield Line(kind=kind, where=f"approvals.{key[0]}", before=str(before and before[0]), after=str(after and after[0]))


def _waivable(old: Policy, new: Policy, rule_id: str) -> Iterator[Line]:
    was, now = old.waivable.get(rule_id), new.waivable.get(rule_id)
    where = f"waivable.{rule_id}"
    if was == now:
        return
    if was is None or now is None:
        yield Line(kind="loosened" if was is None else "tightened", where=where,
                   before="no" if was is None else _span(was.max.days), after="no" if now is None else _span(now.max.days))
        return
    yield from _days(was.max.days, now.max.days, f"{where}.max")
    if was.approvals != now.approvals:
        yield Line(kind="changed", where=f"{where}.approvals", before=str(len(was.approvals)), after=str(len(now.approvals)))
