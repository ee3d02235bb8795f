"""The monitoring page: drift of each deployment over its windows as a chart, a table and one sentence."""

from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static
from textual_plotext import PlotextPlot

from govern.workflow.views import DriftRow, StatusView
from govern_tui.actions import BY_ID, Action
from govern_tui.chrome.popups import Reader
from govern_tui.pages.page import Page, bindings_of
from govern_tui.text import LOOK, bar, clean, decimal, number, when
from govern_tui.widgets.document import Document
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import ListSource

FEWEST: Final = 2
"""Windows of a chart at least."""


class MonitoringPage(Page):
    """Page 6."""

    NAME = "monitoring"
    FIRST = "#deployments"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("monitoring")
    DEFAULT_CSS = """
    MonitoringPage #deployments { width: 36; }
    MonitoringPage #chart { height: 1fr; }
    MonitoringPage #windows { height: 1fr; }
    MonitoringPage #sentence { height: auto; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._status: StatusView | None = None
        self._wanted = ""
        self._shown = 30
        self._offset = 0
        self._as_table = False

    def compose(self) -> ComposeResult:
        """Deployments left, chart and sentence right."""
        with Horizontal(classes="row"):
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
            with Vertical(id="drift-pane", classes="pane second") as pane:
                pane.border_title = "Drift"
                yield Static(id="sentence", markup=False)
                yield PlotextPlot(id="chart")
                with VerticalScroll(id="windows"):
                    yield Static(id="windows-text")

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
        """Read drift and findings."""
        self.read(self.desk.status, self._apply)

    def _apply(self, status: StatusView) -> None:
        self._status = status
        self.table.show(ListSource(status.drift))
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
        self._offset = 0
        self._draw()

    def windows(self, row: DriftRow) -> tuple[tuple[str, float, str], ...]:
        """The windows shown: time, value for drawing, value as measured."""
        end = len(row.values) - self._offset
        return tuple((when(moment), number(value) or 0.0, value) for moment, value in row.values[max(0, end - self._shown):end])

    def _draw(self) -> None:
        row = self.table.current()
        chart = self.query_one("#chart", PlotextPlot)
        chart.display = isinstance(row, DriftRow) and not self._as_table
        self.query_one("#windows").display = isinstance(row, DriftRow) and self._as_table
        pane = self.query_one("#drift-pane")
        if not isinstance(row, DriftRow):
            self.query_one("#sentence", Static).update(Content("Drift appears here, window by window: `govern monitor DEPLOYMENT --data WINDOW`."))
            return
        pane.border_title = clean(f"{row.deployment} · {row.model} in {row.environment} · largest effect by window").replace("[", "\\[")
        pane.border_subtitle = "t " + ("chart" if self._as_table else "numbers")
        findings = [finding for finding in (self._status.findings if self._status else ()) if finding.model == row.model and finding.state == "open"]
        made = Document().pieces([LOOK.verdict(row.standing)]).line(f"  {row.sentence}")
        for finding in findings:
            made.pieces([LOOK.verdict("overdue" if finding.overdue else "open")]).line(f"  {finding.id} {finding.title}, {finding.severity}, due {when(finding.due)[:10]}")
        self.query_one("#sentence", Static).update(made.content())
        shown = self.windows(row)
        limit = number(row.limit)
        self.query_one("#windows-text", Static).update(numbers(shown, limit))
        plot(chart, shown, limit)

    # What the keys do

    def why_not(self, action: Action) -> str:
        """Everything here needs a deployment that was observed."""
        del action
        return "" if isinstance(self.table.current(), DriftRow) else "nothing was monitored yet"

    def do_table(self) -> None:
        """The chart as a table, or back."""
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
            item = next((one for one in (self._status.due if self._status else ()) if one.name == row.model), None)
            if item is None:
                self.app.notify("Nothing waits for review on this model.", severity="warning")
                return
            await self.govern.go("review", f"{item.model} {item.gate}")

    def do_export(self) -> None:
        """Save the numbers."""
        row = self.table.current()
        if isinstance(row, DriftRow):
            lines = ["observed,largest_effect,limit", *(f"{moment.isoformat()},{value},{row.limit}" for moment, value in row.values)]
            self.govern.save_text(f"drift-{row.deployment}-{len(row.values)}.csv", "\n".join(lines) + "\n")


def numbers(shown: tuple[tuple[str, float, str], ...], limit: float | None) -> Content:
    """The windows as a table, newest first."""
    top = max([value for _, value, _ in shown] + [limit or 0.0, 1e-9]) * 1.1
    made = Document()
    made.table(
        [("window", 16, False), ("effect", 10, True), ("", 2, False), ("", 40, False)],
        [
            [(moment, ""), (decimal(text), "strong"), LOOK.glyph("bad" if limit is not None and value >= limit else "ok"), (bar(value, top=top, width=40, mark=limit), "accent")]
            for moment, value, text in reversed(shown)
        ],
    )
    return made.content()


def plot(chart: PlotextPlot, shown: tuple[tuple[str, float, str], ...], limit: float | None) -> None:
    """Draw the windows as a line with the limit as another."""
    surface = chart.plt
    surface.clear_figure()
    places = [float(place) for place in range(1, len(shown) + 1)]
    values = [value for _, value, _ in shown]
    marker = "dot" if LOOK.ascii else "braille"
    if values:
        surface.plot(places, values, marker=marker, label="largest effect")
        surface.scatter(places, values, marker="o" if LOOK.ascii else "●")
    if limit is not None and places:
        surface.plot([1, max(2, len(places))], [limit, limit], marker="-" if LOOK.ascii else "─", label=f"limit {limit:g}")
    surface.ylim(0, max([*values, limit or 0.0, 0.01]) * 1.15)
    step = max(1, len(shown) // 6)
    surface.xticks(places[::step], [shown[int(place) - 1][0][5:] for place in places[::step]])
    chart.refresh()
