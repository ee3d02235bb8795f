"""What held at an earlier time, with the checkpoint of that time and the proof that the ledger of today continues it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from govern.domain.text import Digest, instant
from govern.ledger import tree
from govern.ledger.checkpoint import digest_bytes, digest_text
from govern.lineage.graph import parents, walk
from govern.lineage.nodes import record_of
from govern.lineage.permission import promote_gate
from govern.lineage.records import DeploymentRecord, ReviewRecord, Thing, WaiverRecord
from govern.lineage.refs import resolve
from govern.lineage.review import quorum
from govern.lineage.stale import stale
from govern.lineage.state import Key, State
from govern.store.ledger import Ledger
from govern.workflow.interface import Objects
from govern.workflow.past_views import HeldRow, PastView
from govern.workflow.place.documents import UNREADABLE
from govern.workflow.place.moments import moment_at, proof_at
from govern.workflow.place.workspace import Workspace
from govern.workflow.policies.waivers import life
from govern.workflow.read import logbook
from govern.workflow.views import EntryDetail


def past_of(
    ledger: Ledger, objects: Objects, state: State, when: datetime, *, systems: Sequence[str] | None = None
) -> PastView:
    """Say which model, data, policy, approval, waiver and deployment held in a past state, and prove that state.

    The proof is the signed checkpoint of that time and the consistency proof from it to the newest one, which is checked
    here before it is handed out. Raises `NotFoundError` before the first entry; `VerificationError`.
    """
    moment = moment_at(ledger, state.size, when)
    then, now = moment.checkpoint, ledger.checkpoint()
    path = tree.consistency(then.size, now.size, ledger.nodes)
    tree.verify_consistency(then.size, now.size, path, digest_bytes(then.root), digest_bytes(now.root))
    names = sorted(state.systems) if systems is None else systems
    return PastView(
        as_of=when, entries=state.size, size=then.size, root=then.root, note=then.note, newest_size=now.size,
        newest_root=now.root, newest_note=now.note, consistency=tuple(digest_text(one) for one in path),
        held=tuple(row for name in names for row in _held(state, objects, name, when)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownThen:
    """An entry as it stood at an earlier time."""

    entry: EntryDetail
    """With its inclusion proof against the checkpoint of that time."""
    standing: str
    """What the thing that it made was worth then."""
    past: PastView


def shown_at(ws: Workspace, ref: str, when: datetime) -> ShownThen:
    """Show what a reference named at a time. Raises `NotFoundError` for what was not there yet."""
    state = ws.state(as_of=when)
    number = ref.removeprefix("#")
    node = resolve(state, f"#{number}" if number.isdecimal() else ref)
    index = int(number) if number.isdecimal() else node.index
    past = past_of(ws.ledger, ws.objects, state, when, systems=())
    proof = proof_at(ws.ledger, index, moment_at(ws.ledger, state.size, when))
    return ShownThen(
        entry=replace(logbook.entry(ws, index), proof=proof), standing=_stood(state, node.key, when), past=past,
    )


def _stood(state: State, key: Key, when: datetime) -> str:
    found = record_of(state, key)
    match found[1] if found else None:
        case Thing(state=word):
            return word
        case ReviewRecord() as review if review.fact.action == "approve":
            paths = stale(state, review, when)
            return review.problem or (f"stale: {paths[0].text}" if paths else "live")
        case DeploymentRecord() as running:
            return running.ended_by or f"{running.fact.mode}, {running.fact.traffic} % of the traffic"
        case _:
            return ""


def _held(state: State, objects: Objects, system: str, when: datetime) -> Iterator[HeldRow]:
    """What held for one system: at its stages, in its environments, and what that rested on."""
    models: list[tuple[Digest, str]] = []
    for (name, stage), pointer in state.stages.items():
        if name == system and pointer.model is not None:
            models.append((pointer.model, stage))
            yield HeldRow(system=system, kind="model", name=_model(state, pointer.model), digest=pointer.model,
                          index=pointer.index, detail=f"at {stage} by {pointer.cause}")
    for place in state.series.of(("environments", system)):
        runs = state.environments[system, str(place)]
        for one in filter(None, (runs.primary, *runs.beside)):
            yield _deployment(state, system, state.deployments[one])
    for model, stage in dict.fromkeys(models):
        yield from _rested(state, objects, system, model, stage, when)


def _model(state: State, model: Digest) -> str:
    return state.models[model].name if model in state.models else model


def _deployment(state: State, system: str, record: DeploymentRecord) -> HeldRow:
    fact = record.fact
    return HeldRow(
        system=system, kind="deployment", name=fact.id, digest=record.model, index=record.last,
        detail=f"{_model(state, record.model)} in {fact.environment}, {fact.mode}, {fact.traffic} % of the traffic",
    )


def _rested(
    state: State, objects: Objects, system: str, model: Digest, stage: str, when: datetime
) -> Iterator[HeldRow]:
    for step in walk((model,), lambda key: parents(state, key)):
        dataset = None if isinstance(step.key, int) else state.datasets.get(Digest(step.key))
        if dataset is not None:
            yield HeldRow(system=system, kind="dataset", name=dataset.name, digest=dataset.digest, index=dataset.index,
                          detail=dataset.state)
    gate = promote_gate(stage)
    decision = state.latest_decision(model, gate)
    if decision is None:
        return
    yield HeldRow(system=system, kind="decision", name=gate, digest=decision.digest, index=decision.index,
                  detail=f"{decision.fact.outcome} by {decision.holder}")
    for digest in (*decision.fact.policies, *decision.fact.bindings):
        document = state.policy_versions.get(digest) or state.binding_versions.get(digest)
        if document is not None:
            yield HeldRow(system=system, kind=document.fact.KIND, name=document.name, digest=digest, index=document.index,
                          detail=f"signed by {document.holder}")
    for index in quorum(state, model, gate, None, when).counted:
        review = state.reviews[index]
        yield HeldRow(system=system, kind="approval", name=f"{review.holder} as {review.fact.role}", digest=review.digest,
                      index=index, detail=f"{instant(review.time)} over closure {review.fact.closure}")
    for waiver in state.waivers_of(model):
        if waiver.fact.environment == gate:
            yield HeldRow(system=system, kind="waiver", name=waiver.fact.id, digest=waiver.digest, index=waiver.index,
                          detail=f"{_standing(objects, state, waiver, when)}, {waiver.fact.rule} until {instant(waiver.fact.expires)}")


def _standing(objects: Objects, state: State, waiver: WaiverRecord, when: datetime) -> str:
    try:
        return life(objects, state, waiver, when).state
    except UNREADABLE as error:
        return f"unchecked ({type(error).__name__})"
