"""A figure over time: one sentence, a chart, and the same numbers as a table beside it or in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content

from govern_tui.text import LOOK, bar, decimal
from govern_tui.widgets.document import Document, Flow

if TYPE_CHECKING:
    from textual_plotext import PlotextPlot

BAR = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One window: when, as drawn, as measured, and its interval where there is one."""

    when: str
    value: float
    text: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What a figure shows."""

    name: str
    points: tuple[Point, ...]
    limit: float | None = None
    least: bool = False
    """Whether the limit is the least that is good, not the most."""
    baseline: float | None = None
    """What the gate measured."""

    def bad(self, value: float) -> bool:
        """Whether a value is on the wrong side of the limit."""
        return self.limit is not None and (value < self.limit if self.least else value >= self.limit)


class Figure(Vertical):
    """Sentence above, chart left, numbers right; `numbers_only` leaves the chart out."""

    DEFAULT_CSS = """
    Figure .sentence { height: auto; max-height: 6; padding: 0 1; }
    Figure .plot { width: 1fr; height: 1fr; min-height: 5; }
    Figure .numbers { width: 45; height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    Figure.numbers-only .plot { display: none; }
    Figure.numbers-only .numbers { width: 1fr; display: block; }
    Figure.empty .plot, Figure.empty .numbers { display: none; }
    """

    def compose(self) -> ComposeResult:
        """The parts."""
        yield Flow(classes="sentence")
        from textual_plotext import PlotextPlot  # late: the application starts without it

        with Horizontal():
            yield PlotextPlot(classes="plot")
            with VerticalScroll(classes="numbers", can_focus=False):
                yield Flow(classes="numbers-text")

    def show(self, sentence: Content, series: Series | None, *, numbers_only: bool) -> None:
        """Draw it; without a series only the sentence is there."""
        self.query_one(".sentence", Flow).update(sentence)
        self.set_class(numbers_only, "numbers-only")
        self.set_class(series is None or not series.points, "empty")
        if series is not None and series.points:
            self.query_one(".numbers-text", Flow).update(numbers(series, bars=numbers_only))
            draw(cast("PlotextPlot", self.query_one(".plot")), series)


def numbers(series: Series, *, bars: bool) -> Content:
    """The windows as a table, newest first; with bars where there is room."""
    top = max([point.high or point.value for point in series.points] + [series.limit or 0.0, 1e-9]) * 1.1
    made = Document()
    ranged = any(point.low is not None for point in series.points)
    made.table(
        [("window", 11, False), (series.name, 8, True), ("", 1, False), *((("from", 6, True), ("to", 6, True)) if ranged else ()), *((("", BAR, False),) if bars else ())],
        [
            [
                (point.when[5:], ""), (decimal(point.text), "strong"), LOOK.glyph("bad" if series.bad(point.value) else "ok" if series.limit is not None else "none"),
                *(((_short(point.low), "dim"), (_short(point.high), "dim")) if ranged else ()),
                *(((bar(point.value, top=top, width=BAR, mark=series.limit), "accent"),) if bars else ()),
            ]
            for point in reversed(series.points)
        ],
    )
    if series.baseline is not None:
        made.line(f"at the gate {series.baseline:.4g}", "dim")
    return made.content()


def _short(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def draw(chart: "PlotextPlot", series: Series) -> None:
    """The windows as a line, their intervals as bars, the limit and what the gate measured as lines of their own."""
    surface = chart.plt
    surface.clear_figure()
    points = series.points
    places = [float(place) for place in range(1, len(points) + 1)]
    last = max(2, len(points))
    values = [point.value for point in points]
    surface.plot(places, values, marker="dot" if LOOK.ascii else "braille", label=series.name)
    surface.scatter(places, values, marker="o" if LOOK.ascii else "●")
    edges = [edge for point in points for edge in (point.low, point.high) if edge is not None]
    for place, point in zip(places, points, strict=True):
        if point.low is not None and point.high is not None:
            surface.plot([place, place], [point.low, point.high], marker="|" if LOOK.ascii else "│")
    for value, word, marker in ((series.limit, "limit", "-" if LOOK.ascii else "─"), (series.baseline, "gate", "." if LOOK.ascii else "·")):
        if value is not None:
            surface.plot([1, last], [value, value], marker=marker, label=f"{word} {value:.3g}")
    shown = [*values, *edges, *(value for value in (series.limit, series.baseline) if value is not None)]
    surface.ylim(*_range(shown, from_zero=not series.least))
    step = max(1, -(-len(points) // 6))
    surface.xticks(places[::step], [points[int(place) - 1].when[5:] for place in places[::step]])
    chart.refresh()


def _range(values: Sequence[float], *, from_zero: bool) -> tuple[float, float]:
    """The ends of the scale: from zero where more is worse, near the values where less is."""
    low, high = min(values), max(values)
    room = (high - low) * 0.15 or 0.01
    return (0.0 if from_zero and low >= 0 else low - room, high + room)
