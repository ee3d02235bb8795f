"""What was decided: by the policy engine (decision) and by people (review, waiver)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from govern.domain.decision import Quorum
from govern.domain.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFact:
    """The gate's answer. Subject: the model. The whole record is the object `decision`."""

    KIND: ClassVar[str] = "decision"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    gate: str
    system: str
    outcome: Literal["allow", "deny"]
    as_of: datetime
    decision: Digest
    """Of the object `govern/decision/v1` (see `govern.domain.decision`)."""
    evidence: tuple[Digest, ...]
    policies: tuple[Digest, ...]
    bindings: tuple[Digest, ...]
    waivers: tuple[Digest, ...]
    """Leaf hashes of the proposals of the waivers that were laid over a status."""
    statuses: dict[str, str]
    """Rule id to status, for reading without the object."""
    approvals: tuple[Quorum, ...]
    """Required before the gate's stage may be reached; copied here so that the ledger alone can tell."""
    expires: datetime | None = None
    """When the first evidence it rests on passes the age its rule allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A rule that only a person can meet, met by one."""

    rule: str
    policy: Digest
    statement: str
    expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFact:
    """A person's decision on a model. Subject: the model."""

    KIND: ClassVar[str] = "review"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    action: Literal["approve", "reject", "request-changes", "attest", "comment"]
    system: str
    gate: str
    role: str
    """In which the reviewer acts, such as `approver` or `validator`."""
    reason: str = ""
    closure: Digest | None = None
    """One digest over all that the decision relied on; every `approve` has one."""
    relied_on: tuple[Digest, ...] = ()
    """The closure's nodes, sorted."""
    decision: Digest | None = None
    """The decision object that was in front of the reviewer."""
    shown: tuple[str, ...] = ()
    """Which parts of the dossier were opened, or `cli`."""
    attestation: Attestation | None = None
    supersedes: int | None = None
    """Index of an earlier review of the same person that this one takes back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverFact:
    """One signature in the life of an exception to one rule for one subject digest. Subject: the model.

    A waiver is active when it was proposed, approved by the quorum that the policy names, has not expired, was not
    revoked, and the observed value is not worse than `void_if_worse_than`.
    """

    KIND: ClassVar[str] = "waiver"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    action: Literal["propose", "approve", "revoke"]
    id: str
    """`W-` and eight hexadecimal digits taken from what it is about."""
    system: str
    rule: str
    policy: Digest
    environment: str
    """The gate it is for, such as `promote:production`; `*` is never allowed."""
    reason: str
    compensating_control: str = ""
    expires: datetime
    void_if_worse_than: str = ""
    """Decimal text in the unit of the rule's observed value."""
    evidence: tuple[Digest, ...] = ()
    """What the waiver was asked for on; a renewal needs new evidence."""
    role: str = ""
