"""What became of models: promotions, deployments, rollbacks, retirements, observations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from govern.domain.facts import (
    DeploymentFact,
    HookDelivery,
    ObservationFact,
    PromotionFact,
    RetirementFact,
    RollbackFact,
)
from govern.domain.text import Digest
from govern.lineage.records.common import Record


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
    deliveries: tuple[HookDelivery, ...] = ()
    """Whom it was told, as later entries say."""
