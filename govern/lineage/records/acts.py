"""What was decided and said: decisions, reviews, waivers, findings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from govern.domain.facts import DecisionFact, FindingFact, ReviewFact, WaiverFact
from govern.domain.text import Digest
from govern.lineage.records.common import Mark, Record

Severity = Literal["low", "medium", "high", "critical"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord(Record):
    """One decision; `digest` is the decision object's."""

    fact: DecisionFact
    model: Digest
    attested: tuple[int, ...] = ()
    """Reviews that attested its rules when it was made."""

    def confirms(self, other: "DecisionRecord") -> bool:
        """Whether this decision says the same as `other` on the same grounds, only at another time."""
        mine, theirs = self.fact, other.fact
        return (
            mine.outcome == theirs.outcome
            and mine.evidence == theirs.evidence
            and mine.policies == theirs.policies
            and mine.bindings == theirs.bindings
            and mine.waivers == theirs.waivers
            and mine.statuses == theirs.statuses
            and mine.approvals == theirs.approvals
            and self.attested == other.attested
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRecord(Record):
    """One review."""

    fact: ReviewFact
    model: Digest
    decision: int | None
    """Index of the decision that was in front of the reviewer."""
    problem: str
    """Why it could never count, found when it was folded in; empty where nothing is wrong."""

    @property
    def mark(self) -> Mark:
        """The reviewer's signature."""
        return self.marks[0] if self.marks else Mark(index=self.index, keyid="", holder="")


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverStep:
    """One signature in a waiver's life."""

    action: Literal["propose", "approve", "revoke"]
    index: int
    time: datetime
    role: str
    keyid: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRecord(Record):
    """A waiver as last proposed, with all that was signed about it; `digest` is that proposal's leaf hash."""

    fact: WaiverFact
    model: Digest
    steps: tuple[WaiverStep, ...]

    @property
    def proposal(self) -> WaiverStep:
        """Who asked for it last; `index` is that entry's too."""
        return next(step for step in reversed(self.steps) if step.action == "propose")

    @property
    def approvals(self) -> tuple[WaiverStep, ...]:
        """Signed after the last proposal."""
        return tuple(step for step in self.steps if step.action == "approve" and step.index > self.proposal.index)

    @property
    def revoked(self) -> WaiverStep | None:
        """The revocation after the last proposal, if there is one."""
        return next((s for s in self.steps if s.action == "revoke" and s.index > self.proposal.index), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingMove:
    """One entry in a finding's life, as it was signed."""

    index: int
    marks: tuple[Mark, ...]
    due: datetime
    severity: Severity
    state: Literal["open", "remediated", "verified-closed"]
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRecord(Record):
    """A finding as it stands; moves that would loosen it count only where a reviewer's key that is not void signed them."""

    fact: FindingFact
    """The last entry's words."""
    model: Digest
    last: int
    """Index of its latest entry."""
    moves: tuple[FindingMove, ...]
    """Every entry about it, oldest first: what follows is worked out from them."""
    due: datetime
    severity: Severity
    state: Literal["open", "remediated", "verified-closed"]
    condition_of: int | None
    fixers: tuple[str, ...] = ()
    """Who said that it is remediated."""
    note: str = ""
    """Why the last entry's words are not all in force."""

    @property
    def grave(self) -> bool:
        """Whether being overdue ends what was approved."""
        return self.severity in {"high", "critical"}
