"""The dashboard: systems and their state, what is due, findings, waivers, drift, the ledger; every line opens a page."""

import json
from dataclasses import asdict, dataclass
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content

from govern.domain.text import instant
from govern.workflow.lately_views import Proved
from govern.workflow.views import (
    DeadlineRow,
    DriftRow,
    EntryRow,
    FindingRow,
    QueueItem,
    StatusView,
    SystemRow,
    WaiverRow,
)
from govern_tui.actions import BY_ID
from govern_tui.pages.deadlines import deadline_columns, left_of
from govern_tui.pages.page import Page, bindings_of
from govern_tui.text import LOOK, Piece, Tone, bar, decimal, grouped, number, sparkline, until, when
from govern_tui.widgets.document import Document, Flow
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import ListSource

WIDE: Final = 90
"""Cells from which a table of systems has its full columns; below, what state they are in has to have room."""
HOUR: Final = 60
DAY: Final = 24 * HOUR
"""Minutes."""
GRAVE = frozenset({"high", "critical"})
STATUSES: Final = ("pass", "fail", "inconclusive", "error", "not_applicable")
BAD_RESULTS: Final = {"fail": "status:bad", "inconclusive": "status:bad", "error": "status:bad", "not_applicable": ""}
"""Which decisions a result leads to: those that deny."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A status that rules had, and how often."""

    status: str
    count: int
    most: int
    """Of any status: the right end of the bars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something to know of the ledger, and where there is more of it."""

    label: str
    text: str
    page: str
    target: str = ""
    tone: Tone = ""
    short: str = ""
    """For a narrow tile, where that says it in fewer cells."""


def _stage(stage: str) -> tuple[Column, Column]:
    def cell(row: SystemRow) -> Piece:
        return (row.stages.get(stage, "") or "–", "")

    return Column(title=stage, width=18, cell=cell, above=WIDE), Column(title=stage, width=12, cell=cell, above=70, below=WIDE)


