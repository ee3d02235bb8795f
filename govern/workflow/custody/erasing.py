"""Details that can be erased: kept beside the ledger, committed to in it, and redacted by a signed entry."""

from pathlib import Path

from govern.domain.facts import RedactionFact
from govern.domain.statement import Draft, Subject
from govern.domain.text import Digest, short
from govern.errors import UsageError
from govern.store.side import SideStore
from govern.workflow.interface import Passphrases
from govern.workflow.place.workspace import Workspace
from govern.workflow.views import Written


def side_store(ws: Workspace) -> SideStore:
    """Return the workspace's side store."""
    return SideStore(Path(ws.folder) / "details")


def keep(ws: Workspace, data: bytes) -> Digest:
    """Keep a detail beside the ledger; the commitment is what entries may name. Raises `StorageError`."""
    return side_store(ws).put(data)


def erase(
    ws: Workspace, commitment: Digest, *, reason: str, legal_basis: str = "", passphrases: Passphrases
) -> Written:
    """Record the redaction, signed by the root key, and erase data and salt. Raises `NotFoundError`, `Refused`.

    The entry comes first: a detail that is gone without a word would look like a loss.
    """
    if not reason:
        raise UsageError("a redaction without a reason", "Say why; do not repeat what is erased.")
    store = side_store(ws)
    store.get(commitment)
    draft = Draft(
        subjects=(Subject(name=f"detail/{short(commitment)}", digest=commitment),),
        fact=RedactionFact(commitment=commitment, reason=reason, legal_basis=legal_basis),
    )
    written = ws.write([draft], key=ws.config.keys.root, passphrases=passphrases)[0]
    store.erase(commitment)
    return written
