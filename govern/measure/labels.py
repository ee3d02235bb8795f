"""How a value of a column is written as a label, the same whichever engine or frame it came from."""

import datetime as dt
import math
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Final

UNKNOWN: Final = ("", "?", "n/a", "nan", "unknown")
"""Group values that mean "not known", compared without case; rows with them are excluded and counted."""

_TRUTH = ({"true", "1"}, {"false", "0"})


def label(value: object) -> str | None:
    """Write one value as a label; None for a null or NaN.

    `1`, `1.0` and `Decimal(1)` are one label; booleans are `true` and `false`; text is kept, less the space around it.
    """
    if value is None:
        return None
    if isinstance(value, bool) or type(value).__name__ in {"bool_", "bool"}:
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        return None if math.isnan(value) else _number(Decimal(repr(value)) if isinstance(value, float) else value)
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return str(value).strip()


def declared(value: object) -> str:
    """Write a value that a person declared (`1`, `"1.0"`, `true`, `>50K`) as the label it stands for."""
    if isinstance(value, str):
        try:
            return _number(Decimal(value.strip()))
        except InvalidOperation:
            return value.strip()
    return label(value) or ""


def same(one: str, other: str) -> bool:
    """Whether two labels mean the same; `1` and `true` do."""
    if one == other:
        return True
    pair = {one.lower(), other.lower()}
    return any(pair <= truth for truth in _TRUTH)


def is_unknown(text: str | None, unknown: Iterable[str] = UNKNOWN) -> bool:
    """Whether a group's label means that the group is not known."""
    return text is None or text.casefold() in {word.casefold() for word in unknown}


def _number(value: Decimal) -> str:
    if not value.is_finite():
        return str(value)
    whole = value.to_integral_value()
    return str(int(whole)) if whole == value else format(value.normalize(), "f")
