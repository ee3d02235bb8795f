"""Categories that are left out of a table of ratios, by name and with a reason, as 6 RCNY 5-301(d) allows for small ones.

Measures and policy hold to the same words and the same bound, so both find them here.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from govern.domain.evidence import JsonValue, Measurement
from govern.errors import UsageError

LEAVE_OUT: Final = "leave_out"
"""The parameter of a measure: attribute to category to the reason. In evidence: category to the reason, of its attribute."""
LEFT_OUT: Final = "left_out"
"""The value of a measurement that has the categories left out, each with number, rate, share and reason."""
MAY_LEAVE_OUT: Final = frozenset({"impact_ratio", "scoring_rate"})
"""Measures that can; for all others the parameter would do nothing, and is refused."""
BELOW: Final = Fraction(1, 50)
"""A category has to be less than this share of the data whose category is known (5-301(d): “less than 2%”)."""


def is_small(part: Fraction | int, whole: Fraction | int) -> bool:
    """Whether a category may be left out."""
    return part < BELOW * whole


def left_out(measurement: Measurement) -> tuple[Mapping[str, JsonValue], ...]:
    """Return the categories that a measurement counted and compared with nobody, with number, rate, share and reason."""
    rows = measurement.values.get(LEFT_OUT)
    return tuple(row for row in rows if isinstance(row, Mapping)) if isinstance(rows, list | tuple) else ()


def asked(value: JsonValue) -> dict[str, dict[str, str]]:
    """Read attribute to category to reason. Raises `UsageError` for anything else and for a reason that is empty."""
    if not isinstance(value, Mapping):
        raise UsageError(f"{LEAVE_OUT} is no mapping of attributes", "Write it as {race: {Category: the reason}}.")
    return {str(attribute): reasons(given, str(attribute)) for attribute, given in value.items()}


def reasons(value: JsonValue, attribute: str) -> dict[str, str]:
    """Read category to reason. Raises `UsageError`."""
    if not isinstance(value, Mapping) or not value:
        raise UsageError(f"{LEAVE_OUT} names no category of “{attribute}”", "Write it as {race: {Category: the reason}}.")
    for category, reason in value.items():
        if not str(category).strip():
            raise UsageError(f"{LEAVE_OUT} names an empty category of “{attribute}”", "Name each category as the data has it.")
        if not isinstance(reason, str) or not reason.strip():
            raise UsageError(
                f"{LEAVE_OUT} gives no reason for leaving out “{category}” of “{attribute}”",
                "The summary of results has to justify each exclusion (6 RCNY 5-301(d)): write why.",
            )
    return {str(category): str(reason) for category, reason in value.items()}
