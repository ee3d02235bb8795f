"""The data of a pack, gathered from the ledger and the objects: one model, a system, a decision, a framework, all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from govern.domain.statement import Entry
from govern.domain.text import Digest
from govern.errors import (
    CorruptStoreError,
    DocumentError,
    GovernError,
    Interrupted,
    NotFoundError,
    StorageError,
    UsageError,
    VerificationError,
)
from govern.lineage.records import DecisionRecord, ModelRecord
from govern.lineage.refs import resolve
from govern.lineage.state import State
from govern.policy.documents import parse_policy
from govern.version import VERSION
from govern.workflow.interface import Kind, Period, Progress, silent
from govern.workflow.pack import HolderRow, LifecycleRow, PackData, PolicyView
from govern.workflow.packs.attaching import catalogues, ledger_attachments, object_attachments, previous_attachments
from govern.workflow.packs.salvaging import damaged_pack
from govern.workflow.place.workspace import Workspace
from govern.workflow.printed import Printed
from govern.workflow.prove import verifying
from govern.workflow.read import reading
from govern.workflow.read.summaries import entry_row
from govern.workflow.review import reviewing
from govern.workflow.verify_views import VerifyView
from govern.workflow.views import AttemptView, Dossier, EvidenceView

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
    printed: Printed | None = None, progress: Progress = silent,
) -> PackData:
    """Gather the data of a pack.

    `ref` names a model (`model`), a system (`system`), a decision by digest or entry (`decision`), a framework such as
    `nist-ai-rmf` (`control`), and nothing for `ledger`. `period` narrows `system`, `control` and `ledger` to the models
    that something happened to in it; `printed` says what its pages show, and changes nothing that is attached. Raises `NotFoundError`, `UsageError`.
    """
    progress("gather", 0, None)
    ws = as_it_lies(ws)
    try:
        state = ws.state()
        chosen = _chosen(ws, state, ref, kind, gate, period)
    except UsageError:
        raise
    except GovernError as error:
        return _damaged(ws, ref, error, progress)
    try:
        return replace(_gathered(ws, state, ref, kind, chosen, period, progress), printed=printed or Printed())
    except (NotFoundError, StorageError, DocumentError, VerificationError) as error:
        return _damaged(ws, ref, error, progress)


def as_it_lies(ws: Workspace) -> Workspace:
    """Return the workspace, with its ledger as it lies there where that is not what was seen of it before, or is damaged."""
    try:
        ws.ledger  # noqa: B018 - opening proves it
    except (VerificationError, CorruptStoreError):
        return ws.as_found()
    return ws


def _damaged(ws: Workspace, ref: str, why: GovernError, progress: Progress) -> PackData:
    """Show what is left of a ledger that does not verify; for one that does, what went wrong is something else."""
    found = _verified(ws, progress)
    if found.outcome == "verified" or isinstance(why, Interrupted):
        raise why
    return damaged_pack(ws, ref, why, found, progress)


def _verified(ws: Workspace, progress: Progress) -> VerifyView:
    """Verify the ledger; where the workspace lies is nobody's business who gets the pack."""
    found, here = verifying.verify(ws, progress=progress), str(ws.folder)
    return replace(
        found, problem=found.problem.replace(here, "the workspace"), hint=found.hint.replace(here, "the workspace"),
        steps=tuple(replace(step, detail=step.detail.replace(here, "the workspace")) for step in found.steps),
    )


def _gathered(
    ws: Workspace, state: State, ref: str, kind: Kind, chosen: Sequence[Chosen], period: Period | None, progress: Progress,
) -> PackData:
    dossiers = []
    lines: dict[tuple[str, str], tuple[AttemptView, ...]] = {}
    for done, one in enumerate(chosen):
        progress("gather", done, len(chosen))
        line = (one.model.fact.name, one.gate)
        dossiers.append(_dossier(ws, one, lines.get(line)))
        lines[line] = dossiers[-1].attempts  # two hundred versions of one model have the same two hundred attempts
    names = {dossier.name for dossier in dossiers}
    models = {dossier.model for dossier in dossiers}
    checkpoint = ws.ledger.checkpoint()
    entries = list(ws.ledger.entries(0, checkpoint.size))
    status = reading.status(ws)
    subject = _subject(state, ref, kind, dossiers)
    previous = _previous(ws, state, kind, subject)
    frameworks = tuple(catalogues(_frameworks(dossiers, ref if kind == "control" else "")))
    missing: list[str] = []
    attachments = (
        *ledger_attachments(
            ws.ledger, dict(enumerate(ws.ledger.leaves(0, checkpoint.size))),
            [entry.index for entry in entries if entry.kind == "trust-root"], checkpoint, progress,
        ),
        *previous_attachments(ws.ledger, previous, checkpoint), *object_attachments(ws, dossiers, entries, progress, missing),
        *(attachment for _, attachment in frameworks),
    )
    return PackData(
        kind=kind, title=_title(ref, kind, dossiers), as_of=ws.now(), status=status, dossiers=tuple(dossiers),
        policies=_policies(ws, dossiers), monitoring=tuple(row for row in status.drift if row.model in names),
        observations=_observations(ws, models),
        findings=tuple(row for row in status.findings if row.model in names),
        waivers=tuple(row for row in status.waivers if row.model in names),
        lifecycle=_lifecycle(entries, models, period), entries=tuple(entry_row(entry) for entry in entries),
        verification=_verified(ws, progress), checkpoint=checkpoint.note, size=checkpoint.size,
        root=checkpoint.root, attachments=attachments,
        software={"govern": VERSION}, period=period, scope=ref if kind == "control" else "",
        previous_checkpoint=previous, holders=_holders(ws), frameworks=tuple(view for view, _ in frameworks),
        missing=tuple(missing), about=subject,
    )


