"""The one place where a measured number becomes decimal text."""

import math
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction
from typing import overload

from govern.domain.text import SIGNIFICANT_DIGITS

_CONTEXT = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_UP)
_PLAIN_DOWN_TO = -12
"""Smaller exponents are written as 1.5E-40: a p-value of three hundred zeros helps nobody."""

Number = float | int | Fraction | Decimal


@overload
def text(number: Number) -> str: ...
@overload
def text(number: None) -> None: ...
def text(number: Number | None) -> str | None:
    """Write a finite number with at most 15 significant digits, rounded once, half up; None stays None.

    A `Fraction` of exact counts is divided here and nowhere before. Raises `ValueError` for NaN and infinities: a
    measure has to say `undefined` before it comes here.
    """
    if number is None:
        return None
    if isinstance(number, Fraction):
        value = _CONTEXT.divide(Decimal(number.numerator), Decimal(number.denominator))
    elif isinstance(number, int | Decimal):
        value = _CONTEXT.plus(Decimal(number))
    else:
        if not math.isfinite(number):
            message = "only finite numbers can be written"
            raise ValueError(message)
        value = _CONTEXT.plus(Decimal(float(number)))
    if value == 0:
        return "0"
    value = value.normalize(_CONTEXT)
    return format(value, "f") if _PLAIN_DOWN_TO <= value.adjusted() < SIGNIFICANT_DIGITS else str(value)


def finite(number: float | None) -> str | None:
    """Write a number, or None where it is not finite."""
    return None if number is None or not math.isfinite(number) else text(float(number))


def real(number: object) -> float:
    """Read what `text` wrote, or an integer of the evidence."""
    return float(str(number))


def exact(number: object) -> Fraction:
    """Read an integer or decimal text without loss."""
    return Fraction(str(number))
