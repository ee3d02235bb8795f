"""The fork guard: a ledger has to be what was seen of it before, or a later state of it."""

from govern.domain.statement import TreeHead
from govern.errors import CorruptStoreError, VerificationError
from govern.ledger import tree
from govern.ledger.checkpoint import digest_bytes
from govern.trust.checkpoints import Trusted


def check_guard(trusted: Trusted, head: TreeHead, note: str, read: tree.ReadNodes) -> None:
    """Prove that the tree with `head` continues the trusted one, or stop with both notes as evidence.

    `note` is the ledger's newest checkpoint. Raises `VerificationError`, step 3.
    """
    evidence = f"Keep both notes as evidence.\nTrusted:\n{trusted.note}\nFound:\n{note}"
    if head.size < trusted.size:
        raise VerificationError(
            f"the ledger was put back: it has {head.size} entries, and had {trusted.size} when it was last verified",
            f"Find the newer copy; `govern ledger recover` goes on without it and says so in the ledger. {evidence}",
            step=3, index=head.size, kind="rollback",
        )
    try:
        tree.check_continues(trusted.size, head.size, digest_bytes(trusted.root), digest_bytes(head.root), read)
    except (tree.ProofError, CorruptStoreError) as error:
        raise VerificationError(
            f"the ledger was forked: what it says now does not continue the {trusted.size} entries that were verified",
            f"Somebody rewrote what was recorded. {evidence}", step=3, kind="fork",
        ) from error
