"""Where a rule stands in its policy file, for formats that point at lines."""

from collections.abc import Mapping
from dataclasses import dataclass

from govern.domain.decision import RuleResult
from govern.domain.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePlace:
    """A line of a policy file."""

    uri: str
    """Relative to the repository's root, with forward slashes."""
    line: int


RulePlaces = Mapping[tuple[Digest, str], RulePlace]
"""By policy digest and rule id."""


def place_of(rule: RuleResult, places: RulePlaces) -> RulePlace:
    """Return where a rule stands; a policy whose file is not known is pointed at by its name, at line 1."""
    return places.get((rule.policy, rule.rule), RulePlace(uri=f"policies/{rule.policy_name}/policy.yaml", line=1))
