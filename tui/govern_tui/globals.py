"""The actions that hold on every page."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from textual.content import Content

from govern.errors import GovernError, UsageError
from govern_tui.actions import PAGES, Action, of_scope
from govern_tui.chrome.popups import Jump, Prompt, Question, Reader
from govern_tui.picture import picture_of
from govern_tui.text import LOOK, clean
from govern_tui.themes import THEMES
from govern_tui.widgets.rowtable import RowTable

if TYPE_CHECKING:
    from textual.widget import Widget

    from govern_tui.app import GovernApp

    Base = GovernApp
else:
    Base = object


class GlobalActions(Base):
    """One method an action of scope `app`, named after it."""

    def why_not_global(self, action: Action) -> str:
        """Why an action that holds everywhere can't be done now."""
        if action.id == "go.back" and not self.history:
            return "this is where you began"
        if action.id == "tools.stop" and not self.jobs.running:
            return "nothing runs"
        if action.id in {"view.cell", "view.row"} and not isinstance(self.focused, RowTable):
            return "no table has the keys"
        return ""

    def do_global(self, action: Action) -> Awaitable[None] | None:
        """Do an action of scope `app`."""
        if action.id.startswith("go.") and action.id.removeprefix("go.") in {page.id for page in PAGES}:
            return self.go(action.id.removeprefix("go."))
        handler: Callable[[], Awaitable[None] | None] = getattr(self, "do_" + action.id.replace(".", "_"))
        return handler()

    def do_app_refresh(self) -> None:
        """Read everything again."""
        if self.page is not None:
            self.page.reload()

    def do_app_theme(self) -> None:
        """The next theme."""
        names = [theme.name for theme in (*THEMES, *self.settings.themes)]
        at = names.index(self.theme) if self.theme in names else -1
        self.theme = names[(at + 1) % len(names)]
        self.notify(self.theme, markup=False)

    def do_app_ascii(self) -> None:
        """Letters for glyphs, or back."""
        LOOK.ascii = not LOOK.ascii
        self.do_app_refresh()

    def do_app_quit(self) -> None:
        """Leave; asks while a job runs."""
        def leave(sure: bool | None) -> None:
            if sure:
                self.jobs.stop()
                self.keep()
                self.exit(0)

        if self.jobs.running:
            self.push_screen(Question(f"{self.jobs.title} runs. Stop it and leave?"), leave)
        else:
            leave(True)

    async def action_quit(self) -> None:
        """Textual's own way out goes the same way."""
        self.do_app_quit()

    def do_view_zoom(self) -> None:
        """The focused pane alone, or back."""
        if self.screen.maximized is not None:
            self.screen.minimize()
            return
        pane = next((pane for pane in self.current_panes() if self.focused in {pane, *pane.walk_children()}), None)
        if pane is not None and self.focused is not None:
            self.screen.maximize(self.focused if self.focused.allow_maximize else pane)

    def do_view_jump(self) -> None:
        """Letters over the panes."""
        def chosen(pane: "Widget | None") -> None:
            if pane is None:
                return
            target = pane if pane.focusable else next((child for child in pane.walk_children() if getattr(child, "focusable", False)), None)
            if target is not None:
                target.focus()  # type: ignore[union-attr]

        self.push_screen(Jump(self.current_panes()), chosen)

    def do_view_next(self) -> None:
        """The next pane."""
        self.screen.focus_next()

    def do_view_previous(self) -> None:
        """The previous pane."""
        self.screen.focus_previous()

    def do_view_cell(self) -> None:
        """Copy the cell under the cursor: the one that says most."""
        self._copy(lambda table: next((text for text in reversed(list(table.row_text().values())) if text.strip()), ""))

    def do_view_row(self) -> None:
        """Copy the row under the cursor."""
        self._copy(lambda table: json.dumps(table.row_text(), ensure_ascii=False))

    def _copy(self, of: Callable[[RowTable], str]) -> None:
        if isinstance(self.focused, RowTable):
            self.copy_to_clipboard(of(self.focused))
            self.notify("Copied.")

    def do_view_picture(self) -> None:
        """Save this screen as SVG, without references to the web."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        self.save_text(f"govern-{self.page_name}-{stamp}.svg", picture_of(self))

    def save_text(self, name: str, text: str) -> None:
        """Write a file into the folder for exports, never over another, and say where it is."""
        folder = self.desk.exports()
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            self.trouble(UsageError(f"{path} can't be written: {error.strerror}", "Make room, or give the folder back its permissions."))
            return
        self.notify(f"Saved {path}", markup=False)

    async def do_go_back(self) -> None:
        """Where you were before."""
        if self.history:
            name, target = self.history.pop()
            await self.go(name, target, remember=False)

    def do_go_entry(self) -> None:
        """An entry by number, hash prefix or date."""
        async def given(text: str | None) -> None:
            if text:
                await self.go("ledger", text)

        self.push_screen(Prompt("Goto", "A number such as 1204, the beginning of a digest (8 digits or more), or a date: 2026-11-21"), given)

    def do_tools_log(self) -> None:
        """What was done, as commands."""
        lines = "\n".join(self.commands) or "Nothing yet. What you open, filter, sign and verify appears here as commands."
        self.push_screen(Reader("Command log: the same on the command line", lines))

    def do_tools_stop(self) -> None:
        """Stop the job."""
        self.jobs.stop()

    def do_help_focus(self) -> None:
        """Help for the page and what has the keys."""
        page = next((page for page in PAGES if page.id == self.page_name), None)
        parts: list[Any] = []
        if page is not None:
            parts += [(f"{page.title}\n", "bold"), f"{page.about}\n\n"]
            parts += self._help_lines(self.page_name)
            parts += [("\nEverywhere\n", "bold")]
        parts += self._help_lines("app")
        parts += [("\nIn tables\n", "bold"), "  ↑ ↓ PgUp PgDn Home End move the cursor; click, double click and wheel do the same.\n"]
        self.push_screen(Reader("Help", Content.assemble(*parts)))

    def _help_lines(self, scope: str) -> list[Any]:
        lines: list[Any] = []
        for action in of_scope(scope):
            reason = self.why_not(action)
            lines += [(f"  {self.key_of(action):>10}  ", "$text-accent"), f"{action.title.rstrip('…'):<24}", (f"{action.help}", "$muted")]
            lines += [(f" Now: {clean(reason)}.", "$text-warning")] if reason and scope != "app" else []
            lines.append("\n")
        return lines

    def do_help_palette(self) -> None:
        """The command palette."""
        self.action_command_palette()

    def do_help_menu(self) -> None:
        """The menu bar."""
        self.action_open_menu("App")

    def explain(self, error: GovernError) -> str:
        """Both sentences of an error, cleaned."""
        return clean(error.message) + (f" {clean(error.hint)}" if error.hint else "")
