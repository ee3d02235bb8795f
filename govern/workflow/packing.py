"""The data of a pack, gathered from the ledger and the objects: one model, a system, a decision, a framework, all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from govern.domain.statement import Entry
from govern.domain.text import Digest
from govern.errors import NotFoundError, UsageError
from govern.ledger import portable
from govern.ledger.bundle import proofs_line
from govern.lineage.records import DecisionRecord, ModelRecord
from govern.lineage.refs import resolve
from govern.lineage.state import State
from govern.policy.documents import parse_policy
from govern.version import VERSION
from govern.workflow import reading, reviewing, verifying
from govern.workflow.interface import Progress, silent
from govern.workflow.pack import Attachment, LifecycleRow, PackData, PolicyView
from govern.workflow.summaries import entry_row
from govern.workflow.views import Dossier, EvidenceView
from govern.workflow.workspace import Workspace

Kind = Literal["model", "system", "decision", "control", "ledger"]
Period = tuple[datetime, datetime]
LIFECYCLE = ("promotion", "deployment", "rollback", "retirement")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One model in a pack, at the gate that it is shown at."""

    model: ModelRecord
    gate: str
    decision: DecisionRecord | None = None
    """The one that a pack of kind `decision` is about; None means the latest."""


def pack_data(
    ws: Workspace, ref: str, *, kind: Kind = "model", gate: str | None = None, period: Period | None = None,
    progress: Progress = silent,
) -> PackData:
    """Gather the data of a pack.

    `ref` names a model (`model`), a system (`system`), a decision by digest or entry (`decision`), a framework such as
    `nist-ai-rmf` (`control`), and nothing for `ledger`. `period` narrows `system`, `control` and `ledger` to the models
    that something happened to in it. Raises `NotFoundError`, `UsageError`.
    """
    progress("gather", 0, None)
    state = ws.state()
    chosen = _chosen(ws, state, ref, kind, gate, period)
    dossiers = []
    for done, one in enumerate(chosen):
        progress("gather", done, len(chosen))
        dossiers.append(_dossier(ws, one))
    names = {dossier.name for dossier in dossiers}
    models = {dossier.model for dossier in dossiers}
    checkpoint = ws.ledger.checkpoint()
    entries = list(ws.ledger.entries(0, checkpoint.size))
    status = reading.status(ws)
    return PackData(
        kind=kind, title=_title(ref, kind, dossiers), as_of=ws.now(), status=status, dossiers=tuple(dossiers),
        policies=_policies(ws, dossiers), monitoring=tuple(row for row in status.drift if row.model in names),
        observations=_observations(ws, models),
        findings=tuple(row for row in status.findings if row.model in names),
        waivers=tuple(row for row in status.waivers if row.model in names),
        lifecycle=_lifecycle(entries, models, period), entries=tuple(entry_row(entry) for entry in entries),
        verification=verifying.verify(ws, progress=progress), checkpoint=checkpoint.note, size=checkpoint.size,
        root=checkpoint.root, attachments=tuple(_attachments(ws, entries, dossiers)),
        software={"govern": VERSION}, period=period, scope=ref if kind == "control" else "",
        previous_checkpoint=_previous(ws, state, ref, kind),
    )


def about_what(ws: Workspace, ref: str, pack: PackData) -> Digest:
    """Return the digest of what a pack is about: a model, a system, a decision, or the ledger's root."""
    match pack.kind:
        case "model":
            return pack.dossiers[0].model
        case "decision":
            shown = pack.dossiers[0].decision
            return shown.digest if shown else pack.root
        case "system":
            return resolve(ws.state(), _system_ref(ref), kinds=("system",)).digest
        case _:
            return pack.root


