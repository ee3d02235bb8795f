"""Small screens over the page: a menu, jump letters, a text to read, a line to type, a question."""

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Offset
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from govern_tui.actions import MENUS, Action
from govern_tui.text import clean, fit

JUMP_LETTERS = "asdfghjklqwertyuiop"
Result = TypeVar("Result")


class Popup(ModalScreen[Result]):
    """A modal screen that Escape closes without a result."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Close", show=False)]

    def action_leave(self) -> None:
        """Close without a result."""
        self.dismiss(None)


class Menu(Popup[str]):
    """One menu, open; left and right go to its neighbours. Gives the id of the chosen action."""

    DEFAULT_CSS = """
    Menu { background: transparent; }
    Menu OptionList { width: auto; min-width: 34; max-width: 60; height: auto; max-height: 90%; border: round $primary; background: $surface; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "other(-1)", "Menu before", show=False),
        Binding("right", "other(1)", "Menu after", show=False),
        Binding("f10", "leave", "Close", show=False),
    ]

    def __init__(
        self, menu: str, at: int, lines: Callable[[str], Sequence[tuple[Action, str, str]]], place: Callable[[str], int],
    ) -> None:
        """`lines` gives each action with its key and why it can't be done now (empty where it can)."""
        super().__init__()
        self._menu = menu
        self._at = at
        self._lines = lines
        self._place = place

    def compose(self) -> ComposeResult:
        """The list under its title."""
        yield OptionList(*self._options(), id="menu-lines")

    def on_mount(self) -> None:
        """Hang the list under its title."""
        lines = self.query_one(OptionList)
        lines.styles.offset = Offset(min(self._at, max(0, self.app.size.width - 46)), 1)
        lines.border_title = self._menu
        lines.focus()
        lines.action_first()

    def _options(self) -> list[Option]:
        return [
            Option(Content.assemble(fit(action.title, 26), (f" {key:>10}", "$muted" if why else "$text-accent")), id=action.id, disabled=bool(why))
            for action, key, why in self._lines(self._menu)
        ]

    def action_other(self, step: int) -> None:
        """Show the next menu."""
        self._menu = MENUS[(MENUS.index(self._menu) + step) % len(MENUS)]
        self._at = self._place(self._menu)
        lines = self.query_one(OptionList)
        lines.clear_options()
        lines.add_options(self._options())
        lines.border_title = self._menu
        lines.styles.offset = Offset(min(self._at, max(0, self.app.size.width - 46)), 1)
        lines.action_first()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id)

    def on_click(self, event: events.Click) -> None:
        """A click beside the list closes it."""
        if event.widget is self:
            self.dismiss(None)


class Jump(Popup[Widget]):
    """A letter over each pane; pressing it gives the pane."""

    DEFAULT_CSS = """
    Jump { background: transparent; }
    Jump Static { width: 5; height: 1; background: $accent; color: $background; text-style: bold; text-align: center; position: absolute; }
    """

    def __init__(self, panes: Sequence[Widget]) -> None:
        super().__init__()
        self._panes = dict(zip(JUMP_LETTERS, panes, strict=False))

    def compose(self) -> ComposeResult:
        """One label a pane, at its corner."""
        for letter, pane in self._panes.items():
            label = Static(f"[ {letter} ]", markup=False)
            label.styles.offset = Offset(pane.region.x + 1, pane.region.y)
            yield label

    def on_key(self, event: events.Key) -> None:
        """The letter chooses, any other key closes."""
        event.stop()
        self.dismiss(self._panes.get(event.character or ""))


class Reader(Popup[None]):
    """A text to read, scroll and copy."""

    DEFAULT_CSS = """
    Reader { align: center middle; }
    Reader > Vertical { width: 90%; height: 85%; border: round $primary; background: $surface; }
    Reader VerticalScroll { padding: 0 1; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter", "leave", "Close", show=False), Binding("y", "copy", "Copy", show=False),
    ]

    def __init__(self, title: str, body: Content | str, *, copied: str = "") -> None:
        """A plain string is ledger text and is cleaned; `copied` is what `y` copies."""
        super().__init__()
        self._title = title
        self._body = body if isinstance(body, Content) else Content(clean_long(body))
        self._copied = copied or self._body.plain

    def compose(self) -> ComposeResult:
        """A frame with a scrolling text."""
        with Vertical() as frame:
            frame.border_title = Content(clean(self._title)).markup
            frame.border_subtitle = "Esc close · y copy"
            with VerticalScroll(id="reader"):
                yield Static(self._body)

    def on_mount(self) -> None:
        """The text has the keys."""
        self.query_one("#reader").focus()

    def action_copy(self) -> None:
        """Copy the text."""
        self.app.copy_to_clipboard(self._copied)
        self.app.notify("Copied.")


class Prompt(Popup[str]):
    """One line to type; gives it, or nothing after Escape."""

    DEFAULT_CSS = """
    Prompt { align: center middle; }
    Prompt > Vertical { width: 80; max-width: 95%; height: auto; border: round $primary; background: $surface; padding: 0 1; }
    """

    def __init__(self, title: str, hint: str, value: str = "") -> None:
        super().__init__()
        self._title, self._hint, self._value = title, hint, value

    def compose(self) -> ComposeResult:
        """A frame with the line and what may be written there."""
        with Vertical() as frame:
            frame.border_title = Content(self._title).markup
            frame.border_subtitle = "Enter · Esc"
            yield Input(self._value, id="prompt", select_on_focus=False)
            yield Static(Content.assemble((self._hint, "$muted")))

    def on_mount(self) -> None:
        """The line has the keys."""
        line = self.query_one(Input)
        line.cursor_blink = False
        line.focus()

    @on(Input.Submitted)
    def _given(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())


class Question(Popup[bool]):
    """Yes or no."""

    DEFAULT_CSS = """
    Question { align: center middle; }
    Question > Static { width: 60; max-width: 95%; height: auto; border: round $warning; background: $surface; padding: 1 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "yes", "Yes", show=False), Binding("n", "leave", "No", show=False)]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question with its two keys."""
        yield Static(Content.assemble(clean(self._question), "\n\n", ("y", "$text-accent bold"), " yes   ", ("n", "$text-accent bold"), " no"))

    def action_yes(self) -> None:
        """Yes."""
        self.dismiss(True)


def clean_long(text: str) -> str:
    """Clean a long text line by line, so that the limit holds for lines and not for the whole."""
    return "\n".join(clean(line) for line in text.split("\n")[:20_000])
