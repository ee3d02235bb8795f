"""What waits for people: models to approve, approvals that fell, waivers that were asked for."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Literal

from govern.domain.decision import Quorum
from govern.domain.text import Digest, instant, short
from govern.lineage.permission import promote_gate
from govern.lineage.records import DecisionRecord, ModelRecord
from govern.lineage.review import QuorumState
from govern.lineage.review import quorum as quorum_of
from govern.lineage.review import standing as standing_of
from govern.lineage.stale import StalePath, stale
from govern.lineage.state import State
from govern.workflow.place.workspace import Workspace
from govern.workflow.policies.waivers import proposed
from govern.workflow.views import QueueItem


def queue(
    ws: Workspace, holder: str | None = None, *, system: str | None = None, state: State | None = None,
    now: datetime | None = None,
) -> tuple[QueueItem, ...]:
    """List what waits for people, the most urgent first; with `holder`, without what that holder signed already."""
    state = state or ws.state()
    now = state.moment(now or ws.now())
    items = []
    for model in state.models.values() if system is None else state.models_of(system):
        if model.state != "active" or _retired(state, model):
            continue
        for gate in (promote_gate(stage) for stage in ws.config.stages):
            record = state.latest_decision(model.digest, gate)
            if record is None:
                continue
            item = _queue_item(ws, state, model, gate, record, now)
            if item is not None and not (holder and _signed(state, model.digest, gate, holder, now)):
                items.append(item)
        items += _waiver_items(ws, state, model, holder, now)
    order = {"stale": 0, "finding": 1, "waiver": 2, "review": 3}
    return tuple(sorted(items, key=lambda item: (item.due or now, order[item.why], item.name)))


def fallen(state: State, model: Digest, gate: str, quorum: QuorumState, now: datetime) -> list[StalePath]:
    """Say why each approval that people rely on no longer holds: their last words only, and none that others make up for."""
    if quorum.required and not quorum.missing:
        return []
    last = [review for review in standing_of(state, model, gate) if review.fact.action == "approve" and not review.problem]
    paths = [stale(state, review, now) for review in last]
    if not quorum.required and not all(paths):
        return []  # nobody has to approve, and somebody does
    return [each[0] for each in paths if each]


def _retired(state: State, model: ModelRecord) -> bool:
    """Whether a model, or its system, was retired everywhere: nothing of it can be let through any more."""
    return any(state.retired.get((model.fact.system, one, "")) is not None for one in ("", model.digest))


def _queue_item(
    ws: Workspace, state: State, model: ModelRecord, gate: str, record: DecisionRecord, now: datetime
) -> QueueItem | None:
    """Decide whether a model at a gate waits for people, and why."""
    stage = gate.removeprefix("promote:")
    pointer = state.stages.get((model.fact.system, stage))
    promoted = pointer is not None and pointer.model == model.digest
    if not promoted and (record.fact.outcome == "deny" or _overtaken(state, model, gate) or _turned_down(state, record)):
        return None
    standing = quorum_of(state, model.digest, gate, record.fact.approvals, now)
    broken = fallen(state, model.digest, gate, standing, now)
    if promoted:
        if not broken and not standing.missing:
            return None
        why: Literal["review", "stale"] = "stale"
        refused = standing.refused[0].text if standing.refused else "nobody’s approval of it stands"
        headline = f"approved and promoted, but {broken[0].text}" if broken else f"promoted, but {refused}"
    else:
        why, headline = ("stale", f"approved, but {broken[0].text}") if broken else ("review", "allowed by policy, waits for approval")
    if why == "review" and not standing.missing:
        headline = f"approved: ready to promote to {stage}"
    if document := lost(ws, record):
        headline = f"{headline}; but {document}"
    return _item(
        state, model, gate, record, why=why, headline=headline, since=record.time,
        due=record.time + timedelta(days=ws.config.review.due_days), missing=standing.missing,
    )


def _item(
    state: State, model: ModelRecord, gate: str, decided: DecisionRecord | None, *, why: Literal["review", "stale", "waiver"],
    headline: str, since: datetime, due: datetime, missing: tuple[Quorum, ...] = (),
) -> QueueItem:
    counts = Counter(decided.fact.statuses.values() if decided else ())
    return QueueItem(
        model=model.digest, name=model.name, system=model.fact.system, gate=gate, why=why, headline=headline,
        passed=counts["pass"], failed=counts["fail"], inconclusive=counts["inconclusive"] + counts["error"],
        tier=state.systems[model.fact.system].fact.tier, since=since, due=due,
        decision=decided.digest if decided else None, missing=missing,
    )


def lost(ws: Workspace, record: DecisionRecord) -> str:
    """Say which of the documents that a decision is, and rests on, is not there; empty where all are."""
    missing = next((digest for digest in (record.digest, *record.fact.evidence) if not ws.objects.has(digest)), None)
    return f"the object {short(missing)} that its decision rests on is not there" if missing is not None else ""


def _waiver_items(ws: Workspace, state: State, model: ModelRecord, holder: str | None, now: datetime) -> Iterator[QueueItem]:
    """Give the waivers on a model that wait for approval, less those that a holder asked for or approved."""
    for row in proposed(ws, state, model.digest, now=now):
        if holder in {row.requester, *row.approvers}:
            continue
        decided = state.latest_decision(model.digest, row.gate)
        yield _item(
            state, model, row.gate, decided, why="waiver", since=state.waivers[row.id].proposal.time, due=row.expires,
            headline=f"{row.id} would waive {row.rule} until {instant(row.expires)[:10]}, asked by {row.requester}: {row.why}",
        )


def _overtaken(state: State, model: ModelRecord, gate: str) -> bool:
    """Say whether a later version of the model's line was ever allowed at the gate; the youngest is asked first."""
    for other in state.newest_of_line(model.fact.name):
        if other.index <= model.index:
            return False
        if any(decision.fact.outcome == "allow" for decision in state.decisions_of(other.digest, gate)):
            return True
    return False


def _turned_down(state: State, decision: DecisionRecord) -> bool:
    """Say whether somebody rejected the model, or asked for changes, after this decision."""
    return any(
        review.index > decision.index and review.fact.action in {"reject", "request-changes"}
        for review in state.reviews_of(decision.model, decision.fact.gate)
    )


def _signed(state: State, model: Digest, gate: str, holder: str, now: datetime) -> bool:
    return any(
        r.holder == holder and r.fact.action == "approve" and not r.problem and not stale(state, r, now)
        for r in state.reviews_of(model, gate)
    )
