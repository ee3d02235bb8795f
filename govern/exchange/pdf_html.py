"""The attached HTML as a list of words: what should be on the pages, in order, and which of it are figures."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from govern.errors import VerificationError

VOID: Final = frozenset({"meta", "col", "br", "img", "hr", "link", "input"})
UNSEEN: Final = frozenset({"head", "title", "style"})
MAX_DEPTH: Final = 200
"""Elements inside elements; packs nest a dozen."""


@dataclass(slots=True)
class Words:
    """What the HTML says, without white space."""

    body: str = ""
    """The text outside charts."""
    contents: int = 0
    """Where in the body the table of contents ends."""
    charts: str = ""
    """The text inside charts, which a page draws after its own."""
    heads: set[str] = field(default_factory=set)
    """Table heads, which a page break repeats."""
    running: set[str] = field(default_factory=set)
    """What heads and feet of pages say."""
    figures: list[tuple[str, str]] = field(default_factory=list)
    """Id and printed text of each figure, in order."""


def read_words(html: bytes) -> Words:
    """Read the attached HTML. Raises `VerificationError` where it is not markup of ours."""
    reader = _Reader()
    try:
        reader.feed(html.decode("utf-8"))
        reader.close()
    except (UnicodeDecodeError, AssertionError) as error:
        raise VerificationError("The attached HTML can't be read.", "Fetch the pack again.", step=5, kind="pages") from error
    words = reader.words
    words.body, words.charts = packed("".join(reader.text)), packed("".join(reader.drawn))
    return words


def packed(text: str) -> str:
    """Return text without any white space."""
    return re.sub(r"\s+", "", text)


class _Reader(HTMLParser):
    """Collects text by where it stands."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words = Words()
        self.text: list[str] = []
        self.drawn: list[str] = []
        self._stack: list[str] = []
        self._contents = -1
        self._collected: dict[int, tuple[str, str, list[str]]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where text belongs from here on."""
        if tag in VOID:
            return
        self._stack.append(tag)
        if len(self._stack) > MAX_DEPTH:
            raise VerificationError("The attached HTML is nested too deep.", "Fetch the pack again.", step=5, kind="pages")
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        depth = len(self._stack)
        if tag == "data":
            self._collected[depth] = ("figure", given.get("id") or "", [])
        elif tag == "th" and "thead" in self._stack:
            self._collected[depth] = ("head", "", [])
        elif tag == "h1":
            self._collected[depth] = ("running", "", [])
        elif tag == "section" and given.get("id") == "contents":
            self._contents = depth - 1
        elif any(name.startswith("running-") for name in classes):
            self._collected[depth] = ("only-running", "", [])

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Ignore elements without content."""

    def handle_endtag(self, tag: str) -> None:
        """Close what was collected."""
        if tag in VOID or not self._stack:
            return
        kind, name, parts = self._collected.pop(len(self._stack), ("", "", []))
        text = packed("".join(parts))
        if kind == "figure":
            self.words.figures.append((name, "".join(parts)))
        elif kind == "head":
            self.words.heads.add(text)
        elif kind:
            self.words.running.add(text)
        self._stack.pop()
        if tag == "section" and self._contents == len(self._stack):
            self.words.contents, self._contents = len(packed("".join(self.text))), -1

    def handle_data(self, data: str) -> None:
        """Put text where it belongs."""
        for _, _, parts in self._collected.values():
            parts.append(data)
        if UNSEEN & set(self._stack) or any(kind == "only-running" for kind, _, _ in self._collected.values()):
            return
        (self.drawn if "svg" in self._stack else self.text).append(data)
