"""The one screen under all popups: bars, the pages between them, and what changes with the terminal's size."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import ContentSwitcher, Static

from govern_tui.chrome.bars import KeyBar, MenuBar
from govern_tui.host import host_of


class Desktop(Screen[None]):
    """The one screen under all popups."""

    AUTO_FOCUS: ClassVar[str | None] = None
    ALLOW_IN_MAXIMIZED_VIEW: ClassVar[str | None] = "MenuBar, KeyBar"
    """Beside a zoomed pane: what is true of the ledger, and what can be done, never go away."""
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it without ClassVar
        (0, "-tiny"), (60, "-narrow"), (80, "-normal"), (120, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 - as above
        (0, "-flat"), (16, "-low"), (24, "-tall"),
    ]

    def compose(self) -> ComposeResult:
        """Bars, switcher, and what a terminal too small gets to see."""
        yield MenuBar()
        yield ContentSwitcher(id="pages")
        yield KeyBar(id="keybar")
        yield Container(Static("This terminal is too small: 60 by 16 is the least.", markup=False), id="too-small")

    def on_resize(self) -> None:
        """Keys that need room come and go with it."""
        self.app.call_later(host_of(self).tell)

    def on_descendant_blur(self) -> None:
        """A page always has the keys: when a pane goes away, the first one takes them."""
        self.app.call_later(host_of(self).keep_focus)
