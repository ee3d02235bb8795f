"""Horizontal bars with an optional spread: importance of features, effect sizes of drift."""

from collections.abc import Sequence
from dataclasses import dataclass

from govern_reports.charts.svg import ACCENT, GREY, INK, RULE, Canvas, Scale, fitted, ticks

ROW = 18.0
LEFT, RIGHT, TOP, BOTTOM = 170.0, 62.0, 22.0, 24.0
LABEL = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One row."""

    label: str
    value: float
    text: str
    spread: float = 0.0
    """Half the whisker."""
    marked: bool = False
    """Set dark and in semibold: past the limit, or a protected attribute."""


def bar_chart(
    bars: Sequence[Bar], *, title: str, axis: str, threshold: float | None = None, threshold_text: str = "",
) -> str:
    """Draw bars from zero."""
    bottom = TOP + ROW * len(bars)
    canvas = Canvas(title, bottom + BOTTOM)
    numbers = [bar.value + bar.spread for bar in bars] + [bar.value - bar.spread for bar in bars]
    numbers += [] if threshold is None else [threshold]
    scale = Scale(min(0.0, *numbers), max(0.0, *numbers) * 1.04 or 1.0, LEFT, canvas.width - RIGHT)
    for tick in ticks(scale.low, scale.high):
        x = scale(float(tick))
        canvas.line(x, TOP, x, bottom, stroke=RULE, width=0.6)
        canvas.text(x, bottom + 12, f"{tick.normalize():f}", size=9, fill=GREY, anchor="middle")
    canvas.text(canvas.width - RIGHT, bottom + 22, axis, size=9, fill=GREY, anchor="end")
    for number, bar in enumerate(bars):
        y = TOP + ROW * (number + 0.5)
        canvas.text(LEFT - 10, y + 4, fitted(bar.label, LABEL), anchor="end", weight=600 if bar.marked else 400)
        start, end = sorted((scale(0.0), scale(bar.value)))
        canvas.rect(start, y - 5, end - start, 10, fill=ACCENT if bar.marked else "#8fa3bb")
        if bar.spread:
            canvas.line(scale(bar.value - bar.spread), y, scale(bar.value + bar.spread), y, stroke=INK)
        canvas.text(canvas.width - 4, y + 4, bar.text, anchor="end", weight=600 if bar.marked else 400)
    if threshold is not None:
        x = scale(threshold)
        canvas.line(x, TOP - 5, x, bottom, stroke=INK, width=1.2, dash="4 2")
        canvas.text(x, TOP - 9, f"limit {threshold_text}", size=9, anchor="middle", weight=600)
    return canvas.done()
