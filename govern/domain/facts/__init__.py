"""The facts that entries state, one frozen value a predicate type.

The same classes are the JSON of the predicates: `govern.canonical` reads and writes them, and the JSON Schemas that
`govern schema` shows are made from them. Every class forbids unknown keys. Times are UTC; numbers that were measured
are decimal text; lists are tuples.
"""

from typing import Final

from govern.domain.facts.decided import Attestation, DecisionFact, ReviewFact, WaiverFact
from govern.domain.facts.lifecycle import (
    DeploymentFact,
    FindingFact,
    HookDelivery,
    ObservationFact,
    PromotionFact,
    RetirementFact,
    RollbackFact,
)
from govern.domain.facts.measured import EvidenceFact
from govern.domain.facts.records import Column, DatasetFact, Input, ModelFact, RunFact, SystemFact
from govern.domain.facts.rules import BindingFact, PolicyFact
from govern.domain.facts.upkeep import (
    AnchorFact,
    ExportFact,
    RecoveryFact,
    RedactionFact,
    Role,
    TrustedKey,
    TrustRootFact,
)

Fact = (
    TrustRootFact | SystemFact | DatasetFact | RunFact | ModelFact | EvidenceFact | PolicyFact | BindingFact
    | DecisionFact | ReviewFact | WaiverFact | PromotionFact | DeploymentFact | RollbackFact | RetirementFact
    | ObservationFact | FindingFact | AnchorFact | ExportFact | RedactionFact | RecoveryFact
)

FACTS: Final[dict[str, type[Fact]]] = {
    fact.KIND: fact
    for fact in (
        TrustRootFact, SystemFact, DatasetFact, RunFact, ModelFact, EvidenceFact, PolicyFact, BindingFact,
        DecisionFact, ReviewFact, WaiverFact, PromotionFact, DeploymentFact, RollbackFact, RetirementFact,
        ObservationFact, FindingFact, AnchorFact, ExportFact, RedactionFact, RecoveryFact,
    )
}
"""Every predicate type's short name, as in the glossary, with the value that states it."""

__all__ = [
    "FACTS", "AnchorFact", "Attestation", "BindingFact", "Column", "DatasetFact", "DecisionFact", "DeploymentFact",
    "EvidenceFact", "ExportFact", "Fact", "FindingFact", "HookDelivery", "Input", "ModelFact", "ObservationFact", "PolicyFact",
    "PromotionFact", "RecoveryFact", "RedactionFact", "RetirementFact", "ReviewFact", "Role", "RollbackFact",
    "RunFact", "SystemFact", "TrustRootFact", "TrustedKey", "WaiverFact",
]
