"""The lineage page: one line a node in the manner of `git log --graph`, up, down, impact, as it was at a time."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll

from govern.domain.text import Digest, instant, short
from govern.workflow.views import EntryDetail, EntryRow, LineageRow
from govern_tui.actions import BY_ID, Action
from govern_tui.chrome.popups import Prompt
from govern_tui.desk import Direction, Wanted
from govern_tui.pages.entry import entry_text
from govern_tui.pages.page import Page, bindings_of
from govern_tui.text import LOOK, clean, grouped, sentence, when
from govern_tui.widgets.document import Flow, document_of
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import ListSource

DEEPEST = 99
TICKS = 24
"""Steps of the time slider from the first entry to the last."""
WORDS: dict[Direction, str] = {"both": "up and down", "up": "made from", "down": "rests on it", "impact": "goes stale with it"}


def _lanes(row: LineageRow) -> str:
    if not LOOK.ascii:
        return row.lanes
    return row.lanes.translate(str.maketrans("●│─╮╯╰╭┤├┼┬┴", "*|-\\//\\++++++"))


WIDEST_LANES = 26
"""Cells of the graph at most; more lanes than that are cut, and T shows the same without them."""

COLUMNS = (
    Column(title="what", width=0, cell=lambda row: (row.node, "strong" if row.depth == 0 else "")),
    Column(title="kind", width=12, cell=lambda row: (row.kind, "dim")),
    Column(title="entry", width=7, cell=lambda row: (f"#{row.index}" if row.index >= 0 else "–", "dim"), right=True, above=60),
    Column(title="digest", width=9, cell=lambda row: (short(row.digest), "dim"), above=80),
    Column(title="state", width=14, cell=lambda row: LOOK.verdict(row.standing)),
    Column(title="detail", width=24, cell=lambda row: (row.detail, ""), above=100),
)


class LineagePage(Page):
    """Page 3."""

    NAME = "lineage"
    FIRST = "#graph"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("lineage")
    DEFAULT_CSS = "LineagePage #node { width: 36%; min-width: 40; }"

    def __init__(self) -> None:
        super().__init__()
        self.ref = ""
        self.direction: Direction = "both"
        self.depth = DEEPEST
        self.tick = TICKS
        self.as_of: datetime | None = None
        self.only_bad = False
        self.as_tree = False
        self._marks: list[LineageRow] = []
        self._between: set[Digest] = set()
        self._rows: tuple[LineageRow, ...] = ()
        self._outputs: Counter[Digest] = Counter()

    def compose(self) -> ComposeResult:
        """The graph left, the node under the cursor right."""
        with Horizontal(classes="row"):
            table = RowTable(COLUMNS, id="graph", empty="Nothing to show: o names a thing, x shows all again.")
            table.add_class("pane")
            yield table
            with VerticalScroll(id="node", classes="pane third") as pane:
                pane.border_title = "Node"
                yield Flow(id="node-text")

    @property
    def table(self) -> RowTable:
        """The graph."""
        return self.query_one("#graph", RowTable)

    def on_mount(self) -> None:
        """Take up the thing that was shown last."""
        if not self.ref:
            self.ref = self.govern.remembered.ref
            self.direction = self.govern.remembered.direction if self.govern.remembered.direction in WORDS else "both"
        self.reload()

    def opened(self, target: str) -> None:
        """Show the lineage of `target`."""
        if target:
            self.ref, self.as_of, self.tick, self._between = target, None, TICKS, set()
            self.reload()

    def place(self) -> str:
        """The thing that is shown."""
        return self.ref

    def reload(self) -> None:
        """Read the graph."""
        self.read(self._look, self._apply)

    def _look(self) -> tuple[str, tuple[LineageRow, ...]]:
        ref = self.ref
        if not ref:
            models = self.desk.log(0, self.desk.size(), Wanted(kinds=("model",)))
            if not models:
                return "", ()
            ref = f"#{models[-1].index}"
        return ref, self.desk.lineage(ref, self.direction, self.as_of)

    def _apply(self, found: tuple[str, tuple[LineageRow, ...]]) -> None:
        self.ref, self._rows = found
        self._outputs = Counter(self._rows[parent].digest for row in self._rows for parent in row.parents)
        self.govern.remembered.ref, self.govern.remembered.direction = self.ref, self.direction
        self._show()

    def _show(self) -> None:
        rows = [row for row in self._rows if abs(row.depth) <= self.depth]
        if self._between:
            rows = [row for row in rows if row.digest in self._between]
        if self.only_bad:
            rows = [row for row in rows if row.standing in {"bad", "warn"}]
        if self.as_tree:
            rows = [replace(row, lanes="", node="  " * abs(row.depth) + ("└ " if row.depth else "") + row.node) for row in rows]
        centre = next((number for number, row in enumerate(rows) if row.depth == 0), 0)
        lanes = max([len(row.lanes) for row in rows] or [0])
        graph = (Column(title="", width=min(lanes, WIDEST_LANES), cell=lambda row: (_lanes(row), "accent")),) if lanes else ()
        self.table.columns = (*graph, *COLUMNS)
        self.table.show(ListSource(rows), cursor=centre)
        self.table.border_title = clean(self._title(len(rows))).replace("[", "\\[")
        self.table.border_subtitle = slider(self.tick, self.as_of)
        self._beside()

    def _title(self, shown: int) -> str:
        """What it is of, how much is up and down, how far."""
        name = next((row.node for row in self._rows if row.depth == 0), self.ref)
        up, down = (sum(1 for row in self._rows if row.depth * sign > 0) for sign in (1, -1))
        furthest = max((abs(row.depth) for row in self._rows), default=0)
        counts = {"up": f"up {grouped(up)} nodes", "down": f"down {grouped(down)} nodes", "impact": f"{grouped(down)} go stale with it"}
        return sentence([
            f"Lineage of {name}", counts.get(self.direction, f"up {grouped(up)} nodes, down {grouped(down)}"), f"depth {min(self.depth, furthest)}",
            f"{grouped(shown)} shown" if shown != len(self._rows) else "",
        ])

    @on(RowTable.Moved)
    def _beside(self) -> None:
        row = self.table.current()
        if isinstance(row, LineageRow) and row.index >= 0:
            self.read(lambda: self.desk.entry(row.index), self._show_entry, group="detail")
        elif isinstance(row, LineageRow):
            self.query_one("#node-text", Flow).update(
                document_of(row.kind, row.node, row.digest, "", "Named by an entry, but recorded by none: only its digest is known.")
            )

    def _show_entry(self, detail: EntryDetail) -> None:
        self.query_one("#node", VerticalScroll).border_title = f"Entry {detail.row.index:,}"
        self.query_one("#node-text", Flow).update(entry_text(detail, self._ends()))

    def _ends(self) -> str:
        """How many nodes the one under the cursor was made from, and how many rest on it, among those that are shown."""
        row = self.table.current()
        return f"inputs {len(row.parents)} · outputs {self._outputs[row.digest]}" if isinstance(row, LineageRow) else ""

    # What the keys do

    @on(RowTable.Opened)
    async def do_open(self) -> None:
        """The entry that recorded this."""
        row = self.table.current()
        if isinstance(row, LineageRow) and row.index >= 0:
            self.govern.logged(BY_ID["lineage.open"], ref=f"#{row.index}")
            await self.govern.go("ledger", str(row.index))

    def do_ref(self) -> None:
        """Name a thing."""
        def given(ref: str | None) -> None:
            if ref:
                self.govern.logged(BY_ID["lineage.ref"], ref=ref)
                self.opened(ref)

        self.app.push_screen(Prompt("Lineage of", "name@version, system/name, 8 digits of a digest, or #123", self.ref), given)

    def _turn(self, direction: Direction) -> None:
        self.direction = direction
        self.govern.logged(BY_ID[f"lineage.{direction}"], ref=self.ref)
        self.reload()

    def do_up(self) -> None:
        """What it was made from."""
        self._turn("up")

    def do_down(self) -> None:
        """What was made from it."""
        self._turn("down")

    def do_impact(self) -> None:
        """What goes stale with it."""
        self._turn("impact")

    def do_both(self) -> None:
        """Both ways."""
        self._turn("both")

    def do_deeper(self) -> None:
        """One step further."""
        self.depth = min(DEEPEST, self.depth + 1)
        self._show()

    def do_shallower(self) -> None:
        """One step less."""
        furthest = max((abs(row.depth) for row in self._rows), default=1)
        self.depth = max(1, min(self.depth, furthest + 1) - 1)
        self._show()

    def do_earlier(self) -> None:
        """The slider back."""
        self._slide(-1)

    def do_later(self) -> None:
        """The slider on."""
        self._slide(1)

    def _slide(self, step: int) -> None:
        self.tick = max(1, min(TICKS, self.tick + step))
        tick = self.tick

        def at() -> datetime | None:
            if tick == TICKS:
                return None
            last = self.desk.size() - 1
            rows: tuple[EntryRow, ...] = self.desk.log(last * tick // TICKS, 1)
            return rows[0].time if rows else None

        def then(moment: datetime | None) -> None:
            self.as_of = moment
            if moment is not None:
                self.govern.logged(BY_ID["lineage.earlier"], ref=self.ref, time=instant(moment))
            self.reload()

        self.read(at, then, group="slide")

    def do_mark(self) -> None:
        """Mark a node as one end of a path."""
        row = self.table.current()
        if isinstance(row, LineageRow):
            self._marks = [*self._marks[-1:], row]
            self.table.marked.symmetric_difference_update({self.table.cursor})
            self.table.action_move(1)
            self.table.refresh()

    def why_not(self, action: Action) -> str:
        """A path needs two ends."""
        return "mark two nodes with space first" if action.id == "lineage.path" and len(self._marks) < 2 and not self._between else ""  # noqa: PLR2004

    def do_path(self) -> None:
        """Only the way between the two marked nodes, or everything again."""
        if self._between:
            self._between = set()
            self._marks = []
            self._show()
            return
        first, second = self._marks

        def between() -> set[Digest]:
            ways: tuple[tuple[Direction, Direction], ...] = (("up", "down"), ("down", "up"))
            for one, other in ways:
                beyond = {row.digest for row in self.desk.lineage(ref_of(first), one, self.as_of)}
                if second.digest in beyond:
                    return beyond & {row.digest for row in self.desk.lineage(ref_of(second), other, self.as_of)}
            return set()

        def then(found: set[Digest]) -> None:
            self._between = found
            if not found:
                self.app.notify("No way leads from one to the other.", severity="warning")
                self._marks = []
            self._show()

        self.read(between, then, group="path")

    def do_broken(self) -> None:
        """Only what is stale or broken, or everything again."""
        self.only_bad = not self.only_bad
        self._show()

    def do_tree(self) -> None:
        """Without lanes, indented by distance."""
        self.as_tree = not self.as_tree
        self._show()

    def do_export(self) -> None:
        """Save the lines shown as text."""
        source = self.table.source
        lines = [f"{row.lanes}  {row.node}  {row.kind}  #{row.index}  {row.digest}" for row in map(source.row, range(len(source)))]
        self.govern.logged(BY_ID["lineage.export"], ref=self.ref)
        self.govern.save_text(f"lineage-{short(self._rows[0].digest) if self._rows else 'empty'}-{self.direction}.txt", "\n".join(lines) + "\n")


def ref_of(row: LineageRow) -> str:
    """What names a node for certain: the entry that recorded it, or its digest where none did."""
    return f"#{row.index}" if row.index >= 0 else row.digest


def slider(tick: int, as_of: datetime | None = None) -> str:
    """The time slider as text, with the moment that it stands at."""
    if tick == TICKS:
        return "first entry ├" + "─" * 12 + "● now   < earlier"
    at = round(tick / TICKS * 12)
    moment = f"as of {when(as_of)} UTC   " if as_of else ""
    return f"{moment}first ├" + "─" * at + "●" + "─" * (12 - at) + " now   < earlier  > later"
