"""What a decision on a model can be about, where that is not the model alone: a rule, a review, a finding, a waiver."""

from collections.abc import Iterable
from typing import Final

from govern.workflow.views import Dossier, WaiverRow
from govern_tui.desk import Verb
from govern_tui.dialogs.decide import Subject, Subjects
from govern_tui.pages.dossier_rules import attestable, waivable
from govern_tui.text import when

ABOUT: Final[dict[str, tuple[Verb, str]]] = {
    "review.waive": ("waive", "no rule denies that a waiver could be asked for"),
    "review.attest": ("attest", "no rule asks a person to attest"),
    "review.supersede": ("take-back", "there is no review to take back"),
    "review.accept_waiver": ("approve-waiver", "no waiver waits for a signature"),
    "review.revoke_waiver": ("revoke-waiver", "there is no waiver"),
    "review.remediate": ("remediate", "no finding is open"),
    "review.close_finding": ("close-finding", "no finding was remediated"),
}
"""Decisions that are about more than the model, and why each can't be made where there is nothing such."""


def subjects(verb: Verb, dossier: Dossier, waivers: Iterable[WaiverRow]) -> Subjects:
    """Return what there is to choose from; empty where there is nothing such."""
    decision = dossier.decision.decision if dossier.decision else None
    if verb in {"waive", "attest"}:
        rules = () if decision is None else waivable(decision) if verb == "waive" else attestable(decision)
        return tuple(Subject(text=f"{rule.rule}  {rule.title}", value=rule.rule) for rule in rules)
    if verb == "take-back":
        live = [row for row in reversed(dossier.reviews) if row.standing in {"live", "stale"}]
        return tuple(Subject(text=f"#{row.index}  {row.holder} {row.action}", value=str(row.index), said=_said(row.reason)) for row in live)
    if verb in {"remediate", "close-finding"}:
        state = "open" if verb == "remediate" else "remediated"
        found = [row for row in dossier.findings if row.state == state]
        return tuple(Subject(text=f"{row.id}  {row.title}", value=row.id, said=_said(row.said)) for row in found)
    wanted = {"approve-waiver": {"proposed"}, "revoke-waiver": {"proposed", "active"}}.get(verb, set())
    mine = [row for row in waivers if row.model == dossier.name and row.gate == dossier.gate and row.state in wanted]
    return tuple(
        Subject(
            text=f"{row.id}  {row.rule}, until {when(row.expires)[:10]}, asked by {row.requester}", value=row.id,
            said=(*_said(row.reason), ("control", row.compensating or "none was named for the meantime")),
        )
        for row in mine
    )


def _said(reason: str) -> tuple[tuple[str, str], ...]:
    return (("said", f"“{reason}”"),) if reason else ()
