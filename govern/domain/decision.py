"""Decisions: what a gate answered, rule by rule, with all that it takes to derive the answer again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from govern.domain.evidence import JsonValue
from govern.domain.text import Digest

DECISION_SCHEMA: Final = "govern/decision/v1"
_DEMANDS: Final = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than", "==": "exactly"}


def demand(op: str, threshold: str) -> str:
    """Say what is asked of a number in words, such as `at least 0.8`."""
    return f"{_DEMANDS.get(op, op)} {threshold}"


class Status(StrEnum):
    """Of a rule. `waived` is laid over a status and never replaces it."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    NOT_APPLICABLE = "not_applicable"


class Reason(StrEnum):
    """Why a rule is inconclusive."""

    MISSING = "missing"
    STALE = "stale"
    WRONG_SUBJECT = "wrong-subject"
    UNTRUSTED_SIGNER = "untrusted-signer"
    INSUFFICIENT_DATA = "insufficient-data"
    UNDEFINED = "undefined"


class Enforcement(StrEnum):
    """What a rule's status does to the gate."""

    OBSERVE = "observe"
    ADVISE = "advise"
    REQUIRE = "require"
    MANDATORY = "mandatory"

    @property
    def denies(self) -> bool:
        """Whether anything but a pass denies."""
        return self in {Enforcement.REQUIRE, Enforcement.MANDATORY}


class Outcome(StrEnum):
    """The gate's answer."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A confidence interval; all decimal text."""

    method: str
    level: str
    low: str
    high: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing a rule looked at: a group, a feature, or the whole."""

    label: str
    """Such as `sex=Female`; empty for the whole."""
    status: Status
    reason: Reason | None = None
    observed: str | None = None
    """Decimal text."""
    op: str = ""
    threshold: str = ""
    interval: Interval | None = None
    p_value: str | None = None
    n: int | None = None
    note: str = ""
    """One sentence for people: why this status, the shortfall, how many more rows would decide."""
    detail: Mapping[str, JsonValue] = field(default_factory=dict)
    """The evidence's numbers for this group or feature, for tables and charts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """What one rule of one policy says."""

    rule: str
    title: str
    measure: str
    """Empty for attestations."""
    policy: Digest
    policy_name: str
    enforcement: Enforcement
    status: Status
    reason: Reason | None = None
    explanation: str
    """One sentence."""
    checks: tuple[Check, ...] = ()
    evidence: tuple[Digest, ...] = ()
    waiver: str = ""
    """Id of the active waiver laid over the status."""
    waiver_expires: datetime | None = None
    advisory: str = ""
    """Said beside a pass: significant though above the threshold, self-tests, superseded sources."""
    flip: str = ""
    """The smallest change that would turn the status."""
    remediation: str = ""
    controls: tuple[str, ...] = ()
    claim: str = "supports"

    @property
    def denies(self) -> bool:
        """Whether this result alone denies the gate."""
        if self.status in {Status.PASS, Status.NOT_APPLICABLE} or not self.enforcement.denies:
            return False
        return not self.waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Quorum:
    """How many distinct holders in a role must approve, and who may not be among them."""

    role: str
    count: int
    distinct_from: tuple[str, ...] = ("developers",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Rules that passed, of those that bind with `require` or `mandatory`."""

    passed: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The object `govern/decision/v1`: a pure function of documents, evidence and `as_of`."""

    gate: str
    subject: Digest
    """The model."""
    subject_name: str
    system: str
    as_of: datetime
    outcome: Outcome
    rules: tuple[RuleResult, ...]
    """Sorted by policy name and rule id."""
    policies: tuple[Digest, ...]
    bindings: tuple[Digest, ...]
    evidence: tuple[Digest, ...]
    waivers: tuple[str, ...] = ()
    approvals: tuple[Quorum, ...] = ()
    """Required before this gate's stage may be reached."""
    expires: datetime | None = None
    """When the first evidence or attestation that a binding rule rests on passes its age; then it allows nothing."""
    before_waivers: Score
    after_waivers: Score
    engine: str
    """Name and version of the deciding code."""
    problem: str = ""
    """Why the gate itself is an error: no binding, no rule, a self-test that could not fail."""
    schema: str = DECISION_SCHEMA
