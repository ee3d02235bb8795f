"""The review page: the queue and what falls due, the dossier in tabs, and the decisions that a person signs on it."""

from collections.abc import Callable
from shlex import quote
from typing import Any, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import TabbedContent, TabPane, Tabs

from govern.domain.text import Digest, short
from govern.errors import GovernError
from govern.workflow.views import Dossier, QueueItem, StatusView, WaiverRow
from govern_tui.actions import BY_ID, Action
from govern_tui.chrome.popups import Prompt
from govern_tui.dialogs.packs import ask_for_pack, blank
from govern_tui.pages.deadlines import deadline_columns, left_of
from govern_tui.pages.deciding import DecidingPage
from govern_tui.pages.dossier_text import TABS, TITLES, item_text, seen_text, tab_text
from govern_tui.pages.page import bindings_of
from govern_tui.pages.rules_pane import RulesPane
from govern_tui.pages.subjects import ABOUT
from govern_tui.text import LOOK, Piece, clean
from govern_tui.widgets.document import Flow
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import ListSource

NO_DOSSIER = "open a dossier first, so that you see what you decide on"
ZOOMED: Final = 56
"""Cells from which the queue has room for more than a model, its rules and its day."""
TIERS: Final[tuple[str, ...]] = ("critical", "high", "medium", "low")
ORDERS: Final[dict[str, Callable[[QueueItem], tuple[Any, ...]]]] = {
    "due": lambda item: (item.due is None, item.due, item.name),
    "tier": lambda item: (TIERS.index(item.tier) if item.tier in TIERS else len(TIERS), item.due is None, item.due, item.name),
    "model": lambda item: (item.name, item.gate),
    "worst": lambda item: (-item.failed, -item.inconclusive, item.name),
}
"""The orders of the queue, in the order in which the key goes through them."""


def _counts(item: QueueItem) -> Piece:
    good, bad, unsure = (LOOK.glyph(name)[0] for name in ("pass", "fail", "inconclusive"))
    return (f"{item.passed}{good} {item.failed}{bad} {item.inconclusive}{unsure}", "bad" if item.failed else "warn" if item.inconclusive else "good")


