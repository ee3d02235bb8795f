"""The row table: Textual's Line API over a row source, so that ten million rows cost what a screenful costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from govern.errors import GovernError
from govern_tui.text import Piece, Tone, clean, fit
from govern_tui.widgets.source import ListSource, RowSource

WIDEST: Final = 9_999
"""Cells; no terminal has as many."""
TONES: Final[tuple[Tone, ...]] = ("", "good", "bad", "warn", "dim", "strong", "accent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its heading, its width in cells (0 shares what is left), and how a row fills it."""

    title: str
    width: int
    cell: Callable[[Any], Piece]
    right: bool = False
    above: int = 0
    """Shown only where the table is at least this many cells wide."""
    below: int = WIDEST + 1
    """Shown only where it is less wide than this: a short form of another column."""


class RowTable(ScrollView, can_focus=True):
    """A table with one line a row, a cursor, a heading, and no memory of rows that are not near."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rowtable--head", "rowtable--cursor", "rowtable--blurred", "rowtable--marked",
        "rowtable--good", "rowtable--bad", "rowtable--warn", "rowtable--dim", "rowtable--strong", "rowtable--accent",
    }
    DEFAULT_CSS = """
    RowTable { height: 1fr; overflow-y: scroll; overflow-x: hidden; scrollbar-size-vertical: 1; background: transparent; }
    RowTable > .rowtable--head { color: $muted; text-style: bold; }
    RowTable > .rowtable--cursor { background: $cursor; text-style: bold; }
    RowTable > .rowtable--blurred { background: $panel; }
    RowTable > .rowtable--marked { text-style: underline; }
    RowTable > .rowtable--good { color: $text-success; }
    RowTable > .rowtable--bad { color: $text-error; }
    RowTable > .rowtable--warn { color: $text-warning; }
    RowTable > .rowtable--dim { color: $muted; }
    RowTable > .rowtable--strong { text-style: bold; }
    RowTable > .rowtable--accent { color: $text-accent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "Down", show=False),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("home", "ends(0)", "First", show=False),
        Binding("end", "ends(1)", "Last", show=False),
    ]

    cursor: reactive[int] = reactive(0)

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, table: "RowTable", position: int) -> None:
            super().__init__()
            self.table = table
            self.position = position

        @property
        def control(self) -> "RowTable":
            """The table, for `@on` selectors."""
            return self.table

    class Opened(Message):
        """A row was clicked twice."""

        def __init__(self, table: "RowTable", position: int) -> None:
            super().__init__()
            self.table = table
            self.position = position

        @property
        def control(self) -> "RowTable":
            """The table, for `@on` selectors."""
            return self.table

    class Lost(Message):
        """A page of rows could not be read."""

        def __init__(self, error: GovernError) -> None:
            super().__init__()
            self.error = error

    def __init__(self, columns: Sequence[Column], *, empty: str = "Nothing here.", id: str | None = None, head: bool = True) -> None:  # noqa: A002
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.empty = empty
        self.marked: set[int] = set()
        self.words = ""
        """What has to stand in a row for it to be shown; every word of it."""
        self._head = 1 if head else 0
        self._source: RowSource[Any] = ListSource(())
        self._whole: RowSource[Any] = self._source
        self._palette: dict[str, Style] = {}
        self._broken = ""
        self._unread = "Reading …"
        """What stands here until rows are shown: an empty table would say that there are none."""

    # Rows

    @property
    def source(self) -> RowSource[Any]:
        """Where the rows come from."""
        return self._source

    def show(self, source: RowSource[Any], *, cursor: int | None = None) -> None:
        """Show other rows; the cursor stays where it was unless told."""
        self._whole, self._source = source, self._sifted(source)
        source = self._source
        self._broken = self._unread = ""
        self.marked.clear()
        self._measure()
        self.cursor = max(0, min(self.cursor if cursor is None else cursor, len(source) - 1))
        self._reveal()
        self.refresh()

    def sift(self, words: str) -> None:
        """Show only rows in which all of these words stand, or every row again; the cursor stays on its row where that is shown."""
        row = self.current()
        self.words = " ".join(words.split())
        rows = self._sifted(self._whole)
        at = next((place for place in range(len(rows)) if rows.row(place) is row), 0) if isinstance(rows, ListSource) else None
        self.show(self._whole, cursor=at)
        self.post_message(self.Moved(self, self.cursor))

    def _sifted(self, source: RowSource[Any]) -> RowSource[Any]:
        if not self.words or not isinstance(source, ListSource):
            return source
        wanted = self.words.casefold().split()
        # Glyphs have no heading, and short forms stand for other columns: words are looked for in the rest.
        told = [column for column in self.columns if column.title and column.below > WIDEST]
        rows = map(source.row, range(len(source)))
        return ListSource([row for row in rows if _holds(" ".join(column.cell(row)[0] for column in told).casefold(), wanted)])

    def failed(self, why: str) -> None:
        """Say why there are no rows, where none were shown yet."""
        if self._unread:
            self._unread = f"Not read: {why}"
            self.refresh()

    def grown(self) -> None:
        """Say that the source has more rows than before."""
        self._measure()
        self.refresh()

    def current(self) -> Any | None:
        """The row under the cursor."""
        if not 0 <= self.cursor < len(self._source):
            return None
        try:
            return self._source.row(self.cursor)
        except GovernError as error:
            self._lose(error)
            return None

    def row_text(self) -> dict[str, str]:
        """The row under the cursor as column title to text, for copying."""
        row = self.current()
        return {} if row is None else {column.title: clean(column.cell(row)[0]) for column in self.columns}

    # Moving

    def action_move(self, step: int) -> None:
        """Move the cursor by rows."""
        self.move_to(self.cursor + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by screens."""
        self.move_to(self.cursor + step * max(1, self.size.height - self._head - 1))

    def action_ends(self, last: int) -> None:
        """Move to the first or last row."""
        self.move_to(len(self._source) - 1 if last else 0)

    def move_to(self, position: int) -> None:
        """Put the cursor on a row and bring it into view."""
        self.cursor = max(0, min(position, len(self._source) - 1))
        self._reveal()

    def watch_cursor(self, old: int, new: int) -> None:
        """Redraw the two lines and tell the page."""
        if old != new and self.is_mounted:
            self._redraw(old)
            self._redraw(new)
            self.post_message(self.Moved(self, new))

    def _redraw(self, position: int) -> None:
        line = position - self.scroll_offset.y + self._head
        if self._head <= line < self.size.height:
            self.refresh(Region(0, line, self.size.width, 1))

    def _reveal(self) -> None:
        height = max(1, self.size.height - self._head)
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, immediate=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, immediate=True)

    def _measure(self) -> None:
        self.virtual_size = Size(self.size.width, len(self._source) + self._head)

    # Events

    def on_resize(self) -> None:
        """Columns share the new width; the cursor stays in view."""
        self._measure()
        self._reveal()

    def on_focus(self) -> None:
        """The cursor's colour says who has the keys."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor's colour says who has the keys."""
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget the colours of the theme before."""
        super().notify_style_update()
        self._palette.clear()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, two open the row."""
        inside = event.get_content_offset(self)  # the event's own place counts the border
        if inside is None or inside.y < self._head:
            return
        position = self.scroll_offset.y + inside.y - self._head
        if position < len(self._source):
            self.move_to(position)
            if event.chain >= 2:  # noqa: PLR2004 - a double click
                self.post_message(self.Opened(self, position))

    # Drawing

    def _style(self, tone: str) -> Style:
        if tone not in self._palette:
            self._palette[tone] = self.get_component_rich_style(f"rowtable--{tone}", partial=True) if tone else Style()
        return self._palette[tone]

    def _lose(self, error: GovernError) -> None:
        if not self._broken:
            self._broken = error.message
            self.post_message(self.Lost(error))

    def widths(self) -> tuple[tuple[Column, int], ...]:
        """The columns that fit, each with its width now."""
        room = self.scrollable_content_region.width
        shown = [column for column in self.columns if column.above <= room < column.below]
        fixed = sum(column.width for column in shown) + len(shown)
        shares = sum(1 for column in shown if column.width == 0)
        left = max(0, room - fixed)
        return tuple((column, column.width or max(4, left // max(1, shares))) for column in shown)

    def render_line(self, y: int) -> Strip:
        """One line of the screen: the heading, a row, or nothing."""
        width = self.scrollable_content_region.width
        base = self.rich_style
        if self._head and y == 0:
            head = base + self._style("accent" if self.words else "head")
            text = " ".join(fit(column.title, cells, right=column.right) for column, cells in self.widths())
            if self.words:
                text = f"/{clean(self.words)}  {len(self._source):,} of {len(self._whole):,}"
            return Strip([Segment(fit(" " + text, width), head)], width)
        position = self.scroll_offset.y + y - self._head
        if self._broken:
            note = f" These rows can't be read: {clean(self._broken)}" if y == self._head else ""
            return Strip([Segment(fit(note, width), base + self._style("bad"))], width)
        if position >= len(self._source):
            note = f" {clean(self._unread) or self.empty}" if position == 0 and not len(self._source) else ""
            return Strip([Segment(fit(note, width), base + self._style("dim"))], width)
        try:
            row = self._source.row(position)
        except GovernError as error:
            self._lose(error)
            return Strip([Segment(" " * width, base)], width)
        return self._row_strip(row, position, width, base)

    def _row_strip(self, row: Any, position: int, width: int, base: Style) -> Strip:
        at = position == self.cursor
        if at:
            base += self._style("cursor" if self.has_focus else "blurred")
        if position in self.marked:
            base += self._style("marked")
        segments = [Segment(">" if at else "*" if position in self.marked else " ", base)]
        for column, cells in self.widths():
            text, tone = column.cell(row)
            segments.append(Segment(fit(clean(text), cells, right=column.right), base + self._style(tone)))
            segments.append(Segment(" ", base))
        strip = Strip(segments)
        return strip.adjust_cell_length(width, base)


def _holds(text: str, wanted: Sequence[str]) -> bool:
    return all(word in text for word in wanted)
