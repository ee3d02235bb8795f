"""How a measured number is printed in a pack: one function for whoever prints it and whoever checks it."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from govern.domain.evidence import JsonValue
from govern.errors import VerificationError

MAX_PLACES: Final = 12


def show(value: JsonValue, form: str) -> str:
    """Print `value` in `form`: `count`, `fixed:N`, `percent:N`, `p:N` or `text`; `None` is a dash.

    Rounds once, half up, from the exact decimal text. Raises `VerificationError` for a form or value that does not fit.
    """
    if value is None:
        return "–"
    kind, _, places = form.partition(":")
    if kind == "text" and isinstance(value, str):
        return value
    if kind == "count" and isinstance(value, int):
        return f"{value:,}"
    if kind in {"fixed", "percent", "p"} and places.isdigit() and int(places) <= MAX_PLACES:
        try:
            number = Decimal(str(value))
        except ArithmeticError:
            number = Decimal("NaN")
        if number.is_finite():
            return _rounded(number, kind, int(places))
    raise VerificationError(f"“{value}” can't be printed as {form}.", "The manifest does not fit the evidence.", step=5)


def _rounded(number: Decimal, kind: str, places: int) -> str:
    """Round half up to `places`; a true minus sign, no minus before a zero, and no p-value of nought."""
    smallest = Decimal(1).scaleb(-places)
    if kind == "p" and 0 <= number < smallest:
        return f"< {smallest:f}"
    if kind == "percent":
        number *= 100
    text = f"{number.quantize(smallest, rounding=ROUND_HALF_UP):,f}"
    if text.startswith("-"):
        text = text[1:] if not text.strip("-0.,") else "−" + text[1:]
    return text + (" %" if kind == "percent" else "")
