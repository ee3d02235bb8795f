"""What the faces show: frozen values, ready to read, that hold no database and no key.

The terminal application, the command line and the reports get these from `govern.workflow` and nothing else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from govern.domain.decision import Decision, Outcome, Quorum
from govern.domain.evidence import Evidence, JsonValue
from govern.domain.text import Digest
from govern.workflow.past_views import PastView

if TYPE_CHECKING:
    from govern.policy.attempts import Goalposts
    from govern.policy.diff import Line

Standing = Literal["ok", "warn", "bad", "none"]
"""How a thing stands, for glyph, word and colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemRow:
    """One system and where it stands now."""

    name: str
    title: str
    purpose: str
    tier: str
    owner: str
    stages: Mapping[str, str]
    """Stage to `model@version`, empty where nothing is there."""
    deployments: Mapping[str, str]
    """Environment to `model@version`."""
    standing: Standing
    headline: str
    """One sentence: what matters most about it now."""
    open_findings: int
    stale_approvals: int
    task: str = ""
    jurisdictions: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    trials: tuple[str, ...] = ()
    """What runs beside that with a share of the traffic, or with none: canaries, blue-green and shadow deployments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """Something that waits for a person."""

    model: Digest
    name: str
    """`model@version`."""
    system: str
    gate: str
    why: Literal["review", "stale", "finding", "waiver"]
    headline: str
    passed: int
    failed: int
    inconclusive: int
    tier: str
    since: datetime
    due: datetime | None
    decision: Digest | None
    missing: tuple[Quorum, ...]
    """What the quorum still lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRow:
    """One review as recorded."""

    index: int
    time: datetime
    holder: str
    keyid: str
    role: str
    action: str
    reason: str
    standing: Literal["live", "stale", "superseded", "refused"]
    note: str = ""
    """Why it is stale or does not count, with the path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Why a holder may not approve a model: the entry that disqualifies them."""

    holder: str
    index: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """Evidence with where it came from."""

    digest: Digest
    index: int
    collected: datetime
    data_name: str
    data: Digest
    purpose: str
    holder: str
    evidence: Evidence
    environment: Mapping[str, str]
    model: str = ""
    """`model@version`, where it was measured in service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """A decision with its entry."""

    digest: Digest
    index: int
    holder: str
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView(DecisionView):
    """One attempt of a model line at a gate, beside the documents of the attempt before."""

    number: int
    changes: "tuple[Line, ...]"
    """What policies and bindings changed in meaning since the attempt before."""
    outcome_before: Outcome | None
    """What the documents of the attempt before answer; None for the first."""
    against_before: tuple[str, ...]
    """Rules of those documents that deny."""

    @property
    def against(self) -> tuple[str, ...]:
        """Rules that denied, with their policy."""
        return tuple(f"{rule.policy_name}/{rule.rule}" for rule in self.decision.rules if rule.denies)

    @property
    def earlier_policy(self) -> str:
        """The verdict under the policy of the attempt before, in a sentence, where its answer is another; else empty."""
        return moved_goalposts(self.decision, self.outcome_before, self.against_before)


def moved_goalposts(decision: Decision, outcome_before: Outcome | None, against_before: tuple[str, ...]) -> str:
    """Say that an earlier policy would have answered otherwise; empty where it would not."""
    if outcome_before is None or outcome_before is decision.outcome:
        return ""
    by = f" ({', '.join(against_before)})" if against_before else ""
    return f"{decision.outcome.value} under this policy, {outcome_before.value} under the policy of the attempt before{by}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosureNode:
    """One thing that an approval relies on."""

    kind: str
    name: str
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """All that a reviewer of one model at one gate needs, and all that an approval will be signed over."""

    model: Digest
    name: str
    system: SystemRow
    gate: str
    description: str
    decision: DecisionView | None
    attempts: tuple[AttemptView, ...]
    """Every decision on this model line at this gate, oldest first."""
    evidence: tuple[EvidenceView, ...]
    reviews: tuple[ReviewRow, ...]
    quorum: tuple[Quorum, ...]
    missing: tuple[Quorum, ...]
    conflicts: tuple[Conflict, ...]
    closure: Digest | None
    closure_nodes: tuple[ClosureNode, ...]
    lineage: tuple["LineageRow", ...]
    facts: Mapping[str, str]
    """Label to text: identity of model, run, data, code, environment."""
    head: int
    """Ledger size at which this was read; a decision made on it is refused if the ledger has moved in what matters."""
    incumbent: str = ""
    """The model now at this stage, if another."""
    running: DecisionView | None = None
    """The last decision on that model at this gate: what a change of model is compared with."""
    findings: tuple["FindingRow", ...] = ()
    """Findings on this model, open ones in front."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One line of the ledger page."""

    index: int
    time: datetime
    kind: str
    subject: str
    holder: str
    summary: str
    standing: Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDetail:
    """One entry, decoded."""

    row: EntryRow
    leaf_hash: Digest
    statement: Mapping[str, JsonValue]
    """The verified payload, decoded."""
    signatures: tuple[tuple[str, str], ...]
    """(key id, holder)."""
    proof: str
    """Inclusion proof against the current checkpoint, as a C2SP tlog-proof."""
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageRow:
    """One line in the manner of `git log --graph`."""

    lanes: str
    """Box-drawing prefix, such as `│ ●`."""
    node: str
    """`model/credit@2`."""
    kind: str
    digest: Digest
    index: int
    detail: str
    standing: Standing
    depth: int
    parents: tuple[int, ...] = ()
    """Rows of what it came from, counted from the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """The workspace at a glance."""

    origin: str
    size: int
    root: Digest
    last_append: datetime | None
    unanchored: int
    """Entries after the last outside anchor."""
    unanchored_minutes: int | None
    systems: tuple[SystemRow, ...]
    due: tuple[QueueItem, ...]
    findings: tuple["FindingRow", ...]
    waivers: tuple["WaiverRow", ...]
    results: Mapping[str, int]
    """Rule status to count over the last 30 days."""
    drift: tuple["DriftRow", ...]
    as_of: datetime
    deadlines: tuple["DeadlineRow", ...] = ()
    """What falls due within 30 days, and what is overdue, the most urgent first."""
    emergencies: tuple[str, ...] = ()
    clock_behind_minutes: int = 0
    """How far this machine's clock is behind the latest time in the ledger, which then counts in its place."""
    """Emergency rollbacks that stay on every report: who, when, why."""
    past: PastView | None = None
    """What held then and what proves it, where an earlier moment was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRow:
    """Something that ends on a day: evidence that grows too old, a waiver, a finding."""

    kind: Literal["revalidation", "waiver", "finding", "trust-root"]
    system: str
    what: str
    due: datetime
    index: int
    overdue: bool
    model: str = ""
    """`model@version` that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One finding."""

    id: str
    system: str
    model: str
    title: str
    severity: str
    owner: str
    due: datetime
    state: str
    index: int
    overdue: bool
    condition_of: int | None = None
    """Index of the approval that it is a condition of."""
    said: str = ""
    """The reason given with its last entry: of one that was remediated, how."""


WaiverState = Literal["proposed", "active", "expired", "revoked", "void", "unchecked"]
"""`unchecked` where the waiver's policy can't be read: then it waives nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRow:
    """One waiver and where in its life it is."""

    id: str
    system: str
    model: str
    rule: str
    gate: str
    state: WaiverState
    expires: datetime
    reason: str
    requester: str
    approvers: tuple[str, ...]
    index: int
    why: str = ""
    """What it lacks, who approved it, or how it ended."""
    compensating: str = ""
    """What is done meanwhile, in the words of who asked for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """Drift of one deployment over its windows."""

    system: str
    deployment: str
    model: str
    environment: str
    values: tuple[tuple[datetime, str], ...]
    """(observed, largest effect size as decimal text), oldest first."""
    limit: str
    drifted: tuple[str, ...]
    standing: Standing
    sentence: str
    unread: tuple[str, ...] = ()
    """Why documents of its windows can't be read; with one, it never stands as fine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricPoint:
    """One metric in one window, as decimal text."""

    observed: datetime
    value: str
    low: str
    high: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceRow:
    """One metric of one deployment over its windows."""

    system: str
    deployment: str
    model: str
    environment: str
    metric: str
    """Such as `auc`; empty where nothing could be measured."""
    points: tuple[MetricPoint, ...]
    """Oldest first."""
    baseline: str
    """What the gate measured; empty where it did not."""
    limit: str
    op: str
    """The limit of a rule that looked at it, and how it compares; empty where none did."""
    standing: Standing
    sentence: str
    unread: tuple[str, ...] = ()
    """Why documents of its windows can't be read; with one, it never stands as fine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An entry that a command has just written."""

    index: int
    kind: str
    digest: Digest
    """Leaf hash."""
    subject: str
    subject_digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """What a gate run gave."""

    decision: Decision
    decision_digest: Digest
    evidence: tuple[Digest, ...]
    written: tuple[Written, ...]
    goalposts: "Goalposts | None" = None
    """Beside the last attempt of the model's line, where that was judged by other documents."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Part to seconds."""
    missing: tuple[Quorum, ...] = ()
    """Who still has to approve, where it allows: what was approved on the same grounds before goes on counting."""
