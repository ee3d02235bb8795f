"""What one key holder may and must act on, with its day: reviews, waivers, findings, and what they own that ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from govern.lineage.deadlines import deadlines
from govern.lineage.people import REVIEWING, roles_at, same_person
from govern.lineage.records import FindingRecord
from govern.lineage.review import conflicts
from govern.lineage.state import State
from govern.workflow.place.workspace import Workspace
from govern.workflow.read import waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class ForMeRow:
    """Something that one holder may or must act on."""

    kind: Literal["review", "waiver", "finding", "revalidation"]
    ref: str
    """`model@version`, or a finding's id."""
    system: str
    gate: str
    due: datetime | None
    overdue: bool
    must: bool
    """Whether it is theirs alone: what they own. Otherwise anybody in the role may."""
    role: str
    """In which they would sign; empty where they act as owner."""
    what: str
    barred: str
    """Why they may not, with the entry that stands against them; empty where they may."""


def for_me(ws: Workspace, holder: str, *, state: State | None = None, now: datetime | None = None) -> tuple[ForMeRow, ...]:
    """List what waits for a holder: what they must do first, each part the most urgent first.

    What they own must be acted on by them; what a role of theirs may sign is theirs if nothing stands against it, and
    otherwise it is listed with the entry that bars them.
    """
    state = state or ws.state()
    now = now or ws.now()
    keys = [keyid for keyid, name in state.key_holders.items() if same_person(state, name, holder)]
    roles = frozenset(role for keyid in keys for role in roles_at(state, keyid, state.size))
    rows = [*_reviews(ws, state, holder, roles, now), *_findings(state, holder, roles, now), *_owned(state, holder, now)]
    far = datetime.max.replace(tzinfo=now.tzinfo)
    return tuple(sorted(rows, key=lambda row: (not row.must, bool(row.barred), row.due or far, row.ref)))


def _reviews(ws: Workspace, state: State, holder: str, roles: frozenset[str], now: datetime) -> Iterator[ForMeRow]:
    for item in waiting.queue(ws, holder, state=state, now=now):
        wanted = {one.role for one in item.missing} if item.why != "waiver" else set(REVIEWING)
        held = sorted(wanted & roles)
        if not held:
            continue
        against = conflicts(state, item.model, holder)
        yield ForMeRow(
            kind="waiver" if item.why == "waiver" else "review", ref=item.name, system=item.system, gate=item.gate,
            due=item.due, must=False, overdue=item.due is not None and item.due <= now, role=held[0], what=item.headline,
            barred=f"{against[0].reason} (#{against[0].index})" if against else "",
        )


def _findings(state: State, holder: str, roles: frozenset[str], now: datetime) -> Iterator[ForMeRow]:
    for finding in state.findings.values():
        mine = same_person(state, finding.fact.owner, holder)
        if finding.state == "open" and mine:
            yield _finding(state, finding, now, must=True, what=f"remediate it: {finding.fact.title}")
        elif finding.state == "remediated" and roles & set(REVIEWING):
            hand = mine or any(same_person(state, one, holder) for one in finding.fixers)
            yield _finding(
                state, finding, now, must=False, what=f"verify and close it: {finding.fact.title}",
                barred="who owned or remediated it can't close it" if hand else "",
            )


def _finding(
    state: State, finding: FindingRecord, now: datetime, *, must: bool, what: str, barred: str = ""
) -> ForMeRow:
    return ForMeRow(
        kind="finding", ref=finding.fact.id, system=finding.fact.system, gate="", due=finding.due, must=must,
        overdue=finding.due <= state.moment(now), role="", what=what, barred=barred,
    )


def _owned(state: State, holder: str, now: datetime) -> Iterator[ForMeRow]:
    """Revalidations and waivers of the systems that a holder is accountable for."""
    for one in deadlines(state, now):
        system = state.systems.get(one.system)
        if one.kind in {"revalidation", "waiver"} and system is not None and same_person(state, system.fact.owner, holder):
            name = state.models[one.model].name if one.model in state.models else one.model
            yield ForMeRow(
                kind=one.kind, ref=name, system=one.system, gate="", due=one.due, must=True, overdue=one.overdue, role="",
                what=one.what, barred="",
            )
