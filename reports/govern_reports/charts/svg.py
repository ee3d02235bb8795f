"""A small SVG writer: shapes, text and scales, always the same bytes for the same numbers."""

from dataclasses import dataclass, field
from decimal import Decimal
from html import escape
from typing import Final, Literal

INK: Final = "#1b1f24"
GREY: Final = "#5b6470"
RULE: Final = "#c9d0d8"
ACCENT: Final = "#123a6b"
PALE: Final = "#e8edf3"
GOOD: Final = "#1f6f43"
WARN: Final = "#8a5a00"
BAD: Final = "#a32020"
FONT: Final = "Source Sans Pro, DejaVu Sans Condensed"
WIDTH: Final = 600
"""Units across; a chart is printed 160 mm wide."""

Mark = Literal["dot", "ring", "square", "diamond"]


def shown(number: float) -> str:
    """Write a coordinate with at most two digits after the point."""
    text = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps numbers to units along an axis."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, number: float) -> float:
        """Return the place of `number`, kept inside the axis."""
        share = (number - self.low) / ((self.high - self.low) or 1.0)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


def ticks(low: float, high: float, about: int = 5) -> list[Decimal]:
    """Return round numbers between `low` and `high`."""
    if high <= low:
        return [Decimal(str(low))]
    rough = Decimal(str((high - low) / about))
    power = Decimal(1).scaleb(rough.adjusted())
    step = next((power * factor for factor in (1, 2, 5, 10) if power * factor >= rough), power * 10)
    first = (Decimal(str(low)) / step).to_integral_value(rounding="ROUND_CEILING")
    found = []
    number = first * step
    while number <= Decimal(str(high)):
        found.append(number + 0)  # not -0
        number += step
    return found


@dataclass(slots=True)
class Canvas:
    """Collects shapes; `title` is the alternative text, and comes first for the tagged PDF."""

    title: str
    height: float
    width: float = WIDTH
    _parts: list[str] = field(default_factory=list)

    def line(self, x1: float, y1: float, x2: float, y2: float, *, stroke: str = RULE, width: float = 1, dash: str = "") -> None:
        """Draw a straight line."""
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(
            f'<line x1="{shown(x1)}" y1="{shown(y1)}" x2="{shown(x2)}" y2="{shown(y2)}" stroke="{stroke}" '
            f'stroke-width="{shown(width)}"{dashes}/>',
        )

    def rect(self, x: float, y: float, width: float, height: float, *, fill: str, stroke: str = "none") -> None:
        """Draw a filled rectangle."""
        self._parts.append(
            f'<rect x="{shown(x)}" y="{shown(y)}" width="{shown(max(width, 0))}" height="{shown(max(height, 0))}" '
            f'fill="{fill}" stroke="{stroke}"/>',
        )

    def path(self, points: list[tuple[float, float]], *, stroke: str = ACCENT, width: float = 1.5) -> None:
        """Draw an open line through points."""
        places = " ".join(f"{shown(x)},{shown(y)}" for x, y in points)
        self._parts.append(f'<polyline points="{places}" fill="none" stroke="{stroke}" stroke-width="{shown(width)}"/>')

    def curve(self, x1: float, y1: float, x2: float, y2: float, *, stroke: str = GREY, width: float = 1) -> None:
        """Draw a soft step between two points."""
        middle = shown((y1 + y2) / 2)
        self._parts.append(
            f'<path d="M{shown(x1)} {shown(y1)} C{shown(x1)} {middle} {shown(x2)} {middle} {shown(x2)} {shown(y2)}" '
            f'fill="none" stroke="{stroke}" stroke-width="{shown(width)}"/>',
        )

    def mark(self, x: float, y: float, kind: Mark, color: str, size: float = 4) -> None:
        """Draw a data point; the shape says what the colour says."""
        if kind == "square":
            self.rect(x - size, y - size, 2 * size, 2 * size, fill=color)
        elif kind == "diamond":
            reach = size * 1.3
            self._parts.append(
                f'<polygon points="{shown(x)},{shown(y - reach)} {shown(x + reach)},{shown(y)} {shown(x)},{shown(y + reach)} '
                f'{shown(x - reach)},{shown(y)}" fill="{color}"/>',
            )
        else:
            fill = "#ffffff" if kind == "ring" else color
            self._parts.append(
                f'<circle cx="{shown(x)}" cy="{shown(y)}" r="{shown(size)}" fill="{fill}" stroke="{color}" stroke-width="1.5"/>',
            )

    def text(
        self, x: float, y: float, words: str, *, size: float = 11, fill: str = INK,
        anchor: Literal["start", "middle", "end"] = "start", weight: int = 400,
    ) -> None:
        """Write a label; `words` has been made safe for print, not yet for markup."""
        self._parts.append(
            f'<text x="{shown(x)}" y="{shown(y)}" font-family="{FONT}" font-size="{shown(size)}" fill="{fill}" '
            f'text-anchor="{anchor}" font-weight="{weight}">{escape(words)}</text>',
        )

    def done(self) -> str:
        """Return the SVG element."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {shown(self.width)} {shown(self.height)}" role="img">'
            f"<title>{escape(self.title)}</title>{''.join(self._parts)}</svg>"
        )


def wrapped(words: str, longest: int) -> list[str]:
    """Break a label into at most two lines of `longest` characters, between words where that can be."""
    if len(words) <= longest:
        return [words]
    place = words.rfind(" ", 0, longest + 1)
    place = place if place > longest // 3 else longest
    return [words[:place], fitted(words[place:].strip(), longest)]


def fitted(words: str, longest: int) -> str:
    """Cut a label to `longest` characters."""
    return words if len(words) <= longest else words[:longest - 1] + "…"