class ReviewPage(DecidingPage):
    """Page 4."""

    NAME = "review"
    FIRST = "#queue"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("review")
    DEFAULT_CSS = """
    ReviewPage #left { width: 40; }
    ReviewPage #queue { height: 1fr; }
    ReviewPage #deadlines { height: auto; min-height: 4; max-height: 12; }
    ReviewPage #dossier { width: 1fr; }
    ReviewPage TabPane { padding: 0; }
    ReviewPage TabPane VerticalScroll { height: 1fr; padding: 0 1; scrollbar-size-vertical: 1; }
    ReviewPage #dossier TabbedContent { height: 1fr; }
    ReviewPage #dossier ContentSwitcher { height: 1fr; }
    ReviewPage #dossier-head { height: auto; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.items: tuple[QueueItem, ...] = ()
        self._drawn: set[str] = set()
        self._queue_read = False
        self._open_when_read = False
        self._tab = ""
        self._take_focus = False
        self._mine = ""
        self._order = "due"
        self.emergencies: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        """Queue left, dossier right."""
        with Horizontal(classes="row"):
            with Vertical(id="left"):
                queue = RowTable(
                    [
                        Column(title="", width=1, cell=lambda item: ("!" if item.why != "review" or item.failed else " ", "warn")),
                        Column(title="model", width=0, cell=lambda item: (item.name, "strong")),
                        Column(title="gate", width=19, cell=lambda item: (item.gate, ""), above=ZOOMED),
                        Column(title="why", width=7, cell=lambda item: (item.why, "warn" if item.why != "review" else ""), above=ZOOMED),
                        Column(title="tier", width=8, cell=lambda item: (item.tier, ""), above=ZOOMED),
                        Column(title="rules", width=11, cell=_counts, above=34),
                        Column(title="left", width=8, cell=lambda item: left_of(item.due, self.desk.now()), right=True),
                    ],
                    id="queue", empty="Nothing waits for review.",
                )
                queue.border_title = "Queue"
                queue.add_class("pane")
                yield queue
                deadlines = RowTable(deadline_columns(self), id="deadlines", empty="Nothing falls due within 30 days.")
                deadlines.border_title = "Deadlines"
                deadlines.add_class("pane")
                yield deadlines
            with Vertical(id="dossier", classes="pane") as frame:
                frame.border_title = "Dossier"
                yield Flow(Content("Enter opens what is under the cursor."), id="dossier-head")
                with TabbedContent(id="tabs", initial="tab-summary"):
                    for name in TABS:
                        with TabPane(TITLES[name], id=f"tab-{name}"):
                            if name == "rules":
                                yield RulesPane()
                            else:
                                with VerticalScroll(can_focus=True):
                                    yield Flow(id=f"text-{name}")

    @property
    def queue(self) -> RowTable:
        """What waits."""
        return self.query_one("#queue", RowTable)

    def on_mount(self) -> None:
        """Read the queue."""
        self.query_one("#tabs").display = False
        self.reload()

    def opened(self, target: str) -> None:
        """Open the dossier of `MODEL GATE TAB`; what is left out is chosen."""
        if target:
            model, gate, tab = (*target.split(" "), "", "")[:3]
            self._tab, self._take_focus = tab, True
            self._open(model, gate)

    def place(self) -> str:
        """The dossier that is open, and the tab."""
        return f"{self.dossier.model} {self.dossier.gate} {self._tab_shown}" if self.dossier else ""

    @property
    def _tab_shown(self) -> str:
        """The tab that is shown."""
        return self.query_one(TabbedContent).active.removeprefix("tab-")

    def reload(self) -> None:
        """Read the queue, and the dossier if one is open."""
        self.read(self._look, self._apply_queue)
        self.read(self.desk.status, self._apply_status, group="status")
        self.open_again()

    def open_again(self) -> None:
        """Read the dossier that is open again."""
        if self.dossier is not None:
            self._open(self.dossier.model, self.dossier.gate)

    def _look(self) -> tuple[QueueItem, ...]:
        return self.desk.queue(self._mine)

    def _apply_status(self, status: StatusView) -> None:
        self.govern.told(status.size, len(status.due))
        self.emergencies = status.emergencies
        deadlines = self.query_one("#deadlines", RowTable)
        deadlines.show(ListSource(status.deadlines))
        over = sum(1 for row in status.deadlines if row.overdue)
        deadlines.border_title = f"Deadlines ({len(status.deadlines)}{f', {over} over' if over else ''})"
        deadlines.border_subtitle = f"{LOOK.glyph('bad')[0]} {len(status.emergencies)} emergencies: History" if status.emergencies else ""

    def _apply_queue(self, items: tuple[QueueItem, ...]) -> None:
        self.items = items = tuple(sorted(items, key=ORDERS[self._order]))
        self.queue.show(ListSource(items))
        whose = f" for {self._mine}" if self._mine else ""
        order = "" if self._order == "due" else f" · by {self._order}"
        self.queue.border_title = clean(f"Queue{whose} ({len(items)} due){order}")
        if not self._mine:
            self.govern.due = len(items)
        self._mark_cursor()
        self._queue_read = True
        if self._open_when_read:  # Enter came before the queue did
            self.call_later(self.do_open)

    @on(RowTable.Moved, "#queue")
    def _mark_cursor(self) -> None:
        item = self.queue.current()
        self.queue.border_subtitle = clean(f"{item.why}: {item.headline}").replace("[", "\\[") if isinstance(item, QueueItem) else ""
        if isinstance(item, QueueItem):
            self.query_one("#dossier-head", Flow).update(item_text(item, self.desk.now()))

    def do_mine(self) -> None:
        """Only what the holder of the key that signs here has not signed, or everything again."""
        if self._mine:
            self._mine = ""
            self.read(self._look, self._apply_queue)
            return

        def holder() -> str:
            return next((one.holder for one in self.desk.signers() if one.name == self.govern.signer), "")

        def then(holder: str) -> None:
            if not holder:
                self.app.notify("Say first which key is yours: page 9, Enter on it.", severity="warning")
                return
            self._mine = holder
            self.govern.say(f"govern review list --holder {quote(holder)}")
            self.read(self._look, self._apply_queue)

        self.read(holder, then, group="holder")

    def do_order(self) -> None:
        """The next order: by day, tier, model, or the worst first."""
        names = list(ORDERS)
        self._order = names[(names.index(self._order) + 1) % len(names)]
        self._apply_queue(self.items)
        self.queue.move_to(0)

    # Dossier

    @on(RowTable.Opened, "#deadlines")
    async def _deadline(self) -> None:
        await self.govern.open_deadline(self.query_one("#deadlines", RowTable).current())

    @on(RowTable.Opened, "#queue")
    async def do_open(self) -> None:
        """Open the dossier under the cursor, what the deadline under it is about, or the evidence of the rule."""
        if self.app.focused is self.query_one("#deadlines"):
            await self._deadline()
            return
        if self._at_rules:
            await self._open_evidence()
            return
        item = self.queue.current()
        self._open_when_read = not self._queue_read
        if isinstance(item, QueueItem):
            self.govern.logged(BY_ID["review.open"], model=item.name, gate=item.gate)
            self._take_focus = True
            self._open(item.model, item.gate)

    @property
    def _at_rules(self) -> bool:
        """Whether the keys are in the dossier while it shows its rules."""
        focused = self.app.focused
        return self.dossier is not None and self._tab_shown == "rules" and focused is not None and self.query_one("#dossier") in focused.ancestors

    @on(RowTable.Opened, "#rules")
    async def _open_evidence(self) -> None:
        """Open the entry of the evidence that the rule under the cursor was judged on."""
        entry = self.query_one(RulesPane).evidence
        if entry is None:
            self.app.notify("This rule was judged on no evidence: what it asks for a person states, or nobody measured.", severity="warning", markup=False)
            return
        self.govern.say(f"govern show '#{entry}'")
        await self.govern.go("ledger", str(entry))

    def do_other(self) -> None:
        """The dossier of a model that is not in the queue."""
        def given(ref: str | None) -> None:
            if ref:
                self.govern.logged(BY_ID["review.other"], model=ref)
                self._take_focus = True
                self._open(ref, "")

        self.app.push_screen(Prompt("Dossier of", "a model: name@version, 8 digits of a digest, or the entry '#12'"), given)

    def _open(self, model: str, gate: str) -> None:
        self.read(lambda: (self.desk.dossier(Digest(model), gate), self.desk.waivers()), self._show_dossier, group="dossier")

    def _show_dossier(self, found: tuple[Dossier, tuple[WaiverRow, ...]]) -> None:
        """Show a dossier; what was opened of another is forgotten."""
        dossier, self.waivers = found
        if self.dossier is None or (self.dossier.model, self.dossier.gate) != (dossier.model, dossier.gate):
            self.shown = set()
            self.query_one(TabbedContent).active = "tab-summary"
        self.dossier = dossier
        if self._tab in TABS:
            self.query_one(TabbedContent).active = f"tab-{self._tab}"
        self._tab = ""
        frame = self.query_one("#dossier")
        frame.border_title = clean(f"Dossier · {dossier.name} · {dossier.gate} · {short(dossier.model)}").replace("[", "\\[")
        self.query_one("#tabs").display = True
        self.query_one("#dossier-head").display = False
        self._drawn = set()
        self._draw_tab()
        if self._take_focus:  # somebody opened it; what is only read again leaves the keys where they are
            self._take_focus = False
            self.query_one(Tabs).focus()
        self.govern.tell()

    @on(TabbedContent.TabActivated)
    def _draw_tab(self) -> None:
        """Draw a tab when it is first opened, and note that it was: an approval says what its reviewer looked at."""
        name = self._tab_shown
        if self.dossier is not None and name not in self._drawn:
            self._drawn.add(name)
            if name == "rules":
                self.query_one(RulesPane).show(self.dossier)
            else:
                self.query_one(f"#text-{name}", Flow).update(tab_text(name, self.dossier, self.desk.now(), self.emergencies, self.waivers))
        if self.dossier is not None and self._visible():
            self.shown.add(name)
            self.query_one("#dossier").border_subtitle = seen_text(self.shown)

    def _visible(self) -> bool:
        """Whether the dossier is really on the screen: this page shown, and its frame has an area."""
        frame = self.query_one("#dossier")
        return self.govern.page is self and bool(frame.display) and frame.region.area > 0 and frame.size.area > 0

    # Decisions

    def why_not(self, action: Action) -> str:
        """A decision needs a dossier that is open and visible."""
        if action.id == "review.open":
            return "" if self.items or not self._queue_read or self._at_rules else "nothing waits"
        if action.id.split(".")[1] in {"mine", "order", "other", "filter", "next", "previous", "clear"}:
            return ""
        if self.dossier is None or not self._visible():
            return NO_DOSSIER
        verb = ABOUT.get(action.id)
        return "" if verb is None or self.subjects_of(verb[0]) else verb[1]

    def after_signing(self) -> None:
        """Read the queue and what falls due again."""
        self.read(self._look, self._next_item)
        self.read(self.desk.status, self._apply_status, group="status")

    def _next_item(self, items: tuple[QueueItem, ...]) -> None:
        """The cursor stands on the next item by itself, ready for Enter."""
        at = self.queue.cursor
        self._apply_queue(items)
        item, done = self.queue.current(), self.dossier.model if self.dossier else ""
        if at == self.queue.cursor and isinstance(item, QueueItem) and item.model == done:
            self.queue.move_to((at + 1) % len(self.queue.source))
        self.queue.focus()

    async def do_lineage(self) -> None:
        """Lineage of this model."""
        if self.dossier is not None:
            self.govern.logged(BY_ID["review.lineage"], model=self.dossier.name)
            await self.govern.go("lineage", self.dossier.model)

    def do_export(self) -> None:
        """Write the evidence pack."""
        if self.dossier is not None:
            ask_for_pack(self.govern, blank("model", self.dossier.name))

    def job_failed(self, error: GovernError) -> None:
        """Nothing of this page hangs on a job."""
        del error
