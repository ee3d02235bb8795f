"""A folded state that is kept as rows, so that nobody has to fold a whole ledger again."""

from dataclasses import dataclass
from datetime import datetime

from govern.domain.text import Digest

Row = tuple[str, str, bytes]
"""Table, key as text, value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A state that is kept."""

    size: int
    """Entries folded in."""
    clock: datetime | None
    """The latest time that they claim."""
    root: Digest
    """Of the tree of so many entries, so that rows of another ledger, or of another past, are noticed."""
    head: bytes
    form: str
    """One word for the form of the rows and the fold that made them."""