def _subject(state: State, ref: str, kind: Kind, dossiers: Sequence[Dossier]) -> Digest | None:
    """Return the digest of what a pack is about, a model, a system or a decision; None where it is the whole ledger."""
    match kind:
        case "model":
            return dossiers[0].model
        case "decision":
            return dossiers[0].decision.digest if dossiers[0].decision else None
        case "system":
            return resolve(state, _system_ref(ref), kinds=("system",)).digest
        case _:
            return None


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
    if not within and kind != "ledger":  # an audit over everything has the entries to show, whatever they are about
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


def _dossier(ws: Workspace, one: Chosen, attempts: tuple[AttemptView, ...] | None) -> Dossier:
    shown = reviewing.dossier(ws, one.model.name, one.gate, attempts=attempts)
    if one.decision is None:
        return shown
    view = reviewing.decision_view(ws, one.decision)
    return replace(shown, decision=view, evidence=reviewing.evidence_behind(ws, one.decision))


def _title(ref: str, kind: Kind, dossiers: Sequence[Dossier]) -> str:
    if kind == "ledger":
        return "The whole ledger"
    first = dossiers[0]
    system = first.system.title or first.system.name
    match kind:
        case "model":
            return f"{system}: {first.name}"
        case "decision":
            return f"{system}: decision on {first.name} at {first.gate}"
        case "system":
            return f"{system}: all models"
        case _:
            return f"Controls of {ref}"


def _gate_of(ws: Workspace, state: State, model: ModelRecord) -> str:
    found = [one.fact.gate for one in state.decisions_of(model.digest) if one.fact.gate.startswith("promote:")]
    return found[-1] if found else f"promote:{ws.config.stages[-1]}"


def _observations(ws: Workspace, models: Iterable[Digest]) -> tuple[EvidenceView, ...]:
    found = [view for model in models for view in reading.observations(ws, model)]
    return tuple(sorted(found, key=lambda view: view.index))


def _previous(ws: Workspace, state: State, kind: Kind, subject: Digest | None) -> str:
    """Return the checkpoint of the last pack about the same thing, as far as the ledger still has that very note."""
    sizes = [
        record.fact.tree_size for record in state.exports.values()
        if record.fact.kind == kind and (subject is None or record.fact.about == subject)
    ]
    if not sizes:
        return ""
    return next((note for stored, note in ws.ledger.checkpoints(max(sizes) - 1) if stored == max(sizes)), "")


def _holders(ws: Workspace) -> tuple[HolderRow, ...]:
    """Show the keys of the trust root in force, by holder."""
    root = ws.ledger.trust_root()
    return tuple(sorted((
        HolderRow(
            holder=key.holder, keyid=keyid, roles=tuple(sorted(name for name, role in root.roles.items() if keyid in role.keyids)),
        )
        for keyid, key in root.keys.items()
    ), key=lambda row: (row.holder, row.keyid)))


def _frameworks(dossiers: Iterable[Dossier], scope: str) -> set[str]:
    """Name the frameworks whose controls the decided rules name, or the one that the pack is about."""
    named = {
        control.partition(":")[0] for one in dossiers if one.decision is not None
        for rule in one.decision.decision.rules for control in rule.controls
    }
    return {scope} if scope else named


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
        LifecycleRow(
            index=e.index, time=e.time, kind=e.kind, what=entry_row(e).summary, holder=e.holder,
            model=e.statement.subjects[0].name,
        )
        for e in entries
        if e.kind in LIFECYCLE and any(subject.digest in models for subject in e.statement.subjects)
        and (period is None or period[0] <= e.time <= period[1])
    )
