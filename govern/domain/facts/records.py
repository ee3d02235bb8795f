"""What exists: systems, datasets, runs and models, each identified by a content digest."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from govern.domain.text import Digest

Existence = Literal["active", "withdrawn", "superseded", "revoked"]
"""A later entry of the same subject with another word than `active` ends what the first one recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFact:
    """A use of a model (EU AI Act "AI system"). Subject: `system/NAME` with the digest of this fact's JSON."""

    KIND: ClassVar[str] = "system"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    name: str
    title: str = ""
    purpose: str
    """Such as `credit` or `employment`; policies apply by it."""
    task: Literal["binary-classification", "multiclass-classification", "regression", "ranking"]
    tier: Literal["high", "medium", "low"]
    """Materiality: exposure and purpose (SR 26-2); sets which rules bind."""
    owner: str
    """Pseudonym of the accountable holder or team."""
    jurisdictions: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    """Columns that hold protected attributes."""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Name and type of one column; no value of it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Something a fact was made from, named by digest."""

    name: str
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFact:
    """A version of a dataset. Subject: `NAME@VERSION` with the digest of the file's bytes."""

    KIND: ClassVar[str] = "dataset"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    name: str
    version: str
    media_type: str
    size: int
    """Bytes."""
    rows: int | None = None
    columns: tuple[Column, ...] = ()
    sources: tuple[Input, ...] = ()
    """Datasets this one was derived from."""
    purpose: str = ""
    """Such as `training`, `test`, `reference` or `window`."""
    period: str = ""
    state: Existence = "active"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFact:
    """One execution that made something. Subject: `run/NAME` with the digest of this fact's JSON."""

    KIND: ClassVar[str] = "run"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    name: str
    system: str
    inputs: tuple[Input, ...]
    parameters: dict[str, str]
    metrics: dict[str, str]
    """Decimal text; claimed by the run, never used by a gate."""
    seeds: dict[str, int]
    code: Input | None = None
    """Repository or script; name and digest (a git commit is written `gitCommit:…` in `code_revision`)."""
    code_revision: str = ""
    code_dirty: bool = False
    environment: Input | None = None
    """Lock file or image, by digest."""
    platform: dict[str, str]
    """Interpreter and library versions."""
    started: datetime
    finished: datetime
    outcome: Literal["completed", "failed", "aborted"] = "completed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFact:
    """A version of a model. Subject: `NAME@VERSION` with the digest of the model file's bytes."""

    KIND: ClassVar[str] = "model"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    name: str
    version: str
    system: str
    media_type: str
    size: int
    run: Digest | None = None
    """Digest of the run that made it."""
    datasets: tuple[Input, ...] = ()
    """Training and test data, where no run says so already."""
    threshold: str = ""
    """Decimal text; a score's threshold is part of the version's identity."""
    features: tuple[str, ...] = ()
    baseline: Digest | None = None
    """The model it is meant to replace."""
    state: Existence = "active"
    reason: str = ""
