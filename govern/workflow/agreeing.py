"""Whether an entry says what the object that it names says: a promotion rests on the entry, a replay on the object."""

from collections.abc import Iterable, Iterator

from govern.canonical.values import from_json
from govern.domain.decision import Decision
from govern.domain.facts import DecisionFact, ObservationFact, WaiverFact
from govern.domain.statement import Entry
from govern.domain.text import Digest
from govern.workflow.interface import Objects


def disagreements(entries: Iterable[Entry], objects: Objects, *, only: frozenset[Digest] | None = None) -> Iterator[tuple[int, str]]:
    """Give (index, in what) for every decision and observation whose entry and object do not say the same.

    `only` narrows it to decision objects that are at hand. Raises what `objects.get` raises.
    """
    proposals: dict[str, Digest] = {}
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, WaiverFact) and fact.action == "propose":
            proposals[fact.id] = entry.leaf_hash
        if isinstance(fact, DecisionFact | ObservationFact) and (only is None or fact.decision in only):
            stored = from_json(Decision, objects.get(fact.decision))
            words = (
                decision_disagreement(entry, fact, stored, proposals) if isinstance(fact, DecisionFact)
                else _observation_disagreement(entry, fact, stored)
            )
            if words:
                yield entry.index, words


def decision_disagreement(
    entry: Entry, fact: DecisionFact, stored: Decision, proposals: dict[str, Digest] | None = None
) -> str:
    """Name the first thing that a decision's entry says otherwise than its object; empty where they agree."""
    statuses = {f"{rule.policy_name}/{rule.rule}": rule.status.value for rule in stored.rules}
    pairs: tuple[tuple[str, object, object], ...] = (
        ("subject", entry.statement.subjects[0].digest, stored.subject), ("gate", fact.gate, stored.gate),
        ("system", fact.system, stored.system), ("outcome", fact.outcome, stored.outcome.value),
        ("moment", fact.as_of, stored.as_of), ("evidence", fact.evidence, stored.evidence),
        ("policies", fact.policies, stored.policies), ("bindings", fact.bindings, stored.bindings),
        ("approvals", fact.approvals, stored.approvals), ("expiry", fact.expires, stored.expires),
        ("statuses", fact.statuses, statuses),
        ("waivers", fact.waivers, tuple(proposals.get(one) for one in stored.waivers) if proposals is not None else fact.waivers),
    )
    return next((word for word, mine, theirs in pairs if mine != theirs), "")


def _observation_disagreement(entry: Entry, fact: ObservationFact, stored: Decision) -> str:
    pairs: tuple[tuple[str, object, object], ...] = (
        ("subject", entry.statement.subjects[0].digest, stored.subject), ("gate", "monitor", stored.gate),
        ("system", fact.system, stored.system), ("outcome", fact.outcome, stored.outcome.value),
        ("evidence", True, fact.evidence in stored.evidence),
    )
    return next((word for word, mine, theirs in pairs if mine != theirs), "")
