"""The ledger page: every entry by key range, filters by anchors, the entry under the cursor decoded beside it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.timer import Timer
from textual.worker import get_current_worker

from govern.domain.text import instant, moment
from govern.errors import GovernError, NotFoundError, UsageError
from govern.workflow.views import EntryDetail, EntryRow
from govern_tui.actions import BY_ID, Action
from govern_tui.chrome.popups import Prompt, Reader
from govern_tui.desk import Wanted
from govern_tui.pages.entry import entry_text, entry_whole
from govern_tui.pages.filters import HINT, command_of, parse
from govern_tui.pages.page import Page, bindings_of
from govern_tui.text import LOOK, clean, grouped, when
from govern_tui.widgets.document import Flow
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import AnchoredSource, RangeSource

EXPORT_LIMIT = 100_000
"""Rows of one export: what is shown is for reading on; the whole ledger is `govern log --json`."""
DETAIL_AFTER = 0.05
"""Seconds that the cursor rests before the entry beside it is read: holding a key down reads nothing."""

STATED = 110
"""Cells from which a row's state is a word as well as a glyph."""


def columns_of(size: int) -> tuple[Column, ...]:
    """The columns; numbers get the room that the ledger's length needs."""
    return (
        Column(title="seq", width=max(4, len(grouped(size))), cell=lambda row: (grouped(row.index), "dim"), right=True),
        Column(title="time (UTC)", width=16, cell=lambda row: (when(row.time), "dim"), above=90),
        Column(title="time (UTC)", width=11, cell=lambda row: (when(row.time)[5:], "dim"), below=90),
        Column(title="kind", width=11, cell=lambda row: (row.kind, "accent")),
        Column(title="subject", width=20, cell=lambda row: (row.subject, ""), above=96),
        Column(title="subject", width=14, cell=lambda row: (row.subject, ""), below=96),
        Column(title="actor", width=12, cell=lambda row: (row.holder, ""), above=86),
        Column(title="actor", width=9, cell=lambda row: (row.holder, ""), above=72, below=86),
        Column(title="", width=2, cell=lambda row: LOOK.glyph(row.standing), below=STATED),
        Column(title="state", width=7, cell=lambda row: LOOK.verdict(row.standing), above=STATED),
        Column(title="what", width=0, cell=lambda row: (row.summary, LOOK.glyph(row.standing)[1] if row.standing == "bad" else "")),
    )


COLUMNS = columns_of(10_000_000)
"""For a ledger of any length."""


