"""What a gate is asked with: everything that `decide` may look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from govern.domain.evidence import Evidence
from govern.domain.facts import SystemFact
from govern.domain.text import Digest
from govern.policy.bound import BoundPolicy
from govern.policy.proof import Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedEvidence:
    """Evidence, with what its entry says about it."""

    digest: Digest
    evidence: Evidence
    subject: Digest
    """The model that it was measured on."""
    data: Digest
    collected: datetime
    trusted: bool
    """Whether its signer had the role `evaluator` at its index."""
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedAttestation:
    """A person's signed statement on the question's subject."""

    index: int
    rule: str
    policy: Digest
    holder: str
    role: str
    time: datetime
    expires: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedWaiver:
    """A waiver and where in its life it is (see `govern.policy.waivers`)."""

    id: str
    rule: str
    policy: Digest
    subject: Digest
    environment: str
    expires: datetime
    void_if_worse_than: str
    active: bool
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May this model pass this gate?"""

    gate: str
    system: SystemFact
    subject: Digest
    subject_name: str
    bound: Sequence[BoundPolicy]
    evidence: Sequence[PresentedEvidence] = ()
    attestations: Sequence[PresentedAttestation] = ()
    waivers: Sequence[PresentedWaiver] = ()
    developers: frozenset[str] | tuple[str, ...] = ()
    """Who had a hand in the model."""
    requesters: frozenset[str] | tuple[str, ...] = ()
    """Who asks: those who sign the decision."""
    baseline: Digest | None = None
    """The model it is to replace: rules `against: baseline` read its evidence."""
    proofs: Sequence[Proof] = ()
    """Self-tests that the caller ran; `decide` runs those that a document alone allows itself."""
