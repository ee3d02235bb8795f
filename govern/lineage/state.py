"""The state of a ledger: a fold over its entries, the same at any past time; nothing else is remembered anywhere."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Final, TypeVar

from govern.domain.text import Digest
from govern.lineage.records import (
    AnchorRecord,
    BindingRecord,
    DatasetRecord,
    DecisionRecord,
    DeploymentRecord,
    EnvironmentRecord,
    EvidenceRecord,
    ExportRecord,
    FindingRecord,
    Head,
    LooseRecord,
    ModelRecord,
    ObservationRecord,
    PolicyRecord,
    PromotionRecord,
    RetirementRecord,
    ReviewRecord,
    Revocation,
    RollbackRecord,
    RootRecord,
    RunRecord,
    StageRecord,
    SystemRecord,
    WaiverRecord,
)
from govern.lineage.tables import JSON, Series, Table

R = TypeVar("R")

Key = str | int
"""What the graph calls a node: a digest, `system/NAME`, or the index of the entry that is the thing."""

Owner = tuple[Key, ...]
"""What a series belongs to: the relation's name first."""

TABLES: Final = (
    "systems", "datasets", "runs", "models", "policies", "policy_versions", "bindings", "binding_versions", "evidence",
    "decisions", "reviews", "waivers", "waiver_proposals", "promotions", "stages", "deployments", "environments",
    "rollbacks", "retirements", "retired", "observations", "findings", "exports", "anchors", "roots", "revocations",
    "key_holders", "persons", "loose", "places", "denied", "judged", "tallies", "full", "chunks",
)
"""Every table by name; all that a state is, beside its head."""


