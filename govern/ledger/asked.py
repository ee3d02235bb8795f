"""What a verification reads from, and what it is asked to do beside looking."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from govern.domain.facts import TrustRootFact
from govern.domain.statement import Entry, TreeHead
from govern.domain.text import Digest
from govern.ledger.steps import StepResult
from govern.trust.checkpoints import Trusted


class Source(Protocol):
    """Where a ledger's rows come from, in order."""

    @property
    def origin(self) -> str:
        """The ledger's name."""

    @property
    def size(self) -> int:
        """How many leaves there are."""

    def leaves(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """Give leaves in order; raises `CorruptStoreError` at a gap."""

    def stored_nodes(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Give (stored-hash index, hash) in order."""

    def nodes(self, ids: Sequence[int]) -> list[bytes]:
        """Read hashes by index."""

    def checkpoints(self, after: int = -1) -> Iterator[tuple[int, str]]:
        """Give (size, note) in order of size."""

    def root_leaves(self) -> list[tuple[int, bytes]]:
        """Give (index, leaf) of every trust root, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """A tree head that somebody outside keeps, from an anchor that was itself verified."""

    head: TreeHead
    what: str
    """Such as `rfc3161 2026-11-21T09:30:00Z`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Where an earlier, complete verification ended."""

    head: TreeHead
    producers: dict[str, tuple[int, Digest]] = field(default_factory=dict)
    history: bool = False
    """Whether step 8 was judged up to there."""
    roots: tuple[tuple[int, Digest], ...] = ()
    """The trust roots up to there: index and leaf hash of each. Their entries are not looked at again."""


History = Callable[[int, Iterable[Entry]], object]
"""Step 8: gets the index at which it begins and the entries from there on. Raises `VerificationError`, `UnverifiableError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a verification is asked to do, beside looking."""

    trusted: Trusted | None = None
    later: tuple[Trusted, ...] = ()
    """Checkpoints above the last entry, where an earlier state is verified: each has to continue it."""
    trust_root: TrustRootFact | None = None
    now: datetime | None = None
    resume: Resume | None = None
    processes: int = 1
    anchors: tuple[Anchored, ...] = ()
    history: History | None = None
    progress: Callable[[str, int, int | None], None] | None = None
    on_step: Callable[[StepResult], None] | None = None
