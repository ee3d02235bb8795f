"""What was done lately, as values to show: by rules, by people, by a verification, by exports."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from govern.domain.text import Digest
from govern.workflow.views import EntryRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One decision in which a rule had a status."""

    index: int
    time: datetime
    model: str
    gate: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule in force, and what it said."""

    rule: str
    title: str
    policy: str
    """`name@version`."""
    digest: Digest
    """Of the policy."""
    owner: str
    measure: str
    """Empty where a person attests."""
    condition: str
    """What has to hold, in words."""
    enforcement: Mapping[str, str]
    """Gate to how strictly it binds there."""
    since: datetime
    """From when on it is counted."""
    days: tuple[Mapping[str, int], ...]
    """Status to count, a day each, the oldest first."""
    latest: tuple[Judged, ...]
    """The newest first."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Status to count over all the days."""
        return sum((Counter(day) for day in self.days), Counter())


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    """What a holder did, with whichever of their keys."""

    holder: str
    count: int
    """Entries signed."""
    latest: tuple[EntryRow, ...]
    """The newest first."""
    since: Mapping[str, datetime]
    """Key id to when the trust root first named it, of every key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackFile:
    """An evidence pack that lies where packs are written to."""

    path: Path
    digest: Digest
    """Of its bytes."""
    pages: int | None
    """None where it is no PDF any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRow:
    """An evidence pack that left the house."""

    entry: EntryRow
    digest: Digest
    """As it was recorded."""
    file: PackFile | None
    """None where it does not lie where packs are written to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """A verification that came to its end."""

    size: int
    """Entries."""
    time: datetime
    """When its mark was written, by this machine's clock."""
