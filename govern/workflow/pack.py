"""The data of an evidence pack: a value that reports render and that holds everything they may show or attach."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from govern.domain.text import Digest
from govern.workflow.printed import Printed
from govern.workflow.verify_views import VerifyView
from govern.workflow.views import (
    Dossier,
    DriftRow,
    EntryRow,
    EvidenceView,
    FindingRow,
    StatusView,
    WaiverRow,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A machine-readable file that travels with the pack."""

    name: str
    """ASCII, unique, such as `evidence/0123abcd.json`."""
    media_type: str
    data: bytes
    description: str
    relationship: Literal["Source", "Data", "Supplement"] = "Data"


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleRow:
    """A promotion, deployment, rollback or retirement."""

    index: int
    time: datetime
    kind: str
    what: str
    holder: str
    model: str = ""
    """`model@version`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderRow:
    """A key of the trust root in force, with whoever holds it."""

    holder: str
    keyid: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRow:
    """One control of a framework's catalogue."""

    id: str
    title: str
    legal_status: str
    applies_from: str
    source: str
    """Key of the framework's sources."""
    human: tuple[str, ...]
    """What only a person can attest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkView:
    """A catalogue of controls as it came with the software that made the pack; no entry of the ledger names it."""

    name: str
    version: str
    binds: str
    sources: Mapping[str, Mapping[str, str]]
    """Key to `ref`, `status`, `retrieved`, `basis`."""
    controls: tuple[ControlRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """A policy as it stood."""

    name: str
    version: str
    digest: Digest
    index: int
    time: datetime
    text: str
    """The document, as signed."""
    change: str
    sources: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackData:
    """Everything one pack says."""

    kind: Literal["model", "system", "decision", "control", "ledger"]
    title: str
    as_of: datetime
    status: StatusView
    dossiers: tuple[Dossier, ...]
    """One a model; one for the kinds `model` and `decision`."""
    policies: tuple[PolicyView, ...]
    monitoring: tuple[DriftRow, ...]
    observations: tuple[EvidenceView, ...]
    findings: tuple[FindingRow, ...]
    waivers: tuple[WaiverRow, ...]
    lifecycle: tuple[LifecycleRow, ...]
    entries: tuple[EntryRow, ...]
    """The entries attached, in order."""
    verification: VerifyView
    """Of the ledger, at export; a pack of a ledger that does not verify says so on its cover."""
    checkpoint: str
    """The signed note."""
    size: int
    root: Digest
    attachments: tuple[Attachment, ...]
    """Entries, proofs, checkpoint, trust roots, evidence, decisions, policies, verifier; without the manifest."""
    software: Mapping[str, str] = field(default_factory=dict)
    """Versions of what made it."""
    period: tuple[datetime, datetime] | None = None
    """What a pack of kind `system` or `control` covers; None is everything up to `as_of`."""
    scope: str = ""
    """What narrows it, such as a framework for the kind `control`."""
    issuer: str = ""
    """SHA-256 of the certificate that will sign the document, if any."""
    previous_checkpoint: str = ""
    """The signed note in the last pack about the same thing, if there was one; a consistency proof joins it to this one."""
    holders: tuple[HolderRow, ...] = ()
    """Keys and roles of the trust root in force."""
    about: Digest | None = None
    """The model, system or decision that it is about; None for a framework and the whole ledger."""
    salvaged: bool = False
    """Only entries that could still be read of a damaged ledger: of nothing else can it be said that there is none."""
    unread: tuple[str, ...] = ()
    """What of a damaged ledger can't be read: entries, checkpoint, trust roots, and why."""
    missing: tuple[str, ...] = ()
    """Objects that entries name and that are not at hand, or were changed: they could not be attached."""
    printed: Printed = field(default_factory=Printed)
    frameworks: tuple[FrameworkView, ...] = ()
    """Catalogues of the frameworks that the rules in this pack name."""