class LedgerPage(Page):
    """Page 2."""

    NAME = "ledger"
    FIRST = "#entries"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("ledger")
    DEFAULT_CSS = "LedgerPage #entry { width: 36%; min-width: 40; }"

    def __init__(self) -> None:
        super().__init__()
        self._line = ""
        self._entries = 0
        self._source: RangeSource[EntryRow] | AnchoredSource[EntryRow] | None = None
        self._wanted: str = ""
        self._timer: Timer | None = None
        self.detail: EntryDetail | None = None

    def compose(self) -> ComposeResult:
        """Entries left, the one under the cursor right."""
        with Horizontal(classes="row"):
            table = RowTable(columns_of(0), id="entries", empty="No entry matches.")
            table.border_title = "Ledger"
            table.add_class("pane")
            yield table
            with VerticalScroll(id="entry", classes="pane third") as pane:
                pane.border_title = "Entry"
                yield Flow(id="entry-text")

    @property
    def table(self) -> RowTable:
        """The entries."""
        return self.query_one("#entries", RowTable)

    def on_mount(self) -> None:
        """Show the ledger as it was left."""
        self._line = self.govern.remembered.filter
        self.reload()

    def place(self) -> str:
        """The entry under the cursor."""
        row = self.table.current()
        return str(row.index) if isinstance(row, EntryRow) else ""

    def opened(self, target: str) -> None:
        """Go to an entry: number, hash prefix or date; or set a filter: `/kind:model`."""
        if target.startswith("/"):
            self.set_filter(target[1:])
            return
        self._wanted = target
        if self._source is not None and target:
            self.goto(target)

    # Rows

    def reload(self) -> None:
        """Show the rows again, with the filter that is set."""
        try:
            wanted = parse(self._line)
        except UsageError as error:
            self.govern.trouble(error)
            self._line, wanted = "", None
        self.govern.remembered.filter = self._line
        if wanted is None:
            self.read(self.desk.size, self._show_all, group="rows")
        else:
            source: AnchoredSource[EntryRow] = AnchoredSource(partial(self._matching, wanted), lambda row: row.index)
            source.newest_first = self.govern.remembered.newest_first
            self._source = source
            self.table.show(source, cursor=0)
            self.read(self.desk.size, self._sized, group="size")
            self._title(searching=True)
            self.run_worker(lambda: self._scan(source), thread=True, group="ledger-rows", exclusive=True)

    def _sized(self, size: int) -> None:
        self._entries = size
        self.table.columns = columns_of(size)
        self._title(searching=isinstance(self._source, AnchoredSource) and not self._source.complete)

    def _matching(self, wanted: Wanted, start: int, limit: int) -> Sequence[EntryRow]:
        return self.desk.log(start, limit, wanted)

    def _show_all(self, size: int) -> None:
        self._entries = size
        self.table.columns = columns_of(size)
        self._source = RangeSource(self.desk.log, size, newest_first=self.govern.remembered.newest_first)
        self.govern.found_again()
        self.table.show(self._source, cursor=self.table.cursor)
        self._title()
        if self._wanted:
            self.goto(self._wanted)
        self._soon()

    def _scan(self, source: AnchoredSource[EntryRow]) -> None:
        worker = get_current_worker()

        def found(page: Sequence[EntryRow]) -> None:
            self.app.call_from_thread(self._extend, source, page)

        try:
            source.scan(lambda: worker.is_cancelled, found)
        except GovernError as error:
            self.app.call_from_thread(self.govern.trouble, error)
            return
        if not worker.is_cancelled:
            self.app.call_from_thread(self._scanned, source)

    def _extend(self, source: AnchoredSource[EntryRow], page: Sequence[EntryRow]) -> None:
        if self._source is source:
            first = len(source) == 0
            source.extend(page)
            self.table.grown()
            self._title(searching=True)
            if first:
                self._soon()

    def _scanned(self, source: AnchoredSource[EntryRow]) -> None:
        source.complete = True
        if self._source is source:
            self._title()
            self.table.refresh()

    def _title(self, *, searching: bool = False) -> None:
        count = grouped(len(self.table.source))
        order = "newest first" if self.govern.remembered.newest_first else "oldest first"
        found = f"{count}{' so far' if searching else ''} of {grouped(self._entries)}"
        words = [f"Ledger · {clean(self._line)} · {found}" if self._line else f"Ledger · {count}", order]
        self.table.border_subtitle = ""  # marks go with the rows
        self.table.border_title = " · ".join(words).replace("[", "\\[")

    # The entry beside

    @on(RowTable.Moved)
    def _moved(self) -> None:
        self._soon()

    def _soon(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(DETAIL_AFTER, self._read_detail)

    def _read_detail(self) -> None:
        row = self.table.current()
        if isinstance(row, EntryRow) and (self.detail is None or self.detail.row.index != row.index):
            self.read(lambda: self.desk.entry(row.index), self._show_detail, group="detail")

    def _show_detail(self, detail: EntryDetail) -> None:
        self.detail = detail
        pane = self.query_one("#entry")
        pane.border_title = f"Entry {grouped(detail.row.index)}"
        self.query_one("#entry-text", Flow).update(entry_text(detail))

    # What the keys do

    @on(RowTable.Opened)
    def do_open(self) -> None:
        """The entry whole."""
        row = self.table.current()
        if isinstance(row, EntryRow):
            self.govern.logged(BY_ID["ledger.open"], entry=f"#{row.index}")
            self.read(lambda: self.desk.entry(row.index), self._show_whole, group="whole")

    def _show_whole(self, detail: EntryDetail) -> None:
        self._show_detail(detail)
        self.app.push_screen(Reader(f"Entry {grouped(detail.row.index)}", entry_whole(detail)))

    def do_filter(self) -> None:
        """Ask for a filter."""
        def given(line: str | None) -> None:
            if line is not None:
                self.set_filter(line)

        self.app.push_screen(Prompt("Filter", HINT, self._line), given)

    def set_filter(self, line: str) -> None:
        """Filter, or show everything again where the line is empty."""
        self._line = line
        self.reload()
        wanted = parse(self._line) if self._line else None
        if wanted is not None:
            self.govern.say(command_of(wanted))

    @property
    def filtered(self) -> str:
        """The filter line."""
        return self._line

    def do_clear(self) -> None:
        """Show everything again, with the cursor on the same entry."""
        self._wanted = self.place()
        self.set_filter("")

    def do_sort(self) -> None:
        """Turn the order round; the cursor stays on its entry."""
        self._wanted = self.place()
        self.govern.remembered.newest_first = not self.govern.remembered.newest_first
        self.reload()

    def goto(self, target: str) -> None:
        """Put the cursor on an entry: number, hash prefix, or the first at or after a date."""
        self._wanted = ""
        if target.isdigit() and len(target) < 19:  # noqa: PLR2004 - what an index can be at most
            self._land(int(target))
        else:
            self.read(lambda: self._find(target), self._land, group="goto")

    def _find(self, target: str) -> int:
        try:
            return self._at_time(instant(moment(target)))
        except UsageError:
            rows = self.desk.lineage(target.removeprefix("#") if target.startswith("#sha") else target, "both", None)
        centre = next((row for row in rows if row.depth == 0), None)
        if centre is None:
            raise NotFoundError(f"“{target[:60]}” names nothing in this ledger", "Give a number, 8 or more digits of a digest, name@version, or a date.")
        return centre.index

    def _at_time(self, wanted: str) -> int:
        low, high = 0, self.desk.size()
        while low < high:
            middle = (low + high) // 2
            if instant(self.desk.log(middle, 1)[0].time) < wanted:
                low = middle + 1
            else:
                high = middle
        return max(0, min(low, self.desk.size() - 1))

    def _land(self, index: int) -> None:
        source = self._source
        if source is None or not len(source):
            return
        self.table.move_to(source.position(index))
        self._soon()

    def _shift(self, step: timedelta) -> None:
        row = self.table.current()
        if isinstance(row, EntryRow):
            wanted, here = instant(row.time + step), row.index
            # Back over a gap that is longer than the step, the first entry at or after the wanted time is this one.
            self.read(lambda: min(self._at_time(wanted), here - 1) if step < timedelta() else self._at_time(wanted), self._land, group="goto")

    def do_minute(self) -> None:
        """A minute on."""
        self._shift(timedelta(minutes=1))

    def do_minute_back(self) -> None:
        """A minute back."""
        self._shift(timedelta(minutes=-1))

    def do_hour(self) -> None:
        """An hour on."""
        self._shift(timedelta(hours=1))

    def do_hour_back(self) -> None:
        """An hour back."""
        self._shift(timedelta(hours=-1))

    def do_day(self) -> None:
        """A day on."""
        self._shift(timedelta(days=1))

    def do_day_back(self) -> None:
        """A day back."""
        self._shift(timedelta(days=-1))

    def do_bad(self) -> None:
        """The next bad entry, downward."""
        self._seek(1)

    def do_bad_back(self) -> None:
        """The previous bad entry, upward."""
        self._seek(-1)

    def _seek(self, step: int) -> None:
        row, back = self.table.current(), (step < 0) != self.govern.remembered.newest_first
        wanted = parse(self._line) or Wanted()
        if not isinstance(row, EntryRow) or (back and not row.index):
            return
        self.govern.logged(BY_ID["ledger.bad"])
        if wanted.standings and "bad" not in wanted.standings:
            self._sought(())
            return
        wanted, start = replace(wanted, standings=("bad",)), row.index - 1 if back else row.index + 1
        self.read(lambda: self.desk.log(start, 1, wanted, newest_first=back), self._sought, group="seek")

    def _sought(self, found: Sequence[EntryRow]) -> None:
        if found:
            self._land(found[0].index)
        else:
            self.app.notify("No bad entry further that way.", markup=False)

    async def do_lineage(self) -> None:
        """Lineage of the entry under the cursor."""
        row = self.table.current()
        if isinstance(row, EntryRow):
            self.govern.logged(BY_ID["ledger.lineage"], entry=f"#{row.index}")
            await self.govern.go("lineage", f"#{row.index}")

    def why_not(self, action: Action) -> str:
        """Rows are marked where they stand, so a filter that finds more moves nobody's marks."""
        searching = isinstance(self._source, AnchoredSource) and not self._source.complete
        return "the filter is still searching" if action.id == "ledger.mark" and searching else ""

    def do_mark(self) -> None:
        """Mark the row under the cursor for the export, or no longer; the cursor goes on."""
        if self.table.current() is not None:
            self.table.marked.symmetric_difference_update({self.table.cursor})
            self.table.action_move(1)
            self.table.refresh()
            marked = len(self.table.marked)
            self.table.border_subtitle = f"{grouped(marked)} marked: e saves only these" if marked else ""

    def do_export(self) -> None:
        """Save the rows shown, or those that are marked, as JSON lines."""
        source = self.table.source
        marked = sorted(self.table.marked)
        places = marked or range(min(len(source), EXPORT_LIMIT))
        if marked:
            self.govern.say(" && ".join(f"govern show '#{source.row(place).index}' --json" for place in marked))
        else:
            self.govern.say(f"{command_of(parse(self._line) or Wanted())} --limit {len(places)} --json")

        def work(progress: Any) -> str:
            lines = []
            for number, place in enumerate(places):
                progress("rows", number, len(places))
                row = source.row(place)
                lines.append(json.dumps({**asdict(row), "time": instant(row.time)}, ensure_ascii=False))
            return "\n".join(lines) + "\n"

        name = f"ledger-{len(places)}-{'marked' if marked else 'rows'}.jsonl"
        self.govern.start_job("exporting rows", work, lambda text: self.govern.save_text(name, text))
