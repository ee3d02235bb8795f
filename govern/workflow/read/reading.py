"""Reading a workspace: status, the ledger's entries, lineage. Everything here is a view of the ledger's fold."""

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from govern.canonical.values import from_json
from govern.domain.evidence import Evidence
from govern.domain.text import Digest, instant
from govern.errors import NotFoundError
from govern.lineage.deadlines import deadlines, emergencies
from govern.lineage.graph import Graph
from govern.lineage.layout import layout
from govern.lineage.nodes import Node, record_of
from govern.lineage.permission import may_run, promote_gate
from govern.lineage.records import (
    DecisionRecord,
    DeploymentRecord,
    FindingRecord,
    ModelRecord,
    ObservationRecord,
    ReviewRecord,
    Thing,
)
from govern.lineage.refs import resolve as resolve_ref
from govern.lineage.review import quorum as quorum_of
from govern.lineage.stale import stale
from govern.lineage.state import State
from govern.workflow.custody.anchors import unanchored
from govern.workflow.place.workspace import Workspace
from govern.workflow.policies.waivers import waivers as waiver_rows
from govern.workflow.read.asof import past_of
from govern.workflow.read.drifting import WINDOWS as DRIFT_WINDOWS
from govern.workflow.read.drifting import drift
from govern.workflow.read.waiting import fallen, lost, queue
from govern.workflow.views import (
    DeadlineRow,
    EvidenceView,
    FindingRow,
    LineageRow,
    QueueItem,
    Standing,
    StatusView,
    SystemRow,
    WaiverRow,
)

RESULT_DAYS = 30
LISTED = 20
"""Systems that an error names before it names the nearest only."""
Direction = Literal["both", "up", "down", "impact"]


def resolve(ws: Workspace, ref: str, kinds: Sequence[str] = ()) -> Node:
    """Find what a reference names. Raises `NotFoundError`."""
    return resolve_ref(ws.state(), ref, kinds=kinds)


def systems_like(word: str, known: list[str]) -> str:
    """Say which systems there are; of many, those whose names come nearest."""
    if len(known) <= LISTED:
        return f"Systems here: {', '.join(known) or 'none'}."
    near = difflib.get_close_matches(word, known, n=5) or known[:5]
    return f"Nearest of {len(known)} systems here: {', '.join(near)}. `govern status` lists all."


