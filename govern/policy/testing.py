"""The test kit of policies: do the documents fit, can every rule fail and pass, what would its cases not notice."""

from collections.abc import Sequence
from dataclasses import dataclass

from govern.domain.facts import SystemFact
from govern.domain.leaving_out import asked
from govern.domain.text import Digest
from govern.errors import UsageError
from govern.policy.applicability import applicable
from govern.policy.bound import BoundPolicy, BoundRule
from govern.policy.boundaries import MOMENT, aged_trials, boundary_trials
from govern.policy.consistency import bound_problem
from govern.policy.model import Binding, Policy, Selector
from govern.policy.mutating import unnoticed
from govern.policy.selecting import Shelf, look
from govern.policy.selftest import cases_of, prove, status_on
from govern.policy.verdict import combined


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReport:
    """What trying one rule at one gate gave."""

    rule: str
    gate: str
    proved: bool
    """Its known-bad cases fail and its known-good cases pass."""
    cases: int
    detail: str
    """Why it is not proved; empty otherwise."""
    boundary: tuple[str, ...] = ()
    """Made boundary cases that came out otherwise than they must."""
    unnoticed: tuple[str, ...] = ()
    """Wrongs done to the rule that neither its own cases nor the made ones notice."""
    tried: int = 0
    """How many boundary cases were made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsReport:
    """What trying a policy with its bindings gave."""

    rules: tuple[RuleReport, ...]
    problems: tuple[str, ...]
    """What is wrong with the documents as a whole."""

    @property
    def ok(self) -> bool:
        """Whether every rule is proved and every boundary case came out right; unnoticed wrongs are only warnings."""
        return not self.problems and all(rule.proved and not rule.boundary for rule in self.rules)


def try_documents(
    policy: Policy, policy_digest: Digest, bindings: Sequence[tuple[Binding, Digest]], *,
    system: SystemFact | None = None,
) -> DocumentsReport:
    """Try every rule at every gate of every binding, on a system that they apply to."""
    problems: list[str] = [] if bindings else ["there is no binding: the policy applies nowhere"]
    reports: list[RuleReport] = []
    for binding, digest in bindings:
        if binding.pin.digest is not None and binding.pin.digest != policy_digest:
            problems.append(f"the binding {binding.name} pins {binding.pin.digest}, the policy is {policy_digest}")
        problem = bound_problem(policy, binding)
        if problem:
            problems.append(problem)
            continue
        one = BoundPolicy(policy=policy, policy_digest=policy_digest, binding=binding, binding_digest=digest)
        for gate in binding.gates:
            meant = applicable([one], system=system or made_system(policy, binding), gate=gate)
            if not meant:
                problems.append(f"at {gate} nothing applies to the system it was tried on")
            for bound in meant:
                reports += [_report(rule, bound) for rule in bound.rules()]
    return DocumentsReport(rules=tuple(reports), problems=tuple(problems))


def made_system(policy: Policy, binding: Binding) -> SystemFact:
    """Make a system that both documents select."""
    def first(field: str, other: str) -> str:
        for selector in (policy.applies_to, binding.scope):
            words: tuple[str, ...] = getattr(selector, field)
            if words:
                return words[0]
        return other

    both: tuple[Selector, ...] = (policy.applies_to, binding.scope)
    return SystemFact(
        name=first("system", "case"), purpose=first("purpose", "case"),
        task=first("task", "binary-classification"),  # type: ignore[arg-type] # the document's word
        tier=first("tier", "high"),  # type: ignore[arg-type] # the document's word
        owner="case", jurisdictions=tuple(word for selector in both for word in selector.jurisdictions) or ("case",),
        protected=("case", *_left_out_of(policy, binding)),
    )


def _left_out_of(policy: Policy, binding: Binding) -> tuple[str, ...]:
    """Return the attributes of which a binding leaves categories out: such a binding is for systems that have them."""
    return tuple(sorted({
        attribute for given in (binding.parameters, *(terms.parameters for terms in binding.terms.values()))
        for name, value in given.items() if name in policy.parameters and policy.parameters[name].type == "categories"
        for attribute in asked(value)
    }))


def _report(rule: BoundRule, bound: BoundPolicy) -> RuleReport:
    proof = next(proof for proof in prove([bound]) if proof.rule == rule.rule.id)
    wrong: list[str] = []
    overlooked: tuple[str, ...] = ()
    tried = 0
    if rule.rule.measure:
        try:
            trials = boundary_trials(rule)
            tried = len(trials)
            for trial in trials:
                status = status_on(rule, trial.sighting)
                if status is not trial.expected:
                    wrong.append(f"{trial.name}: {status.value}, should be {trial.expected.value}")
            ages = aged_trials(rule)
            tried += len(ages)
            for aged in ages:
                found = look(rule, aged.question, Shelf(aged.question.evidence), MOMENT)
                status = combined(found.checks, of=rule.rule.over.of).status
                if status is not aged.expected:
                    wrong.append(f"{aged.name}: {status.value}, should be {aged.expected.value}")
            overlooked = unnoticed(rule, (*cases_of(rule), *trials)) if proof.proved else ()
        except UsageError as error:
            wrong.append(error.message)
    return RuleReport(
        rule=rule.rule.id, gate=bound.gate, proved=proof.proved, cases=proof.cases, detail=proof.detail,
        boundary=tuple(wrong), unnoticed=overlooked, tried=tried,
    )
