"""Words as they are printed: foreign text made safe, digests in groups, times and numbers for people."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final

from govern.domain.text import instant
from govern.exchange.pdf_figures import MAX_PLACES, show
from govern_reports.fonts import printable

LONGEST: Final = 1_200
"""Characters of one foreign text that are printed; the whole of it is in the attached entries."""
_MARKS: Final = re.compile(r"([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{3})[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")
"""More than three marks on a letter draw over the lines around it and say nothing."""
_INVISIBLE: Final = {"Cc", "Cf", "Cs", "Co", "Cn"}
"""Unicode categories that are shown as code points: direction overrides and zero-width marks change what is read."""
_KEPT: Final = {"\n", "\u00ad"}
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)


def clean(text: str, longest: int = LONGEST) -> str:
    """Return foreign text as it may be printed: nothing invisible, nothing unprintable, not longer than `longest`.

    A character that has no glyph, reorders its neighbours or can't be seen is written as its code point, `⟨U+202E⟩`.
    """
    cut = text[:longest]
    if not cut.isascii() or not cut.isprintable():
        cut = _MARKS.sub(r"\1", "".join(map(_visible, cut)))
    if len(text) > longest:
        cut += f" … ({len(text):,} characters; all of them are in the attached entries)"
    return cut


def _visible(character: str) -> str:
    """Return a character, a space for white space, or its code point."""
    if character in _KEPT:
        return character if character == "\n" else ""
    if character == "\t":
        return " "
    if unicodedata.category(character) in _INVISIBLE or ord(character) not in printable():
        return f"⟨U+{ord(character):04X}⟩"
    return character


def one_line(text: str, longest: int = 240) -> str:
    """Return foreign text as one line."""
    return " ".join(clean(text, longest).split())


def grouped(digest: str) -> str:
    """Write a digest in groups of four, for comparing by eye: `sha256 0123 4567 …`."""
    name, _, digits = digest.rpartition(":")
    groups = " ".join(digits[start:start + 4] for start in range(0, len(digits), 4))
    return f"{name} {groups}" if name else groups


def ends(digest: str) -> str:
    """Write the first and the last eight digits of a digest, for tables."""
    digits = digest.rpartition(":")[2]
    return f"{digits[:8]}…{digits[-8:]}" if len(digits) > 20 else digits  # noqa: PLR2004 - shorter than its own ends


def day(moment: datetime) -> str:
    """Write a date: `21 November 2026`."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def minute(moment: datetime | None) -> str:
    """Write a moment for tables: `2026-11-21 09:30`; times are UTC throughout the pack."""
    return instant(moment)[:16].replace("T", " ") if moment else "–"


def second(moment: datetime) -> str:
    """Write a moment in full: `21 November 2026, 09:30:00 UTC`."""
    return f"{day(moment)}, {instant(moment)[11:19]} UTC"


def span(first: datetime, last: datetime) -> str:
    """Write a period."""
    return day(first) if last - first < timedelta(days=1) else f"{day(first)} to {day(last)}"


def places_against(observed: str | None, threshold: str, places: int = 3) -> int:
    """Return the digits after the point with which `observed` and `threshold` don't look alike if they differ.

    An impact ratio of 0.7996 against 0.8 must not be printed as 0.800.
    """
    try:
        pair = (Decimal(observed or ""), Decimal(threshold))
    except InvalidOperation:
        return places
    while places < MAX_PLACES and pair[0] != pair[1] and show(str(pair[0]), f"fixed:{places}") == show(
        str(pair[1]), f"fixed:{places}",
    ):
        places += 1
    return places


def is_number(text: object) -> bool:
    """Whether a text is a finite decimal number."""
    if not isinstance(text, str):
        return False
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def crossed(attribute: str) -> str:
    """Write an attribute or a group: `sex × race`; a crossing joins its parts with a star everywhere else."""
    return attribute.replace("*", " × ")


def count(number: int) -> str:
    """Write a whole number with thousands separators."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """Write `1 entry`, `2 entries`, `no entries`."""
    many = many or one + "s"
    return f"{number:,} {one if number == 1 else many}" if number else f"no {many}"


def words(parts: "list[str] | tuple[str, ...]") -> str:
    """Write `a`, `a and b`, `a, b and c`."""
    if len(parts) < 2:  # noqa: PLR2004 - one thing needs no "and"
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def some(parts: "list[str] | tuple[str, ...]", most: int) -> str:
    """Write the first of several things, and how many more there are."""
    return words(parts) if len(parts) <= most else f"{', '.join(parts[:most])} and {len(parts) - most:,} more"