def status(
    ws: Workspace, *, as_of: datetime | None = None, system: str | None = None, windows: int = DRIFT_WINDOWS
) -> StatusView:
    """Show the workspace, or one system of it, at a glance; as of a moment with what held then, and its proof.

    Drift is told over the last `windows` of each deployment.

    Raises `NotFoundError` for a moment before the first entry, and for a system that is not there.
    """
    state = ws.state(as_of=as_of)
    now = as_of or state.moment(ws.now())  # a clock that was turned back revives nothing, nor makes anything less urgent
    past = None
    if system is not None and system not in state.systems:
        raise NotFoundError(f"there is no system “{system}”", systems_like(system, sorted(state.systems)))
    names = sorted(state.systems) if system is None else [system]
    if as_of is not None:
        past = past_of(ws.ledger, ws.objects, state, as_of, systems=names)
    root = past.root if past else ws.ledger.checkpoint().root
    size = state.size
    tail = unanchored(((anchor.index, anchor.fact.size) for anchor in state.anchors.values()), size)
    anchored = size - tail
    since = ws.ledger.entry(anchored).time if anchored < size else None
    results: Counter[str] = Counter()
    for day in range(RESULT_DAYS + 1):
        results.update(state.tallies.get(instant(now - timedelta(days=day))[:10]) or {})
    waiting = queue(ws, state=state, now=now, system=system)
    drifts = drift(ws, state, system=system, windows=windows)
    unread = {row.system: f"{row.deployment}: {row.unread[0]}" for row in reversed(drifts) if row.unread}
    rows = tuple(system_row(ws, state, name, now, waiting, unread=unread.get(name, "")) for name in names)
    return StatusView(
        origin=ws.config.origin, size=size, root=root,
        last_append=ws.ledger.entry(size - 1).time if size else None,
        unanchored=tail,
        unanchored_minutes=int((now - since).total_seconds() // 60) if since else None,
        systems=rows, due=waiting, findings=findings(ws, state, now=now, system=system),
        waivers=waivers(ws, state, now=now, system=system), results=dict(sorted(results.items())), drift=drifts, as_of=now,
        deadlines=falling_due(state, now, system=system),
        emergencies=tuple(
            f"of {name} to {_named(state, one.model)} in {one.fact.environment} by {one.holder} on {instant(one.time)[:10]} "
            f"(#{one.index}): {one.fact.reason}"
            for name in names for one in emergencies(state, name)
        ),
        past=past, clock_behind_minutes=0 if as_of else int((now - ws.now()).total_seconds() // 60),
    )


def _named(state: State, model: Digest) -> str:
    return state.models[model].name if model in state.models else model


def falling_due(state: State, now: datetime, *, system: str | None = None) -> tuple[DeadlineRow, ...]:
    """List what ends within a month, and what is overdue, the most urgent first; of all systems, or of one."""
    return tuple(
        DeadlineRow(
            kind=one.kind, system=one.system, what=one.what, due=one.due, index=one.index, overdue=one.overdue,
            model=_named(state, one.model) if one.model in state.models else "",
        )
        for one in deadlines(state, now, system=system)
    )


def system_row(
    ws: Workspace, state: State, name: str, now: datetime, waiting: Sequence[QueueItem], *, unread: str = ""
) -> SystemRow:
    """Show one system and where it stands; `waiting` is the queue, of which its own part is told.

    `unread` says which document of what it runs can't be read.
    """
    fact = state.systems[name].fact
    stages = {
        stage: state.models[record.model].name if (record := state.stages.get((name, stage))) and record.model else ""
        for stage in ws.config.stages
    }
    deployments: dict[str, str] = {}
    trials: list[str] = []
    for place in state.series.of(("environments", name)):
        runs = state.environments[name, str(place)]
        for one in filter(None, (*reversed(runs.beside), runs.primary)):
            deployments[runs.environment] = _named(state, state.deployments[one].model)
        beside = [state.deployments[one] for one in runs.beside]
        trials += [f"{place}: {_named(state, one.model)} as {one.fact.mode} with {one.fact.traffic} %" for one in beside]
    open_findings = sum(
        1 for model in state.models_of(name) for f in state.findings_of(model.digest) if f.state != "verified-closed"
    )
    promoted = {
        (record.model, promote_gate(stage)) for stage in ws.config.stages
        if (record := state.stages.get((name, stage))) is not None and record.model
    }
    decided = filter(None, (state.latest_decision(*at) for at in sorted(promoted)))
    unread = unread or next(filter(None, (lost(ws, decision) for decision in decided)), "")
    stale_approvals = sum(
        len(fallen(state, model, gate, quorum_of(state, model, gate, None, now), now)) for model, gate in promoted
    )
    mine = [item for item in waiting if item.system == name]
    standing, headline = _headline(deployments, open_findings, stale_approvals, mine, unread, _barred(state, name, now))
    return SystemRow(
        name=name, title=fact.title, purpose=fact.purpose, tier=fact.tier, owner=fact.owner, stages=stages,
        deployments=deployments, standing=standing, headline=headline, open_findings=open_findings,
        stale_approvals=stale_approvals, task=fact.task, jurisdictions=tuple(fact.jurisdictions),
        protected=tuple(fact.protected), trials=tuple(trials),
    )


def _barred(state: State, system: str, now: datetime) -> str:
    """Say of something that runs why it may not: what `deploy --check` says of it; empty where all may."""
    for place in state.series.of(("environments", system)):
        runs = state.environments[system, str(place)]
        for one in filter(None, (runs.primary, *runs.beside)):
            model = state.deployments[one].model
            against = may_run(state, model, runs.environment, now)
            if not against.allowed:
                return f"{_named(state, model)} may not run in {runs.environment}: {against.refusals[0].reason}"
    return ""


def _headline(
    deployments: dict[str, str], open_findings: int, stale_approvals: int, waiting: Sequence[QueueItem], unread: str, barred: str
) -> tuple[Standing, str]:
    if stale_approvals and deployments:
        return "bad", f"runs on {stale_approvals} stale approval{'s' * (stale_approvals != 1)}: review it again"
    if barred:
        return "bad", barred
    if unread:
        return "warn", f"can't be shown whole: {unread}"
    if open_findings:
        return "warn", f"{open_findings} open finding{'s' * (open_findings != 1)}"
    if waiting:
        return "warn", f"{len(waiting)} item{'s' * (len(waiting) != 1)} for review"
    if deployments:
        return "ok", "runs " + ", ".join(f"{model} in {place}" for place, model in sorted(deployments.items()))
    return "none", "nothing runs"


def findings(
    ws: Workspace, state: State | None = None, *, now: datetime | None = None, system: str | None = None
) -> tuple[FindingRow, ...]:
    """List findings, open ones that are due first in front; of all systems, or of one."""
    state = state or ws.state()
    now = state.moment(now or ws.now())  # a clock that was turned back makes nothing less overdue
    rows = [
        FindingRow(
            id=record.fact.id, system=record.fact.system, model=state.models[record.model].name, title=record.fact.title,
            severity=record.severity, owner=record.fact.owner, due=record.due, state=record.state, index=record.index,
            overdue=record.state != "verified-closed" and record.due <= now, condition_of=record.condition_of,
            said=record.fact.reason,
        )
        for record in state.findings_in(system)
    ]
    return tuple(sorted(rows, key=lambda row: (row.state == "verified-closed", row.due, row.id)))


def waivers(
    ws: Workspace, state: State | None = None, *, now: datetime | None = None, system: str | None = None
) -> tuple[WaiverRow, ...]:
    """List waivers, the one that ends first in front; of all systems, or of one."""
    return waiver_rows(ws, state, now=now, system=system)


def observations(ws: Workspace, model: Digest) -> Iterator[EvidenceView]:
    """Yield the evidence of a model's monitoring windows, oldest first."""
    state = ws.state()
    for record in state.evidence_of(model):
        if record.fact.purpose == "monitor":
            yield EvidenceView(
                model=state.models[model].name,
                digest=record.digest, index=record.index, collected=record.fact.collected, data_name=record.fact.data.name,
                data=record.fact.data.digest, purpose=record.fact.purpose, holder=record.holder,
                evidence=from_json(Evidence, ws.objects.get(record.digest)),
                environment=record.fact.environment,
            )


def lineage(
    ws: Workspace, ref: str, direction: Direction = "both", as_of: datetime | None = None
) -> tuple[LineageRow, ...]:
    """Show what `ref` came from, what came of it, or all that rests on it, one line a node."""
    state = ws.state(as_of=as_of)
    node = resolve_ref(state, ref)
    rows = layout(Graph(state), node, direction=direction)
    now = as_of or ws.now()
    return tuple(
        lineage_row(state, row.node, now, lanes=row.lanes, depth=row.depth, parents=row.parents) for row in rows
    )


def lineage_row(
    state: State, node: Node, now: datetime, *, lanes: str, depth: int, parents: tuple[int, ...] = (), detail: str = ""
) -> LineageRow:
    """Show one node and how it stands."""
    return LineageRow(
        lanes=lanes, node=node.name, kind=node.kind, digest=node.digest, index=node.index,
        detail=detail or _detail(state, node), standing=_node_standing(state, node, now), depth=depth, parents=parents,
    )


def _detail(state: State, node: Node) -> str:
    if node.kind == "dataset" and node.digest in state.datasets:
        record = state.datasets[node.digest]
        return f"{record.fact.rows:,} rows" if record.fact.rows is not None else record.fact.media_type
    if node.kind == "model" and node.digest in state.models:
        return state.models[node.digest].fact.system
    return ""


def _node_standing(state: State, node: Node, now: datetime) -> Standing:
    """Say how a node of the lineage stands: ended, stale, denied, open."""
    found = record_of(state, node.key)
    match found[1] if found else None:
        case Thing(state=word):
            return "ok" if word == "active" else "bad"
        case ReviewRecord() as review:
            if review.problem or review.fact.action in {"reject", "request-changes"}:
                return "bad"
            return "bad" if review.fact.action == "approve" and stale(state, review, now) else "ok"
        case DecisionRecord() | ObservationRecord() as judged:
            return "ok" if judged.fact.outcome == "allow" else "bad"
        case FindingRecord() as finding:
            return "ok" if finding.state == "verified-closed" else "warn"
        case DeploymentRecord(ended=ended):
            return "ok" if ended is None else "none"
        case _:
            return "none"


def identity(ws: Workspace, state: State, model: ModelRecord) -> dict[str, str]:
    """Say what identifies a model: digests of model, run, data, code and environment."""
    del ws
    facts = {
        "Model": f"{model.name} · {model.digest}", "Recorded": f"{instant(model.time)} by {model.holder}",
        "Format": f"{model.fact.media_type}, {model.fact.size:,} bytes",
    }
    if model.fact.threshold:
        facts["Score threshold"] = model.fact.threshold
    if model.fact.features:
        facts["Features"] = ", ".join(model.fact.features)
    for digest in model.runs:
        run = state.runs[digest]
        facts["Run"] = f"{run.fact.name} · {digest}"
        if run.fact.code:
            facts["Code"] = f"{run.fact.code.name} · {run.fact.code.digest}"
        if run.fact.code_revision:
            facts["Revision"] = run.fact.code_revision + (" (with uncommitted changes)" if run.fact.code_dirty else "")
        if run.fact.environment:
            facts["Environment"] = f"{run.fact.environment.name} · {run.fact.environment.digest}"
        facts["Inputs"] = ", ".join(f"{one.name} · {one.digest}" for one in run.fact.inputs)
    if model.datasets:
        facts["Datasets"] = ", ".join(f"{one.name} · {one.digest}" for one in model.datasets)
    return facts