class Dashboard(Page):
    """Page 1."""

    NAME = "dashboard"
    FIRST = "#systems"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("dashboard")
    DEFAULT_CSS = """
    Dashboard #systems { height: 2fr; min-height: 4; }
    Dashboard #emergencies { height: auto; max-height: 4; padding: 0 2; color: $text-error; }
    Dashboard .tiles { height: 3fr; min-height: 4; }
    Dashboard #ledger-tile { width: 1fr; }
    Dashboard #results { width: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.status: StatusView | None = None

    def compose(self) -> ComposeResult:
        """Systems above, tiles below."""
        systems = RowTable(
            [
                Column(title="", width=2, cell=lambda row: LOOK.glyph(row.standing)),
                Column(title="system", width=18, cell=lambda row: (row.name, "strong"), above=WIDE),
                Column(title="system", width=12, cell=lambda row: (row.name, "strong"), below=WIDE),
                Column(title="tier", width=8, cell=lambda row: (row.tier, "dim"), above=WIDE),
                *(column for stage in self.desk.stages for column in _stage(stage)),
                Column(title="state", width=0, cell=lambda row: (standing_of(row), _tone(row))),
            ],
            id="systems", empty="No system is recorded yet: `govern record system`, or `govern demo` for a whole example.",
        )
        systems.border_title = "Systems"
        systems.add_class("pane")
        yield systems
        yield Flow(id="emergencies")
        yield from self._row_of_waiting()
        yield from self._row_of_wrong()
        yield from self._row_of_running()

    def _row_of_waiting(self) -> ComposeResult:
        """What waits, and what falls due."""
        with Horizontal(classes="tiles"):
            due = RowTable(
                [
                    Column(title="", width=2, cell=_urgent),
                    Column(title="due for you", width=0, cell=lambda row: (row.name, "")),
                    Column(title="why", width=8, cell=lambda row: (row.why, "dim"), above=40),
                    Column(title="left", width=9, cell=lambda row: left_of(row.due, self.desk.now()), right=True),
                ],
                id="due", empty="Nothing waits for you.",
            )
            due.border_title = "Due"
            due.add_class("pane")
            yield due
            deadlines = RowTable(deadline_columns(self), id="deadlines", empty="Nothing falls due within 30 days.")
            deadlines.border_title = "Deadlines"
            deadlines.add_class("pane")
            deadlines.add_class("second")
            yield deadlines

    def _row_of_wrong(self) -> ComposeResult:
        """Findings and waivers."""
        with Horizontal(classes="tiles second"):
            findings = RowTable(
                [
                    Column(title="", width=2, cell=lambda row: LOOK.glyph("overdue" if row.overdue else row.state)),
                    Column(title="model", width=12, cell=lambda row: (row.model, "strong"), above=44),
                    Column(title="finding", width=0, cell=lambda row: (f"{row.id} {row.title}", "")),
                    Column(title="severity", width=8, cell=lambda row: (row.severity, "bad" if row.severity in GRAVE else ""), above=50),
                    Column(title="left", width=9, cell=lambda row: left_of(row.due, self.desk.now()), right=True),
                ],
                id="findings", empty="No open finding.",
            )
            findings.border_title = "Findings"
            findings.add_class("pane")
            yield findings
            waivers = RowTable(
                [
                    Column(title="", width=2, cell=lambda row: LOOK.glyph(row.state)),
                    Column(title="waiver", width=10, cell=lambda row: (row.id, ""), above=44),
                    Column(title="waiver", width=7, cell=lambda row: (row.id, ""), below=44),
                    Column(title="rule", width=0, cell=lambda row: (f"{row.model} {row.rule}", "")),
                    Column(title="ends in", width=9, cell=lambda row: (until(row.expires, self.desk.now()), "dim"), right=True),
                ],
                id="waivers", empty="No waiver.",
            )
            waivers.border_title = "Waivers"
            waivers.add_class("pane")
            yield waivers

    def _row_of_running(self) -> ComposeResult:
        """Drift, results and the ledger."""
        with Horizontal(classes="tiles second"):
            drift = RowTable(
                [
                    Column(title="", width=2, cell=lambda row: LOOK.glyph(row.standing)),
                    Column(title="deployment", width=0, cell=lambda row: (f"{row.deployment} {row.model}", ""), above=24),
                    Column(title="model", width=0, cell=lambda row: (row.model, ""), below=24),
                    Column(title="effect", width=7, cell=lambda row: (decimal(row.values[-1][1], 3) if row.values else "–", _drift_tone(row)), right=True),
                    Column(title="windows", width=12, cell=_spark, above=44),
                ],
                id="drift", empty="Nothing is monitored yet.",
            )
            drift.border_title = "Drift, largest effect by window"
            drift.add_class("pane")
            yield drift
            results = RowTable(
                [
                    Column(title="result", width=14, cell=lambda row: LOOK.verdict(row.status)),
                    Column(title="count", width=7, cell=lambda row: (grouped(row.count), ""), right=True, above=26),
                    Column(title="count", width=5, cell=lambda row: (grouped(row.count), ""), right=True, below=26),
                    Column(title="", width=0, cell=_bar, above=26),
                ],
                id="results",
            )
            results.border_title = "Rule results, 30 days"
            results.add_class("pane")
            results.add_class("third")
            yield results
            ledger = RowTable(
                [
                    Column(title="", width=12, cell=lambda row: (row.label, "dim")),
                    Column(title="", width=0, cell=lambda row: (row.text, row.tone), above=32),
                    Column(title="", width=0, cell=lambda row: (row.short or row.text, row.tone), below=32),
                ],
                id="ledger-tile", head=False,
            )
            ledger.border_title = "Ledger"
            ledger.add_class("pane")
            ledger.add_class("third")
            yield ledger

    def reload(self) -> None:
        """Read the status, and what can be said before a long ledger is folded."""
        self.read(self._end_of_ledger, self._show_end, group="end")
        self.read(lambda: (self.desk.status(), self.desk.proved()), self._apply)

    def _end_of_ledger(self) -> tuple[int, tuple[EntryRow, ...]]:
        size = self.desk.size()
        return size, self.desk.log(size - 1, 1)

    def _show_end(self, end: tuple[int, tuple[EntryRow, ...]]) -> None:
        size, last = end
        if self.status is None:
            self.query_one("#ledger-tile", RowTable).show(ListSource((
                Fact(label="entries", text=grouped(size), page="ledger"), Fact(label="last append", text=when(last[0].time) if last else "–", page="ledger"),
            )))

    def _apply(self, found: tuple[StatusView, Proved | None]) -> None:
        self.status, proved = found
        status = self.status
        self.query_one("#systems", RowTable).show(ListSource(status.systems))
        self.query_one("#due", RowTable).show(ListSource(status.due))
        self.query_one("#waivers", RowTable).show(ListSource(status.waivers))
        self.query_one("#drift", RowTable).show(ListSource(status.drift))
        findings = tuple(row for row in status.findings if row.state != "verified-closed")
        self.query_one("#findings", RowTable).show(ListSource(findings))
        self.query_one("#findings", RowTable).border_title = f"Findings ({len(findings)} open)" if findings else "Findings"
        self.query_one("#deadlines", RowTable).show(ListSource(status.deadlines))
        over = sum(1 for row in status.deadlines if row.overdue)
        self.query_one("#deadlines", RowTable).border_title = f"Deadlines ({len(status.deadlines)}{f', {over} over' if over else ''})"
        emergencies = self.query_one("#emergencies", Flow)
        emergencies.display = bool(status.emergencies)
        emergencies.update(emergencies_text(status))
        most = max(1, *status.results.values()) if status.results else 1
        self.query_one("#results", RowTable).show(ListSource(tuple(Result(status=name, count=status.results.get(name, 0), most=most) for name in STATUSES)))
        self.query_one("#ledger-tile", RowTable).show(ListSource(ledger_facts(status, proved)))
        self.query_one("#systems", RowTable).border_subtitle = f"as of {when(status.as_of)} UTC"
        self.govern.told(status.size, len(status.due))

    @on(RowTable.Opened)
    async def _opened(self) -> None:
        await self.do_open()

    async def do_open(self) -> None:
        """Open the page that the line belongs to."""
        table = self.app.focused
        row = table.current() if isinstance(table, RowTable) else None
        self.govern.logged(BY_ID["dashboard.open"])
        match row:
            case SystemRow():
                await self.govern.go("lineage", f"system/{row.name}")
            case QueueItem():
                await self.govern.go("review", f"{row.model} {row.gate}")
            case WaiverRow():
                await self.govern.go("ledger", str(row.index))
            case FindingRow():
                await self.govern.go("review", f"{row.model}  findings")
            case DeadlineRow():
                await self.govern.open_deadline(row)
            case DriftRow():
                await self.govern.go("monitoring", row.deployment)
            case Result():
                await self.govern.go("ledger", f"/kind:decision {BAD_RESULTS.get(row.status, 'status:ok')}")
            case Fact():
                await self.govern.go(row.page, row.target)
            case _:
                return

    def do_export(self) -> None:
        """Save what is shown."""
        if self.status is not None:
            self.govern.logged(BY_ID["dashboard.export"])
            text = json.dumps(asdict(self.status), indent=1, default=lambda value: instant(value) if hasattr(value, "tzinfo") else str(value))
            self.govern.save_text(f"status-{self.status.size}.json", text)


def _span(minutes: int) -> str:
    if minutes < 2 * HOUR:
        return f"{minutes} min"
    return f"{minutes // HOUR} h" if minutes < 2 * DAY else f"{minutes // DAY} d"


def _bar(row: Result) -> Piece:
    return (bar(float(row.count), top=float(row.most), width=11).rstrip(), LOOK.glyph(row.status)[1])


def _tone(row: SystemRow) -> Tone:
    return LOOK.glyph(row.standing)[1]


def _urgent(row: QueueItem) -> Piece:
    return ("!" if row.failed or row.why in {"stale", "finding"} else " ", "warn")


def _drift_tone(row: DriftRow) -> Tone:
    return LOOK.glyph(row.standing)[1]


def _spark(row: DriftRow) -> Piece:
    return (sparkline([number(value) or 0.0 for _, value in row.values], width=12), LOOK.glyph(row.standing)[1])


def standing_of(row: SystemRow) -> str:
    """What matters most about a system, and what runs in it beside that."""
    return "; ".join((row.headline, *row.trials))


def emergencies_text(status: StatusView) -> Content:
    """Emergency rollbacks: they stay where everybody looks first."""
    made = Document()
    for emergency in status.emergencies:
        made.hang(2).line(f"{LOOK.glyph('bad')[0]} emergency rollback {emergency}", "bad")
    return made.content()


def ledger_facts(status: StatusView, proved: Proved | None) -> tuple["Fact", ...]:
    """The ledger in a few lines, each of which leads on; behind the last verification, how many entries came since."""
    since = "" if status.unanchored_minutes is None else f" ({_span(status.unanchored_minutes)})"
    verified, brief = "never here", "never here"
    if proved is not None:
        later = f" +{grouped(status.size - proved.size)}" if proved.size < status.size else ""
        verified, brief = (f"{word} {when(proved.time)[5:]}{later}" for word in (LOOK.verdict("ok")[0], LOOK.glyph("ok")[0]))
    last = when(status.last_append)
    behind = _span(status.clock_behind_minutes)
    # What is signed by a clock that is behind ends later than its signer thinks: it stands first, and only then.
    clock = (Fact(label="this clock", text=f"{behind} behind the ledger", short=f"{behind} behind", tone="bad", page="ledger"),)
    return (
        *(clock if status.clock_behind_minutes > 0 else ()),
        Fact(label="entries", text=grouped(status.size), page="ledger"),
        Fact(label="last append", text=last, short=last[5:], page="ledger", target=str(max(0, status.size - 1))),
        Fact(label="last verify", text=verified, short=brief, tone="dim" if proved is None else "good", page="verify"),
        Fact(label="not anchored", text=f"{grouped(status.unanchored)}{since}", short=grouped(status.unanchored), page="ledger", target="/kind:anchor"),
        Fact(label="root", text=status.root.removeprefix("sha256:")[:16] + "…", page="verify"),
        Fact(label="origin", text=status.origin, page="keys"),
    )
