"""Texts with tones: lines of pieces that become Textual content; ledger text in them is cleaned and never markup."""

from collections.abc import Iterable, Sequence

from textual.content import Content

from govern_tui.text import Piece, Tone, clean, fit

STYLES: dict[Tone, str] = {
    "": "", "good": "$text-success", "bad": "$text-error", "warn": "$text-warning", "dim": "$muted",
    "strong": "bold", "accent": "$text-accent",
}


class Document:
    """Collects pieces line by line."""

    def __init__(self) -> None:
        self._parts: list[str | tuple[str, str]] = []

    def add(self, text: str, tone: Tone = "") -> "Document":
        """Add a piece to the line."""
        self._parts.append((clean(text), STYLES[tone]))
        return self

    def pieces(self, pieces: Iterable[Piece]) -> "Document":
        """Add several pieces to the line."""
        for text, tone in pieces:
            self.add(text, tone)
        return self

    def line(self, text: str = "", tone: Tone = "") -> "Document":
        """Add a last piece and end the line."""
        if text:
            self.add(text, tone)
        self._parts.append("\n")
        return self

    def heading(self, text: str) -> "Document":
        """A heading, after an empty line unless it is the first."""
        if self._parts:
            self._parts.append("\n")
        return self.line(text, "strong")

    def facts(self, facts: Iterable[tuple[str, str]], width: int = 18) -> "Document":
        """Label and text, a line each."""
        for label, text in facts:
            self.add(fit(clean(label), width) + " ", "dim").line(text)
        return self

    def table(self, heads: Sequence[tuple[str, int, bool]], rows: Iterable[Sequence[Piece]]) -> "Document":
        """A small table: heads are (title, width, right-aligned), a row is one piece a column."""
        self.line("  ".join(fit(title, width, right=right) for title, width, right in heads).rstrip(), "dim")
        for row in rows:
            for (text, tone), (_, width, right) in zip(row, heads, strict=True):
                self.add(fit(clean(text), width, right=right), tone).add("  ")
            self.line()
        return self

    def content(self) -> Content:
        """What Textual draws."""
        return Content.assemble(*self._parts).rstrip()


def document_of(*lines: str) -> Content:
    """A few plain lines."""
    made = Document()
    for line in lines:
        made.line(line)
    return made.content()
