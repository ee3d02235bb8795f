"""What every page is: bindings from the registry, a first pane, reading in a thread, and places to come back to."""

from collections.abc import Callable
from typing import Any, ClassVar, Final, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget
from textual.worker import get_current_worker

from govern.errors import GovernError
from govern_tui.actions import Action, of_scope
from govern_tui.chrome.popups import Prompt
from govern_tui.desk import Desk
from govern_tui.host import Host, host_of
from govern_tui.widgets.rowtable import RowTable

Value = TypeVar("Value")
NEVER: Final = -1
"""In place of how much had been written: what a page could not read, it reads again when it is shown again."""


def bindings_of(scope: str) -> list[BindingType]:
    """The Textual bindings of a scope; the action's id is the binding's id, so that a key map can move it."""
    return [
        Binding(action.key, f"app.invoke('{action.id}')", action.title, id=action.id, tooltip=action.help, show=False)
        for action in of_scope(scope)
    ]


class Page(Container):
    """A page: mounted when first opened, disabled while another is shown."""

    NAME: ClassVar[str] = ""
    FIRST: ClassVar[str] = ""
    """Selector of the pane that gets the keys when the page opens."""
    DEFAULT_CSS = """
    Page { height: 1fr; layout: vertical; }
    .pane { border: round $panel; border-title-color: $muted; border-subtitle-color: $muted; height: 1fr; }
    .pane:focus, .pane:focus-within { border: round $primary; border-title-color: $text-accent; }
    """

    def __init__(self) -> None:
        super().__init__(id=f"page-{self.NAME}")
        self.read_at: int | None = None
        """How much had been written from here when this page was last shown; None before the first time."""

    @property
    def desk(self) -> Desk:
        """Reading and writing."""
        return self.govern.desk

    @property
    def govern(self) -> Host:
        """The application."""
        return host_of(self)

    def on_mount(self) -> None:
        """Read what is shown."""
        self.reload()

    def reload(self) -> None:
        """Read everything again; each page says what."""

    def opened(self, target: str) -> None:
        """The page is shown; `target` is what it was opened for, if anything."""

    def place(self) -> str:
        """What `opened` needs to come back here."""
        return ""

    def focus_first(self) -> None:
        """Give the keys to the first pane."""
        if self.FIRST:
            self.query_one(self.FIRST).focus()

    def panes(self) -> list[Widget]:
        """The panes that can be jumped to and zoomed, in order."""
        return [pane for pane in self.query(".pane") if pane.display and pane.region.area > 0]

    def why_not(self, action: Action) -> str:
        """Why an action of this page can't be done now; empty where it can."""
        del action
        return ""

    # Filter, next, previous, clear

    @property
    def rows(self) -> RowTable:
        """The table that the keys about rows are about: the one that has the focus, else the first."""
        focused = self.app.focused
        inside = isinstance(focused, RowTable) and self in focused.ancestors
        return focused if inside and isinstance(focused, RowTable) else self.query_one(self.FIRST, RowTable)

    @property
    def filtered(self) -> str:
        """The filter that is set; empty where none is."""
        return self.rows.words

    def why_not_sifted(self, action: Action) -> str:
        """Going from match to match, and clearing, need a filter."""
        needs = action.id.split(".")[1] in {"next", "previous", "clear"}
        return "no filter is set here: / sets one" if needs and not self.filtered else ""

    def do_filter(self) -> None:
        """Ask for the words that have to stand in a row."""
        table = self.rows

        def given(words: str | None) -> None:
            if words is not None:
                table.sift(words)
                self.govern.tell()

        self.app.push_screen(Prompt("Filter", "words that have to stand in a row, in any order; nothing shows every row", table.words), given)

    def do_clear(self) -> None:
        """Show every row again."""
        self.rows.sift("")

    def do_next(self) -> None:
        """The next match; after the last the first."""
        self._step(1)

    def do_previous(self) -> None:
        """The match before; before the first the last."""
        self._step(-1)

    def _step(self, step: int) -> None:
        table = self.rows
        if len(table.source):
            table.move_to((table.cursor + step) % len(table.source))

    def read(self, work: Callable[[], Value], then: Callable[[Value], None], *, group: str = "read") -> None:
        """Read in a thread and hand the result to `then` in the main thread; a later reading replaces an earlier one."""
        govern = self.govern

        def body() -> None:
            worker = get_current_worker()
            me = object()
            govern.reading.add(me)
            try:
                value = work()
            except GovernError as error:
                if not worker.is_cancelled:
                    self.app.call_from_thread(self._failed, error)
                return
            finally:
                govern.reading.discard(me)
            if not worker.is_cancelled:
                self.app.call_from_thread(self._deliver, then, value, group)

        self.run_worker(body, thread=True, group=f"{self.NAME}-{group}", exclusive=True, exit_on_error=True)

    def _failed(self, error: GovernError) -> None:
        self.govern.trouble(error)
        self.read_at = NEVER
        if self.is_attached:
            for table in self.query(RowTable):
                table.failed(error.message)

    def _deliver(self, then: Callable[[Any], None], value: Any, group: str) -> None:
        if self.is_attached:
            if group == "read":  # what else a page reads may well be had from a database that is half there
                self.govern.found_again()
            then(value)
            self.govern.tell()