class State:
    """What held after so many entries. Reading only; `apply` gives the next one and leaves this one as it was."""

    __slots__ = ("_open", "head", "series", *TABLES)

    head: Head
    systems: Table[str, SystemRecord]
    datasets: Table[Digest, DatasetRecord]
    runs: Table[Digest, RunRecord]
    models: Table[Digest, ModelRecord]
    policies: Table[str, PolicyRecord]
    """By name: the version in force."""
    policy_versions: Table[Digest, PolicyRecord]
    bindings: Table[str, BindingRecord]
    """By name: the version in force."""
    binding_versions: Table[Digest, BindingRecord]
    evidence: Table[int, EvidenceRecord]
    decisions: Table[int, DecisionRecord]
    reviews: Table[int, ReviewRecord]
    waivers: Table[str, WaiverRecord]
    """By id."""
    waiver_proposals: Table[Digest, str]
    """Leaf hash of a proposal to the waiver's id."""
    promotions: Table[int, PromotionRecord]
    stages: Table[tuple[str, str], StageRecord]
    """By (system, stage)."""
    deployments: Table[str, DeploymentRecord]
    """By id."""
    environments: Table[tuple[str, str], EnvironmentRecord]
    """By (system, environment)."""
    rollbacks: Table[int, RollbackRecord]
    retirements: Table[int, RetirementRecord]
    retired: Table[tuple[str, str, str], int]
    """(system, model digest or "", environment or "") to the index that retired it."""
    observations: Table[int, ObservationRecord]
    findings: Table[str, FindingRecord]
    """By id."""
    exports: Table[int, ExportRecord]
    anchors: Table[int, AnchorRecord]
    roots: Table[int, RootRecord]
    """By index."""
    revocations: Table[str, Revocation]
    """By key id."""
    key_holders: Table[str, str]
    persons: Table[str, str]
    """Holder to another name of the same person, where one key had both."""
    loose: Table[Digest, LooseRecord]
    places: Table[int, tuple[str, Key]]
    """Index to (kind, key), for entries that are not keyed by index."""
    denied: Table[Digest, int]
    """Model to the index of its last denied observation."""
    judged: Table[Digest, tuple[Digest, ...]]
    """Model to the policies and bindings that ever judged it."""
    tallies: Table[str, Mapping[str, int]]
    """Day on which gates were asked, such as `2026-11-21`, to how many rules had which status."""
    full: Table[Owner, int]
    chunks: Table[tuple[Owner, int], tuple[Key, ...]]
    series: Series[Owner, Key]

    def __init__(self, head: Head | None = None, tables: dict[str, Table[object, object]] | None = None) -> None:
        self.head = head or Head()
        for name in TABLES:
            table = (tables or {}).get(name)
            setattr(self, name, Table() if table is None else table)  # an empty table is false
        self.series = Series(self.full, self.chunks)

    def tables(self) -> Iterator[tuple[str, Table[object, object]]]:
        """Name and table, for those who store them."""
        for name in TABLES:
            yield name, getattr(self, name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, State):
            return NotImplemented
        return self.head == other.head and all(
            mine == theirs for (_, mine), (_, theirs) in zip(self.tables(), other.tables(), strict=True)
        )

    __hash__ = None  # type: ignore[assignment]

    # ----- reading

    @property
    def size(self) -> int:
        """How many entries are folded in."""
        return self.head.size

    @property
    def clock(self) -> datetime | None:
        """The latest time that an entry claims."""
        return self.head.clock

    def moment(self, now: datetime) -> datetime:
        """The later of `now` and the ledger's clock: turning a clock back revives no waiver and no evidence."""
        return now if self.head.clock is None else max(now, self.head.clock)

    def _listed(self, table: Table[int, R], *owner: Key) -> tuple[R, ...]:
        return tuple(table[int(index)] for index in self.series.of(owner))

    def evidence_of(self, model: Digest) -> tuple[EvidenceRecord, ...]:
        """A model's evidence, oldest first."""
        return self._listed(self.evidence, "evidence", model)

    def decisions_of(self, model: Digest, gate: str | None = None) -> tuple[DecisionRecord, ...]:
        """A model's decisions at one gate or all, oldest first."""
        owner: Owner = ("decisions", model) if gate is None else ("decisions", model, gate)
        return self._listed(self.decisions, *owner)

    def latest_decision(self, model: Digest, gate: str) -> DecisionRecord | None:
        """The decision that counts: only the last one at a gate does."""
        index = self.series.last(("decisions", model, gate))
        return None if index is None else self.decisions[int(index)]

    def decision_by_digest(self, digest: Digest) -> DecisionRecord | None:
        """The last entry of a decision object."""
        index = self.series.last(("decision", digest))
        return None if index is None else self.decisions[int(index)]

    def objects_starting(self, relation: str, prefix: str) -> tuple[Digest, ...]:
        """Digests of decision or evidence objects (`decision`, `evidence-object`) that start with a prefix."""
        return tuple(Digest(str(owner[1])) for owner in self.series.starting(f'["{relation}","{prefix}'))

    def reviews_of(self, model: Digest, gate: str | None = None) -> tuple[ReviewRecord, ...]:
        """A model's reviews, oldest first."""
        reviews = self._listed(self.reviews, "reviews", model)
        return reviews if gate is None else tuple(review for review in reviews if review.fact.gate == gate)

    def waivers_of(self, model: Digest) -> tuple[WaiverRecord, ...]:
        """A model's waivers, oldest first."""
        return tuple(self.waivers[str(key)] for key in self.series.of(("waivers", model)))

    def earlier_deployment(self, system: str, environment: str, model: Digest) -> DeploymentRecord | None:
        """The last deployment of a model that had all traffic of an environment, whether or not it still has.

        A canary, a shadow or a blue-green deployment that never became full is none: going back is no way round its gate.
        """
        for key in self.series.newest(("environment", system, environment)):
            record = self.deployments[str(key)]
            if record.model == model and record.served:
                return record
        return None

    def findings_of(self, model: Digest) -> tuple[FindingRecord, ...]:
        """A model's findings, oldest first."""
        return tuple(self.findings[str(key)] for key in self.series.of(("findings", model)))

    def observations_of(self, model: Digest) -> tuple[ObservationRecord, ...]:
        """A model's monitoring windows, oldest first."""
        return self._listed(self.observations, "observations", model)

    def observations_in(self, deployment: str, *, last: int | None = None) -> tuple[ObservationRecord, ...]:
        """A deployment's monitoring windows, or its last ones, oldest first."""
        newest = islice(self.series.newest(("windows", deployment)), last)
        return tuple(self.observations[int(index)] for index in reversed(tuple(newest)))

    def promotions_of(self, model: Digest) -> tuple[PromotionRecord, ...]:
        """A model's promotions, oldest first."""
        return self._listed(self.promotions, "promotions", model)

    def deployments_of(self, model: Digest) -> tuple[DeploymentRecord, ...]:
        """A model's deployments, oldest first."""
        return tuple(self.deployments[str(key)] for key in self.series.of(("deployments", model)))

    def deployments_in(self, system: str | None = None) -> tuple[DeploymentRecord, ...]:
        """All deployments, or those of one system, oldest first."""
        if system is None:
            return tuple(sorted(self.deployments.values(), key=lambda record: record.index))
        places = self.series.of(("environments", system))
        ids = [str(key) for place in places for key in self.series.of(("environment", system, place))]
        return tuple(sorted((self.deployments[one] for one in ids), key=lambda record: record.index))

    def stages_in(self, system: str | None = None) -> tuple[StageRecord, ...]:
        """Where each stage of all systems, or of one, stands."""
        if system is None:
            return tuple(self.stages.values())
        return tuple(self.stages[key] for key in self.stages.starting(f"{JSON.encode([system])[:-1]},"))

    def waivers_in(self, system: str | None = None) -> tuple[WaiverRecord, ...]:
        """All waivers, or those of one system's models."""
        if system is None:
            return tuple(self.waivers.values())
        return tuple(one for model in self.models_of(system) for one in self.waivers_of(model.digest))

    def findings_in(self, system: str | None = None) -> tuple[FindingRecord, ...]:
        """All findings, or those of one system's models."""
        if system is None:
            return tuple(self.findings.values())
        return tuple(one for model in self.models_of(system) for one in self.findings_of(model.digest))

    def models_of(self, system: str) -> tuple[ModelRecord, ...]:
        """A system's models, oldest first."""
        return tuple(self.models[Digest(str(key))] for key in self.series.of(("models", system)))

    def model_line(self, name: str) -> tuple[ModelRecord, ...]:
        """All versions of a model's name, oldest first."""
        return tuple(self.models[Digest(str(key))] for key in self.series.of(("line", name)))

    def newest_of_line(self, name: str) -> Iterator[ModelRecord]:
        """All versions of a model's name, youngest first."""
        return (self.models[Digest(str(key))] for key in self.series.newest(("line", name)))

    def stage_moves(self, system: str, stage: str) -> tuple[int, ...]:
        """Indices of the entries that moved a stage pointer, oldest first."""
        return tuple(int(key) for key in self.series.of(("stage", system, stage)))

    def signed_with(self, keyid: str) -> tuple[int, ...]:
        """Indices of the entries that a key signed, oldest first."""
        return tuple(int(key) for key in self.series.of(("signed", keyid)))

    def signed_by(self, holder: str) -> tuple[int, ...]:
        """Indices of the entries that any key of a holder signed, oldest first."""
        keys = [keyid for keyid, name in self.key_holders.items() if name == holder]
        return tuple(sorted(index for keyid in keys for index in self.signed_with(keyid)))
