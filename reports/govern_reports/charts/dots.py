"""Dot plot: one row a group, the value with its interval as whiskers, the threshold as a line."""

from collections.abc import Sequence
from dataclasses import dataclass

from govern_reports.charts.svg import ACCENT, BAD, GREY, INK, RULE, WARN, Canvas, Mark, Scale, ticks, wrapped

ROW = 24.0
LEFT, RIGHT, TOP, BOTTOM = 214.0, 62.0, 24.0, 26.0
SIZE = 44.0
"""Between the groups' names and the plot: how many they are."""
LABEL = 32
"""Characters of a line of a group's name; it takes two lines at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One row."""

    label: str
    value: float | None
    text: str
    """The value as the tables print it."""
    low: float | None = None
    high: float | None = None
    status: str = ""
    """Of the check: decides the mark."""
    size: str = ""
    """How many there are, beside the label."""


_MARKS: dict[str, tuple[Mark, str]] = {
    "fail": ("diamond", BAD), "error": ("diamond", BAD), "inconclusive": ("ring", WARN),
}


def dot_plot(
    dots: Sequence[Dot], *, title: str, axis: str, threshold: float | None = None, threshold_text: str = "",
    origin: float | None = None,
) -> str:
    """Draw rows of values with whiskers; `origin` is a value that is always on the axis."""
    height = TOP + ROW * len(dots) + BOTTOM
    canvas = Canvas(title, height)
    scale = _scale(dots, threshold, origin, canvas.width)
    bottom = TOP + ROW * len(dots)
    for tick in ticks(scale.low, scale.high):
        x = scale(float(tick))
        canvas.line(x, TOP, x, bottom, stroke=RULE, width=0.6)
        canvas.text(x, bottom + 13, f"{tick.normalize():f}", size=9, fill=GREY, anchor="middle")
    canvas.text(canvas.width - RIGHT, bottom + 24, axis, size=9, fill=GREY, anchor="end")
    if threshold is not None:
        x = scale(threshold)
        canvas.line(x, TOP - 6, x, bottom, stroke=INK, width=1.2, dash="4 2")
        canvas.text(x, TOP - 10, f"threshold {threshold_text}", size=9, anchor="middle", weight=600)
    for number, dot in enumerate(dots):
        _row(canvas, scale, dot, TOP + ROW * (number + 0.5))
    return canvas.done()


def _scale(dots: Sequence[Dot], threshold: float | None, origin: float | None, width: float) -> Scale:
    """Return an axis that holds every value, whisker and line, with a little air."""
    numbers = [
        number for dot in dots for number in (dot.value, dot.low, dot.high) if number is not None
    ] + [number for number in (threshold, origin) if number is not None]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    air = (high - low or 1.0) * 0.04
    return Scale(low if low == origin else low - air, high + air, LEFT, width - RIGHT)


def _row(canvas: Canvas, scale: Scale, dot: Dot, y: float) -> None:
    """Draw one row."""
    lines = wrapped(dot.label, LABEL)
    for place, words in enumerate(lines):
        canvas.text(LEFT - SIZE - 8, y + (4 if len(lines) == 1 else -1 + 11 * place), words, anchor="end", size=11 if len(lines) == 1 else 10)
    canvas.text(LEFT - 10, y + 4, dot.size, anchor="end", size=9, fill=GREY)
    mark, color = _MARKS.get(dot.status, ("dot", ACCENT))
    if dot.low is not None and dot.high is not None:
        canvas.line(scale(dot.low), y, scale(dot.high), y, stroke=color, width=1.2)
        for end in (dot.low, dot.high):
            canvas.line(scale(end), y - 3.5, scale(end), y + 3.5, stroke=color, width=1.2)
    if dot.value is not None:
        canvas.mark(scale(dot.value), y, mark, color)
    canvas.text(canvas.width - 4, y + 4, dot.text, anchor="end", weight=600 if dot.status in _MARKS else 400)
