"""The three lines that never disappear: menu bar with banner above, keys and progress below."""

from collections.abc import Callable
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from govern_tui.actions import MENUS, Action
from govern_tui.chrome.banner import BETWEEN
from govern_tui.text import Tone, bar, clean

COMPACT_BELOW = 100
"""Columns below which the footer shows titles of one word only."""
TONE_STYLES: dict[str, str] = {
    "": "", "good": "$text-success", "bad": "$text-error", "warn": "$text-warning", "dim": "$muted",
    "strong": "bold", "accent": "$text-accent",
}


class MenuTitle(Static):
    """One word of the menu bar."""

    class Chosen(Message):
        """A menu was clicked."""

        def __init__(self, menu: str) -> None:
            super().__init__()
            self.menu = menu

    def __init__(self, menu: str) -> None:
        super().__init__(Content.assemble((menu[0], "underline"), menu[1:]), id=f"menu-{menu.lower()}", classes="menu-title")
        self.menu = menu

    def on_click(self, event: events.Click) -> None:
        """Open this menu."""
        event.stop()
        self.post_message(self.Chosen(self.menu))


class MenuBar(Horizontal):
    """The menus, and the banner to their right."""

    DEFAULT_CSS = """
    MenuBar { height: 1; dock: top; background: $panel; }
    MenuBar .menu-title { width: auto; padding: 0 1; }
    MenuBar .menu-title:hover { background: $primary; }
    MenuBar #banner { width: 1fr; text-align: right; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def compose(self) -> ComposeResult:
        """Seven words and the banner."""
        for menu in MENUS:
            yield MenuTitle(menu)
        yield Static(id="banner")

    @property
    def room(self) -> int:
        """Cells that the menus leave for the banner."""
        return self.size.width - sum(title.outer_size.width for title in self.query(MenuTitle) if title.display) - 2

    def tell(self, pieces: list[tuple[str, Tone]]) -> None:
        """Show the banner: mode, state of the chain, signer, what is due."""
        parts: list[Any] = []
        for text, tone in pieces:
            if parts:
                parts.append((BETWEEN, "$muted"))
            parts.append((clean(text), TONE_STYLES[tone]))
        self.query_one("#banner", Static).update(Content.assemble(*parts))


class KeyBar(Static):
    """The keys of the page that is shown, those that hold everywhere, and how far a job is."""

    DEFAULT_CSS = """
    KeyBar { height: 1; dock: bottom; link-color: $foreground; link-style: none; link-background-hover: $primary; background: $panel; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    def tell(
        self, page: tuple[Action, ...], everywhere: tuple[Action, ...], *, shown_key: Callable[[Action], str],
        allowed: Callable[[Action], bool], job: tuple[str, float | None] | None,
    ) -> None:
        """Draw the line again."""
        compact = self.size.width < COMPACT_BELOW
        groups: list[Content] = []
        for group in (page, everywhere):
            parts: list[Any] = []
            for action in group:
                able = allowed(action)
                title = action.title.rstrip("…")
                title = title.split()[0] if compact else title
                click = Style.from_meta({"@click": f"app.invoke('{action.id}')"})
                key = Content.assemble((f"{shown_key(action)} ", "$text-accent bold" if able else "$muted"))
                word = Content.assemble((f"{title}", "" if able else "$muted"))
                parts += [key, word.stylize(click) if able else word, "  "]
            groups.append(Content.assemble(*parts))
        told = Content("")
        if job is not None:
            name, share = job
            gauge = f" {bar(share, top=1.0, width=8)} {share:>4.0%}" if share is not None else " …"
            told = Content.assemble((f" {clean(name)}{gauge}", "$text-warning"))
        # What holds everywhere, and how far a job is, are always there; of the page's keys those that fit beside them.
        always = Content.assemble(("  │ " if page else "", "$muted"), groups[1].rstrip(), told)
        room = max(0, self.content_size.width - always.cell_length)
        self.update(groups[0].rstrip().truncate(room, ellipsis=True) + always)
