"""What the use cases ask of their callers: progress, passphrases, and a renderer for evidence packs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

from govern.domain.text import Digest

if TYPE_CHECKING:
    # A pack's values are many, and most commands make none.
    from govern.workflow.pack import PackData
    from govern.workflow.views import Written

Passphrases = Callable[[str], str]
"""Key name to passphrase; asked only for the keys that a use case signs with. Raises `SigningKeyError`."""


class Objects(Protocol):
    """Where documents, evidence and decisions lie by digest: a workspace's folder, or the attachments of a pack."""

    def get(self, digest: Digest) -> bytes:
        """Return the bytes whose digest this is. Raises `StorageError`."""


class Progress(Protocol):
    """Told how far a long job is. Raise `Interrupted` in it to stop the job."""

    def __call__(self, part: str, done: int, total: int | None) -> None:
        """`done` of `total` steps of `part`; `total` is None where it is not known."""


def silent(part: str, done: int, total: int | None) -> None:
    """Ignore progress."""
    del part, done, total


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedPack:
    """A pack on disk."""

    path: Path
    digest: Digest
    manifest: Digest
    pages: int
    recorded: "Written | None" = None
    """The export's own entry; None where the ledger does not verify and takes no more entries."""


class LaidOutAgain(Protocol):
    """What laying out a pack's own HTML again gave."""

    @property
    def outcome(self) -> Literal["same", "differs", "not-applicable"]:
        """`not-applicable` where fonts or libraries are others than the recorded ones."""

    @property
    def detail(self) -> str:
        """One sentence."""


LayOutAgain = Callable[[Path, Progress], LaidOutAgain]
"""Implemented by `govern_reports`; handed in by the face that verifies."""


class PackRenderer(Protocol):
    """Turns pack data into a document; implemented by `govern_reports`, handed in by the face that exports."""

    def __call__(self, pack: "PackData", out: Path, progress: Progress = silent) -> RenderedPack:
        """Write the pack to `out` (not there before), whole or not at all."""


Kind = Literal["model", "system", "decision", "control", "ledger"]
"""What an evidence pack is about."""
Period = tuple[datetime, datetime]
Severity = Literal["low", "medium", "high", "critical"]
"""Of a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What an approval is given on: a finding that has to be closed by its due date, or the approval ends."""

    title: str
    owner: str
    due: datetime
    severity: Severity = "medium"
