"""Boundary cases made from a rule: at its threshold, one step either side, NaN, missing, too few, nobody at all, too old."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final

from govern.domain.decision import Status
from govern.domain.evidence import Evidence, JsonValue, Measurement
from govern.domain.leaving_out import LEAVE_OUT, LEFT_OUT, asked
from govern.domain.text import Digest
from govern.policy.bound import BoundRule
from govern.policy.cases import MANY, Wanted, beside, leaves, made, showing
from govern.policy.counts import counted, exact_value
from govern.policy.judging import Sighting
from govern.policy.model import Assertion
from govern.policy.question import PresentedEvidence, Question
from govern.policy.selftest import Trial

STEP: Final = Fraction(1, 10**9)
"""One step for a number that is no quotient of counts."""
PERSON: Final = Fraction(2, MANY)
"""One step for a quotient of the made counts: one person more or less in the smaller count."""
_INCLUSIVE: Final = frozenset({">=", "<=", "=="})


def boundary_trials(rule: BoundRule) -> tuple[Trial, ...]:
    """Return the boundary cases of a measured rule. Raises `UsageError`."""
    assertion = rule.rule.assertion
    if assertion is None:
        return ()
    trials: list[Trial] = []
    for number, leaf in enumerate(leaves(assertion)):
        if leaf.op != "present":
            trials += _around(rule, assertion, leaf, number)
    good = made(rule, good=True)
    trials += [
        Trial(name="nothing measured", sighting=_emptied(good), expected=Status.INCONCLUSIVE),
        Trial(name="an input was missing", sighting=_unavailable(good), expected=Status.INCONCLUSIVE),
    ]
    first = next(leaves(assertion))
    if exact_value(counted(good.measurement), _some(good.measurement), first.value) is None and not assertion.some:
        trials.append(Trial(name="NaN", sighting=_with(good, first.value, "NaN"), expected=Status.ERROR))
        trials.append(Trial(name="left empty", sighting=_with(good, first.value, None), expected=Status.INCONCLUSIVE))
    for field in rule.rule.over.min_rows:
        trials.append(Trial(name=f"too few: {field}", sighting=_with(good, field, 0), expected=Status.INCONCLUSIVE))
    if rule.rule.over.need > 1 and rule.rule.over.each != "whole":
        trials.append(Trial(name="one alone", sighting=_cut(good), expected=Status.INCONCLUSIVE))
    return tuple(trials)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgedTrial:
    """Good evidence of some age, and the status that a rule must give on it."""

    name: str
    question: Question
    expected: Status


MOMENT: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""When aged trials are decided."""


def aged_trials(rule: BoundRule) -> tuple[AgedTrial, ...]:
    """Return cases around a measured rule's age; none where any age will do. Raises `UsageError`."""
    oldest, system = rule.rule.max_age, rule.bound.system
    if oldest is None or system is None or rule.rule.assertion is None:
        return ()
    subject, other = rule.bound.policy_digest, rule.bound.binding_digest
    good = made(rule, good=True)

    def aged(age: timedelta) -> Question:
        sides = [(subject, good.measurement), *([(other, good.baseline)] if good.baseline is not None else [])]
        return Question(
            gate=rule.bound.gate, system=system, subject=subject, subject_name="case", bound=(), baseline=other,
            evidence=tuple(_presented(rule, digest, side, MOMENT - age) for digest, side in sides),
        )

    placed = (
        ("on its last day", oldest, Status.PASS), ("a second past its age", oldest + timedelta(seconds=1), Status.INCONCLUSIVE),
        ("measured after the moment", timedelta(seconds=-1), Status.INCONCLUSIVE),
    )
    return tuple(AgedTrial(name=name, question=aged(age), expected=expected) for name, age, expected in placed)