def _chosen(
    ws: Workspace, state: State, ref: str, kind: Kind, gate: str | None, period: Period | None
) -> tuple[Chosen, ...]:
    if kind == "decision":
        record = decision_record(state, ref)
        return (Chosen(model=state.models[record.model], gate=record.fact.gate, decision=record),)
    if kind == "model":
        model = state.models[resolve(state, ref, kinds=("model",)).digest]
        return (Chosen(model=model, gate=gate or _gate_of(ws, state, model)),)
    if kind == "system":
        name = resolve(state, _system_ref(ref), kinds=("system",)).name.removeprefix("system/")
        models: Sequence[ModelRecord] = state.models_of(name)
    else:
        models = sorted(state.models.values(), key=lambda model: model.index)
    within = [model for model in models if _happened(state, model, period)]
    if not within:
        raise UsageError("nothing happened to any model in that period", "Choose another period, or leave it out.")
    return tuple(Chosen(model=model, gate=_gate_of(ws, state, model)) for model in within)


def decision_record(state: State, ref: str) -> DecisionRecord:
    """Find a decision by its digest or its entry. Raises `NotFoundError`."""
    found = state.decision_by_digest(Digest(ref)) if ref.startswith("sha256:") else None
    found = found or state.decisions.get(resolve(state, ref, kinds=("decision",)).index)
    if found is None:
        raise NotFoundError(f"{ref} is no decision", "`govern log --kind decision` lists them.")
    return found


def _system_ref(ref: str) -> str:
    return ref if ref.startswith("system/") else f"system/{ref}"


def _happened(state: State, model: ModelRecord, period: Period | None) -> bool:
    """Say whether a model was recorded, judged, reviewed, moved or observed in a period."""
    if period is None:
        return bool(state.decisions_of(model.digest))
    times = [
        model.time, *(one.time for one in state.decisions_of(model.digest)),
        *(one.time for one in state.reviews_of(model.digest)), *(one.time for one in state.promotions_of(model.digest)),
        *(one.time for one in state.deployments_of(model.digest)),
        *(one.time for one in state.observations_of(model.digest)),
    ]
    return any(period[0] <= time <= period[1] for time in times)


def _dossier(ws: Workspace, one: Chosen) -> Dossier:
    shown = reviewing.dossier(ws, one.model.name, one.gate)
    if one.decision is None:
        return shown
    view = reviewing.decision_view(ws, one.decision)
    return replace(shown, decision=view, evidence=reviewing.evidence_behind(ws, one.decision))


def _title(ref: str, kind: Kind, dossiers: Sequence[Dossier]) -> str:
    first = dossiers[0]
    system = first.system.title or first.system.name
    match kind:
        case "model":
            return f"{system}: {first.name}"
        case "decision":
            return f"{system}: decision on {first.name} at {first.gate}"
        case "system":
            return f"{system}: all models"
        case "control":
            return f"Controls of {ref}"
        case _:
            return "The whole ledger"


def _gate_of(ws: Workspace, state: State, model: ModelRecord) -> str:
    found = [one.fact.gate for one in state.decisions_of(model.digest) if one.fact.gate.startswith("promote:")]
    return found[-1] if found else f"promote:{ws.config.stages[-1]}"


def _observations(ws: Workspace, models: Iterable[Digest]) -> tuple[EvidenceView, ...]:
    found = [view for model in models for view in reading.observations(ws, model)]
    return tuple(sorted(found, key=lambda view: view.index))


def _previous(ws: Workspace, state: State, ref: str, kind: Kind) -> str:
    """Return the checkpoint in the last pack about the same thing, as far as the ledger still has that very note."""
    del ref
    exported = [record for record in state.exports.values() if record.fact.kind == kind]
    if not exported:
        return ""
    size = max(exported, key=lambda record: record.index).fact.tree_size
    return next((note for stored, note in ws.ledger.checkpoints() if stored == size), "")


def _policies(ws: Workspace, dossiers: Iterable[Dossier]) -> tuple[PolicyView, ...]:
    """Show every version of a policy that judged these models' lines, oldest first."""
    versions = ws.state().policy_versions
    wanted = {digest for one in dossiers for attempt in one.attempts for digest in attempt.decision.policies}
    views = []
    for record in sorted((versions[digest] for digest in wanted), key=lambda record: record.index):
        document = ws.objects.get(record.digest)
        policy = parse_policy(document, where=record.name)
        views.append(
            PolicyView(
                name=record.fact.name, version=record.fact.version, digest=record.digest, index=record.index,
                time=record.time, text=document.decode(), change=record.fact.change,
                sources=tuple(
                    {"ref": one.ref, "retrieved": str(one.retrieved), "status": one.status, "note": one.note}
                    for one in policy.sources
                ),
            )
        )
    return tuple(views)


