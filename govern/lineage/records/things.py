"""What exists: systems, data, runs, models, evidence, documents."""

from dataclasses import dataclass

from govern.domain.facts import (
    BindingFact,
    DatasetFact,
    EvidenceFact,
    Input,
    ModelFact,
    PolicyFact,
    RunFact,
    SystemFact,
)
from govern.domain.text import Digest
from govern.lineage.records.common import Mark, Record, Thing


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRecord(Record):
    """A system as last recorded."""

    fact: SystemFact
    revised: int
    """Index of the entry that last changed it."""
    revision: tuple[Mark, ...] = ()
    """Who signed what it says now."""

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
class Document(Record):
    """A version of a policy or of a binding."""

    fact: PolicyFact | BindingFact
    placed: tuple[Mark, ...] = ()
    """Who signed the entry that put it in force last."""

    @property
    def name(self) -> str:
        """`name@version`."""
        return f"{self.fact.name}@{self.fact.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRecord(Document):
    """A version of a policy."""

    fact: PolicyFact


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingRecord(Document):
    """A version of a binding."""

    fact: BindingFact


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRecord(Record):
    """One entry of evidence; `digest` is the evidence object's."""

    fact: EvidenceFact
    model: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseRecord:
    """Something that a fact names by digest and that has no entry of its own: code, lock file, image, window."""

    kind: str
    name: str
    digest: Digest
    index: int
    """Of the entry that named it first."""
