"""What held at an earlier time and what proves it, as the faces show it."""

from dataclasses import dataclass
from datetime import datetime

from govern.domain.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow:
    """One thing that held at a time."""

    system: str
    kind: str
    """`model`, `deployment`, `dataset`, `decision`, `policy`, `binding`, `approval` or `waiver`."""
    name: str
    digest: Digest
    index: int
    """Of the entry that made it hold."""
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastView:
    """An earlier moment, and what proves it."""

    as_of: datetime
    entries: int
    """How many entries counted then."""
    size: int
    """Of the checkpoint of that time; smaller than `entries` where a batch holds entries of several times."""
    root: Digest
    note: str
    """That checkpoint, as the log signed it."""
    newest_size: int
    newest_root: Digest
    newest_note: str
    consistency: tuple[Digest, ...]
    """RFC 6962 consistency proof from that checkpoint to the newest."""
    held: tuple[HeldRow, ...] = ()
