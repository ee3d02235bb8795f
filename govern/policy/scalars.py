"""How single values of a document read: decimals, durations, dates, lists of words."""

import re
from datetime import date, timedelta
from typing import Final

from govern.domain.text import decimal_of
from govern.errors import UsageError

MAX_DIGITS: Final = 40
"""More digits than any threshold needs; keeps exact arithmetic cheap on hostile documents."""

_PARAMETER: Final = re.compile(r"\$\{([a-z][a-z0-9_.]*)\}")


def decimal_string(value: object) -> str:
    """Read a finite decimal number as its text; raises `ValueError` as pydantic wants it."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("a decimal number is expected, such as 0.8")  # noqa: TRY004 - pydantic turns it into an error
    text = str(value)
    try:
        number = decimal_of(text)
    except UsageError as error:
        raise ValueError(error.message) from error
    if len(text) > MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS or text != text.strip() or "_" in text:
        raise ValueError(f"“{text[:50]}” is not a decimal number that a threshold needs")
    return text


def quantity_string(value: object) -> str:
    """Read a decimal number or a reference to a parameter, `${name}`."""
    if isinstance(value, str) and (value == "" or _PARAMETER.fullmatch(value)):
        return value
    return decimal_string(value)


def parameter_name(value: object) -> str | None:
    """Return `name` where `value` is exactly `${name}`, else None."""
    match = _PARAMETER.fullmatch(value) if isinstance(value, str) else None
    return match.group(1) if match else None


def days_of(value: object) -> timedelta:
    """Read `P90D`. Months and years are refused: they have no one length."""
    match = re.fullmatch(r"P([1-9][0-9]{0,4})D", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a duration is written in days, such as P90D")
    return timedelta(days=int(match.group(1)))


def iso_date(value: object) -> str:
    """Read a calendar date as text."""
    if not isinstance(value, str):
        raise ValueError("a date is expected, such as 2026-11-21")  # noqa: TRY004 - pydantic turns it into an error
    try:
        date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f"“{value[:40]}” is not a date such as 2026-11-21") from error
    return value


def text_list(value: object) -> tuple[str, ...]:
    """Read a word or a list of words; an empty list is refused, for it would select nothing or everything."""
    items = (value,) if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) and item for item in items):
        raise ValueError("a word or a list of words is expected")
    if not items:
        raise ValueError("the list is empty")
    return tuple(items)
