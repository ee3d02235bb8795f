"""Text on its way to the screen: cleaned, with glyph and word for every verdict, bars and sparklines."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from rich.cells import cell_len

Tone = Literal["", "good", "bad", "warn", "dim", "strong", "accent"]
"""What colour a piece of text takes from the theme; never the only carrier of meaning."""

Piece = tuple[str, Tone]

LONGEST_TEXT: Final = 4000
"""Characters of one piece of ledger text that reach the screen: a hostile entry can be megabytes long."""
MOST_MARKS: Final = 2
"""Combining marks in a row that are kept; more would spill over neighbouring lines."""
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}

VERDICTS: Final[dict[str, tuple[str, str, str, Tone]]] = {
    "pass": ("✓", "OK", "PASS", "good"),
    "allow": ("✓", "OK", "ALLOW", "good"),
    "ok": ("✓", "OK", "OK", "good"),
    "verified": ("✓", "OK", "VERIFIED", "good"),
    "live": ("✓", "OK", "LIVE", "good"),
    "active": ("✓", "OK", "ACTIVE", "good"),
    "fail": ("✗", "XX", "FAIL", "bad"),
    "deny": ("✗", "XX", "DENY", "bad"),
    "bad": ("✗", "XX", "BAD", "bad"),
    "wrong": ("✗", "XX", "WRONG", "bad"),
    "error": ("✗", "XX", "ERROR", "bad"),
    "revoked": ("✗", "XX", "REVOKED", "bad"),
    "refused": ("✗", "XX", "REFUSED", "bad"),
    "overdue": ("✗", "XX", "OVERDUE", "bad"),
    "warn": ("!", "!!", "WARN", "warn"),
    "inconclusive": ("?", "??", "INCONCLUSIVE", "warn"),
    "stale": ("!", "!!", "STALE", "warn"),
    "unchecked": ("?", "??", "UNCHECKED", "warn"),
    "open": ("!", "!!", "OPEN", "warn"),
    "proposed": ("!", "!!", "PROPOSED", "warn"),
    "waived": ("!", "!!", "WAIVED", "warn"),
    "remediated": ("!", "!!", "REMEDIATED", "warn"),
    "lacking": ("!", "!!", "LACKING", "warn"),
    "barred": ("✗", "XX", "BARRED", "bad"),
    "verified-closed": ("✓", "OK", "CLOSED", "good"),
    "none": ("·", "--", "N/A", "dim"),
    "not_applicable": ("·", "--", "N/A", "dim"),
    "not-run": ("·", "--", "NOT RUN", "dim"),
    "superseded": ("·", "--", "SUPERSEDED", "dim"),
    "expired": ("·", "--", "EXPIRED", "dim"),
    "void": ("·", "--", "VOID", "dim"),
}
"""State to glyph, the same in ASCII, word and tone."""

_BLOCKS: Final = " ▏▎▍▌▋▊▉█"
_SPARKS: Final = "▁▂▃▄▅▆▇█"


class Look:
    """How verdicts are written; one for the whole application, set from the settings."""

    ascii: bool = False

    def verdict(self, state: str) -> Piece:
        """Glyph and word with its tone, such as `✗ FAIL`."""
        glyph, plain, word, tone = VERDICTS.get(state, ("·", "--", clean(state).upper(), "dim"))
        return (f"{plain if self.ascii else glyph} {word}", tone)

    def glyph(self, state: str) -> Piece:
        """The glyph alone, for narrow columns; the word stands elsewhere in the row."""
        glyph, plain, _, tone = VERDICTS.get(state, ("·", "--", "", "dim"))
        return (plain if self.ascii else glyph, tone)


LOOK: Final = Look()


def clean(text: str, *, lines: bool = False) -> str:
    """Make ledger text safe to show: no control, format or private character, no towers of combining marks.

    Each such character becomes a replacement mark, so that nobody is deceived by what was taken away. With `lines`
    line feeds stay and tabs become blanks; otherwise both are replaced by a blank.
    """
    kept: list[str] = []
    marks = 0
    cut = text[:LONGEST_TEXT]
    if cut.isascii() and cut.isprintable():
        return cut + ("…" if len(text) > LONGEST_TEXT else "")
    for character in cut:
        category = unicodedata.category(character)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > MOST_MARKS:
            continue
        if character == "\n":
            kept.append("\n" if lines else " ")
        elif character == "\t" or category == "Zs":
            kept.append(" ")
        elif category in _HIDDEN:
            kept.append(REPLACEMENT)
        else:
            kept.append(character)
    if len(text) > LONGEST_TEXT:
        kept.append("…")
    return "".join(kept)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Cut or pad text to exactly `width` terminal cells; wide glyphs count twice, a cut shows as an ellipsis."""
    if width <= 0:
        return ""
    length = len(text) if text.isascii() else cell_len(text)
    if length <= width:
        return " " * (width - length) + text if right else text + " " * (width - length)
    kept: list[str] = []
    used = 0
    for character in text:
        cells = 1 if character.isascii() else cell_len(character)
        if used + cells > width - 1:
            break
        kept.append(character)
        used += cells
    return "".join(kept) + "…" + " " * (width - 1 - used)


