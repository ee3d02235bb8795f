"""Small wrongs done to a rule, to see whether its cases notice: a case that notices nothing guards nothing."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Final

from govern.domain.text import decimal_text
from govern.errors import UsageError
from govern.policy.bound import BoundRule
from govern.policy.counts import number_of
from govern.policy.model import Assertion, Op, Rule
from govern.policy.selftest import Trial, status_on

_TURNED: Final[dict[str, Op]] = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "==": ">="}
_EDGED: Final[dict[str, Op]] = {">=": ">", ">": ">=", "<=": "<", "<": "<="}
SHARE: Final = Fraction(1, 20)
"""How far a threshold is moved, in shares of itself: less would ask for cases at the threshold's very edge twice."""


def unnoticed(rule: BoundRule, trials: tuple[Trial, ...]) -> tuple[str, ...]:
    """Return the wrongs that no case notices, in words."""
    found = []
    for name, mutant in _mutants(rule):
        changed = replace(rule, rule=mutant)
        if all(_same(changed, trial) for trial in trials):
            found.append(name)
    return tuple(found)


def _of(assertion: Assertion, parts: tuple[Assertion, ...]) -> Assertion:
    """Return the same all or any, of other parts."""
    return replace(assertion, every=parts) if assertion.every else replace(assertion, some=parts)


def _same(rule: BoundRule, trial: Trial) -> bool:
    return status_on(rule, trial.sighting) is trial.expected


def _mutants(rule: BoundRule) -> Iterator[tuple[str, Rule]]:
    own = rule.rule
    if own.assertion is None:
        return
    for name, assertion in _assertions(rule, own.assertion):
        yield name, replace(own, assertion=assertion)
    if own.uncertainty.decide != "point":
        yield "chance is left out of account", replace(own, uncertainty=replace(own.uncertainty, decide="point"))
    if own.uncertainty.min_group > 1:
        yield "any number of people is enough", replace(own, uncertainty=replace(own.uncertainty, min_group=1))
    for field in own.over.min_rows:
        fewer = {key: least for key, least in own.over.min_rows.items() if key != field}
        yield f"{field} may be anything", replace(own, over=replace(own.over, min_rows=fewer))
    if own.over.need > 1:
        yield "one alone is enough", replace(own, over=replace(own.over, need=1))
    if own.over.each != "whole":
        other = "any" if own.over.of == "all" else "all"
        yield f"{other} instead of {own.over.of}", replace(own, over=replace(own.over, of=other))  # type: ignore[arg-type]


def _assertions(rule: BoundRule, assertion: Assertion) -> Iterator[tuple[str, Assertion]]:
    """Yield the assertion with one thing changed anywhere in it."""
    parts = assertion.every or assertion.some
    if parts:
        yield "all and any are exchanged", replace(assertion, every=assertion.some, some=assertion.every)
        for index, part in enumerate(parts):
            rest = (*parts[:index], *parts[index + 1:])
            if rest:
                yield f"{part.value or 'a part'} is not looked at", _of(assertion, rest)
            for name, changed in _assertions(rule, part):
                yield name, _of(assertion, (*parts[:index], changed, *parts[index + 1:]))
        return
    if assertion.op is None or assertion.op == "present":
        return
    yield f"{assertion.value}: {_TURNED[assertion.op]} for {assertion.op}", replace(assertion, op=_TURNED[assertion.op])
    if assertion.op in _EDGED:
        yield f"{assertion.value}: {_EDGED[assertion.op]} for {assertion.op}", replace(assertion, op=_EDGED[assertion.op])
    try:
        written, threshold = rule.threshold(assertion)
    except UsageError:
        return
    step = abs(threshold) * SHARE or SHARE
    for word, moved in (("lower", threshold - step), ("higher", threshold + step)):
        text = decimal_text(float(moved), 12)
        if number_of(text) != number_of(written):
            yield f"{assertion.value}: {text} for {written}, {word}", replace(assertion, threshold=text)

