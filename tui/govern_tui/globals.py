"""The actions that hold on every page."""

import json
from collections.abc import Awaitable, Callable
from typing import Final

from textual.widget import Widget

from govern_tui.actions import PAGES, Action, of_scope
from govern_tui.chrome.popups import Jump, Prompt, Question, Reader
from govern_tui.host import Host
from govern_tui.picture import picture_of
from govern_tui.text import LOOK, clean, fit
from govern_tui.themes import THEMES
from govern_tui.widgets.document import Document, Flow
from govern_tui.widgets.rowtable import RowTable

HELP_AT: Final = 38
"""Cells from the left to what an action does."""


class GlobalActions:
    """One method an action of scope `app`, named after it."""

    def __init__(self, app: Host) -> None:
        self.app = app

    def why_not(self, action: Action) -> str:
        """Why an action that holds everywhere can't be done now."""
        if action.id == "go.back" and not self.app.history:
            return "this is where you began"
        if action.id == "tools.stop" and not self.app.jobs.running:
            return "nothing runs"
        if action.id == "view.row" and not isinstance(self.app.focused, RowTable):
            return "no table has the keys"
        if action.id == "view.cell" and not self._under_cursor():
            return "nothing that could be copied has the keys"
        return ""

    def do(self, action: Action) -> Awaitable[None] | None:
        """Do an action of scope `app`."""
        if action.id.startswith("go.") and action.id.removeprefix("go.") in {page.id for page in PAGES}:
            return self.app.go(action.id.removeprefix("go."))
        handler: Callable[[], Awaitable[None] | None] = getattr(self, "do_" + action.id.replace(".", "_"))
        return handler()

    def do_app_refresh(self) -> None:
        """Read everything again, from the file that is there now."""
        self.app.desk.reopen()
        self.app.reload()

    def do_app_theme(self) -> None:
        """The next theme."""
        names = [theme.name for theme in (*THEMES, *self.app.settings.themes)]
        at = names.index(self.app.theme) if self.app.theme in names else -1
        self.app.theme = names[(at + 1) % len(names)]
        self.app.notify(self.app.theme, markup=False)

    def do_app_ascii(self) -> None:
        """Letters for glyphs, or back."""
        LOOK.ascii = not LOOK.ascii
        self.do_app_refresh()

    def do_app_quit(self) -> None:
        """Leave; asks while a job runs."""
        def leave(sure: bool | None) -> None:  # noqa: FBT001 - the screen's result
            if sure:
                self.app.jobs.stop()
                self.app.keep()
                self.app.exit(0)

        if self.app.jobs.running:
            self.app.push_screen(Question(f"{self.app.jobs.title} runs. Stop it and leave?"), leave)
        else:
            leave(True)

    def do_view_zoom(self) -> None:
        """The focused pane alone, or back."""
        if self.app.screen.maximized is not None:
            self.app.screen.minimize()
            return
        pane = next((pane for pane in self.app.current_panes() if self.app.focused in {pane, *pane.walk_children()}), None)
        if pane is not None:  # the pane, and not only what has the keys in it: its frame says what it is of
            self.app.screen.maximized = pane

    def do_view_jump(self) -> None:
        """Letters over the panes."""
        def chosen(pane: Widget | None) -> None:
            if pane is None:
                return
            inside = (child for child in pane.walk_children(Widget) if child.focusable)
            target = pane if pane.focusable else next(inside, None)
            if target is not None:
                target.focus()

        self.app.push_screen(Jump(self.app.current_panes()), chosen)

    def do_view_next(self) -> None:
        """The next pane."""
        self.app.screen.focus_next()

    def do_view_previous(self) -> None:
        """The previous pane."""
        self.app.screen.focus_previous()

    def do_view_cell(self) -> None:
        """Copy the cell under the cursor, or the text of the pane."""
        self._copy(self._under_cursor())

    def _under_cursor(self) -> str:
        """The cell that says most; where no table has the keys, the text that has them."""
        focused = self.app.focused
        if isinstance(focused, RowTable):
            return next((text for text in reversed(list(focused.row_text().values())) if text.strip()), "")
        return "" if focused is None else "\n".join(str(text.visual) for text in focused.query(Flow))

    def do_view_row(self) -> None:
        """Copy the row under the cursor."""
        if isinstance(self.app.focused, RowTable):
            self._copy(json.dumps(self.app.focused.row_text(), ensure_ascii=False))

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        self.app.notify("Copied.")

    def do_view_picture(self) -> None:
        """Save this screen as SVG, without references to the web."""
        stamp = self.app.desk.now().strftime("%Y%m%d-%H%M%S")
        self.app.save_text(f"govern-{self.app.page_name}-{stamp}.svg", picture_of(self.app))

    async def do_go_back(self) -> None:
        """Where you were before."""
        if self.app.history:
            name, target = self.app.history.pop()
            await self.app.go(name, target, remember=False)

    def do_go_entry(self) -> None:
        """An entry by number, hash prefix or date."""
        async def given(text: str | None) -> None:
            if text:
                await self.app.go("ledger", text)

        self.app.push_screen(Prompt("Goto", "A number such as 1204, the beginning of a digest (8 digits or more), or a date: 2026-11-21"), given)

    def do_tools_log(self) -> None:
        """What was done, as commands."""
        lines = "\n".join(self.app.commands) or "Nothing yet. What you open, filter, sign and verify appears here as commands."
        self.app.push_screen(Reader("Command log: the same on the command line", lines))

    def do_tools_stop(self) -> None:
        """Stop the job."""
        self.app.jobs.stop()

    def do_help_focus(self) -> None:
        """Help for the page and what has the keys."""
        page = next((page for page in PAGES if page.id == self.app.page_name), None)
        made = Document()
        if page is not None:
            made.line(page.title, "strong").line(page.about).line()
            self._help_lines(made, self.app.page_name)
            made.heading("Everywhere")
        self._help_lines(made, "app")
        made.heading("In tables").hang(2).line("  ↑ ↓ PgUp PgDn Home End move the cursor; click, double click and wheel do the same.")
        self.app.push_screen(Reader("Help", made.content()))

    def _help_lines(self, made: Document, scope: str) -> None:
        for action in of_scope(scope):
            reason = self.app.why_not(action)
            made.hang(HELP_AT).add(f"  {self.app.key_of(action):>10}  ", "accent").add(fit(action.title.rstrip("…"), HELP_AT - 14)).add(action.help).add(f"  {action.id}", "dim")
            made.line(f" Now: {clean(reason)}." if reason and scope != "app" else "", "warn")

    def do_help_palette(self) -> None:
        """The command palette."""
        self.app.action_command_palette()

    def do_help_menu(self) -> None:
        """The menu bar."""
        self.app.action_open_menu("App")