def number(text: str | None) -> float | None:
    """Decimal text as a float for drawing; None where there is no number. Never used to decide."""
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return float(value) if value.is_finite() else None


def decimal(text: str | None, digits: int = 4) -> str:
    """Decimal text rounded for a column; `–` where there is none."""
    value = number(text)
    if value is None or text is None:
        return "–"
    if value == int(value) and "." not in text:
        return text
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if abs(value) >= 10 ** -digits or value == 0 else f"{value:.1e}"


def bar(value: float | None, *, top: float, width: int, mark: float | None = None) -> str:
    """A bar of `value` on a scale from 0 to `top`, `width` cells long, with a stroke where `mark` lies."""
    if value is None or top <= 0 or width <= 0:
        return " " * max(width, 0)
    eighths = round(max(0.0, min(value / top, 1.0)) * width * 8)
    full, rest = divmod(eighths, 8)
    cells = list(("█" * full + (_BLOCKS[rest] if rest else "")).ljust(width))
    if LOOK.ascii:
        cells = list(("#" * round(eighths / 8)).ljust(width))
    if mark is not None and 0 <= mark <= top:
        place = min(width - 1, round(mark / top * width))
        cells[place] = "|" if cells[place].isspace() or LOOK.ascii else "┃"
    return "".join(cells)


def interval_bar(low: float, high: float, value: float, *, top: float, width: int, mark: float | None) -> str:
    """An interval from `low` to `high` as a line with the value on it, and a stroke where the threshold lies."""
    def place(number_: float) -> int:
        return max(0, min(width - 1, round(number_ / top * (width - 1))))

    cells = [" "] * width
    for position in range(place(low), place(high) + 1):
        cells[position] = "-" if LOOK.ascii else "─"
    if mark is not None:
        cells[place(mark)] = "|" if LOOK.ascii else "┃"
    cells[place(value)] = "o" if LOOK.ascii else "●"
    return "".join(cells)


def sparkline(values: Sequence[float], *, width: int = 0, top: float = 0.0) -> str:
    """The values as small columns from 0 to their largest, or to `top`; the last `width` of them where given."""
    shown = list(values[-width:]) if width else list(values)
    top = top or max(shown, default=0.0)
    if top <= 0:
        return ("." if LOOK.ascii else _SPARKS[0]) * len(shown)
    if LOOK.ascii:
        return "".join("._-=+*#@"[min(7, int(max(value, 0.0) / top * 7.999))] for value in shown)
    return "".join(_SPARKS[min(7, int(max(value, 0.0) / top * 7.999))] for value in shown)


def when(moment: datetime | None) -> str:
    """A moment for a column: `2026-10-02 09:11`, UTC."""
    return "–" if moment is None else moment.strftime("%Y-%m-%d %H:%M")


def until(moment: datetime | None, now: datetime) -> str:
    """How far a moment is from now: `2 d`, `5 h`, `3 d over`."""
    if moment is None:
        return ""
    gap = moment - now
    size = abs(gap)
    word = f"{size.days} d" if size >= timedelta(days=1) else f"{size.seconds // 3600} h"
    return f"{word} over" if gap < timedelta(0) else word


def grouped(count: int) -> str:
    """A count with thousands separators."""
    return f"{count:,}"


def sentence(parts: Iterable[str]) -> str:
    """Join what is not empty with middle dots."""
    return " · ".join(part for part in parts if part)
