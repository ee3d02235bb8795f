"""From documents, evidence and a time to a decision: a pure function, with no clock, file or network.

The steps, each in its own module: which policies apply (`applicability`), whether their rules can fail (`selftest`),
which evidence speaks (`selecting`, `attesting`), what each rule says (`judging`, `significance`), what is waived
(`waivers`), and here: how strictly each rule binds, and what the gate answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from govern.domain.decision import Decision, Enforcement, Outcome, Quorum, Reason, RuleResult, Score, Status
from govern.domain.text import Digest
from govern.errors import UsageError
from govern.policy.applicability import applicable, selects
from govern.policy.attesting import weigh
from govern.policy.bound import BoundPolicy, BoundRule
from govern.policy.consistency import bound_problem
from govern.policy.flip import smallest_flip
from govern.policy.model import Policy
from govern.policy.proof import Proof
from govern.policy.question import PresentedWaiver, Question
from govern.policy.selecting import Found, Shelf, look
from govern.policy.selftest import prove
from govern.policy.verdict import Verdict, broken, combined, inconclusive
from govern.policy.waivers import can_be_waived, void_reason

_ABSENT: Final = {
    "labels": "labels were", "scores": "scores were", "model": "the model's file was", "reference": "a reference was",
}
ENGINE: Final = "govern-policy/2"
"""Changes when the same documents and evidence could give another answer."""


def decide(question: Question, *, as_of: datetime) -> Decision:
    """Answer a question. The same question and time give the same decision, byte for byte.

    Nothing that documents or evidence hold makes it raise; what can't be evaluated is an error in the decision, which
    denies.
    """
    if as_of.tzinfo is None:
        raise UsageError("the moment of decision has no time zone", "Give it in UTC.")
    bound = applicable(question.bound, system=question.system, gate=question.gate)
    problem = _problem(bound, question)
    results: list[RuleResult] = []
    ends: list[datetime] = []
    proofs = _proofs(bound, question.proofs)
    shelf = Shelf(question.evidence)
    for one in bound:
        for rule in one.rules():
            result, expires = _result(rule, question, shelf, as_of, proofs)
            results.append(result)
            if expires is not None and result.enforcement.denies and result.status is Status.PASS:
                ends.append(expires)
            if result.waiver_expires is not None:
                ends.append(result.waiver_expires)
    rules = tuple(sorted(results, key=lambda r: (r.policy_name, r.rule, r.policy, r.enforcement, r.explanation)))
    if not problem and all(rule.status is Status.NOT_APPLICABLE for rule in rules):
        problem = f"no rule applies to {question.system.name} at {question.gate}"
    denied = bool(problem) or any(rule.denies for rule in rules)
    binding = [rule for rule in rules if rule.enforcement.denies and rule.status is not Status.NOT_APPLICABLE]
    passed = sum(rule.status is Status.PASS for rule in binding)
    return Decision(
        gate=question.gate, subject=question.subject, subject_name=question.subject_name, system=question.system.name,
        as_of=as_of, outcome=Outcome.DENY if denied else Outcome.ALLOW, rules=rules,
        policies=tuple(sorted({one.policy_digest for one in bound})),
        bindings=tuple(sorted({one.binding_digest for one in bound})),
        evidence=tuple(sorted({one.digest for one in question.evidence})),
        waivers=tuple(sorted({rule.waiver for rule in rules if rule.waiver})),
        approvals=_approvals(bound, question), expires=min(ends, default=None),
        before_waivers=Score(passed=passed, total=len(binding)),
        after_waivers=Score(passed=passed + sum(bool(rule.waiver) for rule in binding), total=len(binding)),
        engine=ENGINE, problem=problem,
    )


def _problem(bound: Sequence[BoundPolicy], question: Question) -> str:
    """Say why the gate itself can't be answered, or nothing."""
    if not bound:
        return f"no policy binds {question.system.name} at {question.gate}"
    for one in bound:
        pinned = one.binding.pin.digest
        if pinned is not None and pinned != one.policy_digest:
            return f"the binding {one.binding.name} pins another {one.policy.name} than the one that was given"
        found = bound_problem(one.policy, one.binding)
        if found:
            return found
    return ""


def _proofs(bound: Sequence[BoundPolicy], given: Sequence[Proof]) -> Mapping[tuple[Digest, str, str], str]:
    """Return what each rule's self-tests complain of; the engine's own are never left out."""
    details: dict[tuple[Digest, str, str], str] = {}
    for proof in (*prove(bound), *given):
        key = (proof.policy, proof.gate, proof.rule)
        details[key] = details.get(key) or ("" if proof.proved else proof.detail or "it was not proved")
    return details


