"""The machine-readable half of a pack: what a verifier without us needs, as attachments."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from govern.canonical.jcs import canonical_bytes
from govern.canonical.schemas import described
from govern.domain.statement import Entry
from govern.domain.text import Digest
from govern.errors import CorruptStoreError, NotFoundError, StorageError
from govern.ledger import portable, tree
from govern.ledger.bundle import proofs_line
from govern.ledger.checkpoint import Checkpoint, read_checkpoint
from govern.policy.catalogue import Catalogue, parse_catalogue
from govern.store.ledger import Ledger
from govern.store.salvage import nodes_there
from govern.workflow.interface import Progress
from govern.workflow.pack import Attachment, ControlRow, FrameworkView
from govern.workflow.place.workspace import Workspace
from govern.workflow.views import Dossier

VERIFY_NOTE = """How to check this pack without trusting whoever made it
=======================================================

You need the ledger's trust root, given to you on another way than this file. trust-root.json beside this note
is a copy for comparison: a key that is found only in here proves nothing.

With govern, offline:
    govern verify PACK.pdf --trust ROOT.json --replay

With the one file verify_pack.py (Python 3.9 and the package cryptography), better had from elsewhere than from here:
    python3 verify_pack.py --trust ROOT.json PACK.pdf

With neither: the section "How to verify this document" of the pages has the commands for pdfdetach, sha256sum and openssl,
with what each of them prints.
"""


def ledger_attachments(
    ledger: Ledger, leaves: Mapping[int, bytes], roots: Iterable[int], checkpoint: Checkpoint, progress: Progress
) -> Iterator[Attachment]:
    """Give entries, proofs, checkpoint, trust roots, the verifier, and what the statements look like.

    `leaves` are those of all entries, or of those that can be read; `roots` says which of them are trust roots.
    """
    yield Attachment(
        name="entries.jsonl", media_type="application/jsonl", description="Ledger entries, one DSSE envelope a line",
        data=b"".join(leaf + b"\n" for leaf in leaves.values()),
    )
    yield Attachment(
        name="proofs.jsonl", media_type="application/jsonl", description="Inclusion proof of each entry (RFC 6962)",
        data=b"".join(_proofs(ledger, leaves, checkpoint.size, progress)),
    )
    yield Attachment(
        name="checkpoint.txt", media_type="text/plain", description="Signed tree head (C2SP tlog-checkpoint)",
        data=checkpoint.note.encode(),
    )
    yield Attachment(
        name="trust-root.json", media_type="application/json", relationship="Supplement",
        description="Trust roots of the ledger, oldest first; compare with the one you were given, never trust this copy",
        data=b"[" + b",".join(leaves[index] for index in roots) + b"]",
    )
    yield Attachment(
        name="verify_pack.py", media_type="text/x-python", relationship="Supplement",
        description="Verifier in one file: Python's standard library and cryptography; better from elsewhere than from here",
        data=portable_verifier(),
    )
    yield Attachment(
        name="VERIFY.txt", media_type="text/plain", relationship="Supplement", description="How to check this pack",
        data=VERIFY_NOTE.encode(),
    )
    yield Attachment(
        name="schema.json", media_type="application/json", relationship="Supplement",
        description="JSON Schemas of the statements in entries.jsonl and of the attached evidence and decisions",
        data=canonical_bytes({name: body for name, (_, body) in described().items()}),
    )


def _proofs(ledger: Ledger, leaves: Mapping[int, bytes], size: int, progress: Progress) -> Iterator[bytes]:
    """Give a line for each entry, from hashes that are read in one go: a reading for each proof takes longer than the layout.

    Where the ledger is damaged so that a path can't be read, the line has none, and the entry is not proved.
    """
    nodes = nodes_there(ledger.database, range(tree.stored_count(min(size, max(leaves, default=-1) + 1))))
    for done, (index, leaf) in enumerate(leaves.items()):
        if done % 256 == 0:
            progress("proofs", done, len(leaves))
        try:
            path = tree.inclusion(index, size, lambda ids: [nodes[one] for one in ids])
        except KeyError:
            path = ()
        yield proofs_line(index, leaf, path)


def previous_attachments(ledger: Ledger, note: str, checkpoint: Checkpoint) -> Iterator[Attachment]:
    """Give the checkpoint of the pack before this one, and the proof that its tree is the beginning of this one's."""
    if not note:
        return
    old = read_checkpoint(note).size
    yield Attachment(
        name="checkpoint-previous.txt", media_type="text/plain", description="Signed tree head in the pack before this one",
        data=note.encode(),
    )
    yield Attachment(
        name="consistency.json", media_type="application/json",
        description="Proof that the ledger then is the beginning of the ledger now (RFC 6962)",
        data=canonical_bytes({
            "old": old, "new": checkpoint.size,
            "hashes": [base64.b64encode(one).decode() for one in ledger.consistency(old, checkpoint.size)],
        }),
    )


