"""What the state remembers of entries: small frozen values, so that a million entries stay workable."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from govern.domain.facts import (
    AnchorFact,
    BindingFact,
    DatasetFact,
    DecisionFact,
    DeploymentFact,
    EvidenceFact,
    ExportFact,
    FindingFact,
    Input,
    ModelFact,
    ObservationFact,
    PolicyFact,
    PromotionFact,
    RetirementFact,
    ReviewFact,
    RollbackFact,
    RunFact,
    SystemFact,
    TrustRootFact,
    WaiverFact,
)
from govern.domain.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One signature: who signed which entry."""

    index: int
    keyid: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A later entry that changed what a thing is worth: `withdrawn`, `superseded`, `revoked`, or `active` again."""

    index: int
    time: datetime
    word: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What all records have."""

    index: int
    """Of the entry that recorded it (first, where there are more)."""
    time: datetime
    """Claimed in that entry."""
    digest: Digest
    """Of the thing itself, or the leaf hash where the entry is the thing."""
    marks: tuple[Mark, ...]
    """Who signed the entries that recorded it; one a key."""

    @property
    def holder(self) -> str:
        """The first signer's holder."""
        return self.marks[0].holder if self.marks else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing(Record):
    """Something that exists, by digest, and may come to an end."""

    endings: tuple[Ending, ...] = ()

    @property
    def state(self) -> str:
        """The word in force."""
        return self.endings[-1].word if self.endings else "active"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRecord(Record):
    """A system as last recorded."""

    fact: SystemFact
    revised: int
    """Index of the entry that last changed it."""

    @property
    def name(self) -> str:
        """`NAME`."""
        return self.fact.name


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRecord(Thing):
    """A dataset."""

    fact: DatasetFact
    sources: tuple[Input, ...]
    """Of every entry that recorded these bytes."""

    @property
    def name(self) -> str:
        """`name@version`."""
        return f"{self.fact.name}@{self.fact.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord(Thing):
    """A run."""

    fact: RunFact

    @property
    def name(self) -> str:
        """`NAME`."""
        return self.fact.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord(Thing):
    """A model."""

    fact: ModelFact
    runs: tuple[Digest, ...]
    """Of every entry that recorded these bytes."""
    datasets: tuple[Input, ...]

    @property
    def name(self) -> str:
        """`name@version`."""
        return f"{self.fact.name}@{self.fact.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRecord(Record):
    """A version of a policy."""

    fact: PolicyFact

    @property
    def name(self) -> str:
        """`name@version`."""
        return f"{self.fact.name}@{self.fact.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingRecord(Record):
    """A version of a binding."""

    fact: BindingFact

    @property
    def name(self) -> str:
        """`name@version`."""
        return f"{self.fact.name}@{self.fact.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecord(Record):
    """One entry of evidence; `digest` is the evidence object's."""

    fact: EvidenceFact
    model: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord(Record):
    """One decision; `digest` is the decision object's."""

    fact: DecisionFact
    model: Digest

    def confirms(self, other: "DecisionRecord") -> bool:
        """Whether this decision says the same as `other` on the same grounds, only at another time."""
        mine, theirs = self.fact, other.fact
        return (
            mine.outcome == theirs.outcome and mine.evidence == theirs.evidence and mine.policies == theirs.policies
            and mine.bindings == theirs.bindings and mine.waivers == theirs.waivers
            and mine.statuses == theirs.statuses and mine.approvals == theirs.approvals
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
class PromotionRecord(Record):
    """One promotion."""

    fact: PromotionFact
    model: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """Where a system's stage pointer stands; `model` is None after a retirement."""

    system: str
    stage: str
    model: Digest | None
    index: int
    time: datetime
    cause: Literal["promotion", "rollback", "retirement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentRecord(Record):
    """One deployment with its last move."""

    fact: DeploymentFact
    """The last entry's words."""
    model: Digest
    last: int
    """Index of its latest entry."""
    ended: int | None = None
    """Index of the entry that took it out of service."""
    ended_by: str = ""
    served: bool = False
    """Whether it ever had all traffic: only then is it something to go back to."""

    @property
    def name(self) -> str:
        """Its id."""
        return self.fact.id


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentRecord:
    """What runs for one system in one environment."""

    system: str
    environment: str
    primary: str
    """Deployment id that serves; empty where nothing does."""
    beside: tuple[str, ...] = ()
    """Deployments that take a share of traffic, or none, beside it."""
    emergency: int | None = None
    """Index of the emergency rollback that put the primary there."""
    stage: str = ""
    """What it serves, as its first deployment said; empty where there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackRecord(Record):
    """One rollback."""

    fact: RollbackFact
    model: Digest
    excused: tuple[str, ...] = ()
    """What stood against the model when an emergency put it back: only this does not keep it from running."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementRecord(Record):
    """One retirement; `model` is None where a whole system was retired."""

    fact: RetirementFact
    model: Digest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationRecord(Record):
    """One monitoring window."""

    fact: ObservationFact
    model: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRecord(Record):
    """A finding as it stands; moves that would loosen it count only where a reviewer signed them."""

    fact: FindingFact
    """The last entry's words."""
    model: Digest
    last: int
    """Index of its latest entry."""
    due: datetime
    severity: Literal["low", "medium", "high", "critical"]
    state: Literal["open", "remediated", "verified-closed"]
    condition_of: int | None
    fixers: tuple[str, ...] = ()
    """Who said that it is remediated."""
    closed_by: tuple[Mark, ...] = ()
    """The reviewers' signatures that close it; once all of them are void, it is open again."""
    note: str = ""
    """Why the last entry's words are not all in force."""

    @property
    def grave(self) -> bool:
        """Whether being overdue ends what was approved."""
        return self.severity in {"high", "critical"}


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
        """Whether what the key signed earlier is in doubt too."""
        return "compromis" in self.reason.casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseRecord:
    """Something that a fact names by digest and that has no entry of its own: code, lock file, image, window."""

    kind: str
    name: str
    digest: Digest
    index: int
    """Of the entry that named it first."""


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