def _result(
    rule: BoundRule, question: Question, shelf: Shelf, as_of: datetime, proofs: Mapping[tuple[Digest, str, str], str]
) -> tuple[RuleResult, datetime | None]:
    """Judge one rule, and lay enforcement and waivers over it."""
    complaint = proofs.get((rule.bound.policy_digest, rule.bound.gate, rule.rule.id), "it was not proved")
    found = Found(checks=())
    if rule.bound.unknown:
        note = f"the system does not state its {rule.bound.unknown}, so whether the policy applies is not known"
        verdict = combined([inconclusive(Reason.MISSING, note)], of="all")
    elif complaint:
        verdict = combined([broken(f"the rule's self-test failed: {complaint}")], of="all")
    else:
        found, verdict = _judged(rule, question, shelf, as_of)
    enforcement, dropped = _enforcement(rule, verdict, found)
    policy = rule.bound.policy
    result = RuleResult(
        rule=rule.rule.id, title=rule.rule.title, measure=rule.rule.measure, policy=rule.bound.policy_digest,
        policy_name=policy.name, enforcement=enforcement, status=verdict.status, reason=verdict.reason,
        explanation=verdict.explanation, checks=verdict.checks, evidence=found.evidence,
        advisory="; ".join(
            text for text in (verdict.advisory, *found.left_out, dropped, _sources(policy, rule.rule.id, as_of)) if text
        ),
        flip=smallest_flip(verdict.status, verdict.checks, measure=rule.rule.measure, of=rule.rule.over.of, name=_name(rule)), remediation=rule.rule.remediation,
        controls=rule.rule.controls, claim=rule.rule.claim,
    )
    return _waived(result, rule, question, as_of), found.expires


def _judged(rule: BoundRule, question: Question, shelf: Shelf, as_of: datetime) -> tuple[Found, Verdict]:
    answer = selects(rule.rule.when, system=question.system, gate=question.gate)
    if answer.applies == "no":
        return Found(checks=()), Verdict(
            status=Status.NOT_APPLICABLE, explanation="The rule is for other systems or gates."
        )
    if answer.applies == "unknown":
        note = f"the system does not state its {', '.join(answer.missing)}"
        return Found(checks=()), combined([inconclusive(Reason.MISSING, note)], of="all")
    try:
        attested = rule.rule.attestation is not None
        found = weigh(rule, question, as_of) if attested else look(rule, question, shelf, as_of)
        return found, combined(found.checks, of="all" if attested else rule.rule.over.of, name=_name(rule))
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in one rule denies, and hides no other rule
        note = error.message if isinstance(error, UsageError) else f"{type(error).__name__} while it was judged"
        return Found(checks=()), combined([broken(note)], of="all")


def _name(rule: BoundRule) -> str:
    return rule.rule.assertion.value if rule.rule.assertion is not None else ""


def _enforcement(rule: BoundRule, verdict: Verdict, found: Found) -> tuple[Enforcement, str]:
    """Return how strictly the rule binds, and why less than usual where the binding says so for absent inputs."""
    usual = rule.enforcement
    if verdict.status is Status.INCONCLUSIVE and verdict.reason is Reason.MISSING and found.absent:
        for need in rule.rule.needs:
            lower = rule.terms.absent.get(need)
            if lower is not None:
                return lower, f"{_ABSENT[need]} not there, as the evidence says: {lower.value} instead of {usual.value}"
    return usual, ""


def _sources(policy: Policy, rule: str, as_of: datetime) -> str:
    """Say which of a rule's sources no longer stand, and whether its own review is overdue."""
    said = [
        f"{source.ref} is superseded{f' by {source.superseded_by}' if source.superseded_by else ''}"
        if source.status == "superseded" else f"{source.ref} is up for rescission"
        for source in policy.sources
        if source.status in {"superseded", "rescission-pending"} and (not source.rules or rule in source.rules)
    ]
    due = policy.metadata.review_by
    if due is not None and date.fromisoformat(due) < as_of.date():
        said.append(f"the policy's own review was due by {due}")
    return "; ".join(said)


def _waived(result: RuleResult, rule: BoundRule, question: Question, as_of: datetime) -> RuleResult:
    """Lay an active waiver over a result; the status stays what it is."""
    if not can_be_waived(result, rule.bound.policy):
        return result
    notes: list[str] = []
    for waiver in sorted(question.waivers, key=lambda one: (one.expires, one.id), reverse=True):
        if not _meant(waiver, result, question):
            continue
        if not waiver.active or waiver.expires <= as_of:
            notes.append(f"waiver {waiver.id} is {waiver.state if not waiver.active else 'expired'}")
            continue
        try:
            void = void_reason(waiver.void_if_worse_than, result)
        except UsageError as error:
            void = error.message
        if void:
            notes.append(f"waiver {waiver.id} is void: {void}")
            continue
        return replace(result, waiver=waiver.id, waiver_expires=waiver.expires)
    if not notes:
        return result
    return replace(result, advisory="; ".join(text for text in (result.advisory, *notes) if text))


def _meant(waiver: PresentedWaiver, result: RuleResult, question: Question) -> bool:
    return (waiver.rule, waiver.policy, waiver.subject, waiver.environment) == (
        result.rule, result.policy, question.subject, question.gate
    )


def _approvals(bound: Sequence[BoundPolicy], question: Question) -> tuple[Quorum, ...]:
    """Return who has to approve: the largest count of each role, and everybody whom any policy bars."""
    wanted: dict[str, Quorum] = {}
    for one in bound:
        for approval in one.policy.approvals:
            if not approval.when.gate and not question.gate.startswith("promote:"):
                continue
            if selects(approval.when, system=question.system, gate=question.gate).applies == "no":
                continue
            before = wanted.get(approval.role)
            barred = set(approval.distinct_from) | (set(before.distinct_from) if before else set())
            count = max(approval.count, before.count if before else 0)
            wanted[approval.role] = Quorum(role=approval.role, count=count, distinct_from=tuple(sorted(barred)))
    return tuple(wanted[role] for role in sorted(wanted))
