"""What the pages of an evidence pack show."""

from dataclasses import dataclass
from typing import Literal

PagePart = Literal["lineage", "policies", "decisions"]
"""What the pages of a pack can leave out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What the pages of a pack show. Whatever they show, all of it is attached."""

    without: tuple[PagePart, ...] = ()
    full_ledger: bool = False
    """Every entry, a line each, in place of a table of the newest."""