def portable_verifier() -> bytes:
    """Return the verifier that needs nothing of govern's."""
    return (Path(portable.__file__).parent / "verify_pack.py").read_bytes()


def object_attachments(
    ws: Workspace, dossiers: Sequence[Dossier], entries: Iterable[Entry], progress: Progress, missing: list[str],
) -> Iterator[Attachment]:
    """Give the objects: evidence, decisions, and the documents that they were decided by.

    What is not at hand, or was changed, is named in `missing`: the pack says so, and the ledger does not verify then.
    """
    documents = _documents(ws, dossiers)
    spoken = _named_by(entries, documents)
    for done, (digest, folder) in enumerate(sorted(documents.items())):
        if done % 64 == 0:
            progress("objects", done, len(documents))
        kind = "json" if folder in {"decisions", "evidence"} else "yaml"
        description = spoken.get(digest, _DESCRIBED[folder])
        try:
            data = ws.objects.get(digest)
        except (NotFoundError, StorageError) as error:
            missing.append(f"{description}: {'changed on disk' if isinstance(error, CorruptStoreError) else 'not at hand'}")
            continue
        yield Attachment(
            name=f"{folder}/{digest.removeprefix('sha256:')}.{kind}", media_type=f"application/{kind}",
            relationship="Data" if kind == "json" else "Source", description=description, data=data,
        )


_DESCRIBED: Mapping[str, str] = {
    "decisions": "Decision record", "evidence": "Evidence: statistics and numbers, no rows",
    "policies": "Policy, as signed", "bindings": "Binding, as signed",
}


def _named_by(entries: Iterable[Entry], documents: Mapping[Digest, str]) -> dict[Digest, str]:
    """Say of each object which entry names it, and what it is about."""
    found: dict[Digest, str] = {}
    for entry in entries:
        subject = entry.statement.subjects[0]
        for digest in (subject.digest, getattr(entry.fact, "evidence", None), getattr(entry.fact, "decision", None)):
            if isinstance(digest, str) and digest in documents and entry.kind in {"evidence", "decision", "policy", "binding"}:
                found.setdefault(Digest(digest), f"{_DESCRIBED[documents[Digest(digest)]]}: {subject.name}, entry #{entry.index}"[:200])
    return found


def _documents(ws: Workspace, dossiers: Sequence[Dossier]) -> dict[Digest, str]:
    """Return each object that comes along, with its folder."""
    state = ws.state()
    # Every decision on each model's line, at whatever gate: one that is left out may be the one that went wrong.
    lines = {dossier.name.rpartition("@")[0] for dossier in dossiers}
    documents: dict[Digest, str] = {}
    for model in chain.from_iterable(map(state.model_line, sorted(lines))):
        for record in state.decisions_of(model.digest):
            documents[record.digest] = "decisions"
            documents |= dict.fromkeys(record.fact.evidence, "evidence")
            documents |= dict.fromkeys(record.fact.policies, "policies")
            documents |= dict.fromkeys(record.fact.bindings, "bindings")
    # Replay asks which bindings were in force, so those that did not apply come along too.
    for binding in state.binding_versions.values():
        documents |= {binding.digest: "bindings", binding.fact.policy: "policies"}
    return documents


def catalogues(named: Iterable[str]) -> Iterator[tuple[FrameworkView, Attachment]]:
    """Give the catalogues of these frameworks, as far as they ship with govern, each with its bytes."""
    import govern_policies

    wanted = set(named)
    for pack in govern_policies.pack_ids():
        data = govern_policies.load(pack).controls
        if not data:
            continue
        catalogue = parse_catalogue(data, where=f"{pack}/controls.yaml")
        if catalogue.metadata.name in wanted:
            yield _framework(catalogue), Attachment(
                name=f"controls/{catalogue.metadata.name}.yaml", media_type="application/yaml", relationship="Supplement",
                description="Catalogue of controls as shipped with the software; no entry of the ledger names it", data=data,
            )


def _framework(catalogue: Catalogue) -> FrameworkView:
    """Show a catalogue."""
    return FrameworkView(
        name=catalogue.metadata.name, version=catalogue.metadata.version, binds=catalogue.metadata.binds,
        sources={
            key: {"ref": one.ref, "status": one.status, "retrieved": str(one.retrieved), "basis": one.basis}
            for key, one in sorted(catalogue.sources.items())
        },
        controls=tuple(
            ControlRow(
                id=one.id, title=one.title, legal_status=one.legal_status, applies_from=one.applies_from, source=one.source,
                human=one.human,
            )
            for one in catalogue.controls
        ),
    )

