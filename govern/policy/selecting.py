"""Which evidence speaks for a rule: of the right measure, subject, signer and age; and why none does."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from govern.domain.decision import Check, Reason, Status
from govern.domain.evidence import JsonValue, Measurement
from govern.domain.leaving_out import LEAVE_OUT, asked, left_out
from govern.domain.text import Digest, instant, short
from govern.policy.bound import BoundRule
from govern.policy.judging import Sighting, checks_of
from govern.policy.question import PresentedEvidence, Question
from govern.policy.usual import unusual
from govern.policy.verdict import inconclusive

_CUT: Final = re.compile(r"(<=|>=|<|>)-?\d+(\.\d+)?$")
"""What cuts a number's column in two: `age<=25` groups people by the column `age`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Checks of one rule, the evidence they rest on, and when the first of it goes stale."""

    checks: tuple[Check, ...]
    evidence: tuple[Digest, ...] = ()
    expires: datetime | None = None
    left_out: tuple[str, ...] = ()
    """Categories that were counted and not compared, with the reason, in words."""
    absent: bool = False
    """Whether trusted, fresh evidence says that an input was not there, and nothing else stands against a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    presented: PresentedEvidence
    measurement: Measurement


class Shelf:
    """The presented evidence, sorted once: what a rule looks for is found without going through all of it."""

    def __init__(self, evidence: Sequence[PresentedEvidence]) -> None:
        self._by_measure: dict[str, list[_Candidate]] = {}
        self._by_attribute: dict[tuple[str, str], list[_Candidate]] = {}
        self._excluded: dict[Digest, dict[str, int]] = {}
        for one in evidence:
            for measurement in one.evidence.measures:
                candidate = _Candidate(presented=one, measurement=measurement)
                self._by_measure.setdefault(measurement.measure, []).append(candidate)
                key = (measurement.measure, measurement.attribute)
                self._by_attribute.setdefault(key, []).append(candidate)

    def of(self, measure: str, attribute: str | None) -> Sequence[_Candidate]:
        """Return what there is of a measure: on one attribute and on the whole, or (None) on anything."""
        if attribute is None:
            return self._by_measure.get(measure, ())
        whole = self._by_attribute.get((measure, ""), ()) if attribute else ()
        return (*self._by_attribute.get((measure, attribute), ()), *whole)

    def excluded(self, one: PresentedEvidence) -> dict[str, int]:
        """Return attribute to rows left out, summed up once for each piece of evidence."""
        if one.digest not in self._excluded:
            found: dict[str, int] = {}
            for unknown in one.evidence.excluded:
                found[unknown.attribute] = found.get(unknown.attribute, 0) + unknown.n
            self._excluded[one.digest] = found
        return self._excluded[one.digest]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """One rule looking through the evidence of one question."""

    rule: BoundRule
    question: Question
    shelf: Shelf
    as_of: datetime
    parameters: Mapping[str, JsonValue]


def look(rule: BoundRule, question: Question, shelf: Shelf, as_of: datetime) -> Found:
    """Judge the evidence that is presented for one rule, attribute by attribute."""
    parameters = rule.parameters()
    attributes = rule.attributes(parameters)
    if attributes == ():
        note = "there is no attribute to look at: the system states none"
        return Found(checks=(inconclusive(Reason.MISSING, note),))
    looking = _Look(rule=rule, question=question, shelf=shelf, as_of=as_of, parameters=parameters)
    found = [_one(looking, attribute) for attribute in (attributes if attributes is not None else (None,))]
    return Found(
        checks=_once(check for one in found for check in one.checks) if rule.rule.over.each == "feature" and attributes
        else tuple(check for one in found for check in one.checks),
        evidence=tuple(sorted({digest for one in found for digest in one.evidence})),
        expires=min((one.expires for one in found if one.expires is not None), default=None),
        left_out=tuple(note for one in found for note in one.left_out),
        absent=any(one.absent for one in found) and all(one.absent or _passes(one) for one in found),
    )


def _once(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Leave out what was said already: a crossing's columns are often attributes themselves."""
    kept: list[Check] = []
    for check in checks:
        if check not in kept:
            kept.append(check)
    return tuple(kept)


def _passes(found: Found) -> bool:
    return all(check.status is Status.PASS for check in found.checks)


def _one(looking: _Look, attribute: str | None) -> Found:
    rule = looking.rule
    candidates, otherwise = _of_measure(looking, attribute)
    if not candidates and otherwise:
        note = f"there is no evidence {rule.rule.measure}, measured as the rule asks: there is one with {otherwise}"
        return Found(checks=(inconclusive(Reason.MISSING, note, attribute or ""),))
    usable, problem = _usable(rule, candidates, looking.question.subject, looking.as_of, attribute or "")
    if problem is not None:
        return Found(checks=(problem,))
    latest = max(candidate.presented.collected for candidate in usable)
    newest = [candidate for candidate in usable if candidate.presented.collected == latest]
    checks: list[Check] = []
    for candidate in sorted(newest, key=lambda one: one.presented.digest):
        checks += checks_of(rule, Sighting(
            measurement=candidate.measurement, rows=candidate.presented.evidence.rows,
            excluded=looking.shelf.excluded(candidate.presented), baseline=_baseline(looking, attribute, candidate.presented.data),
        ))
    return Found(
        checks=tuple(checks),
        evidence=tuple(sorted({candidate.presented.digest for candidate in newest})),
        expires=latest + rule.rule.max_age if rule.rule.max_age is not None else None,
        left_out=tuple(sorted({note for one in newest for note in _left_out(one.measurement)})),
        absent=all(candidate.measurement.availability == "missing" for candidate in newest),
    )