def _presented(rule: BoundRule, subject: Digest, measurement: Measurement, collected: datetime) -> PresentedEvidence:
    """Present made evidence as a gate would: of the right parameters, for every attribute that the rule asks about."""
    parameters = rule.parameters()
    left_out = asked(parameters.pop(LEAVE_OUT, {}))
    one = replace(
        measurement, parameters=parameters, favourable=str(parameters.get("favourable", "")),
        reference=str(parameters.get("reference", measurement.reference)),
    )
    attributes = rule.attributes(parameters)
    rows = sum(int(str(group.get("n", 0))) for group in one.groups) or MANY
    measures = tuple(_without(replace(one, attribute=name), left_out.get(name, {})) for name in attributes) if attributes else (one,)
    evidence = Evidence(rows=rows, measures=measures)
    return PresentedEvidence(
        digest=subject, evidence=evidence, subject=subject, data=rule.bound.policy_digest, collected=collected, trusted=True, holder="case",
    )


def _without(measurement: Measurement, named: Mapping[str, str]) -> Measurement:
    """Return made evidence that leaves out what a rule leaves out, with nobody in it."""
    if not named:
        return measurement
    rows: list[JsonValue] = [{"group": name, "n": 0, "reason": reason} for name, reason in named.items()]
    return replace(
        measurement, parameters={**measurement.parameters, LEAVE_OUT: {**named}}, values={**measurement.values, LEFT_OUT: rows}
    )


def _around(rule: BoundRule, assertion: Assertion, leaf: Assertion, number: int) -> list[Trial]:
    """Make three cases around one comparison, the others being put where this one decides."""
    others_good = not assertion.some
    _, threshold = rule.threshold(leaf)
    by_counts = _is_counted(rule, leaf)
    step = PERSON if by_counts else STEP
    upward = leaf.op in {">=", ">"}
    if by_counts and not step <= threshold <= 1 - step:
        # A rate can't lie beyond nought or one.
        return []
    placed = (
        ("at the threshold", threshold, leaf.op in _INCLUSIVE),
        ("one step above", threshold + step, upward and leaf.op != "=="),
        ("one step below", threshold - step, not upward and leaf.op != "=="),
    )
    trials = []
    for name, value, holds in placed:
        wanted = [
            Wanted(assertion=other, number=value) if index == number else beside(rule, other, good=others_good)
            for index, other in enumerate(leaves(assertion))
        ]
        trials.append(Trial(
            name=f"{leaf.value} {name}", sighting=showing(rule, wanted, p_value="1" if holds else "0"),
            expected=Status.PASS if holds else Status.FAIL,
        ))
    return trials


def _is_counted(rule: BoundRule, leaf: Assertion) -> bool:
    made_up = showing(rule, [Wanted(assertion=leaf, number=Fraction(1, 2))], p_value="1").measurement
    return exact_value(counted(made_up), _some(made_up), leaf.value) is not None


def _some(measurement: Measurement) -> dict[str, JsonValue]:
    rows = measurement.groups or measurement.features
    return dict(rows[-1] if rows and measurement.values.keys() <= {"p_value"} else measurement.values)


def _emptied(sighting: Sighting) -> Sighting:
    return replace(sighting, measurement=replace(sighting.measurement, values={}, groups=(), features=()))


def _unavailable(sighting: Sighting) -> Sighting:
    return replace(sighting, measurement=replace(sighting.measurement, availability="missing", reason="a case"))


def _with(sighting: Sighting, field: str, value: JsonValue) -> Sighting:
    """Return the evidence with one field set in all that is looked at."""
    old = sighting.measurement
    interval = f"{field}_interval"

    def changed(row: object) -> dict[str, JsonValue]:
        fields = {key: item for key, item in dict(row).items() if key != interval}  # type: ignore[call-overload]
        return {**fields, field: value}

    return replace(sighting, measurement=replace(
        old, values=changed(old.values), groups=tuple(changed(row) for row in old.groups),
        features=tuple(changed(row) for row in old.features),
    ))


def _cut(sighting: Sighting) -> Sighting:
    old = sighting.measurement
    return replace(sighting, measurement=replace(old, groups=old.groups[:1], features=old.features[:1]))
