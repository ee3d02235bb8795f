"""The three documents as frozen values: Policy, Binding and Waiver.

Field names follow the YAML keys; where a key is a word of Python's (`with`, `assert`, `any`, `all`), the field ends in
an underscore or says what it holds, and the YAML key is its alias.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from govern.domain.decision import Enforcement, Quorum
from govern.domain.evidence import JsonValue
from govern.domain.text import Digest
from govern.policy.scalars import days_of, decimal_string, iso_date, quantity_string, text_list

STRICT: dict[str, object] = {"extra": "forbid"}

DecimalString = Annotated[
    str, BeforeValidator(decimal_string),
    WithJsonSchema({"type": ["string", "number"], "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}),
]
Quantity = Annotated[
    str, BeforeValidator(quantity_string),
    WithJsonSchema({"type": ["string", "number"], "description": "a decimal number, or ${parameter}"}),
]
Duration = Annotated[
    timedelta, BeforeValidator(days_of), WithJsonSchema({"type": "string", "pattern": "^P[1-9][0-9]*D$"}),
]
DateText = Annotated[str, BeforeValidator(iso_date), WithJsonSchema({"type": "string", "format": "date"})]
Texts = Annotated[
    tuple[str, ...], BeforeValidator(text_list),
    WithJsonSchema({"type": ["array", "string"], "items": {"type": "string"}, "minItems": 1}),
]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9._-]{0,79}$")]
Version = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$")]
GateName = Annotated[str, Field(pattern=r"^(promote:[a-z][a-z0-9-]*|deploy|monitor)$")]
MeasureId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*@[1-9][0-9]*$")]
Tasks = Annotated[
    tuple[Literal["binary-classification", "multiclass-classification", "regression", "ranking"], ...],
    BeforeValidator(text_list),
]
"""A misspelt task would select nothing, and a policy that applies nowhere guards nothing."""
Tiers = Annotated[tuple[Literal["high", "medium", "low"], ...], BeforeValidator(text_list)]
Gates = Annotated[tuple[GateName, ...], BeforeValidator(text_list)]
Op = Literal[">=", ">", "<=", "<", "==", "present"]
Need = Literal["labels", "scores", "model", "reference"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """Who a document is."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    name: Identifier
    version: Version
    title: str = ""
    owner: str = ""
    review_by: DateText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a legal claim comes from, when it was read and what its standing was then."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    ref: str
    retrieved: DateText
    status: Literal[
        "in-force", "adopted-not-applicable", "voluntary", "superseded", "rescission-pending", "guidance", "to-be-confirmed"
    ]
    note: str = ""
    rules: Texts = ()
    """The rules that rest on it; all, where none is named."""
    superseded_by: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """Which systems are meant; every list that is given must hold the system's word."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    system: Texts = ()
    task: Tasks = ()
    tier: Tiers = ()
    purpose: Texts = ()
    jurisdictions: Texts = ()
    gate: Gates = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number or list that a binding may set within bounds."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    type: Literal["decimal", "integer", "text", "list", "categories"]
    """`categories`: attribute to category to the reason for leaving it out of a table of ratios."""
    default: JsonValue
    bounds: tuple[DecimalString, DecimalString] | None = None
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assertion:
    """What has to hold: one comparison, or `all` or `any` of several."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    value: str = ""
    op: Op | None = None
    threshold: Quantity = ""
    exact: Literal["rational", "decimal"] = "decimal"
    """`rational` demands counts: the fraction of counts is compared, never a rounded rate."""
    against: Literal["", "baseline"] = ""
    """Compare the improvement over the baseline model's evidence; its sign follows the measure's direction."""
    as_: Annotated[Literal["difference", "relative"], Field(alias="as")] = "difference"
    every: Annotated[tuple["Assertion", ...], Field(alias="all")] = ()
    some: Annotated[tuple["Assertion", ...], Field(alias="any")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """How chance is dealt with."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    interval: str = ""
    level: DecimalString = "0.95"
    decide: Literal["point", "significant", "interval"] = "point"
    multiplicity: Literal["none", "holm"] = "none"
    min_group: Annotated[int, Field(ge=1)] = 1
    flip_check: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """What a rule looks at, one by one, and how many of them there must be."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    each: Literal["whole", "group", "feature"] = "whole"
    need: Annotated[int, Field(ge=1)] = 1
    of: Literal["all", "any"] = "all"
    min_rows: Mapping[str, Annotated[int, Field(ge=1)]] = field(default_factory=dict)
    """Count field to the least it may be, such as `n_window: 100`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationRule:
    """What a person has to state and sign."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    statement: Annotated[str, Field(min_length=1)]
    role: Annotated[str, Field(min_length=1)]
    distinct_from: tuple[str, ...] = ("developers",)
    expires: Duration
    count: Annotated[int, Field(ge=1)] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that has to hold, by measuring or by a person's word."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    id: Identifier
    title: str = ""
    measure: MeasureId | Literal[""] = ""
    parameters: Annotated[Mapping[str, JsonValue], Field(alias="with")] = field(default_factory=dict)
    assertion: Annotated[Assertion | None, Field(alias="assert")] = None
    uncertainty: Uncertainty = field(default_factory=Uncertainty)
    over: Over = field(default_factory=Over)
    max_age: Duration | None = None
    when: Selector = field(default_factory=Selector)
    needs: tuple[Need, ...] = ()
    attestation: AttestationRule | None = None
    controls: tuple[str, ...] = ()
    claim: Literal["full", "partial", "supports"] = "supports"
    remediation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who has to approve before the gate's stage may be reached."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    role: Annotated[str, Field(min_length=1)]
    count: Annotated[int, Field(ge=1)] = 1
    distinct_from: tuple[str, ...] = ("developers",)
    when: Selector = field(default_factory=Selector)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverTerms:
    """How long one rule may be waived, and by whom."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    max: Duration
    approvals: Annotated[tuple[Quorum, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Evidence of which it is known what the rule must say."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    name: str = ""
    attribute: str = ""
    availability: Literal["measured", "missing", "insufficient-data", "undefined"] = "measured"
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    groups: tuple[Mapping[str, JsonValue], ...] = ()
    features: tuple[Mapping[str, JsonValue], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """A rule's known-bad and known-good cases."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    bad: Annotated[tuple[Case, ...], Field(min_length=1)]
    good: Annotated[tuple[Case, ...], Field(min_length=1)]
    unclear: tuple[Case, ...] = ()
    """Evidence on which the rule must be inconclusive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Versioned:
    """A document with a name and a version."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    metadata: Metadata

    @property
    def name(self) -> str:
        """The document's name."""
        return self.metadata.name

    @property
    def version(self) -> str:
        """The document's version."""
        return self.metadata.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Versioned):
    """What is measured and what counts as good."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    api_version: Annotated[Literal["govern/v1"], Field(alias="apiVersion")]
    kind: Literal["Policy"]
    sources: tuple[Source, ...] = ()
    applies_to: Selector = field(default_factory=Selector)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    approvals: tuple[Approval, ...] = ()
    waivable: Mapping[str, WaiverTerms] = field(default_factory=dict)
    cases: Mapping[str, Cases] = field(default_factory=dict)
    lines: Mapping[str, int] = field(init=False, default_factory=dict, compare=False)
    """Rule id to its line in the document, for SARIF; known to the reader, not a key of the document."""

    @property
    def title(self) -> str:
        """The policy's title."""
        return self.metadata.title

    @property
    def owner(self) -> str:
        """Who answers for the policy."""
        return self.metadata.owner

    def rule(self, rule_id: str) -> Rule | None:
        """Return the rule with this id, if there is one."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Which policy a binding binds."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    name: Identifier
    version: Version
    digest: Annotated[Digest, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateTerms:
    """How a policy binds at one gate."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    enforcement: Enforcement = Enforcement.REQUIRE
    rules: tuple[Identifier, ...] = ()
    """The rules that are asked here; all, where none is listed."""
    levels: Mapping[str, Enforcement] = field(default_factory=dict)
    """Rule id to its own enforcement."""
    absent: Mapping[Need, Enforcement] = field(default_factory=dict)
    """What a rule that needs this input is enforced with where signed evidence says the input was not there."""
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    measure: Literal["fresh", "recorded"] = "fresh"
    """`recorded`: nothing is measured here, the ledger's evidence is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding(Versioned):
    """Where a policy applies, how strictly, with which parameters."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    api_version: Annotated[Literal["govern/v1"], Field(alias="apiVersion")]
    kind: Literal["Binding"]
    pin: Annotated[Pin, Field(alias="policy")]
    scope: Selector = field(default_factory=Selector)
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    """For every gate; a gate's own come first."""
    terms: Annotated[Mapping[GateName, GateTerms], Field(alias="gates", min_length=1)]

    @property
    def policy(self) -> str:
        """The bound policy's name."""
        return self.pin.name

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates at which it binds, sorted."""
        return tuple(sorted(self.terms))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """A request for an exception to one rule for one subject digest."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    api_version: Annotated[Literal["govern/v1"], Field(alias="apiVersion")]
    kind: Literal["Waiver"]
    rule: Identifier
    policy: Pin
    system: str
    subject: Annotated[Digest, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    """The model's digest: a name could come to mean another model."""
    environment: GateName
    reason: Annotated[str, Field(min_length=1)]
    compensating_control: str = ""
    expires: DateText
    void_if_worse_than: DecimalString | Literal[""] = ""