def _left_out(measurement: Measurement) -> tuple[str, ...]:
    return tuple(
        f"{measurement.attribute}={row.get('group')} ({row.get('n')} rows) is left out of the ratios: {row.get('reason')}"
        for row in left_out(measurement)
    )


def _of_measure(looking: _Look, attribute: str | None) -> tuple[list[_Candidate], str]:
    """Return what was measured as the rule asks, and why something else was not, if anything was there."""
    found: list[_Candidate] = []
    otherwise = ""
    for one in looking.shelf.of(looking.rule.rule.measure, attribute):
        difference = _difference(looking.parameters, one.measurement)
        if difference:
            otherwise = otherwise or difference
            continue
        if attribute is None or one.measurement.attribute == attribute:
            found.append(one)
            continue
        part = _part(looking.rule, one.measurement, attribute)
        if part is not None:
            found.append(replace(one, measurement=part))
    return found, otherwise


def _part(rule: BoundRule, measurement: Measurement, attribute: str) -> Measurement | None:
    """Return what a measurement of the whole says of one attribute among its features, or None."""
    if measurement.attribute or rule.rule.over.each != "feature":
        return None
    if measurement.availability != "measured":
        return measurement
    present = {str(feature.get("feature")) for feature in measurement.features}
    # A model takes columns, not crossings: a crossing, or a cut of a number, stands as its columns do, and lacks what one of them lacks.
    names = {attribute} if attribute in present else {_CUT.sub("", one).strip() for one in attribute.split("*")}
    if not names <= present:
        return None
    return replace(measurement, features=tuple(one for one in measurement.features if str(one.get("feature")) in names))


def _difference(parameters: Mapping[str, JsonValue], measurement: Measurement) -> str:
    """Say what the numbers were made with otherwise than the rule names, or leaves open; empty where as asked."""
    own = {"favourable": measurement.favourable, "reference": measurement.reference}
    # Whether or not a rule names any: a category that was left out is not judged, so the rule itself has to leave it out.
    if asked(parameters.get(LEAVE_OUT, {})).get(measurement.attribute, {}) != measurement.parameters.get(LEAVE_OUT, {}):
        return "other categories left out"
    for key, wanted in parameters.items():
        if key in {"attributes", LEAVE_OUT}:
            continue
        had = own.get(key) or measurement.parameters.get(key)
        if had is None and measurement.availability != "measured":
            continue
        if had != wanted and str(had) != str(wanted):
            return f"{key} = {'nothing' if had is None else had}, and the rule asks for {wanted}"
    return unusual(measurement, parameters)


def _usable(
    rule: BoundRule, candidates: list[_Candidate], subject: Digest, as_of: datetime, attribute: str
) -> tuple[list[_Candidate], Check | None]:
    """Sift candidates; the first sieve that nothing passes gives the reason."""
    name = rule.rule.measure
    if not candidates:
        return [], inconclusive(Reason.MISSING, f"there is no evidence {name}, measured as the rule asks", attribute)
    about = [one for one in candidates if one.presented.subject == subject]
    if not about:
        other = short(candidates[0].presented.subject)
        return [], inconclusive(Reason.WRONG_SUBJECT, f"{name} was measured on another model, {other}", attribute)
    trusted = [one for one in about if one.presented.trusted]
    if not trusted:
        return [], inconclusive(Reason.UNTRUSTED_SIGNER, f"{name} was signed by a key that may not", attribute)
    timely = [one for one in trusted if one.presented.collected <= as_of]
    if not timely:
        return [], inconclusive(Reason.STALE, f"{name} was collected after the moment of decision", attribute)
    age = rule.rule.max_age
    fresh = [one for one in timely if age is None or as_of - one.presented.collected <= age]
    if not fresh:
        last = instant(max(one.presented.collected for one in timely))
        days = age.days if age is not None else 0
        return [], inconclusive(Reason.STALE, f"{name} was collected at {last}, more than {days} days before", attribute)
    return fresh, None


def _baseline(looking: _Look, attribute: str | None, data: Digest) -> Measurement | None:
    """Return what the baseline gave on the same data: better on other rows is not better."""
    baseline = looking.question.baseline
    if baseline is None:
        return None
    same = [one for one in _of_measure(looking, attribute)[0] if one.presented.data == data]
    usable, problem = _usable(looking.rule, same, baseline, looking.as_of, attribute or "")
    if problem is not None:
        return None
    return max(usable, key=lambda one: (one.presented.collected, one.presented.digest)).measurement
