"""From pack data to the view: which sections a kind of pack has, and in which order."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from govern.domain.text import instant
from govern.workflow.pack import PackData
from govern_reports.view import (
    behaviour,
    control,
    cover,
    fairness,
    ledger,
    lifecycle,
    people,
    reading,
    rules,
    system,
)
from govern_reports.view.blocks import Heading, Line, Section, Table, View
from govern_reports.view.context import Context
from govern_reports.view.figures import Register
from govern_reports.view.text import clean, one_line, second

Maker = Callable[[Context], Section | None]

_MEASURED: Final[tuple[Maker, ...]] = (fairness.fairness, behaviour.explanation, behaviour.performance)
_END: Final[tuple[Maker, ...]] = (ledger.integrity, ledger.entries, ledger.limits, ledger.verify, rules.documents, ledger.back)

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
        reading.reading, control.coverage, system.scope, rules.policies, rules.results, people.people, *_END,
    ),
    "ledger": (
        reading.reading, system.scope, system.systems, system.models, people.people, lifecycle.lifecycle, ledger.integrity,
        ledger.register, ledger.limits, ledger.verify, ledger.back,
    ),
}


def build(pack: PackData, register: Register) -> View:
    """Return the whole pack as strings; every printed number that comes from an attachment is registered."""
    context = Context(pack, register)
    sections = _linked([made for make in SECTIONS[pack.kind] if (made := make(context)) is not None])
    title = one_line(pack.title, 160)
    return View(
        title=f"{cover.KINDS[pack.kind]}: {title}", running=title,
        identity=f"{one_line(pack.status.origin, 48)} · size {pack.size} · root {pack.root[7:15]}",
        description=clean(f"As of {second(pack.as_of)}, ledger {pack.status.origin}, {pack.size} entries, root {pack.root}", 400),
        created=instant(pack.as_of), cover=cover.cover(context), sections=tuple(sections),
        draft=pack.verification.outcome != "verified",
    )


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
