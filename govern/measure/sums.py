"""Sums of numbers that are the same on every engine, on any number of threads and in any order of rows.

A sum of binary numbers depends on the order of its terms. Here each term is first brought below 1 by a power of ten,
then rounded to a whole number of 10^-15 by one multiplication, one addition and one floor, which IEEE 754 defines in
every engine alike; whole numbers are then summed without loss.
"""

import math
from decimal import Decimal
from typing import Any, Final

from govern.measure.frames import Frame, how_many, run
from govern.measure.unmeasured import Unmeasured

DIGITS: Final = 15
"""Behind the point of a number below 1: all that binary64 holds."""
_LARGEST: Final = 150
"""Powers of ten beyond make squares that binary64 can't hold."""


def scale_of(largest: float) -> int:
    """The power of ten that no value of up to `largest` exceeds. Raises `Unmeasured` for values nobody measures."""
    scale = 0 if largest == 0 else math.ceil(math.log10(largest) - 1e-12)
    if abs(scale) > _LARGEST:
        raise Unmeasured("undefined", f"there is a value of {largest:g}: numbers of that size can't be summed")
    return scale


def exact_sum(number: Any, scale: int) -> Any:
    """An expression of the sum of `number`, of which none exceeds 10^`scale`; `summed` reads its result."""
    whole = (number.cast("float64") / 10.0**scale * 10.0**DIGITS + 0.5).floor()
    return whole.cast("int64").cast("decimal(38,0)").sum()


def summed(result: Any, scale: int) -> Decimal:
    """Read what `exact_sum` found."""
    return Decimal(result or 0).scaleb(scale - DIGITS)


def largest(frame: Frame, **numbers: Any) -> dict[str, float]:
    """The largest magnitude of each expression, 0 where there is none."""
    found = run(frame.table.aggregate(**{name: number.cast("float64").abs().max() for name, number in numbers.items()}), frame.name)[0]
    return {name: float(value or 0.0) for name, value in found.items()}


def weight_scale(frame: Frame, column: str) -> int:
    """The power of ten of a column of weights. Raises `Unmeasured` where one is null, negative or not finite."""
    weight = frame.table[column].cast("float64")
    bad = weight.isnull() | weight.isnan().fill_null(False) | weight.isinf().fill_null(False) | (weight < 0).fill_null(False)
    found = run(frame.table.aggregate(bad=how_many(bad)), frame.name)[0]
    if found["bad"]:
        raise Unmeasured("undefined", f"{found['bad']} rows have a weight in “{column}” that is missing, negative or not finite")
    return scale_of(largest(frame, weight=weight)["weight"])
