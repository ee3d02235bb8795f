"""The ledger's own housekeeping: trust roots, revocations, exports, anchors, and where the fold stands."""

from dataclasses import dataclass, field
from datetime import datetime

from govern.domain.facts import AnchorFact, ExportFact, TrustRootFact
from govern.lineage.records.common import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRecord(Record):
    """A pack that left the house; `digest` is the pack's."""

    fact: ExportFact


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorRecord(Record):
    """A checkpoint that is kept elsewhere."""

    fact: AnchorFact


@dataclass(frozen=True, slots=True, kw_only=True)
class RootRecord(Record):
    """A version of the trust root; in force from the entry after its own (the first: from itself)."""

    fact: TrustRootFact


@dataclass(frozen=True, slots=True, kw_only=True)
class Revocation:
    """A key that a trust root declares void."""

    keyid: str
    index: int
    """Of the trust root that says so."""
    void_from: int
    reason: str

    @property
    def compromised(self) -> bool:
        """Whether what the key signed earlier is in doubt too.

        Since revocations state it as the first word of their reason, the word stands nowhere else; those from before are read
        as they always were, for a doubt that was once raised is not lifted by a new release.
        """
        return "compromis" in self.reason.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the fold stands."""

    origin: str = ""
    size: int = 0
    clock: datetime | None = None
    """The latest time claimed so far: a clock that runs backwards revives nothing."""
    roots: tuple[int, ...] = field(default=())
    """Indices of the trust roots, oldest first."""
    anchored: int = 0
    """The largest tree size that an anchor covers."""
    anchored_at: datetime | None = None