def _lifecycle(entries: Iterable[Entry], models: set[Digest], period: Period | None) -> tuple[LifecycleRow, ...]:
    return tuple(
        LifecycleRow(index=e.index, time=e.time, kind=e.kind, what=entry_row(e).summary, holder=e.holder)
        for e in entries
        if e.kind in LIFECYCLE and any(subject.digest in models for subject in e.statement.subjects)
        and (period is None or period[0] <= e.time <= period[1])
    )


def _attachments(ws: Workspace, entries: list[Entry], dossiers: Sequence[Dossier]) -> Iterable[Attachment]:
    """Give the machine-readable half of the pack: what a verifier without us needs."""
    size = entries[-1].index + 1
    yield Attachment(
        name="entries.jsonl", media_type="application/jsonl", description="Ledger entries, one DSSE envelope a line",
        data=b"".join(leaf + b"\n" for leaf in ws.ledger.leaves(0, size)),
    )
    yield Attachment(
        name="proofs.jsonl", media_type="application/jsonl", description="Inclusion proof of each entry (RFC 6962)",
        data=b"".join(
            proofs_line(index, leaf, ws.ledger.inclusion(index, size))
            for index, leaf in enumerate(ws.ledger.leaves(0, size))
        ),
    )
    yield Attachment(
        name="checkpoint.txt", media_type="text/plain", description="Signed tree head (C2SP tlog-checkpoint)",
        data=ws.ledger.checkpoint().note.encode(),
    )
    roots = [ws.ledger.leaf(entry.index) for entry in entries if entry.kind == "trust-root"]
    yield Attachment(
        name="trust-root.json", media_type="application/json", relationship="Supplement",
        description="Trust roots of the ledger, oldest first; compare with the one you were given, never trust this copy",
        data=b"[" + b",".join(roots) + b"]",
    )
    yield Attachment(
        name="verify_pack.py", media_type="text/x-python", relationship="Supplement",
        description="Verifier in one file: Python's standard library and cryptography; better from elsewhere than from here",
        data=portable_verifier(),
    )
    yield from _objects(ws, dossiers)


def portable_verifier() -> bytes:
    """Return the verifier that needs nothing of govern's."""
    return (Path(portable.__file__).parent / "verify_pack.py").read_bytes()


def _objects(ws: Workspace, dossiers: Sequence[Dossier]) -> Iterable[Attachment]:
    """Give the objects: evidence, decisions, and the documents that they were decided by."""
    state = ws.state()
    # Every attempt of each model's line, and every other gate that these versions were asked at.
    decided: list[DecisionRecord | None] = []
    for dossier in dossiers:
        decided += [state.decision_by_digest(view.digest) for view in dossier.attempts]
        decided += state.decisions_of(dossier.model)
    documents: dict[Digest, str] = {}
    for record in decided:
        if record is not None:
            documents[record.digest] = "decisions"
            documents |= dict.fromkeys(record.fact.evidence, "evidence")
            documents |= dict.fromkeys(record.fact.policies, "policies")
            documents |= dict.fromkeys(record.fact.bindings, "bindings")
    # Replay asks which bindings were in force, so those that did not apply come along too.
    for binding in state.binding_versions.values():
        documents |= {binding.digest: "bindings", binding.fact.policy: "policies"}
    described = {
        "decisions": "Decision record", "evidence": "Evidence: statistics and numbers, no rows",
        "policies": "Policy, as signed", "bindings": "Binding, as signed",
    }
    for digest, folder in sorted(documents.items()):
        kind = "json" if folder in {"decisions", "evidence"} else "yaml"
        yield Attachment(
            name=f"{folder}/{digest.removeprefix('sha256:')}.{kind}", media_type=f"application/{kind}",
            relationship="Data" if kind == "json" else "Source", description=described[folder],
            data=ws.objects.get(digest),
        )
