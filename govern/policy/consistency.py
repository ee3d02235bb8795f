"""What a document's shape can't say: ids that must exist, assertions that must be whole, numbers within bounds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from govern.domain.evidence import JsonValue
from govern.domain.leaving_out import LEAVE_OUT, MAY_LEAVE_OUT, asked
from govern.domain.text import decimal_of
from govern.errors import UsageError
from govern.policy.model import Assertion, Binding, Parameter, Policy, Rule
from govern.policy.scalars import decimal_string, parameter_name, text_list
from govern.policy.yaml import Step

SYSTEM_PARAMETERS: Final = ("system.protected", "system.jurisdictions", "system.name")
"""What a document may take from the system instead of a parameter of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Something wrong at a place in a document."""

    path: tuple[Step, ...]
    message: str
    hint: str


def policy_complaints(policy: Policy) -> Iterator[Complaint]:
    """Yield what is wrong with a policy as a whole."""
    for name, parameter in policy.parameters.items():
        problem = parameter_problem(parameter, parameter.default)
        if problem:
            yield Complaint(path=("parameters", name, "default"), message=problem, hint="Change default or bounds.")
    seen: set[str] = set()
    for number, rule in enumerate(policy.rules):
        path: tuple[Step, ...] = ("rules", number)
        if rule.id in seen:
            yield Complaint(path=(*path, "id"), message=f"the rule {rule.id} is there twice", hint="Ids are unique.")
        seen.add(rule.id)
        yield from _rule_complaints(rule, path, policy.parameters)
    named: list[tuple[tuple[Step, ...], str]] = [
        *((("sources", number, "rules"), rule_id) for number, s in enumerate(policy.sources) for rule_id in s.rules),
        *((("waivable", rule_id), rule_id) for rule_id in policy.waivable),
        *((("cases", rule_id), rule_id) for rule_id in policy.cases),
    ]
    for path, rule_id in named:
        if rule_id not in seen:
            yield Complaint(path=path, message=f"there is no rule {rule_id}", hint="Name a rule of this policy.")


def binding_complaints(binding: Binding) -> Iterator[Complaint]:
    """Yield what is wrong with a binding as a whole."""
    for gate, terms in binding.terms.items():
        for rule_id in terms.levels:
            if terms.rules and rule_id not in terms.rules:
                yield Complaint(
                    path=("gates", gate, "levels", rule_id), message=f"{rule_id} is not among this gate's rules",
                    hint="List it under rules, or take its level out.",
                )


def bound_problem(policy: Policy, binding: Binding) -> str:
    """Say why a binding can't bind a policy, or nothing."""
    ids = {rule.id for rule in policy.rules}
    if (binding.pin.name, binding.pin.version) != (policy.name, policy.version):
        return (
            f"the binding {binding.name} pins {binding.pin.name}@{binding.pin.version}, "
            f"not {policy.name}@{policy.version}"
        )
    for gate, terms in binding.terms.items():
        unknown = sorted(({*terms.rules, *terms.levels}) - ids)
        if unknown:
            return f"the binding {binding.name} names {', '.join(unknown)} at {gate}, which the policy does not have"
        for given in (binding.parameters, terms.parameters):
            for name, value in given.items():
                if name not in policy.parameters:
                    return f"the binding {binding.name} sets “{name}”, which is no parameter of the policy"
                problem = parameter_problem(policy.parameters[name], value)
                if problem:
                    return f"the binding {binding.name} sets “{name}”: {problem}"
    return ""


def parameter_problem(
    parameter: Parameter, value: JsonValue
) -> str:
    """Say why a value does not suit a parameter, or nothing."""
    if parameter_name(value):
        name = parameter_name(value)
        return "" if name in SYSTEM_PARAMETERS else f"${{{name}}} is nothing that a system states"
    if parameter.type == "text":
        return "" if isinstance(value, str) else "text is expected"
    if parameter.type == "categories":
        return _categories_problem(value)
    try:
        if parameter.type == "list":
            text_list(value)
            return ""
        text = decimal_string(value)
    except ValueError as error:
        return str(error)
    if parameter.type == "integer" and not isinstance(value, int):
        return "a whole number is expected"
    if parameter.bounds is not None:
        low, high = parameter.bounds
        if not decimal_of(low) <= decimal_of(text) <= decimal_of(high):
            return f"{text} is outside its bounds, {low} to {high}"
    return ""


def _categories_problem(value: JsonValue) -> str:
    try:
        asked(value)
    except UsageError as error:
        return error.message
    return ""


