"""Documents that a view reads from the object folder: one that can't be read is said, and everything else is shown."""

from typing import TypeVar

from govern.canonical.values import from_json
from govern.domain.decision import Decision
from govern.domain.evidence import Evidence
from govern.domain.text import Digest, counted
from govern.errors import DocumentError, GovernError, NotFoundError, StorageError
from govern.workflow.place.workspace import Workspace

UNREADABLE = (NotFoundError, DocumentError, StorageError)
"""What reading one document raises: it is not there, is no such document, or was changed."""
Value = TypeVar("Value", Decision, Evidence)


class Documents:
    """Reads documents and keeps why some could not be read: what rests on those is never shown as fine."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._asked = 0
        self.unread: list[str] = []

    def decision(self, digest: Digest) -> Decision | None:
        """Read a decision; None where it can't be."""
        return self._read(Decision, digest)

    def evidence(self, digest: Digest) -> Evidence | None:
        """Read evidence; None where it can't be."""
        return self._read(Evidence, digest)

    def _read(self, kind: type[Value], digest: Digest) -> Value | None:
        self._asked += 1
        try:
            return from_json(kind, self._ws.objects.get(digest))
        except UNREADABLE as error:
            self.unread.append(unread(self._ws, error))
            return None

    @property
    def sentence(self) -> str:
        """What to say of those that could not be read; empty where all were."""
        if not self.unread:
            return ""
        return f"{len(self.unread)} of {counted(self._asked, 'document')} can't be read: {self.unread[0]}."


def unread(ws: Workspace, error: GovernError) -> str:
    """Say why a document can't be read. Where the workspace lies is nobody's business who gets a pack."""
    return error.message.replace(str(ws.folder), "the workspace")
