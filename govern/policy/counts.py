"""Numbers as exact fractions: from counts where evidence has them, from decimal text otherwise.

A third of the exact four-fifths cases come out below 0.8 in binary floating point; none does here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from govern.domain.evidence import JsonValue, Measurement
from govern.domain.text import decimal_of
from govern.errors import UsageError

Numbers = Mapping[str, JsonValue]

MAX_TEXT: Final = 400
MAX_EXPONENT: Final = 400
"""Beyond binary64's 308: no measure gives more, and `1e999999999` as an exact fraction would fill the memory."""

USUAL_REFERENCE: Final = 30
"""The `min_reference` of measures, where nobody asks for another."""
LOWER_IS_BETTER: Final = frozenset({
    "brier", "log_loss", "difference", "false_positive_rate", "false_negative_rate", "share", "effect",
    "calibration_error", "largest_effect", "largest_error", "largest_gap", "mae", "rmse", "accuracy_difference", "error_difference",
    "mae_difference", "rmse_difference", "null_share", "largest_null_share", "duplicate_share",
})
"""Values whose improvement is a fall; the direction belongs to the measure and is not a flag of the rule."""

_RATES: Final[Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]] = {
    "rate": (("weight_selected", ("weight",)), ("selected", ("n",))),
    "true_positive_rate": (
        ("weight_true_positives", ("weight_true_positives", "weight_false_negatives")),
        ("true_positives", ("positives",)),
    ),
    "false_positive_rate": (
        ("weight_false_positives", ("weight_false_positives", "weight_true_negatives")),
        ("false_positives", ("negatives",)),
    ),
    "false_negative_rate": (
        ("weight_false_negatives", ("weight_false_negatives", "weight_true_positives")),
        ("false_negatives", ("positives",)),
    ),
}
"""Rate to what it is the quotient of: by weights where rows carry them, else by counts."""


class Undefined(Exception):  # noqa: N818 - an answer, not a malfunction
    """The number is not defined on this data, such as a ratio to a rate of nought."""


def number_of(value: JsonValue) -> Fraction:
    """Read a count or decimal text exactly. Raises `UsageError` for NaN, infinities and what is no number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise UsageError(f"“{str(value)[:40]}” is not a number", "Evidence holds counts and decimal text.")
    return Fraction(value) if isinstance(value, int) else _read(value)


@lru_cache(maxsize=4096)
def _read(text: str) -> Fraction:
    """Thresholds and rounded rates come again and again."""
    number = decimal_of(text)
    if len(text) > MAX_TEXT or abs(number.adjusted()) > MAX_EXPONENT:
        raise UsageError(f"“{text[:40]}…” is not a number that a measure gives", "Measure again.")
    return Fraction(number)


def quotient_of(part: Fraction, whole: Fraction) -> Fraction:
    """Divide exactly. Raises `Undefined` where there is nothing to divide by."""
    if whole == 0:
        raise Undefined("there is nobody to divide by")
    return part / whole


def rate_of(group: Numbers, name: str) -> Fraction | None:
    """Return a group's rate from its counts or weights, or None where the evidence does not carry them."""
    for part, whole in _RATES.get(name, ()):
        if part not in group or any(field not in group for field in whole):
            continue
        above, below = group[part], group[whole[0]]
        if len(whole) == 1 and type(above) is int and type(below) is int and below:
            return Fraction(above, below)
        return quotient_of(number_of(above), sum((number_of(group[field]) for field in whole), Fraction(0)))
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A measurement with the group that the others are compared with, found once."""

    measurement: Measurement
    best: Numbers | None = None
    best_rate: Fraction | None = None


def counted(measurement: Measurement) -> Counted:
    """Find what a measurement's groups are compared with, where they are. Raises `UsageError`, `Undefined`."""
    if not measurement.measure.startswith("impact_ratio@"):
        return Counted(measurement=measurement)
    best = reference_group(measurement)
    return Counted(measurement=measurement, best=best, best_rate=rate_of(best, "rate") if best is not None else None)


