"""What was measured, bound by digest to the model and the data it was measured on."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from govern.domain.facts.records import Input
from govern.domain.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFact:
    """Where evidence lies and what it binds. Subject: the model, by the digest of its file."""

    KIND: ClassVar[str] = "evidence"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    evidence: Digest
    """Of the object `govern/evidence/v1` (see `govern.domain.evidence`)."""
    system: str
    data: Input
    """What was measured."""
    reference: Input | None = None
    """What drift was measured against."""
    measures: tuple[str, ...]
    """Measure ids with major version, such as `impact_ratio@1`."""
    collected: datetime
    purpose: Literal["gate", "monitor", "measure"] = "gate"
    environment: dict[str, str]
    """Versions of the interpreter and of the packages the numbers rest on."""
    command: dict[str, str]
    """How it was asked for: target, prediction, score, threshold, favourable, positive, protected."""
