"""From pack data to the view: which sections a kind of pack has, and in which order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from govern.domain.text import instant
from govern.workflow.pack import PackData
from govern.workflow.printed import PagePart
from govern_reports.view import (
    behaviour,
    control,
    cover,
    fairness,
    ledger,
    lifecycle,
    people,
    proving,
    reading,
    rules,
    system,
)
from govern_reports.view.blocks import Heading, Line, Section, Table, View
from govern_reports.view.context import Context
from govern_reports.view.figures import Register
from govern_reports.view.text import clean, one_line, second

Maker = Callable[[Context], Section | None]

_MEASURED: Final[tuple[Maker, ...]] = (fairness.fairness, behaviour.explanation, behaviour.performance, behaviour.others)
_END: Final[tuple[Maker, ...]] = (ledger.integrity, ledger.entries, ledger.limits, proving.verify, rules.documents, ledger.back)

SECTIONS: Final[Mapping[str, tuple[Maker, ...]]] = {
    "model": (
        reading.reading, system.scope, system.description, rules.policies, rules.results, rules.attempts, *_MEASURED,
        people.people, lifecycle.lifecycle, *_END,
    ),
    "decision": (
        reading.reading, system.scope, system.description, rules.policies, rules.results, *_MEASURED, people.people, *_END,
    ),
    "system": (
        reading.reading, system.scope, system.models, system.description, rules.policies, rules.results, rules.attempts,
        *_MEASURED, people.people, lifecycle.lifecycle, *_END,
    ),
    "control": (
        reading.reading, control.coverage, fairness.local_law, system.scope, system.models, rules.policies, rules.results, behaviour.others, people.people,
        *_END,
    ),
    "ledger": (
        reading.reading, system.scope, system.systems, system.models, behaviour.others, people.people, lifecycle.lifecycle, ledger.integrity,
        ledger.register, ledger.limits, proving.verify, ledger.back,
    ),
}


SALVAGED: Final[tuple[Maker, ...]] = (reading.reading, ledger.integrity, ledger.register, ledger.limits, proving.verify, ledger.back)
"""Of a damaged ledger: any other section would say that there is none of what could not be read."""
PARTS: Final[Mapping[PagePart, tuple[Maker, ...]]] = {
    "lineage": (lifecycle.lifecycle,), "policies": (rules.policies, rules.documents), "decisions": (rules.attempts, people.people),
}
"""What the pages can leave out. Verdicts, what was measured, and what proves the ledger are always there."""


def makers(pack: PackData) -> tuple[Maker, ...]:
    """Return the sections of this pack, in order."""
    if pack.salvaged:
        return SALVAGED
    left_out = {maker for part in pack.printed.without for maker in PARTS[part]}
    kept = (maker for maker in SECTIONS[pack.kind] if maker not in left_out)
    return tuple(ledger.register if maker is ledger.entries and pack.printed.full_ledger else maker for maker in kept)


def build(pack: PackData, register: Register) -> View:
    """Return the whole pack as strings; every printed number that comes from an attachment is registered."""
    context = Context(pack, register)
    sections = _named([made for make in makers(pack) if (made := make(context)) is not None])
    title = one_line(pack.title, 160)
    return View(
        title=f"{cover.KINDS[pack.kind]}: {title}", running=title,
        identity=f"{one_line(pack.status.origin, 48)} · size {pack.size} · root {pack.root[7:15]}",
        description=clean(f"As of {second(pack.as_of)}, ledger {pack.status.origin}, {pack.size} entries, root {pack.root}", 400),
        created=instant(pack.as_of), cover=cover.cover(context), sections=tuple(sections),
        contents=tuple(_contents(sections)),
        draft=pack.verification.outcome != "verified",
    )


CONTENTS_PAGE: Final = 660
SECTION_LINE, PART_LINE = 14.4, 10.6
"""Points: what a page of contents holds, and what a section and a part of one take of it."""


def _named(sections: list[Section]) -> list[Section]:
    """Give every heading an id, and drop links that lead nowhere."""
    return _linked([
        replace(section, blocks=tuple(
            replace(block, id=f"{section.id}-{number}") if isinstance(block, Heading) and not block.id else block
            for number, block in enumerate(section.blocks)
        ))
        for section in sections
    ])


def _contents(sections: list[Section]) -> Iterator[tuple[str, str, str]]:
    """Yield the table of contents: sections and their headings; of the longest sections none, until all fit on a page."""
    heads = {
        section.id: [block for block in section.blocks if isinstance(block, Heading) and block.level == 2]  # noqa: PLR2004 - h2
        for section in sections
    }
    room = CONTENTS_PAGE - SECTION_LINE * len(sections)
    while heads and PART_LINE * sum(map(len, heads.values())) > room:
        del heads[max(heads, key=lambda id_: len(heads[id_]))]
    for number, section in enumerate(sections, start=1):
        yield str(number), section.title, section.id
        yield from (("", block.text, block.id) for block in heads.get(section.id, ()))


def _linked(sections: list[Section]) -> list[Section]:
    """Take the link off words that lead to a section which this kind of pack does not have."""
    present = {section.id for section in sections} | {
        block.id for section in sections for block in section.blocks if isinstance(block, Heading) and block.id
    }

    def kept(line: Line) -> Line:
        return tuple(replace(span, href="") if span.href and span.href[1:] not in present else span for span in line)

    return [
        replace(section, blocks=tuple(
            replace(block, rows=tuple(tuple(map(kept, row)) for row in block.rows)) if isinstance(block, Table) else block
            for block in section.blocks
        ))
        for section in sections
    ]
