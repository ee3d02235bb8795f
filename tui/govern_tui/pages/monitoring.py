"""The monitoring page: drift and performance of each deployment over its windows, each with a sentence and a table."""

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content

from govern.workflow.views import DriftRow, PerformanceRow, StatusView
from govern_tui.actions import BY_ID, Action
from govern_tui.chrome.popups import Reader
from govern_tui.pages.page import Page, bindings_of
from govern_tui.text import LOOK, clean, decimal, number, when
from govern_tui.widgets.document import Document
from govern_tui.widgets.figure import Figure, Point, Series
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import ListSource

FEWEST: Final = 2
"""Windows of a chart at least."""
FIRST_METRICS: Final = ("auc", "accuracy")
"""What is shown first where it was measured; `m` goes on to the others."""


class MonitoringPage(Page):
    """Page 6."""

    NAME = "monitoring"
    FIRST = "#deployments"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("monitoring")
    DEFAULT_CSS = """
    MonitoringPage #left { width: 38; }
    MonitoringPage #deployments { height: 1fr; }
    MonitoringPage #right { width: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._status: StatusView | None = None
        self._performance: tuple[PerformanceRow, ...] = ()
        self._wanted = ""
        self._shown = 30
        self._offset = 0
        self._metric = 0
        self._as_table = False

    def compose(self) -> ComposeResult:
        """Deployments left, drift above performance right."""
        with Horizontal(classes="row"):
            with Vertical(id="left"):
                table = RowTable(
                    [
                        Column(title="", width=2, cell=lambda row: LOOK.glyph(row.standing)),
                        Column(title="deployment", width=0, cell=lambda row: (f"{row.model} in {row.environment}", "strong")),
                        Column(title="effect", width=7, cell=lambda row: (decimal(row.values[-1][1], 3) if row.values else "–", LOOK.glyph(row.standing)[1]), right=True),
                    ],
                    id="deployments", empty="Nothing was monitored yet.",
                )
                table.border_title = "Deployments"
                table.add_class("pane")
                yield table
            with Vertical(id="right", classes="second"):
                drift = Figure(id="drift-pane", classes="pane")
                drift.border_title = "Drift"
                yield drift
                performance = Figure(id="performance-pane", classes="pane")
                performance.border_title = "Performance"
                yield performance

    @property
    def table(self) -> RowTable:
        """The deployments."""
        return self.query_one("#deployments", RowTable)

    def opened(self, target: str) -> None:
        """Show a deployment."""
        self._wanted = target
        if self._status is not None and target:
            self._choose()

    def place(self) -> str:
        """The deployment under the cursor."""
        row = self.table.current()
        return row.deployment if isinstance(row, DriftRow) else ""

    def reload(self) -> None:
        """Read drift, performance and findings."""
        self.read(lambda: (self.desk.status(), self.desk.performance()), self._apply)

    def _apply(self, found: tuple[StatusView, tuple[PerformanceRow, ...]]) -> None:
        self._status, self._performance = found
        self.table.show(ListSource(self._status.drift))
        self._choose()
        self._draw()

    def _choose(self) -> None:
        rows = self._status.drift if self._status else ()
        at = next((number_ for number_, row in enumerate(rows) if row.deployment == self._wanted), None)
        if at is not None:
            self.table.move_to(at)
        self._wanted = ""

    @on(RowTable.Moved)
    def _moved(self) -> None:
        self._offset = self._metric = 0
        self._draw()

    # Figures

    def metrics(self, row: DriftRow) -> tuple[PerformanceRow, ...]:
        """The metrics of a deployment, what people ask for first in front."""
        mine = [one for one in self._performance if one.deployment == row.deployment]
        return tuple(sorted(mine, key=lambda one: (FIRST_METRICS.index(one.metric) if one.metric in FIRST_METRICS else len(FIRST_METRICS), one.metric)))

    def _cut(self, points: tuple[Point, ...]) -> tuple[Point, ...]:
        end = len(points) - self._offset
        return points[max(0, end - self._shown):end]

    def drift_of(self, row: DriftRow) -> Series:
        """The drift of the windows shown."""
        points = tuple(Point(when=when(moment), value=number(value) or 0.0, text=value) for moment, value in row.values)
        return Series(name="effect", points=self._cut(points), limit=number(row.limit))

    def performance_of(self, row: PerformanceRow) -> Series:
        """One metric of the windows shown."""
        points = tuple(
            Point(when=when(one.observed), value=number(one.value) or 0.0, text=one.value, low=number(one.low), high=number(one.high))
            for one in row.points
        )
        return Series(
            name=row.metric.replace("_", " ")[:8], points=self._cut(points), limit=number(row.limit or None), least=row.op.startswith(">"),
            baseline=number(row.baseline or None),
        )

    def _draw(self) -> None:
        row = self.table.current()
        drift, performance = self.query_one("#drift-pane", Figure), self.query_one("#performance-pane", Figure)
        performance.display = isinstance(row, DriftRow)
        if not isinstance(row, DriftRow):
            drift.show(Content("Drift and performance appear here, window by window: `govern monitor DEPLOYMENT --data WINDOW`."), None, numbers_only=False)
            return
        drift.border_title = clean(f"Drift · {row.deployment} · {row.model} in {row.environment} · largest effect by window").replace("[", "\\[")
        drift.border_subtitle = "t " + ("chart" if self._as_table else "numbers")
        drift.show(self._drift_sentence(row), self.drift_of(row), numbers_only=self._as_table)
        metrics = self.metrics(row)
        if not metrics:
            performance.show(Document().line("No window was judged yet.", "dim").content(), None, numbers_only=False)
            return
        metric = metrics[self._metric % len(metrics)]
        performance.border_title = clean(f"Performance · {metric.metric.replace('_', ' ')}" if metric.metric else "Performance").replace("[", "\\[")
        performance.border_subtitle = f"m next of {len(metrics)}" if len(metrics) > 1 else ""
        said = Document().hang(2).pieces([LOOK.verdict(metric.standing)] if metric.standing != "none" else []).line(f"  {metric.sentence}").content()
        performance.show(said, self.performance_of(metric) if metric.points else None, numbers_only=self._as_table)

    def _drift_sentence(self, row: DriftRow) -> Content:
        made = Document().hang(2).pieces([LOOK.verdict(row.standing)]).line(f"  {row.sentence}")
        for finding in self._status.findings if self._status else ():
            if finding.model == row.model and finding.state != "verified-closed":
                made.hang(2).pieces([LOOK.verdict("overdue" if finding.overdue else finding.state)])
                made.line(f"  {finding.id} {finding.title}, {finding.severity}, due {when(finding.due)[:10]}")
        return made.content()

    # What the keys do

    def why_not(self, action: Action) -> str:
        """Everything here needs a deployment that was observed."""
        row = self.table.current()
        if not isinstance(row, DriftRow):
            return "nothing was monitored yet"
        return "only one figure was measured" if action.id == "monitoring.metric" and len(self.metrics(row)) < FEWEST else ""

    def do_metric(self) -> None:
        """The next metric of performance."""
        self._metric += 1
        self._draw()

    def do_table(self) -> None:
        """The charts as tables, or back."""
        self._as_table = not self._as_table
        self.govern.logged(BY_ID["monitoring.table"])
        self._draw()

    def do_features(self) -> None:
        """Which features drifted."""
        row = self.table.current()
        if isinstance(row, DriftRow):
            made = Document().line(row.sentence).line()
            for name in row.drifted:
                made.pieces([LOOK.glyph("bad")]).line(f" {name}")
            if not row.drifted:
                made.line("No feature is above the limit in the last window.", "good")
            made.line().line("Every feature's numbers are in the window's evidence: o opens the dossier, tab Drift.", "dim")
            self.app.push_screen(Reader(f"Features that drifted in {row.deployment}", made.content()))

    def _pan(self, step: int) -> None:
        row = self.table.current()
        if isinstance(row, DriftRow):
            self._offset = max(0, min(self._offset + step, len(row.values) - FEWEST))
            self._draw()

    def do_earlier(self) -> None:
        """The window before."""
        self._pan(1)

    def do_later(self) -> None:
        """The window after."""
        self._pan(-1)

    def do_closer(self) -> None:
        """Fewer windows."""
        self._shown = max(FEWEST, self._shown // 2)
        self._draw()

    def do_wider(self) -> None:
        """More windows."""
        self._shown = min(1000, self._shown * 2)
        self._draw()

    async def do_review(self) -> None:
        """Open the model's dossier."""
        row = self.table.current()
        if isinstance(row, DriftRow):
            await self.govern.go("review", f"{row.model}  drift")

    def do_export(self) -> None:
        """Save the numbers: drift, then every metric."""
        row = self.table.current()
        if isinstance(row, DriftRow):
            lines = ["figure,observed,value,low,high,limit"]
            lines += [f"largest_effect,{moment.isoformat()},{value},,,{row.limit}" for moment, value in row.values]
            lines += [
                f"{one.metric},{point.observed.isoformat()},{point.value},{point.low},{point.high},{one.limit}"
                for one in self.metrics(row) for point in one.points
            ]
            self.govern.save_text(f"monitoring-{row.deployment}-{len(row.values)}.csv", "\n".join(lines) + "\n")
