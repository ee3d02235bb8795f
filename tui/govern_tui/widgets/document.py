"""Texts with tones: lines of pieces that become Textual content; ledger text in them is cleaned and never markup."""

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.css.styles import RulesMap
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions
from textual.widgets import Static

from govern_tui.text import Piece, Tone, clean, fit

STYLES: dict[Tone, str] = {
    "": "", "good": "$text-success", "bad": "$text-error", "warn": "$text-warning", "dim": "$muted",
    "strong": "bold", "accent": "$text-accent",
}
NARROW = 24
"""Cells below which a hanging indent would leave too little room for the words."""


class Document:
    """Collects pieces line by line."""

    def __init__(self) -> None:
        self._parts: list[str | tuple[str, str]] = []
        self._hangs: list[int] = [0]

    def add(self, text: str, tone: Tone = "") -> "Document":
        """Add a piece to the line."""
        self._parts.append((clean(text), STYLES[tone]))
        return self

    def pieces(self, pieces: Iterable[Piece]) -> "Document":
        """Add several pieces to the line."""
        for text, tone in pieces:
            self.add(text, tone)
        return self

    def hang(self, cells: int) -> "Document":
        """Say how far in this line goes on where it has to be broken."""
        self._hangs[-1] = cells
        return self

    def line(self, text: str = "", tone: Tone = "") -> "Document":
        """Add a last piece and end the line."""
        if text:
            self.add(text, tone)
        self._parts.append("\n")
        self._hangs.append(0)
        return self

    def heading(self, text: str) -> "Document":
        """A heading, after an empty line unless it is the first."""
        if self._parts:
            self.line()
        return self.line(text, "strong")

    def facts(self, facts: Iterable[tuple[str, str]], width: int = 18) -> "Document":
        """Label and text, a line each; what does not fit goes on under the text."""
        for label, text in facts:
            self.hang(width + 1).add(fit(clean(label), width) + " ", "dim").line(text)
        return self

    def table(self, columns: Sequence[tuple[str, int, bool]], rows: Iterable[Sequence[Piece]], *, heads: bool = True) -> "Document":
        """A small table: columns are (title, width, right-aligned), a row is one piece a column."""
        if heads:
            self.line("  ".join(fit(title, width, right=right) for title, width, right in columns).rstrip(), "dim")
        for row in rows:
            for (text, tone), (_, width, right) in zip(row, columns, strict=True):
                self.add(fit(clean(text), width, right=right), tone).add("  ")
            self.line()
        return self

    def content(self) -> Content:
        """What Textual draws."""
        made = Content.assemble(*self._parts).rstrip()
        return Hanging(made.plain, spans=list(made.spans)).hanging(self._hangs)


class Hanging(Content):
    """Content whose broken lines go on with an indent of their own."""

    _hangs: tuple[int, ...] = ()

    def hanging(self, hangs: Sequence[int]) -> "Hanging":
        """Set each line's indent."""
        self._hangs = tuple(hangs)
        return self

    def flow(self, width: int) -> Content:
        """The lines broken at words to a width."""
        made: list[Content] = []
        for number, line in enumerate(self.split(allow_blank=True)):
            hang = self._hangs[number] if number < len(self._hangs) else 0
            indent = hang if width - hang >= NARROW else min(2, hang)
            rest, room = line.rstrip(), width
            while rest.cell_length > room:
                at = break_at(rest.plain, room, width - indent)
                made.append(_indented(rest[:at].rstrip(), width - room))
                rest = rest[at + len(rest.plain[at:]) - len(rest.plain[at:].lstrip()):]
                room = width - indent
            made.append(_indented(rest, width - room))
        return Content("\n").join(made)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Lines at a width."""
        return self.flow(width).get_height(rules, width) if width > 0 else 0

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """The lines as Textual draws them."""
        return self.flow(width).render_strips(width, height, style, options) if width > 0 else []


def _indented(line: Content, cells: int) -> Content:
    return line.pad_left(cells) if cells > 0 else line


def break_at(text: str, width: int, next_width: int) -> int:
    """Where a line that is too long is broken: after the last word that fits, else in the middle of one.

    A word that has no room on the next line either, such as a digest, begins on this one.
    """
    used, fits = 0, len(text)
    for place, character in enumerate(text):
        used += 1 if character.isascii() else cell_len(character)
        if used > width:
            fits = place
            break
    blank = text.rfind(" ", 0, fits + 1)
    word_end = text.find(" ", fits)
    word = (len(text) if word_end < 0 else word_end) - blank - 1
    if blank > 0 and text[:blank].strip() and word <= next_width:
        return blank
    return max(1, fits)


class Flow(Static):
    """A widget for documents: selecting with the mouse copies the lines as they are shown."""

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text."""
        visual = self.visual
        if isinstance(visual, Hanging):
            return selection.extract(visual.flow(self.content_size.width).plain), "\n"
        return super().get_selection(selection)


def document_of(*lines: str) -> Content:
    """A few plain lines."""
    made = Document()
    for line in lines:
        made.line(line)
    return made.content()
