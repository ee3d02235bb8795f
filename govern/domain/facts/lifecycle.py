"""What became of a model: promoted, deployed, observed, rolled back, retired."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from govern.domain.facts.records import Input
from govern.domain.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionFact:
    """A system's stage now points to the subject model."""

    KIND: ClassVar[str] = "promotion"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    system: str
    stage: str
    decision: Digest
    """Decision object that allowed it."""
    approvals: tuple[int, ...]
    """Indices of the reviews that made the quorum."""
    closure: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentFact:
    """The subject model runs in an environment."""

    KIND: ClassVar[str] = "deployment"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    id: str
    """`D-` and eight hexadecimal digits taken from what it is about."""
    system: str
    environment: str
    stage: str
    mode: Literal["full", "canary", "blue-green", "shadow"] = "full"
    traffic: int = 100
    """Percent."""
    promotion: int
    """Index of the promotion it rests on."""
    closure: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackFact:
    """A system went back to an earlier closure. Subject: the model it went back to."""

    KIND: ClassVar[str] = "rollback"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    system: str
    environment: str
    left: Digest
    """The model that ran before."""
    closure: Digest
    reason: str
    emergency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirementFact:
    """The subject model, or a whole system, runs no more."""

    KIND: ClassVar[str] = "retirement"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    system: str
    environment: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDelivery:
    """How telling somebody of an observation went."""

    hook: str
    event: str
    """What the receiver knows it by: the same at every attempt."""
    delivered: bool
    attempts: int
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationFact:
    """One monitoring window's evidence and verdict. Subject: the deployed model.

    With `follows` it is no other window: it repeats that observation's words and adds whom it was told.
    """

    KIND: ClassVar[str] = "observation"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    deployment: str
    system: str
    environment: str
    window: Input
    """The window's data, by digest."""
    period: str = ""
    evidence: Digest
    decision: Digest
    """Decision object of the gate `monitor`."""
    outcome: Literal["allow", "deny"]
    drifted: tuple[str, ...] = ()
    """Features that drifted, sorted."""
    observed: datetime
    follows: int | None = None
    """Index of the observation whose deliveries these are."""
    deliveries: tuple[HookDelivery, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFact:
    """A problem with owner, severity and due date; a later entry with the same id moves its state on.

    Subject: the model it is about.
    """

    KIND: ClassVar[str] = "finding"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    id: str
    """`F-` and eight hexadecimal digits taken from what it is about."""
    system: str
    title: str
    severity: Literal["low", "medium", "high", "critical"]
    owner: str
    due: datetime
    state: Literal["open", "remediated", "verified-closed"] = "open"
    caused_by: int | None = None
    """Index of the entry that gave rise to it."""
    reason: str = ""
    condition_of: int | None = None
    """Index of the conditional approval that it is a condition of."""
