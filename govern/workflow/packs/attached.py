"""What came attached to a pack: entries proved against a trust root from outside, and objects by their digests."""

from collections.abc import Mapping

from govern.canonical.dsse import decode_base64
from govern.canonical.jcs import parse_json
from govern.domain.facts import DecisionFact
from govern.domain.statement import TreeHead
from govern.domain.text import Digest, digest_of, short
from govern.errors import DocumentError, StorageError, UnverifiableError, VerificationError
from govern.ledger import tree
from govern.ledger.bundle import BundleProof, verify_bundle
from govern.ledger.checkpoint import digest_bytes, read_checkpoint
from govern.ledger.tree import ProofError
from govern.workflow.interface import Progress, silent

NEEDED = ("entries.jsonl", "proofs.jsonl", "checkpoint.txt", "trust-root.json")
OBJECT_FOLDERS = ("evidence/", "decisions/", "policies/", "bindings/")


class AttachedObjects:
    """The objects that came with a pack, by digest."""

    def __init__(self, attachments: Mapping[str, bytes]) -> None:
        """Hash what lies in the folders for objects."""
        self.named = {
            digest_of(data): name for name, data in attachments.items() if name.startswith(OBJECT_FOLDERS)
        }
        self._attachments = attachments

    def get(self, digest: Digest) -> bytes:
        """Return the object. Raises `StorageError` where it did not come along."""
        name = self.named.get(digest)
        if name is None:
            raise StorageError(f"object {short(digest)} is not in the pack", "Ask for a pack that holds it.")
        return self._attachments[name]


def require_files(attachments: Mapping[str, bytes]) -> None:
    """Check that a pack brings what proves its entries. Raises `VerificationError`."""
    missing = [name for name in NEEDED if name not in attachments]
    if missing:
        raise VerificationError(f"the pack lacks {', '.join(missing)}", "It is not as it was exported.", step=2, kind="missing")


def proved_entries(attachments: Mapping[str, bytes], *, trust: bytes, progress: Progress = silent) -> BundleProof:
    """Prove a pack's entries against a trust root that came on another way. Raises `VerificationError`, `UnverifiableError`."""
    try:
        checkpoint = attachments["checkpoint.txt"].decode()
    except UnicodeDecodeError as error:
        raise VerificationError("the checkpoint is not text", "The pack was changed.", step=3, kind="checkpoint") from error
    return verify_bundle(
        entries=attachments["entries.jsonl"], proofs=attachments["proofs.jsonl"], checkpoint=checkpoint,
        trust_roots=attachments["trust-root.json"], trusted_root=trust, progress=progress,
    )


def check_previous(attachments: Mapping[str, bytes], head: TreeHead) -> str:
    """Check that the ledger of the pack before, where its checkpoint came along, is the beginning of this one.

    Returns a sentence, or nothing where none came along. Raises `VerificationError`.
    """
    note, proof = attachments.get("checkpoint-previous.txt"), attachments.get("consistency.json")
    if note is None and proof is None:
        return ""
    try:
        old = read_checkpoint((note or b"").decode()).head
        told = parse_json(proof or b"")
        hashes = tuple(decode_base64(one) for one in told["hashes"])  # type: ignore[index,call-overload,union-attr] # see below
        tree.verify_consistency(old.size, head.size, hashes, digest_bytes(old.root), digest_bytes(head.root))
    except (DocumentError, UnicodeDecodeError, KeyError, TypeError, ProofError) as error:
        raise VerificationError(
            f"the ledger of the pack before is not proved to be the beginning of this one: {error}",
            "One of the two packs is of a ledger that was rewritten: compare them.", step=3, kind="consistency",
        ) from error
    return f"the {old.size} entries of the pack before are its beginning"


def require_complete(proof: BundleProof) -> None:
    """Every pack of ours holds every entry: where some are left out, what they would say is not known."""
    if not proof.complete:
        raise UnverifiableError(
            f"the pack holds {len(proof.entries)} of {proof.size} entries", "Ask for the pack as it was exported: it holds all."
        )


def require_decisions(proof: BundleProof, objects: AttachedObjects) -> None:
    """Every decision on a model's line has to be there if one is, and one has to be."""
    line = {
        entry.index: entry.statement.subjects[0].name.rpartition("@")[0]
        for entry in proof.entries if isinstance(entry.fact, DecisionFact)
    }
    have = {
        index for index, entry in ((e.index, e) for e in proof.entries)
        if isinstance(entry.fact, DecisionFact) and entry.fact.decision in objects.named
    }
    shown = {line[index] for index in have}
    missing = sorted(index for index, name in line.items() if index not in have and name in shown)
    if missing or (line and not have):
        where = f"decision #{missing[0]} is not" if missing else "no decision is"
        raise UnverifiableError(f"{where} attached", "Ask for the pack as it was exported: it holds every attempt.")
