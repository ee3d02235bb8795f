"""Export: gather everything one pack says, have it rendered, and record that it left the house."""

from collections.abc import Iterable
from pathlib import Path

import govern
from govern.domain.facts import ExportFact, TrustRootFact
from govern.domain.statement import Draft, Entry
from govern.domain.text import Digest
from govern.errors import UsageError
from govern.ledger.bundle import proofs_line
from govern.lineage.refs import resolve
from govern.policy.documents import parse_policy
from govern.workflow import reading, reviewing, verifying, waivers
from govern.workflow.interface import PackRenderer, Passphrases, Progress, RenderedPack, silent
from govern.workflow.pack import Attachment, LifecycleRow, PackData, PolicyView
from govern.workflow.summaries import entry_row
from govern.workflow.views import Dossier
from govern.workflow.workspace import Workspace, about

LIFECYCLE = ("promotion", "deployment", "rollback", "retirement")


def export(
    ws: Workspace, ref: str, out: Path, *, renderer: PackRenderer, kind: str = "model", gate: str | None = None,
    key: str | None = None, passphrases: Passphrases, progress: Progress = silent,
) -> RenderedPack:
    """Write the evidence pack of a model to `out` and record the export. Raises `UsageError`, `StorageError`."""
    if out.exists():
        raise UsageError(f"{out} is there already", "Choose another name: a pack that was handed out is not overwritten.")
    signs = ws.key_for("auditor", key)
    ws.ready(signs, passphrases)
    pack = pack_data(ws, ref, kind=kind, gate=gate, progress=progress)
    rendered = renderer(pack, out, progress)
    fact = ExportFact(
        kind=pack.kind, about=pack.dossiers[0].model, as_of=pack.as_of, tree_size=pack.size, manifest=rendered.manifest
    )
    try:
        ws.write([Draft(subjects=about(out.name, rendered.digest), fact=fact)], key=signs, passphrases=passphrases)
    except BaseException:
        out.unlink(missing_ok=True)  # no pack leaves the house unrecorded
        raise
    return rendered


def pack_data(
    ws: Workspace, ref: str, *, kind: str = "model", gate: str | None = None, progress: Progress = silent
) -> PackData:
    """Gather the data of a pack from the ledger and the objects. Raises `UsageError`."""
    progress("gather", 0, None)
    state = ws.state()
    node = resolve(state, ref, kinds=("model",))
    gates = [gate] if gate else _gates_of(ws, node.digest)
    dossier = reviewing.dossier(ws, node.name, gates[-1])
    checkpoint = ws.ledger.checkpoint()
    entries = list(ws.ledger.entries(0, checkpoint.size))
    observations = tuple(reading.observations(ws, node.digest))
    status = reading.status(ws)
    return PackData(
        kind=kind,  # type: ignore[arg-type] # the kinds that can be had are checked by the face
        title=f"{dossier.system.title or dossier.system.name}: {dossier.name}",
        as_of=ws.now(), status=status, dossiers=(dossier,),
        policies=_policies(ws, dossier),
        monitoring=tuple(row for row in status.drift if row.model == dossier.name),
        observations=observations,
        findings=tuple(row for row in reading.findings(ws) if row.model == dossier.name),
        waivers=tuple(row for row in waivers.waivers(ws) if row.model == dossier.name),
        lifecycle=_lifecycle(entries, node.digest),
        entries=tuple(entry_row(entry) for entry in entries),
        verification=verifying.verify(ws, progress=progress),
        checkpoint=checkpoint.note, size=checkpoint.size, root=checkpoint.root,
        attachments=tuple(_attachments(ws, entries, dossier)),
        software={"govern": govern.__version__},
    )


def trust_root_file(ws: Workspace) -> bytes:
    """Return the trust root in force as the file that `--trust` takes: hand it over on another way than the pack."""
    last = max(entry.index for entry in ws.ledger.entries() if isinstance(entry.fact, TrustRootFact))
    return ws.ledger.leaf(last)


def _gates_of(ws: Workspace, model: Digest) -> list[str]:
    found = [record.fact.gate for record in ws.state().decisions_of(model) if record.fact.gate.startswith("promote:")]
    return found or [f"promote:{ws.config.stages[-1]}"]


def _policies(ws: Workspace, dossier: Dossier) -> tuple[PolicyView, ...]:
    """Show every version of a policy that judged this model line, oldest first."""
    versions = ws.state().policy_versions
    wanted = {digest for attempt in dossier.attempts for digest in attempt.decision.policies}
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


def _lifecycle(entries: Iterable[Entry], model: Digest) -> tuple[LifecycleRow, ...]:
    return tuple(
        LifecycleRow(index=e.index, time=e.time, kind=e.kind, what=entry_row(e).summary, holder=e.holder)
        for e in entries
        if e.kind in LIFECYCLE and any(subject.digest == model for subject in e.statement.subjects)
    )


def _attachments(ws: Workspace, entries: list[Entry], dossier: Dossier) -> Iterable[Attachment]:
    """Give the machine-readable half of the pack: what a verifier without us needs."""
    size = entries[-1].index + 1
    yield Attachment(
        name="entries.jsonl", media_type="application/jsonl", description="Ledger entries, one DSSE envelope a line",
        data=b"".join(leaf + b"\n" for leaf in ws.ledger.leaves(0, size)),
    )
    yield Attachment(
        name="proofs.jsonl", media_type="application/jsonl", description="Inclusion proof of each entry (RFC 6962)",
        data=b"".join(
            proofs_line(entry.index, ws.ledger.leaf(entry.index), ws.ledger.inclusion(entry.index, size)) for entry in entries
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
    yield from _objects(ws, dossier)


def _objects(ws: Workspace, dossier: Dossier) -> Iterable[Attachment]:
    """Give the objects: evidence, decisions, and the documents that they were decided by."""
    state = ws.state()
    # Every attempt of the model's line, and every other gate that this version was asked at.
    decided = [state.decision_by_digest(view.digest) for view in dossier.attempts]
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
            name=f"{folder}/{_plain(digest)}.{kind}", media_type=f"application/{kind}",
            relationship="Data" if kind == "json" else "Source", description=described[folder],
            data=ws.objects.get(digest),
        )


def _plain(digest: Digest) -> str:
    return digest.removeprefix("sha256:")


