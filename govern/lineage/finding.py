"""How a finding stands, worked out from all that was signed about it: graver needs nobody, lighter needs a reviewer."""

from dataclasses import replace

from govern.lineage.people import REVIEWING, all_void, holds_role, same_person
from govern.lineage.records import FindingMove, FindingRecord
from govern.lineage.state import State

_SEVERITIES = ("low", "medium", "high", "critical")


def judged(state: State, record: FindingRecord) -> FindingRecord:
    """The finding with due date, severity and state as its entries amount to, by the revocations known so far.

    A later due date, a lower severity and closing count only with the signature of a reviewer whose key is not void;
    closing besides only by somebody who neither remediated nor owned it. Opening again, an earlier date and a higher
    severity count from anybody.
    """
    first, *later = record.moves
    stands = replace(
        record, due=first.due, severity=first.severity, state="open" if first.state == "verified-closed" else first.state,
        fixers=_fixers(first), note="",
    )
    for number, move in enumerate(later, start=2):
        stands = _moved(state, stands, move, record.moves[:number])
    return stands


def _fixers(move: FindingMove) -> tuple[str, ...]:
    return tuple(mark.holder for mark in move.marks[:1]) if move.state == "remediated" else ()


def _moved(state: State, old: FindingRecord, move: FindingMove, so_far: tuple[FindingMove, ...]) -> FindingRecord:
    void = all_void(state, move.marks)
    reviewer = any(holds_role(state, mark.keyid, role, move.index) for mark in move.marks for role in REVIEWING)
    notes: list[str] = []
    due, severity, stands = move.due, move.severity, move.state
    if due > old.due and not reviewer:
        due = old.due
        notes.append("a later due date needs a reviewer's signature")
    if _SEVERITIES.index(severity) < _SEVERITIES.index(old.severity) and not reviewer:
        severity = old.severity
        notes.append("a lower severity needs a reviewer's signature")
    if stands == "verified-closed" and not _apart(state, move, so_far):
        stands = old.state if void else "remediated"
        notes.append("closing needs a reviewer's signature, and another person's than the one who remediated or owned it")
    if void:
        stands = "open" if move.state == "open" else old.state
        notes = [f"the key that signed #{move.index} is void: it makes nothing lighter"]
    return replace(
        old, due=due, severity=severity, state=stands, note="; ".join(notes), fixers=(*old.fixers, *_fixers(move)),
    )


def _apart(state: State, closing: FindingMove, so_far: tuple[FindingMove, ...]) -> bool:
    """Whether a reviewer who signed the closing neither said that it is remediated nor was ever its owner."""
    concerned = {name for move in so_far for name in (move.owner, *_fixers(move))}
    return any(
        not any(same_person(state, mark.holder, one) for one in concerned) for mark in closing.marks
        if any(holds_role(state, mark.keyid, role, closing.index) for role in REVIEWING)
    )
