"""What the state remembers of entries: small frozen values, so that a million entries stay workable."""

from govern.lineage.records.acts import (
    DecisionRecord,
    FindingMove,
    FindingRecord,
    ReviewRecord,
    Severity,
    WaiverRecord,
    WaiverStep,
)
from govern.lineage.records.common import Ending, Mark, Record, Thing
from govern.lineage.records.life import (
    DeploymentRecord,
    EnvironmentRecord,
    ObservationRecord,
    PromotionRecord,
    RetirementRecord,
    RollbackRecord,
    StageRecord,
)
from govern.lineage.records.things import (
    BindingRecord,
    DatasetRecord,
    Document,
    EvidenceRecord,
    LooseRecord,
    ModelRecord,
    PolicyRecord,
    RunRecord,
    SystemRecord,
)
from govern.lineage.records.upkeep import AnchorRecord, ExportRecord, Head, Revocation, RootRecord

__all__ = [
    "AnchorRecord",
    "BindingRecord",
    "DatasetRecord",
    "DecisionRecord",
    "DeploymentRecord",
    "Document",
    "Ending",
    "EnvironmentRecord",
    "EvidenceRecord",
    "ExportRecord",
    "FindingMove",
    "FindingRecord",
    "Head",
    "LooseRecord",
    "Mark",
    "ModelRecord",
    "ObservationRecord",
    "PolicyRecord",
    "PromotionRecord",
    "Record",
    "RetirementRecord",
    "ReviewRecord",
    "Revocation",
    "RollbackRecord",
    "RootRecord",
    "RunRecord",
    "Severity",
    "StageRecord",
    "SystemRecord",
    "Thing",
    "WaiverRecord",
    "WaiverStep",
]
