"""Verification step 8: no model was promoted, deployed or rolled back but where the ledger of that moment allowed it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from govern.domain.facts import DeploymentFact, PromotionFact, RollbackFact
from govern.domain.statement import Entry
from govern.lineage.folding import Folding
from govern.lineage.folding_life import used_up
from govern.lineage.folding_things import subject_of
from govern.lineage.nodes import node_of
from govern.lineage.permission import Permission, may_deploy, may_promote, may_roll_back, promote_gate
from govern.lineage.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryFault:
    """An entry that the ledger before it does not allow."""

    index: int
    kind: Literal["promotion", "deployment", "rollback"]
    reason: str
    because: int | None
    """The entry that stands against it, if one does."""
    touches: tuple[str, ...]
    """The model, and what it was meant for."""


def check_history(entries: Iterable[Entry], *, start: State | None = None) -> Iterator[HistoryFault]:
    """Fold a ledger and give every fault, oldest first; nothing where each step was allowed when it was taken.

    `start` is the state before the first of `entries`. Times are the entries' own, never earlier than those before.
    """
    folding = Folding(start)
    for entry in entries:
        yield from faults(folding.state, entry)
        folding.apply(entry)


def faults(state: State, entry: Entry) -> Iterator[HistoryFault]:
    """What the state before an entry has against it."""
    fact = entry.fact
    match fact:
        case PromotionFact():
            permission = may_promote(state, subject_of(entry), fact.stage, entry.time)
            yield from _refused(state, entry, "promotion", permission, f"stage {fact.stage} of {fact.system}")
            yield from _promotion(state, entry, fact, permission)
        case DeploymentFact():
            where = f"{fact.environment} of {fact.system}"
            permission = may_deploy(state, subject_of(entry), fact.environment, fact.stage, entry.time, mode=fact.mode)
            yield from _refused(state, entry, "deployment", permission, where)
            record = state.models.get(subject_of(entry))
            if record is not None and record.fact.system != fact.system:
                yield _fault(state, entry, "deployment", "the model belongs to another system", record.index, where)
            known = state.deployments.get(fact.id)
            if known is not None and used_up(known, subject_of(entry), fact):
                reason = f"the id {fact.id} is that of another deployment, or of one that was ended"
                yield _fault(state, entry, "deployment", reason, known.index, where)
        case RollbackFact():
            keyid = entry.signed_by[0].keyid if entry.signed_by else ""
            permission = may_roll_back(
                state, subject_of(entry), fact.environment, entry.time, keyid=keyid, reason=fact.reason,
                emergency=fact.emergency, system=fact.system,
            )
            yield from _refused(state, entry, "rollback", permission, f"{fact.environment} of {fact.system}")
        case _:
            return


def _fault(
    state: State, entry: Entry, kind: Literal["promotion", "deployment", "rollback"], reason: str, because: int | None,
    where: str,
) -> HistoryFault:
    model = node_of(state, subject_of(entry)).label
    return HistoryFault(index=entry.index, kind=kind, reason=reason, because=because, touches=(model, where))


def _refused(
    state: State, entry: Entry, kind: Literal["promotion", "deployment", "rollback"], permission: Permission, where: str,
) -> Iterator[HistoryFault]:
    for refusal in permission.refusals:
        yield _fault(state, entry, kind, refusal.reason, refusal.index, where)


def _promotion(state: State, entry: Entry, fact: PromotionFact, permission: Permission) -> Iterator[HistoryFault]:
    """What a promotion claims to rest on has to be what the ledger held."""
    where = f"stage {fact.stage} of {fact.system}"
    model = state.models.get(subject_of(entry))
    if model is not None and model.fact.system != fact.system:
        yield _fault(state, entry, "promotion", "the model belongs to another system", model.index, where)
    if not permission.allowed:
        return
    if fact.decision != permission.decision:
        yield _fault(state, entry, "promotion", "it names another decision than the latest one", None, where)
    if fact.closure != permission.closure:
        yield _fault(state, entry, "promotion", "its closure is not what the ledger held", None, where)
    for index in fact.approvals:
        review = state.reviews.get(index)
        approved = review is not None and (review.model, review.fact.gate, review.fact.action) == (
            subject_of(entry), promote_gate(fact.stage), "approve",
        )
        if not approved:
            yield _fault(state, entry, "promotion", "it names an approval that is none", index, where)
