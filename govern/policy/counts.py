"""Numbers as exact fractions: from counts where evidence has them, from decimal text otherwise.

A third of the exact four-fifths cases come out below 0.8 in binary floating point; none does here.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from govern.domain.evidence import JsonValue, Measurement
from govern.domain.text import decimal_of
from govern.errors import UsageError

Numbers = Mapping[str, JsonValue]

LOWER_IS_BETTER: Final = frozenset({
    "brier", "log_loss", "difference", "false_positive_rate", "false_negative_rate", "share", "effect",
    "calibration_error", "largest_effect",
})
"""Values whose improvement is a fall; the direction belongs to the measure and is not a flag of the rule."""

_RATES: Final = {
    "rate": ("selected", "n"),
    "true_positive_rate": ("true_positives", "positives"),
    "false_positive_rate": ("false_positives", "negatives"),
    "false_negative_rate": ("false_negatives", "positives"),
}
"""Rate to the counts it is the quotient of."""


class Undefined(Exception):  # noqa: N818 - an answer, not a malfunction
    """The number is not defined on this data, such as a ratio to a rate of nought."""


def number_of(value: JsonValue) -> Fraction:
    """Read a count or decimal text exactly. Raises `UsageError` for NaN, infinities and what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise UsageError(f"“{str(value)[:40]}” is not a number", "Evidence holds counts and decimal text.")
    return Fraction(value) if isinstance(value, int) else Fraction(decimal_of(value))


def quotient(part: JsonValue, whole: JsonValue) -> Fraction:
    """Divide two counts exactly. Raises `Undefined` where there is nothing to divide by."""
    below = number_of(whole)
    if below == 0:
        raise Undefined("there is nobody to divide by")
    return number_of(part) / below


def rate_of(group: Numbers, name: str) -> Fraction | None:
    """Return a group's rate from its counts, or None where the evidence does not carry them."""
    if name not in _RATES:
        return None
    part, whole = _RATES[name]
    if part == "false_negatives" and part not in group and {"positives", "true_positives"} <= group.keys():
        return 1 - quotient(group["true_positives"], group["positives"])
    if part not in group or whole not in group:
        return None
    return quotient(group[part], group[whole])


def _impact(measurement: Measurement, group: Numbers) -> Fraction | None:
    own, best = rate_of(group, "rate"), reference_rate(measurement)
    if own is None or best is None:
        return None
    if best == 0:
        raise Undefined("nobody in the reference group was selected")
    return own / best


def reference_rate(measurement: Measurement) -> Fraction | None:
    """Return the selection rate that the others are compared with."""
    rates: dict[str, Fraction] = {}
    for group in measurement.groups:
        if group.get("n") == 0:
            continue
        rate = rate_of(group, "rate")
        if rate is None:
            return None
        rates[str(group.get("group"))] = rate
    if not rates:
        return None
    if measurement.reference in {"", "highest"}:
        return max(rates.values())
    return rates.get(measurement.reference)


def _spread(names: Sequence[str]) -> Callable[[Measurement, Numbers], Fraction | None]:
    def widest(measurement: Measurement, values: Numbers) -> Fraction | None:
        del values
        gaps = []
        for name in names:
            rates = [rate_of(group, name) for group in measurement.groups]
            known = [rate for rate in rates if rate is not None]
            if len(known) != len(rates) or not known:
                return None
            gaps.append(max(known) - min(known))
        return max(gaps)

    return widest


def _closeness(names: Sequence[str]) -> Callable[[Measurement, Numbers], Fraction | None]:
    def smallest(measurement: Measurement, values: Numbers) -> Fraction | None:
        del values
        ratios = []
        for name in names:
            rates = [rate_of(group, name) for group in measurement.groups]
            known = [rate for rate in rates if rate is not None]
            if len(known) != len(rates) or not known:
                return None
            if max(known) == 0:
                raise Undefined("every group's rate is nought")
            ratios.append(min(known) / max(known))
        return min(ratios)

    return smallest


_DERIVED: Final[dict[tuple[str, str], Callable[[Measurement, Numbers], Fraction | None]]] = {
    ("impact_ratio", "ratio"): _impact,
    ("demographic_parity", "difference"): _spread(("rate",)),
    ("demographic_parity", "ratio"): _closeness(("rate",)),
    ("equal_opportunity", "difference"): _spread(("true_positive_rate",)),
    ("equalized_odds", "difference"): _spread(("true_positive_rate", "false_positive_rate")),
    ("equalized_odds", "ratio"): _closeness(("true_positive_rate", "false_positive_rate")),
}


def exact_value(measurement: Measurement, subject: Numbers, name: str) -> Fraction | None:
    """Return the value `name` of a group, feature or whole from counts; None where there are no counts for it.

    Raises `Undefined` and, for counts that are no numbers, `UsageError`.
    """
    if measurement.parameters.get("weight"):
        return None
    derive = _DERIVED.get((measurement.measure.partition("@")[0], name))
    if derive is not None:
        return derive(measurement, subject)
    return rate_of(subject, name)
