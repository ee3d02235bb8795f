"""Cases made from a rule alone: evidence that must fail it and evidence that must pass it.

Used where a policy ships no cases of its own, and for the boundary cases of `govern policy test`. What is made here is
judged by the same code as real evidence, so a rule for which no failing case can be made shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from govern.domain.evidence import JsonValue, Measurement
from govern.domain.text import decimal_text
from govern.policy.bound import BoundRule
from govern.policy.counts import LOWER_IS_BETTER
from govern.policy.judging import Sighting
from govern.policy.model import Assertion, Case, Rule

MANY: Final = 1_000_000
"""So many in each group that chance can't be the reason."""
BASE: Final = Fraction(10)
"""The baseline's value, where a rule compares with one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A value that a made case has to show."""

    assertion: Assertion
    number: Fraction | None
    """None: left empty."""


def compares(rule: Rule) -> bool:
    """Say whether a rule asks how much better a model is than the one that it is to replace."""
    return rule.assertion is not None and any(leaf.against == "baseline" for leaf in leaves(rule.assertion))


def leaves(assertion: Assertion) -> Iterator[Assertion]:
    """Yield the plain comparisons of an assertion."""
    parts = assertion.every or assertion.some
    if not parts:
        yield assertion
    for part in parts:
        yield from leaves(part)


def beside(rule: BoundRule, assertion: Assertion, *, good: bool, step: Fraction | None = None) -> Wanted:
    """Return a value one step on the good or the bad side of a threshold. Raises `UsageError`."""
    if assertion.op == "present":
        return Wanted(assertion=assertion, number=Fraction(1) if good else None)
    _, threshold = rule.threshold(assertion)
    size = step if step is not None else max(abs(threshold), Fraction(1, 10)) / 10
    if assertion.op == "==":
        return Wanted(assertion=assertion, number=threshold if good else threshold + size)
    upward = assertion.op in {">=", ">"}
    return Wanted(assertion=assertion, number=threshold + (size if upward is good else -size))


def made(rule: BoundRule, *, good: bool) -> Sighting:
    """Make evidence on the good or on the bad side of every threshold of a rule. Raises `UsageError`."""
    assertion = rule.rule.assertion
    wanted = [] if assertion is None else [beside(rule, leaf, good=good) for leaf in leaves(assertion)]
    return showing(rule, wanted, p_value="1" if good else "0")


def showing(rule: BoundRule, wanted: list[Wanted], *, p_value: str) -> Sighting:
    """Make evidence that shows the wanted values, with counts where the measure has them."""
    fields: dict[str, JsonValue] = {"n": MANY, "p_value": p_value, **dict.fromkeys(rule.rule.over.min_rows, MANY)}
    before: dict[str, JsonValue] = dict(fields)
    groups: list[dict[str, JsonValue]] = []
    for one in wanted:
        name, number = one.assertion.value, one.number
        if one.assertion.against == "baseline" and number is not None:
            change = number * BASE if one.assertion.as_ == "relative" else number
            before[name] = _text(BASE)
            number = BASE - change if name in LOWER_IS_BETTER else BASE + change
        fields[name] = None if number is None else _text(number)
        if number is not None:
            fields[f"{name}_interval"] = _interval(rule, number)
            groups = _counted(rule, name, number, fields) or groups
    compared = any(one.assertion.against == "baseline" for one in wanted)
    return Sighting(
        measurement=_measurement(rule, fields, groups, p_value),
        baseline=_measurement(rule, before, [], p_value) if compared else None,
    )


def shipped(rule: BoundRule, case: Case) -> Sighting:
    """Turn a case of the document into evidence. Raises `UsageError`."""
    parameters = rule.parameters()
    attributes = rule.attributes() or ("",)
    reference = parameters.get("reference", "highest")
    return Sighting(measurement=Measurement(
        measure=rule.rule.measure, attribute=case.attribute or attributes[0], availability=case.availability,
        reference=str(reference), values=case.values, groups=case.groups, features=case.features,
        reason="" if case.availability == "measured" else "the case says so",
    ))


def _measurement(
    rule: BoundRule, fields: dict[str, JsonValue], groups: list[dict[str, JsonValue]], p_value: str
) -> Measurement:
    each, need = rule.rule.over.each, rule.rule.over.need
    attribute = (rule.attributes() or ("",))[0] if each == "group" else ""
    reference = str(rule.rule.parameters.get("reference", "highest"))
    if each == "whole":
        return Measurement(
            measure=rule.rule.measure, attribute=attribute, reference=reference, values=fields, groups=tuple(groups)
        )
    rows = list(groups) if groups else [{**fields, each: f"case-{number}"} for number in range(max(2, need))]
    while len(rows) < need:
        rows.append({**rows[-1], each: f"case-{len(rows)}"})
    return Measurement(
        measure=rule.rule.measure, attribute=attribute, reference=reference, values={"p_value": p_value},
        groups=tuple(rows) if each == "group" else (), features=tuple(rows) if each == "feature" else (),
    )


def _counted(
    rule: BoundRule, name: str, number: Fraction, fields: dict[str, JsonValue]
) -> list[dict[str, JsonValue]]:
    """Make two groups whose counts give the wanted number, for the measures that are compared by counts."""
    measure, named = rule.rule.measure.partition("@")[0], str(rule.rule.parameters.get("reference", "highest"))
    first_name = "case-0" if named == "highest" else named
    within = min(max(number, Fraction(0)), Fraction(1))
    extra: dict[str, JsonValue] = {
        key: value for key, value in fields.items() if key not in {name, f"{name}_interval"}
    }
    half = MANY // 2

    def pair(first: dict[str, int], second: dict[str, int]) -> list[dict[str, JsonValue]]:
        return [{**extra, "group": first_name, **first}, {**extra, "group": "case-1", **second}]

    if (measure, name) in {("impact_ratio", "ratio"), ("demographic_parity", "ratio")}:
        return pair({"n": MANY, "selected": half}, {"n": MANY, "selected": int(half * within)})
    if (measure, name) == ("demographic_parity", "difference"):
        return pair({"n": MANY, "selected": MANY}, {"n": MANY, "selected": MANY - int(MANY * within)})
    if measure in {"equalized_odds", "equal_opportunity"} and name == "difference":
        rest = {"positives": half, "negatives": half, "false_positives": 0}
        return pair(
            {"n": MANY, **rest, "true_positives": half},
            {"n": MANY, **rest, "true_positives": half - int(half * within)},
        )
    if measure == "equalized_odds" and name == "ratio":
        rest = {"positives": half, "negatives": half, "false_positives": half}
        return pair(
            {"n": MANY, **rest, "true_positives": half}, {"n": MANY, **rest, "true_positives": int(half * within)}
        )
    return []


def _interval(rule: BoundRule, number: Fraction) -> JsonValue:
    text = _text(number)
    return {"method": "made", "level": rule.rule.uncertainty.level, "low": text, "high": text}


def _text(number: Fraction) -> str:
    return str(decimal_text(Decimal(number.numerator) / Decimal(number.denominator)))
