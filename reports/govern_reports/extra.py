"""A user's own HTML sections as Markdown: a copy to read leaves out nothing that the pack says."""

import re
from html.parser import HTMLParser
from typing import Final

SPECIAL: Final = re.compile(r"[\\`*_{}\[\]<>|#~$]")
"""What starts markup in Markdown."""
_HEADINGS: Final = {"h1": "## ", "h2": "### ", "h3": "#### ", "h4": "#### ", "h5": "#### ", "h6": "#### "}
_BLOCKS: Final = {*_HEADINGS, "p", "div", "section", "article", "header", "footer", "aside", "figure", "figcaption", "blockquote",
                  "ul", "ol", "li", "dl", "dt", "dd", "table", "caption", "tr", "pre", "hr", "address"}
_MARKS: Final = {"strong": "**", "b": "**", "em": "*", "i": "*"}
_UNSAID: Final = {"style", "script", "template", "head"}


def escaped(text: str) -> str:
    """Return foreign text that can't start markup."""
    return SPECIAL.sub(lambda found: "\\" + found[0], text).replace("\n", " ")


def markdown_of(html: str) -> str:
    """Return a fragment of HTML as Markdown: its words in their order, with headings, lists and tables."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.text()


class _Reader(HTMLParser):
    """Collects lines of Markdown, a block of the HTML each."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._done: list[str] = []
        self._words: list[str] = []
        self._start = ""
        self._cells: list[str] | None = None
        """Those of the row under way."""
        self._heads = 0
        self._headed = False
        """Whether the table under way has a row of heads, without which Markdown has no table."""
        self._lists: list[str] = []
        self._unsaid = 0
        self._pre = False

    def text(self) -> str:
        """Return what was read."""
        self._end()
        return "\n".join(self._done).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a block, or mark what is inside one."""
        self._unsaid += tag in _UNSAID
        if tag in _BLOCKS and self._cells is None:
            self._end()
        if tag in _HEADINGS:
            self._start = _HEADINGS[tag]
        elif tag in {"ul", "ol"}:
            self._lists.append("1. " if tag == "ol" else "- ")
        elif tag in {"li", "dt", "dd"}:
            self._start = "  " * max(len(self._lists) - 1, 0) + (self._lists[-1] if self._lists else "- ")
        elif tag == "tr":
            self._cells, self._heads = [], 0
        elif tag in {"td", "th"}:
            self._heads += tag == "th"
        elif tag == "pre":
            self._pre = True
        elif tag == "img":
            self._words.append(f"*Picture: {escaped(dict(attrs).get('alt') or 'without a description')}*")
        elif tag == "br":
            self._words.append(" ")
        self._words.append(_MARKS.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        """End a block, or what was marked."""
        self._unsaid -= tag in _UNSAID
        self._words.append(_MARKS.get(tag, ""))
        if tag in {"td", "th"} and self._cells is not None:
            self._cells.append(self._said())
        elif tag == "tr":
            self._row()
        elif tag in _BLOCKS and self._cells is None:
            self._end()
        if tag == "table":
            self._headed = False
            self._done.append("")
        elif tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
            self._done.append("")
        elif tag == "pre":
            self._pre = False

    def handle_data(self, data: str) -> None:
        """Take words."""
        if not self._unsaid:
            self._words.append(data if self._pre else escaped(re.sub(r"\s+", " ", data)))

    def _said(self) -> str:
        """Return the words of the block under way, and begin another."""
        words, self._words = "".join(self._words), []
        return words if self._pre else " ".join(words.split())

    def _end(self) -> None:
        """Finish the block under way."""
        said, start = self._said(), self._start
        self._start = ""
        if self._pre:
            self._done += ["", *("    " + row for row in said.strip("\n").splitlines()), ""]
        elif said:
            self._done += [start + said] if start.lstrip()[:1] in {"-", "1"} else ["", start + said, ""]

    def _row(self) -> None:
        """Finish a row; one of heads alone is the table's head."""
        cells, self._cells = self._cells or [], None
        if cells and self._heads == len(cells):
            self._headed = True
            self._done += ["", "| " + " | ".join(cells) + " |", "|" + " --- |" * len(cells)]
        elif self._headed:
            self._done.append("| " + " | ".join(cells) + " |")
        elif cells:
            self._done.append(f"- {cells[0]}: {'; '.join(cells[1:])}" if cells[1:] else f"- {cells[0]}")
