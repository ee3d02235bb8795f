"""One rule against one measurement: which things it looks at, what is observed in each, and whether it holds."""

import operator
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import Final

from govern.domain.decision import Check, Interval, Reason, Status, demand
from govern.domain.evidence import JsonValue, Measurement
from govern.domain.leaving_out import LEAVE_OUT, is_small, left_out, reasons
from govern.domain.text import decimal_of, decimal_text
from govern.errors import UsageError
from govern.policy.bound import BoundRule
from govern.policy.counts import (
    LOWER_IS_BETTER,
    Counted,
    Numbers,
    Undefined,
    counted,
    exact_value,
    number_of,
    one_person_decides,
)
from govern.policy.kleene import all_of, any_of
from govern.policy.model import Assertion
from govern.policy.significance import decided, p_values
from govern.policy.verdict import broken, inconclusive, shortened

CLAIM_TOLERANCE: Final = Fraction(1, 10**9)
"""How far a stated rate may lie from its own counts: rounding to 12 digits stays well inside."""
_COMPARE: Final = {">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "==": operator.eq}
_ONE: Final = Fraction(1)
_SHOWN: Final = Context(prec=15)
_COUNTED: Final = frozenset({
    "impact_ratio", "demographic_parity", "equalized_odds", "equal_opportunity", "error_rates", "scoring_rate",
})
"""Measures whose groups must add up to all rows: a group that was left out would be a group that was not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A measurement, how many rows and exclusions its evidence had, and the baseline's, if one is asked for."""

    measurement: Measurement
    rows: int | None = None
    excluded: Mapping[str, int] | None = None
    """Attribute to rows left out because its value is unknown."""
    baseline: Measurement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looking:
    """One rule at one measurement: what is found out once and used for every group or feature."""

    rule: BoundRule
    known: Counted
    before: Counted | None
    chances: Mapping[str, Decimal]


def checks_of(rule: BoundRule, sighting: Sighting) -> tuple[Check, ...]:
    """Judge one measurement. Never raises for anything that evidence may hold."""
    measurement = sighting.measurement
    label = measurement.attribute
    if measurement.availability != "measured":
        reason = Reason(measurement.availability)
        return (inconclusive(reason, measurement.reason or f"the measure says: {reason.value}", label),)
    try:
        unaccounted = _unaccounted(sighting)
        if unaccounted:
            return (broken(unaccounted, label),)
        chances = p_values(measurement, rule.rule.uncertainty) if rule.rule.uncertainty.decide == "significant" else {}
        before = sighting.baseline
        twice = _twice(rule, measurement)
        if twice:
            return (broken(f"the evidence has “{twice}” twice", label),)
        looking = _Looking(
            rule=rule, known=counted(measurement), chances=chances,
            before=counted(before) if before is not None and before.availability == "measured" else None,
        )
        found = tuple(_judged(looking, name, subject) for name, subject in _subjects(rule, measurement))
    except Undefined as why:
        return (inconclusive(Reason.UNDEFINED, str(why), label),)
    except UsageError as error:
        return (broken(f"the evidence can't be read: {error.message}", label),)
    if len(found) < rule.rule.over.need:
        each = rule.rule.over.each
        note = f"{len(found)} {each}{'' if len(found) == 1 else 's'} measured, {rule.rule.over.need} are needed"
        return (inconclusive(Reason.UNDEFINED, note, label),)
    return found


def _unaccounted(sighting: Sighting) -> str:
    """Say whether the groups add up to the rows that were measured."""
    measurement = sighting.measurement
    if measurement.measure.partition("@")[0] not in _COUNTED or sighting.rows is None or not measurement.groups:
        return ""
    without = left_out(measurement)
    counted = sum(int(number_of(group.get("n"))) for group in (*measurement.groups, *without))
    named = reasons(measurement.parameters[LEAVE_OUT], measurement.attribute) if LEAVE_OUT in measurement.parameters else {}
    if {str(group.get("group")): str(group.get("reason")) for group in without} != named:
        return "the categories that were left out are not those that were named, with their reasons"
    if any(not is_small(number_of(group.get("n")), counted) for group in without):
        return "a category was left out that is not less than 2 % of the data"
    own = (sighting.excluded or {}).get(measurement.attribute, 0)
    if counted + own != sighting.rows:
        return f"the groups hold {counted} rows and {own} were left out, of {sighting.rows}: they do not add up"
    return ""


def _subjects(rule: BoundRule, measurement: Measurement) -> Iterator[tuple[str, Numbers]]:
    each = rule.rule.over.each
    if each == "whole":
        yield measurement.attribute, measurement.values
        return
    rows = measurement.groups if each == "group" else measurement.features
    for row in rows:
        name = str(row.get(each, ""))
        yield (f"{measurement.attribute}={name}" if each == "group" and measurement.attribute else name), row


def _twice(rule: BoundRule, measurement: Measurement) -> str:
    """Name a group or feature that is there twice: it would count as two, or hide one that is not there."""
    each = rule.rule.over.each
    names = [str(row.get(each, "")) for row in (measurement.groups if each == "group" else measurement.features)]
    return "" if each == "whole" else next((name for name, times in Counter(names).items() if times > 1), "")


def _judged(looking: _Looking, label: str, subject: Numbers) -> Check:
    rule = looking.rule
    assertion = rule.rule.assertion
    if assertion is None:
        return broken("the rule asserts nothing", label)
    for field, least in sorted(rule.rule.over.min_rows.items()):
        have = subject.get(field)
        if have is None:
            return inconclusive(Reason.MISSING, f"the evidence does not say {field}", label)
        if number_of(have) < least:
            return inconclusive(Reason.INSUFFICIENT_DATA, f"{field} is {have}, {least} are needed", label)
    if assertion.every or assertion.some:
        return _tree(looking, label, subject, assertion)
    return _compared(looking, label, subject, assertion)


def _tree(looking: _Looking, label: str, subject: Numbers, assertion: Assertion) -> Check:
    parts = [
        _tree(looking, label, subject, part) if part.every or part.some else _compared(looking, label, subject, part)
        for part in (assertion.every or assertion.some)
    ]
    status = (all_of if assertion.every else any_of)(part.status for part in parts)
    # The part shown is one that decided; the note names it and tells the others.
    first = next((part for part in parts if part.status is status), parts[0])
    leaves = assertion.every or assertion.some
    also = "is asked too" if assertion.every else "would do as well"
    others = [
        f"{leaf.value} of {demand(part.op, part.threshold)} {also} and is {shortened(part.observed)}"
        for leaf, part in zip(leaves, parts, strict=True)
        if part is not first and leaf.value and part.observed is not None and part.threshold
    ]
    name = leaves[parts.index(first)].value
    own = f"the number is {name}" if name else ""
    return Check(
        label=label, status=status, reason=first.reason if status is Status.INCONCLUSIVE else None,
        observed=first.observed, op=first.op, threshold=first.threshold, interval=first.interval, n=first.n,
        p_value=first.p_value, note="; ".join(text for text in (own, first.note, *others) if text), detail=dict(subject),
    )


def _compared(
    looking: _Looking, label: str, subject: Numbers, assertion: Assertion
) -> Check:
    """Compare one value with its threshold, exactly, then weigh it against chance."""
    rule = looking.rule
    try:
        observed = _observed(looking, subject, assertion)
    except Undefined as why:
        return inconclusive(Reason.UNDEFINED, f"{assertion.value} is not defined: {why}", label)
    except _Missing as why:
        return inconclusive(Reason.MISSING, str(why), label)
    except _Contradiction as why:
        return broken(str(why), label)
    n = subject.get("n")
    written, threshold = rule.threshold(assertion) if assertion.op != "present" else ("", Fraction(0))
    common = Check(
        label=label, status=Status.PASS, op=assertion.op or "", interval=_interval(subject, assertion.value),
        observed=decimal_text(_SHOWN.divide(Decimal(observed.numerator), Decimal(observed.denominator))),
        n=n if isinstance(n, int) else None, p_value=_p_text(subject), detail=dict(subject),
        threshold=written,
    )
    if assertion.op == "present":
        return common
    holds = _holds(observed, assertion.op or "", threshold)
    if rule.rule.uncertainty.decide == "interval":
        return _by_interval(rule, common, threshold, holds=holds)
    if rule.rule.uncertainty.decide == "point":
        return _by_point(rule, common, holds=holds)
    chance = looking.chances.get(str(subject.get("group", subject.get("feature", ""))))
    status, reason, note = decided(
        holds=holds, p_value=chance, n=common.n,
        one_person=not holds and one_person_decides(looking.known, subject, threshold),
        uncertainty=rule.rule.uncertainty,
    )
    if status is Status.PASS and not note and chance is None:
        return common
    return replace(
        common, status=status, reason=reason, note=note,
        p_value=decimal_text(chance) if chance is not None else common.p_value,
    )


def _by_point(rule: BoundRule, check: Check, *, holds: bool) -> Check:
    """Take the point value as it is, if there are enough people."""
    few = _too_few(rule, check)
    if few is not None:
        return few
    return check if holds else replace(check, status=Status.FAIL)


def _too_few(rule: BoundRule, check: Check) -> Check | None:
    """Return the check as undecided where the rule asks for more people than there are, or than anybody says there are."""
    least = rule.rule.uncertainty.min_group
    if check.n is None and least > 1:
        note = f"the evidence does not say how many there are, {least} are needed"
        return replace(check, status=Status.INCONCLUSIVE, reason=Reason.MISSING, note=note)
    if check.n is not None and check.n < least:
        note = f"{check.n} in the group, {least} are needed"
        return replace(check, status=Status.INCONCLUSIVE, reason=Reason.INSUFFICIENT_DATA, note=note)
    return None


def _observed(looking: _Looking, subject: Numbers, assertion: Assertion) -> Fraction:
    """Return the observed value exactly: from counts where there are any, else from the decimal text."""
    own = _number(looking.known, subject, assertion)
    if assertion.against != "baseline":
        return own
    if looking.before is None:
        raise _Missing("the model that it is compared with was not measured on the same data: `govern measure` it there first")
    before = _number(looking.before, _counterpart(looking.before.measurement, subject), assertion)
    better = before - own if assertion.value in LOWER_IS_BETTER else own - before
    if assertion.as_ == "difference":
        return better
    if before == 0:
        raise Undefined("the baseline is nought, so nothing can be relative to it")
    return better / abs(before)


def _number(known: Counted, subject: Numbers, assertion: Assertion) -> Fraction:
    stated = subject.get(assertion.value)
    exact = exact_value(known, subject, assertion.value)
    if exact is None:
        if assertion.exact == "rational":
            raise _Missing(f"the evidence holds no counts from which {assertion.value} could be taken exactly")
        if assertion.value not in subject:
            there = ", ".join(sorted(subject)) or "nothing"
            raise _Missing(f"the evidence has no “{assertion.value}”; it has {there}")
        if stated is None:
            raise Undefined("the evidence leaves it empty")
        return number_of(stated)
    if stated is not None:
        claimed = number_of(stated)
        if abs(claimed - exact) > CLAIM_TOLERANCE * max(_ONE, abs(exact)):
            raise _Contradiction(f"the evidence states {assertion.value} = {stated}, but its own counts give another")
    return exact


def _counterpart(baseline: Measurement, subject: Numbers) -> Numbers:
    """Return the baseline's values for the same group, feature or whole."""
    for each, rows in (("group", baseline.groups), ("feature", baseline.features)):
        if each in subject:
            return next((row for row in rows if row.get(each) == subject[each]), {})
    return baseline.values


def _holds(observed: Fraction, op: str, threshold: Fraction) -> bool:
    return bool(_COMPARE[op](observed, threshold))


def _by_interval(rule: BoundRule, check: Check, threshold: Fraction, *, holds: bool) -> Check:
    """Pass where the whole interval and the value are on the right side, fail where the whole interval is on the wrong one."""
    level = rule.rule.uncertainty.level
    if check.interval is None or decimal_of(check.interval.level) != decimal_of(level):
        note = f"the evidence has no interval at the level {level}"
        return replace(check, status=Status.INCONCLUSIVE, reason=Reason.MISSING, note=note)
    few = _too_few(rule, check)
    if few is not None:
        return few
    low, high = number_of(check.interval.low), number_of(check.interval.high)
    if low > high:
        return replace(check, status=Status.ERROR, note=f"the interval runs from {check.interval.low} down to {check.interval.high}")
    ends = [_holds(low, check.op, threshold), _holds(high, check.op, threshold)]
    shown = f"{check.interval.method} interval {shortened(check.interval.low)} to {shortened(check.interval.high)}"
    if all(ends) and holds:
        return replace(check, note=shown)
    if not any(ends):
        return replace(check, status=Status.FAIL, note=shown)
    return replace(
        check, status=Status.INCONCLUSIVE, reason=Reason.INSUFFICIENT_DATA,
        note=f"{shown} holds the threshold: more rows are needed to tell" if not all(ends) else f"{shown}, and the value is not in it",
    )


def _interval(subject: Numbers, value: str) -> Interval | None:
    given: JsonValue = subject.get(f"{value}_interval", subject.get("interval"))
    if not isinstance(given, dict) or not all(isinstance(given.get(k), str) for k in ("method", "level", "low", "high")):
        return None
    for end in ("low", "high"):
        number_of(given[end])
    return Interval(
        method=str(given["method"]), level=str(given["level"]), low=str(given["low"]), high=str(given["high"])
    )


def _p_text(subject: Numbers) -> str | None:
    for name in ("p_adjusted", "p_value"):
        value = subject.get(name)
        if isinstance(value, str):
            return value
    return None


class _Missing(Exception):  # noqa: N818 - an answer, not a malfunction
    """The evidence does not hold what the rule looks at."""


class _Contradiction(Exception):  # noqa: N818 - an answer, not a malfunction
    """The evidence says two things at once."""
