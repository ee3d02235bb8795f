"""A policy with the binding that makes it apply, its parameters resolved for one system at one gate."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from govern.domain.decision import Enforcement
from govern.domain.evidence import JsonValue, MeasureRequest
from govern.domain.facts import SystemFact
from govern.domain.leaving_out import LEAVE_OUT, asked
from govern.domain.text import Digest
from govern.errors import UsageError
from govern.policy.counts import number_of
from govern.policy.model import Assertion, Binding, GateTerms, Policy, Rule
from govern.policy.scalars import parameter_name, text_list


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundPolicy:
    """A policy, its binding and their digests; `applicable` adds the gate and the system that were asked about."""

    policy: Policy
    policy_digest: Digest
    binding: Binding
    binding_digest: Digest
    gate: str = ""
    system: SystemFact | None = None
    unknown: str = ""
    """What the system does not state though a selector asks for it: every rule is inconclusive."""

    @property
    def terms(self) -> GateTerms | None:
        """How it binds at its gate."""
        return self.binding.terms.get(self.gate)

    def rules(self) -> Iterator["BoundRule"]:
        """Yield the rules that are asked at the gate."""
        terms = self.terms
        if terms is None:
            return
        for rule in self.policy.rules:
            if not terms.rules or rule.id in terms.rules:
                yield BoundRule(rule=rule, bound=self, terms=terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundRule:
    """One rule at one gate, with its numbers."""

    rule: Rule
    bound: BoundPolicy
    terms: GateTerms

    @property
    def enforcement(self) -> Enforcement:
        """How strictly the rule binds here."""
        return self.terms.levels.get(self.rule.id, self.terms.enforcement)

    def threshold(self, assertion: Assertion) -> tuple[str, Fraction]:
        """Return the threshold as it was written and as an exact number. Raises `UsageError`."""
        text = self.value(assertion.threshold)
        if isinstance(text, bool) or not isinstance(text, str | int):
            raise UsageError(f"the threshold of {self.rule.id} is not a number", "Set its parameter to a decimal number.")
        return str(text), number_of(str(text))

    def value(self, given: JsonValue) -> JsonValue:
        """Resolve `${name}`, through a parameter's value if that is a reference itself. Raises `UsageError`."""
        for _ in range(3):
            name = parameter_name(given)
            if name is None:
                return given
            given = self._named(name)
        raise UsageError(f"a parameter of {self.rule.id} refers to itself", "Give it a value.")

    def _named(self, name: str) -> JsonValue:
        for given in (self.terms.parameters, self.bound.binding.parameters):
            if name in given:
                return given[name]
        if name in self.bound.policy.parameters:
            return self.bound.policy.parameters[name].default
        system = self.bound.system
        stated: Mapping[str, JsonValue] = {} if system is None else {
            "system.name": system.name, "system.protected": list(system.protected),
            "system.jurisdictions": list(system.jurisdictions),
        }
        if name not in stated:
            raise UsageError(f"{self.rule.id} refers to “{name}”, which nothing states", "Declare the parameter.")
        return stated[name]

    def parameters(self) -> dict[str, JsonValue]:
        """Return the measure's parameters, resolved; categories to leave out only where there are some.

        Raises `UsageError`, also for categories of an attribute that the rule does not compare.
        """
        found = {key: self._inside(value) for key, value in self.rule.parameters.items()}
        wanted = asked(found.pop(LEAVE_OUT, {}))
        strange = sorted(wanted.keys() - set(self.attributes(found) or ()))
        if strange:
            raise UsageError(
                f"{self.rule.id} is to leave out categories of “{strange[0]}”, which it does not compare",
                "Name an attribute that the system's rule compares, or bind the policy to the systems that are meant.",
            )
        if wanted:
            found[LEAVE_OUT] = {attribute: {**categories} for attribute, categories in wanted.items()}
        return found

    def _inside(self, value: JsonValue) -> JsonValue:
        if isinstance(value, list):
            items: list[JsonValue] = []
            for item in value:
                found = self.value(item)
                items += found if isinstance(found, list) else [found]
            return items
        return self.value(value)

    def attributes(self, resolved: Mapping[str, JsonValue] | None = None) -> tuple[str, ...] | None:
        """Return the attributes the rule asks about, in order; None where it asks about the whole.

        `resolved` is what `parameters` returned, where that is known. Raises `UsageError` where a parameter is not there.
        """
        if "attributes" not in self.rule.parameters:
            return None
        given = resolved if resolved is not None else self.parameters()
        try:
            return tuple(dict.fromkeys(text_list(given["attributes"])))
        except ValueError:
            return ()


def requests(bound: Sequence[BoundPolicy]) -> tuple[MeasureRequest, ...]:
    """Return what the rules of these policies want measured, without repeats, in a fixed order.

    Takes what `applicable` returned. Bindings that judge recorded evidence ask for nothing. Raises `UsageError`.
    """
    wanted: dict[str, MeasureRequest] = {}
    for one in bound:
        if one.terms is None or one.terms.measure == "recorded":
            continue
        for rule in one.rules():
            if rule.rule.measure and rule.attributes() != ():
                request = MeasureRequest(measure=rule.rule.measure, parameters=rule.parameters())
                wanted.setdefault(repr((request.measure, sorted(request.parameters.items()))), request)
    return tuple(wanted[key] for key in sorted(wanted))
