"""The application: pages in a switcher, actions from the registry, a banner that tells the truth, and a quiet crash."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Final, cast

from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import ContentSwitcher
from textual.worker import get_current_worker

from govern.errors import ExitCode, GovernError, Interrupted
from govern.workflow.views import DeadlineRow
from govern_tui.actions import BY_ID, MENUS, PAGES, Action, of_menu, of_scope
from govern_tui.chrome.banner import Mode, banner
from govern_tui.chrome.bars import COMPACT_BELOW, KeyBar, MenuBar, MenuTitle
from govern_tui.chrome.desktop import Desktop
from govern_tui.chrome.palette import ActionProvider
from govern_tui.chrome.popups import Menu
from govern_tui.crash import account
from govern_tui.desk import Desk
from govern_tui.globals import GlobalActions
from govern_tui.host import Host
from govern_tui.jobs import JobEnded, JobMoved
from govern_tui.pages.every import page_class
from govern_tui.pages.page import Page, bindings_of
from govern_tui.settings import Settings
from govern_tui.text import LOOK, clean, grouped
from govern_tui.themes import DEFAULTS, THEMES

COUNTING: Final = frozenset({"dashboard", "review"})
"""Pages that say by themselves how much is due."""
COUNTED: Final = 5_000
"""Entries up to which that is counted on any page: of a long ledger it takes memory and seconds, which only these pages ask for."""
LOOK_EVERY: Final = 0.5
"""Seconds between two looks at how far a long ledger is read."""


class GovernApp(Host):
    """The terminal application over one workspace."""

    TITLE = "govern"
    CSS_PATH = Path(__file__).with_name("govern.tcss")
    AUTO_FOCUS: ClassVar[str | None] = None
    COMMANDS: ClassVar[set[Any]] = {ActionProvider}
    COMMAND_PALETTE_BINDING: ClassVar[str] = "f20"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of("app"),
        *(Binding(f"alt+{menu[0].lower()}", f"open_menu('{menu}')", menu, show=False) for menu in MENUS),
    ]

    def __init__(
        self, desk: Desk, settings: Settings | None = None, *, state_file: Path | None = None, painted: Callable[[], None] | None = None,
    ) -> None:
        """As every host; `painted` hears of the first page."""
        super().__init__(desk, settings, state_file=state_file)
        self._painted = painted
        self.everywhere = GlobalActions(self)
        self._seen: tuple[str, float | None] | None = None
        self.animation_level = "none"

    # Start and end

    def get_default_screen(self) -> Screen[Any]:
        """The desktop."""
        return Desktop(id="_default")

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Colours of ours that Textual's own themes do not have."""
        return dict(DEFAULTS)

    def on_mount(self) -> None:
        """Take up themes, keys and the page of the last time."""
        for theme in (*THEMES, *self.settings.themes):
            self.register_theme(theme)
        wanted = self.settings.theme or self.remembered.theme
        self.theme = wanted if wanted in self.available_themes else THEMES[0].name
        LOOK.ascii = self.settings.ascii or self.remembered.ascii
        self.set_keymap(self.settings.keys)
        self.set_interval(LOOK_EVERY, self._look)
        page = self.remembered.page if self.remembered.page in {page.id for page in PAGES} else "dashboard"
        self.call_later(self.go, page, "", remember=False)
        if self._painted is not None:
            self.call_later(self.call_after_refresh, self._painted)
        if page not in COUNTING:
            self.run_worker(self._count_due, thread=True, group="due")

    def _count_due(self) -> None:
        worker, me = get_current_worker(), object()
        self.reading.add(me)
        try:
            if (size := self.desk.size()) > COUNTED:
                return
            due = len(self.desk.queue())
        except GovernError:
            return  # the page that is shown can't be read either, and says why
        finally:
            self.reading.discard(me)
        if not worker.is_cancelled:
            self.call_from_thread(self.told, size, due)

    def _handle_exception(self, error: Exception) -> None:
        # Textual prints a traceback with locals, and exceptions that render themselves may say more still: both would
        # put a typed passphrase on the screen. Frames and the error's type are enough to mend it.
        self._return_code = int(ExitCode.ERROR)
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
        self._fatal_error()

    def _fatal_error(self) -> None:
        with suppress(Exception):  # where we were is worth keeping, but nothing may hide what broke
            self.keep()
        error = self._exception or sys.exc_info()[1]
        self._exit_renderables[:] = [Content(account(error) if error is not None else account(RuntimeError())).plain]
        self._close_messages_no_wait()

    # Pages

    @property
    def page(self) -> Page | None:
        """The page that is shown."""
        return cast("Page | None", super().page)

    async def go(self, name: str, target: str = "", *, remember: bool = True) -> None:
        """Show a page, mounting it when it is first opened; all others are disabled and can't take keys."""
        switcher = self.screen_stack[0].query_one("#pages", ContentSwitcher)
        self.screen_stack[0].maximized = None  # a zoomed pane would hide the page that somebody goes to
        before = self.page
        if remember and before is not None and (name != before.NAME or target):
            self.history.append((before.NAME, before.place()))
            del self.history[:-50]
        if not switcher.query(f"#page-{name}"):
            await switcher.add_content(page_class(name)(), set_current=False)
        for other in switcher.query(Page):
            other.disabled = name != other.NAME
        switcher.current = f"page-{name}"
        page = switcher.query_one(f"#page-{name}", Page)
        if page.read_at not in {None, self.changes}:
            page.reload()
        page.read_at = self.changes
        page.opened(target)
        page.focus_first()
        self.tell()

    def keep_focus(self) -> None:
        """Give the keys back to the page when nothing has them."""
        if len(self.screen_stack) == 1 and self.screen.focused is None and self.page is not None:
            self.page.focus_first()

    async def open_deadline(self, row: object) -> None:
        """Open what a deadline is about: the model's findings or rules, a waiver's entry, the keys."""
        if not isinstance(row, DeadlineRow):
            return
        if row.kind == "trust-root":
            await self.go("keys")
        elif row.model and row.kind in {"finding", "revalidation"}:
            await self.go("review", f"{row.model}  {'findings' if row.kind == 'finding' else 'rules'}")
        else:
            await self.go("ledger", str(row.index))

    # Actions

    def why_not(self, action: Action) -> str:
        """Why an action can't be done now; empty where it can."""
        if action.writes and (reason := self.can_write):
            return reason
        if action.scope == "app":
            return self.everywhere.why_not(action)
        if action.scope != self.page_name or self.page is None:
            return f"on the page {next((page.title for page in PAGES if page.id == action.scope), action.scope)}"
        return self.page.why_not_sifted(action) or self.page.why_not(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of actions that can't be done now say why; of those, Escape alone is silent, because it is pressed to get away."""
        if action == "invoke" and parameters:
            known = BY_ID.get(str(parameters[0]))
            return None if known is None or (known.key == "escape" and self.why_not(known)) else True
        return True

    async def action_invoke(self, action_id: str) -> None:
        """Do an action of the registry: from a key, a menu, the palette or the footer."""
        action = BY_ID[action_id]
        if reason := self.why_not(action):
            self.notify(f"{action.title.rstrip('…')}: {clean(reason)}.", severity="warning", markup=False)
            return
        name = "do_" + action.id.split(".", 1)[1]
        try:
            result = self.everywhere.do(action) if action.scope == "app" else getattr(self.page, name)()
            if result is not None:
                await result
        except GovernError as error:
            self.trouble(error)
        self.tell()

    def action_help_quit(self) -> None:
        """Ctrl+C, with nothing selected to copy: say how one leaves."""
        self.notify(f"{self.key_of(BY_ID['app.quit'])} leaves. Ctrl+C copies what is selected.", markup=False)

    async def action_quit(self) -> None:
        """Textual's own way out goes the same way as ours."""
        self.everywhere.do_app_quit()

    def invoke_later(self, action_id: str) -> None:
        """Do an action once the popup it was chosen in is gone."""
        self.call_later(self.run_action, f"app.invoke('{action_id}')")

    # Chrome

    def tell(self) -> None:
        """Draw banner and keys again."""
        try:
            bar = self.screen_stack[0].query_one(MenuBar)
            keys = self.screen_stack[0].query_one(KeyBar)
        except (NoMatches, IndexError):
            return
        mode: Mode = "lost" if self.lost else "read" if self.can_write else "write"
        bar.tell(banner(mode, self.chain, self.signer, self.due, room=bar.room))
        standing = self.jobs.standing
        job = (self.jobs.title, standing.share if standing else None) if self.jobs.running else self.catching_up
        keys.tell(
            tuple(action for action in of_scope(self.page_name) if action.footer),
            tuple(action for action in of_scope("app") if action.footer and (action.id != "view.cell" or bar.size.width >= COMPACT_BELOW)),
            shown_key=self.key_of, allowed=lambda action: not self.why_not(action), job=job,
        )

    @property
    def catching_up(self) -> tuple[str, float | None] | None:
        """How far a long ledger is read, if one is."""
        far = self.desk.catching_up()
        return None if far is None else (f"reading {grouped(far[1])} entries", far[0] / max(1, far[1]))

    def _look(self) -> None:
        if (now := self.catching_up) != self._seen:
            self._seen = now
            self.tell()

    def action_open_menu(self, menu: str) -> None:
        """Open a menu under its title."""
        def lines(name: str) -> list[tuple[Action, str, str]]:
            # A menu about one page has nothing on most others, but the way there.
            actions = tuple(of_menu(name, self.page_name)) or (BY_ID[f"go.{name.lower()}"],)
            return [(action, self.key_of(action), self.why_not(action)) for action in actions]

        def place(name: str) -> int:
            return self.screen_stack[0].query_one(f"#menu-{name.lower()}").region.x

        def chosen(action_id: str | None) -> None:
            if action_id:
                self.invoke_later(action_id)

        self.push_screen(Menu(menu, place(menu), lines, place), chosen)

    @on(MenuTitle.Chosen)
    def _menu_clicked(self, event: MenuTitle.Chosen) -> None:
        self.action_open_menu(event.menu)

    # Trouble and jobs

    @on(JobMoved)
    def _job_moved(self, event: JobMoved) -> None:
        self.jobs.standing = event.standing
        if self.page is not None and hasattr(self.page, "job_moved"):
            self.page.job_moved(event.standing)
        self.tell()

    @on(JobEnded)
    def _job_ended(self, event: JobEnded) -> None:
        self.jobs.ended()
        if isinstance(event.error, Interrupted):
            self.notify(f"{event.title}: stopped.", markup=False)
        elif event.error is not None:
            self.trouble(event.error)
        elif event.then is not None:
            event.then(event.result)
        if event.error is not None and self.page is not None and hasattr(self.page, "job_failed"):
            self.page.job_failed(event.error)
        self.tell()

    def reload(self) -> None:
        """Read again what is shown."""
        if self.page is not None:
            self.page.reload()

    def current_panes(self) -> list[Widget]:
        """The panes of the page that is shown."""
        return self.page.panes() if self.page is not None else []

    def on_app_focus(self, event: events.AppFocus) -> None:
        """Nothing is read again by itself: a page changes under nobody's hands."""