def _impact(known: Counted, group: Numbers) -> Fraction | None:
    own = rate_of(group, "rate")
    if own is None or known.best_rate is None:
        return None
    if known.best_rate == 0:
        raise Undefined("nobody in the reference group was selected")
    return own / known.best_rate


def reference_group(measurement: Measurement) -> Numbers | None:
    """Return the group that the others are compared with, or None where there is none.

    The highest rate is looked for among groups of at least `min_reference` people, if the measure was told of such a
    number, and among all where no group is so large: one lucky person of two is no standard for thousands.
    """
    filled = [group for group in measurement.groups if group.get("n") != 0]
    if measurement.reference not in {"", "highest"}:
        return next((group for group in filled if str(group.get("group")) == measurement.reference), None)
    least = number_of(measurement.parameters.get("min_reference", 1))
    large = [group for group in filled if number_of(group.get("n")) >= least] or filled
    ranked = [(rate_of(group, "rate"), group) for group in large]
    known = [(rate, group) for rate, group in ranked if rate is not None]
    if not known or len(known) != len(ranked):
        return None
    return max(known, key=lambda pair: pair[0])[1]


def one_person_decides(known: Counted, group: Numbers, threshold: Fraction) -> bool:
    """Whether one person chosen in place of another would move a ratio of rates across its threshold.

    The one-person test of UGESP Questions and Answers, 20 and 21 (44 FR 11996). Where there are no counts, what the
    evidence says of itself (`flip`) is taken.
    """
    best = known.best
    counts = [one.get(field) for one in (group, best or {}) for field in ("selected", "n")]
    if best is None or not all(isinstance(count, int) and not isinstance(count, bool) for count in counts):
        return group.get("flip") is True
    s, n, big_s, big_n = (int(str(count)) for count in counts)
    if not n or not big_n or not big_s:
        return False

    def short_of(chosen: int, best_chosen: int) -> bool:
        return chosen * big_n * threshold.denominator < threshold.numerator * best_chosen * n

    below = short_of(s, big_s)
    step = 1 if below else -1
    return short_of(min(n, max(0, s + step)), min(big_n, max(0, big_s - step))) is not below


def _spread(names: Sequence[str]) -> Callable[[Counted, Numbers], Fraction | None]:
    def widest(known: Counted, values: Numbers) -> Fraction | None:
        del values
        gaps = []
        for name in names:
            rates = [rate_of(group, name) for group in known.measurement.groups]
            there = [rate for rate in rates if rate is not None]
            if len(there) != len(rates) or not there:
                return None
            gaps.append(max(there) - min(there))
        return max(gaps)

    return widest


def _closeness(names: Sequence[str]) -> Callable[[Counted, Numbers], Fraction | None]:
    def smallest(known: Counted, values: Numbers) -> Fraction | None:
        del values
        ratios = []
        for name in names:
            rates = [rate_of(group, name) for group in known.measurement.groups]
            there = [rate for rate in rates if rate is not None]
            if len(there) != len(rates) or not there:
                return None
            if max(there) == 0:
                raise Undefined("every group's rate is nought")
            ratios.append(min(there) / max(there))
        return min(ratios)

    return smallest


_DERIVED: Final[dict[tuple[str, str], Callable[[Counted, Numbers], Fraction | None]]] = {
    ("impact_ratio", "ratio"): _impact,
    ("demographic_parity", "difference"): _spread(("rate",)),
    ("demographic_parity", "ratio"): _closeness(("rate",)),
    ("equal_opportunity", "difference"): _spread(("true_positive_rate",)),
    ("equalized_odds", "difference"): _spread(("true_positive_rate", "false_positive_rate")),
    ("equalized_odds", "ratio"): _closeness(("true_positive_rate", "false_positive_rate")),
}


def exact_value(known: Counted, subject: Numbers, name: str) -> Fraction | None:
    """Return the value `name` of a group, feature or whole from counts; None where there are no counts for it.

    Raises `Undefined` and, for counts that are no numbers, `UsageError`.
    """
    derive = _DERIVED.get((known.measurement.measure.partition("@")[0], name))
    if derive is not None:
        return derive(known, subject)
    return rate_of(subject, name)
