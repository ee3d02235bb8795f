"""Words for a terminal: aligned tables, glyphs with their word, short numbers; pure functions of text."""

import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Self

from govern.domain.text import instant, short

GAP = "  "
FIGURES = 4
"""Decimal places that people are shown; `figure` adds some where fewer would hide which side of a limit it is."""
MOST_FIGURES = 15

GLYPHS = {
    "pass": ("✓ PASS", "green"),
    "fail": ("✗ FAIL", "red"),
    "inconclusive": ("? INCONCLUSIVE", "yellow"),
    "error": ("! ERROR", "red"),
    "not_applicable": ("· N/A", "dim"),
    "allow": ("✓ ALLOW", "green"),
    "deny": ("✗ DENY", "red"),
    "ok": ("✓ OK", "green"),
    "warn": ("! WARN", "yellow"),
    "bad": ("✗ BAD", "red"),
    "none": ("· –", "dim"),
    "wrong": ("✗ WRONG", "red"),
    "unchecked": ("? UNCHECKED", "yellow"),
    "not-run": ("· NOT RUN", "dim"),
    "verified": ("✓ VERIFIED", "green"),
    "live": ("✓ LIVE", "green"),
    "stale": ("! STALE", "yellow"),
    "superseded": ("· SUPERSEDED", "dim"),
    "refused": ("✗ REFUSED", "red"),
    "open": ("! OPEN", "yellow"),
    "remediated": ("· REMEDIATED", "dim"),
    "verified-closed": ("✓ CLOSED", "green"),
    "proposed": ("· PROPOSED", "dim"),
    "active": ("! ACTIVE", "yellow"),
    "expired": ("✗ EXPIRED", "red"),
    "revoked": ("✗ REVOKED", "red"),
    "void": ("✗ VOID", "red"),
}
"""A word never stands for colour alone: each state has a glyph, a word and a colour."""

COLOURS = {"green": "32", "red": "31", "yellow": "33", "dim": "2", "bold": "1", "cyan": "36"}


def clean(text: object) -> str:
    """Show control and direction characters as escapes: what a ledger holds may come from anybody.

    Without this, a name with an escape sequence could repaint the terminal, and a right-to-left mark turn a verdict.
    """
    given = str(text)
    if given.isascii() and given.isprintable():
        return given
    return "".join(c if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"} else _escape(c) for c in given)


def _escape(character: str) -> str:
    return {"\n": " ", "\t": " "}.get(character) or f"\\u{ord(character):04x}"


def width(text: str) -> int:
    """Return how many terminal cells a text takes."""
    if text.isascii():
        return len(text)
    cells = 0
    for character in text:
        if unicodedata.combining(character):
            continue
        cells += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return cells


def paint(text: str, colour: str, *, on: bool) -> str:
    """Put a colour around a text, where colours are on."""
    return f"\033[{COLOURS[colour]}m{text}\033[0m" if on and text else text


class Cell(str):
    """A text with a colour of its own for a table."""

    __slots__ = ("colour",)
    colour: str

    def __new__(cls, text: object, colour: str = "") -> Self:
        """Clean `text` and keep `colour` beside it."""
        cell = super().__new__(cls, clean(text))
        cell.colour = colour
        return cell


def state(word: str) -> Cell:
    """Return a state's glyph and word, coloured."""
    glyph, colour = GLYPHS.get(word, (word.upper(), ""))
    return Cell(glyph, colour)


def table(
    rows: Iterable[Sequence[object]], headers: Sequence[str] = (), *, colour: bool = False, columns: int | None = None,
    right: Iterable[int] = (), indent: str = "",
) -> list[str]:
    """Align rows; the last column wraps where `columns` says how wide the terminal is.

    `right` names the columns that are aligned on their right, for numbers.
    """
    cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    if not cells:
        return []
    heads = [Cell(head, "dim") for head in headers]
    every = [heads, *cells] if headers else cells
    last = len(every[0]) - 1
    widths = [max(width(row[i]) for row in every) for i in range(last + 1)]
    room = None
    if columns is not None:
        used = len(indent) + sum(widths[:-1]) + len(GAP) * last
        room = max(columns - used, 20)
    rights = set(right)
    lines: list[str] = []
    for row in every:
        tail = _wrapped(row[last], room)
        for number, part in enumerate(tail):
            pieces = []
            for i in range(last):
                piece = row[i] if number == 0 else Cell("")
                space = " " * (widths[i] - width(piece))
                shown = paint(piece, piece.colour, on=colour and bool(piece.colour))
                pieces.append(space + shown if i in rights else shown + space)
            end = part if last not in rights else " " * (widths[last] - width(part)) + part
            pieces.append(paint(end, row[last].colour, on=colour and bool(row[last].colour)))
            lines.append((indent + GAP.join(pieces)).rstrip())
    return lines


def _wrapped(text: str, room: int | None) -> list[str]:
    if room is None or width(text) <= room:
        return [text]
    return textwrap.wrap(text, room, break_on_hyphens=False) or [text]


def paragraph(text: str, *, columns: int | None, indent: str = "") -> list[str]:
    """Indent a sentence, wrapped where `columns` says how wide the terminal is."""
    given = clean(text)
    if columns is None:
        return [indent + given]
    return textwrap.wrap(
        given, max(columns, 40), initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    ) or [indent]


def figure(text: str | None, against: str = "") -> str:
    """Shorten decimal text for people, keeping enough digits to see on which side of `against` it lies."""
    if text is None:
        return "–"
    try:
        number = Decimal(text)
        limit = Decimal(against) if against else None
    except InvalidOperation:
        return clean(text)
    for places in range(FIGURES, MOST_FIGURES + 1):
        shown = _rounded(number, places)
        if limit is None or (Decimal(shown).compare(limit) == number.compare(limit)):
            return shown
    return clean(text)


def probability(text: str | None) -> str:
    """Shorten a p-value; one that underflowed is small, and never nothing."""
    return "< 1e-300" if text is not None and figure(text) == "0" else figure(text)


def _rounded(number: Decimal, places: int) -> str:
    if number == number.to_integral_value():
        return format(number.to_integral_value(), "f")
    if number and abs(number) < Decimal(1).scaleb(-places):
        return format(number, ".2e")
    return format(round(number, places), "f")


def when(moment: datetime | None) -> str:
    """Write a moment for people: UTC, to the minute."""
    return instant(moment)[:16].replace("T", " ") + "Z" if moment else "–"


def duration(seconds: float) -> str:
    """Write a duration for people."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 90:  # noqa: PLR2004 - people read up to a minute and a half in seconds
        return f"{seconds:.1f} s"
    return str(timedelta(seconds=round(seconds)))


def brief(digest: str | None) -> str:
    """Write a digest for people: the prefix that references accept."""
    return short(digest) if digest else "–"