def _rule_complaints(rule: Rule, path: tuple[Step, ...], parameters: Mapping[str, Parameter]) -> Iterator[Complaint]:
    if bool(rule.measure) == (rule.attestation is not None):
        yield Complaint(
            path=path, message=f"{rule.id} needs either a measure or an attestation",
            hint="A rule is met by a number or by a person, not both.",
        )
        return
    if rule.measure and rule.assertion is None:
        yield Complaint(path=path, message=f"{rule.id} asserts nothing", hint="Add assert with value, op and threshold.")
    if rule.attestation is not None and (rule.assertion is not None or rule.parameters):
        yield Complaint(path=path, message=f"{rule.id} is an attestation and asserts a number", hint="Split it in two.")
    if rule.assertion is not None:
        yield from _assertion_complaints(rule.assertion, (*path, "assert"), parameters)
        yield from _unfit(rule, path)
    for key, value in rule.parameters.items():
        yield from _reference_complaint(value, (*path, "with", key), parameters)
        if value == []:
            yield Complaint(path=(*path, "with", key), message=f"“{key}” is empty", hint="Name at least one.")
    if LEAVE_OUT in rule.parameters:
        yield from _leave_out_complaints(rule, (*path, "with", LEAVE_OUT), parameters)


def _leave_out_complaints(rule: Rule, path: tuple[Step, ...], parameters: Mapping[str, Parameter]) -> Iterator[Complaint]:
    if rule.measure.partition("@")[0] not in MAY_LEAVE_OUT:
        yield Complaint(
            path=path, message=f"{rule.measure} can't leave categories out",
            hint=f"{' and '.join(sorted(MAY_LEAVE_OUT))} can.",
        )
    value = rule.parameters[LEAVE_OUT]
    name = parameter_name(value)
    if name is None:
        problem = _categories_problem(value)
        if problem:
            yield Complaint(path=path, message=problem, hint="Each category stands under its attribute, with its reason.")
    elif name in parameters and parameters[name].type != "categories":
        yield Complaint(path=path, message=f"“{name}” is no list of categories", hint="Use a parameter of the type categories.")


def _unfit(rule: Rule, path: tuple[Step, ...]) -> Iterator[Complaint]:
    assertion = rule.assertion
    if assertion is None or rule.uncertainty.decide == "point":
        return
    if assertion.every or assertion.some or assertion.op in {"==", "present"}:
        yield Complaint(
            path=(*path, "uncertainty"), message=f"decide: {rule.uncertainty.decide} needs one plain comparison",
            hint="Use decide: point with all and any.",
        )


def _assertion_complaints(
    assertion: Assertion, path: tuple[Step, ...], parameters: Mapping[str, Parameter]
) -> Iterator[Complaint]:
    plain = bool(assertion.value or assertion.op or assertion.threshold)
    if plain + bool(assertion.every) + bool(assertion.some) != 1:
        yield Complaint(
            path=path, message="an assertion is one comparison, or `all` of several, or `any` of several",
            hint="An empty one would assert nothing.",
        )
        return
    for key, parts in (("all", assertion.every), ("any", assertion.some)):
        for number, part in enumerate(parts):
            yield from _assertion_complaints(part, (*path, key, number), parameters)
    if not plain:
        return
    if not assertion.value or assertion.op is None:
        yield Complaint(path=path, message="value and op belong together", hint="Give both.")
    elif (assertion.op == "present") == bool(assertion.threshold):
        yield Complaint(path=path, message=f"{assertion.op} and threshold do not fit", hint="present takes no threshold.")
    yield from _reference_complaint(assertion.threshold, (*path, "threshold"), parameters)
    name = parameter_name(assertion.threshold) or ""
    if name in parameters and parameters[name].type not in {"decimal", "integer"}:
        yield Complaint(path=(*path, "threshold"), message=f"“{name}” is not a number", hint="Use a decimal parameter.")


def _reference_complaint(
    value: JsonValue, path: tuple[Step, ...], parameters: Mapping[str, Parameter]
) -> Iterator[Complaint]:
    name = parameter_name(value)
    if name is not None and name not in parameters and name not in SYSTEM_PARAMETERS:
        yield Complaint(path=path, message=f"there is no parameter “{name}”", hint="Declare it under parameters.")
    elif isinstance(value, str) and "${" in value and name is None:
        yield Complaint(path=path, message=f"“{value[:60]}” mixes text and a parameter", hint="Use ${name} alone.")
