"""What the policy tests are about: a system, a small policy, and evidence on it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import govern_policies
from govern.domain.decision import Decision, RuleResult
from govern.domain.evidence import Evidence, Excluded, JsonValue, Measurement
from govern.domain.facts import SystemFact
from govern.domain.text import Digest, digest_of
from govern.policy.bound import BoundPolicy
from govern.policy.deciding import decide
from govern.policy.documents import parse_binding, parse_policy
from govern.policy.question import PresentedEvidence, Question

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MODEL = digest_of(b"the model")
OTHER = digest_of(b"another model")
SYSTEM = SystemFact(
    name="credit", purpose="credit", task="binary-classification", tier="high", owner="owner", jurisdictions=("US",),
    protected=("sex",),
)

RULE = """
  - id: FAIR-001
    title: Impact ratio
    measure: impact_ratio@1
    with: {attributes: "${system.protected}", reference: highest}
    assert: {value: ratio, op: ">=", threshold: "${min_ratio}", exact: rational}
    over: {each: group, need: 2}
    max_age: P90D
"""


def policy_text(rules: str = RULE, extra: str = "", name: str = "fairness", version: str = "1.0.0") -> str:
    """A policy document around some rules."""
    return f"""apiVersion: govern/v1
kind: Policy
metadata: {{name: {name}, version: {version}}}
parameters: {{min_ratio: {{type: decimal, default: "0.8", bounds: ["0.1", "1"]}}}}
{extra}
rules:{rules}"""


def binding_text(terms: str = "promote:production: {}", name: str = "fairness", version: str = "1.0.0", extra: str = "") -> str:
    """A binding document around some gates."""
    return f"""apiVersion: govern/v1
kind: Binding
metadata: {{name: {name}, version: 1.0.0}}
policy: {{name: {name}, version: {version}}}
{extra}
gates:
  {terms}
"""


def bind(policy: str | None = None, binding: str | None = None) -> BoundPolicy:
    """A bound policy from two documents' text."""
    first, second = (policy or policy_text()).encode(), (binding or binding_text()).encode()
    return BoundPolicy(
        policy=parse_policy(first, where="policy.yaml"), policy_digest=digest_of(first),
        binding=parse_binding(second, where="binding.yaml"), binding_digest=digest_of(second),
    )


@cache
def pack(name: str = "baseline") -> BoundPolicy:
    """A shipped pack with its own binding."""
    found = govern_policies.load(name)
    return bind(found.policy.decode(), found.binding.decode())


def ratio_evidence(
    *counts: tuple[int, int], attribute: str = "sex", rows: int | None = None, excluded: int = 0,
    values: dict[str, JsonValue] | None = None, reference: str = "highest", groups: Sequence[dict[str, JsonValue]] = (),
    parameters: dict[str, JsonValue] | None = None,
) -> Evidence:
    """Impact-ratio evidence from (selected, n) pairs."""
    given = groups or [
        {"group": f"g{number}", "selected": selected, "n": n} for number, (selected, n) in enumerate(counts)
    ]
    total = sum(int(str(group.get("n", 0))) for group in given) + excluded
    return Evidence(
        rows=total if rows is None else rows,
        excluded=(Excluded(attribute=attribute, value="", n=excluded),) if excluded else (),
        measures=(Measurement(
            measure="impact_ratio@1", attribute=attribute, favourable="1", reference=reference, values=values or {},
            groups=tuple(given), parameters=parameters or {},
        ),),
    )


def whole_evidence(measure: str = "performance@1", **values: JsonValue) -> Evidence:
    """Evidence about the whole."""
    return Evidence(rows=1000, measures=(Measurement(measure=measure, values=values),))


def presented(evidence: Evidence, **changes: object) -> PresentedEvidence:
    """Evidence as a gate presents it: fresh, trusted, about the model."""
    fine = PresentedEvidence(
        digest=digest_of(repr(evidence).encode()), evidence=evidence, subject=MODEL, data=digest_of(b"data"),
        collected=NOW - timedelta(hours=1), trusted=True, holder="pipeline",
    )
    return replace(fine, **changes)  # type: ignore[arg-type]


def ask(
    evidence: Sequence[PresentedEvidence | Evidence] = (), *bound: BoundPolicy, gate: str = "promote:production",
    system: SystemFact = SYSTEM, as_of: datetime = NOW, **more: object,
) -> Decision:
    """Decide on evidence, with the small policy unless others are given."""
    question = Question(
        gate=gate, system=system, subject=MODEL, subject_name="credit@1", bound=bound or (bind(),),
        evidence=tuple(one if isinstance(one, PresentedEvidence) else presented(one) for one in evidence),
        **more,  # type: ignore[arg-type]
    )
    return decide(question, as_of=as_of)


def only(decision: Decision) -> RuleResult:
    """The one rule of a decision."""
    (rule,) = decision.rules
    return rule


__all__ = [
    "MODEL", "NOW", "OTHER", "RULE", "SYSTEM", "Digest", "ask", "bind", "binding_text", "only", "pack", "policy_text",
    "presented", "ratio_evidence", "whole_evidence",
]
