"""What a section is made of: spans, paragraphs, tables, charts; no markup, so that HTML and Markdown come from one view."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from govern_reports.view.text import clean, grouped

Tone = Literal["", "good", "warn", "bad", "muted", "strong", "mono", "em"]
"""How a span is set. Colour only repeats what the words say."""

_DIGEST: Final = re.compile(r"(sha256:[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of text."""

    text: str
    tone: Tone = ""
    href: str = ""
    """`#section` inside the pack; nothing in a pack links elsewhere."""
    figure: str = ""
    """Id of the figure that this number is, in the manifest."""


Line = tuple[Span, ...]
Part = str | Span | Line


def line(*parts: Part) -> Line:
    """Join parts into a line; strings are foreign text and are made safe."""
    spans: list[Span] = []
    for part in parts:
        if isinstance(part, str):
            spans.append(Span(clean(part)))
        elif isinstance(part, Span):
            spans.append(part)
        else:
            spans.extend(part)
    return tuple(spans)


def strong(text: str) -> Span:
    """Set foreign text in semibold."""
    return Span(clean(text), "strong")


def mono(text: str) -> Span:
    """Set foreign text in the typewriter face."""
    return Span(clean(text), "mono")


def with_digests(text: str) -> Line:
    """Set foreign text with each digest in it in the typewriter face, in groups of four."""
    pieces = _DIGEST.split(text)
    return tuple(mono(grouped(piece)) if place % 2 else Span(clean(piece)) for place, piece in enumerate(pieces) if piece)


def muted(text: str) -> Span:
    """Set foreign text in grey."""
    return Span(clean(text), "muted")


def link(text: str, target: str) -> Span:
    """Link to a section of this pack."""
    return Span(clean(text), "", "#" + target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A table's column."""

    title: str
    align: Literal["left", "right"] = "left"
    width: int | None = None
    """Percent of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under heads."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Line, ...], ...]
    caption: str
    note: str = ""
    empty: str = "None recorded."
    """Said instead of a table without rows."""
    heads: bool = True
    """Whether the first cell of a row heads it."""
    style: str = ""
    """A class of the stylesheet's."""
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Labels and what they stand for."""

    rows: tuple[tuple[str, Line], ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """Running text."""

    text: Line
    role: Literal["", "lead", "note", "alarm", "claim"] = ""
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading inside a section."""

    text: str
    id: str = ""
    level: Literal[2, 3] = 2
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list."""

    items: tuple[Line, ...]
    ordered: bool = False
    kind: Literal["listing"] = "listing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pre:
    """Text as it stands, in the typewriter face; cheap at any length."""

    text: str
    caption: str = ""
    kind: Literal["pre"] = "pre"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """An SVG of ours with what it shows in words."""

    svg: str
    caption: str
    wide: bool = False
    """As wide as the text, for pictures with many words."""
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A new page."""

    kind: Literal["break"] = "break"


Block = Table | Facts | Paragraph | Heading | Listing | Pre | Chart | Break


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A numbered section of the pack."""

    id: str
    title: str
    blocks: tuple[Block, ...]
    new_page: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The first page."""

    kind: str
    """Such as `Evidence pack for one model version`."""
    title: str
    subtitle: str
    sentence: str
    status: str
    """A word or two: ALLOWED, DENIED, NOT DECIDED, LEDGER DOES NOT VERIFY."""
    tone: Tone
    alarm: str
    """In red over everything else, where the ledger does not verify."""
    scores: tuple[tuple[str, Line], ...]
    facts: tuple[tuple[str, Line], ...]
    gaps: tuple[tuple[Line, Line], ...]
    """What is not evidenced, and whose it is."""
    root: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A whole pack as strings."""

    title: str
    running: str
    """What the running head says of the pack."""
    identity: str
    """What each foot says beside the manifest's digest."""
    description: str
    created: str
    """RFC 3339."""
    cover: Cover
    sections: tuple[Section, ...]
    contents: tuple[tuple[str, str, str], ...] = ()
    """Number of a section (empty for a part of one), title, id."""
    draft: bool = False


def paragraphs(*texts: str) -> tuple[Paragraph, ...]:
    """Make a paragraph of each text."""
    return tuple(Paragraph(text=line(text)) for text in texts)


def columns(*heads: str) -> tuple[Column, ...]:
    """Make columns from heads: a leading `>` aligns right, a trailing ` 20%` is a width."""
    made = []
    for head in heads:
        title, width = head, None
        if head.endswith("%"):
            title, _, percent = head.rpartition(" ")
            width = int(percent[:-1])
        made.append(Column(title=title.removeprefix(">"), align="right" if head.startswith(">") else "left", width=width))
    return tuple(made)


MOST_ROWS: Final = 500
"""Rows of a printed table: WeasyPrint takes half a millisecond and 18 KiB a cell, and nobody reads on."""


@dataclass(slots=True)
class Builder:
    """Collects a section's blocks."""

    id: str
    title: str
    new_page: bool = False
    blocks: list[Block] = field(default_factory=list)

    def add(self, *blocks: Block) -> "Builder":
        """Add blocks."""
        self.blocks.extend(blocks)
        return self

    def say(self, *parts: Part, role: Literal["", "lead", "note", "alarm", "claim"] = "") -> "Builder":
        """Add a paragraph."""
        return self.add(Paragraph(text=line(*parts), role=role))

    def tell(self, text: str) -> "Builder":
        """Add a note, where there is something to say."""
        return self.say(text, role="note") if text else self

    def head(self, text: str, id_: str = "", level: Literal[2, 3] = 2) -> "Builder":
        """Add a heading."""
        return self.add(Heading(text=clean(text, 160), id=id_, level=level))

    def table(
        self, heads: Sequence[str], rows: Sequence[Sequence[Part]], caption: str, *, note: str = "",
        empty: str = "None recorded.", row_heads: bool = True, style: str = "",
    ) -> "Builder":
        """Add a table; see `columns` for the heads. Past `MOST_ROWS` it says how many there are."""
        if len(rows) > MOST_ROWS:
            note = f"The first {MOST_ROWS} of {len(rows):,} rows; all of them are in the attachments. {note}".strip()
            rows = rows[:MOST_ROWS]
        return self.add(Table(
            columns=columns(*heads), rows=tuple(tuple(line(cell) for cell in row) for row in rows),
            caption=clean(caption, 400), note=clean(note, 800), empty=empty, heads=row_heads,
            style=style,
        ))

    def facts(self, *rows: tuple[str, Part]) -> "Builder":
        """Add labels with what they stand for."""
        return self.add(Facts(rows=tuple((label, line(part)) for label, part in rows)))

    def pre(self, text: str, caption: str = "") -> "Builder":
        """Add foreign text as it stands."""
        return self.add(Pre(text=clean(text, len(text)), caption=clean(caption, 240)))

    def chart(self, svg: str, caption: str, *, wide: bool = False) -> "Builder":
        """Add a chart of ours."""
        return self.add(Chart(svg=svg, caption=clean(caption, 400), wide=wide))

    def listing(self, items: Sequence[Part], *, ordered: bool = False) -> "Builder":
        """Add a list."""
        return self.add(Listing(items=tuple(line(item) for item in items), ordered=ordered))

    def done(self) -> Section:
        """Return the section."""
        return Section(id=self.id, title=self.title, blocks=tuple(self.blocks), new_page=self.new_page)
