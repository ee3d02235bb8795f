"""Whether a model may run, asked of an evidence pack: no workspace, no network, only the file and a trust root."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govern.domain.text import Digest
from govern.errors import UnverifiableError, VerificationError
from govern.exchange.pdf import read_attachments
from govern.ledger.bundle import verify_bundle
from govern.lineage.permission import Permission, may_run
from govern.lineage.refs import resolve
from govern.lineage.state import fold
from govern.workflow.interface import Progress, silent

NEEDED = ("entries.jsonl", "proofs.jsonl", "checkpoint.txt", "trust-root.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class PackAnswer:
    """What a pack says, and as of when: what was written after its export, it does not know."""

    permission: Permission
    model: Digest
    origin: str
    size: int
    exported: datetime | None
    """The latest time that an entry in it claims."""


def check_pack(
    path: Path, ref: str, *, environment: str, trust: bytes, now: datetime, progress: Progress = silent
) -> PackAnswer:
    """Prove the pack's entries against a trust root from outside, fold them, and ask whether the model may run at `now`.

    A pack that holds only some entries is refused: what ended an approval may be among the others. Raises
    `VerificationError`, `UnverifiableError`, `NotFoundError`, `DocumentError`.
    """
    attachments = read_attachments(path)
    missing = [name for name in NEEDED if name not in attachments]
    if missing:
        raise VerificationError(f"the pack lacks {', '.join(missing)}", "It is not as it was exported.", kind="missing")
    try:
        checkpoint = attachments["checkpoint.txt"].decode()
    except UnicodeDecodeError as error:
        raise VerificationError("the checkpoint is not text", "The pack was changed.", kind="checkpoint") from error
    proof = verify_bundle(
        entries=attachments["entries.jsonl"], proofs=attachments["proofs.jsonl"], checkpoint=checkpoint,
        trust_roots=attachments["trust-root.json"], trusted_root=trust, progress=progress,
    )
    if not proof.complete:
        raise UnverifiableError(
            f"the pack holds {len(proof.entries)} of {proof.size} entries", "Ask for one of the whole ledger: --kind ledger.",
        )
    if proof.void_later:
        # The fold of the pack's own entries does not know what a newer trust root from outside declares void.
        raise UnverifiableError(
            f"entry #{proof.void_later[0]} was signed with a key that was declared void from before it",
            "Ask for a pack that was exported after the revocation.",
        )
    state = fold(proof.entries)
    node = resolve(state, ref, kinds=("model",))
    return PackAnswer(
        permission=may_run(state, node.digest, environment, now), model=node.digest, origin=proof.origin, size=proof.size,
        exported=state.clock,
    )
