"""Whether an entry says what the object that it names says: a promotion rests on the entry, a replay on the object."""

from collections.abc import Callable, Iterable

from govern.canonical.values import from_json
from govern.domain.decision import Decision
from govern.domain.facts import DecisionFact, ObservationFact, WaiverFact
from govern.domain.statement import Entry
from govern.domain.text import Digest
from govern.errors import CorruptStoreError, NotFoundError, StorageError, UnverifiableError, VerificationError
from govern.lineage.permission import Refusal
from govern.lineage.state import State
from govern.workflow.interface import Objects


class Claims:
    """What entries claim of the objects that they name; remembers which waivers were proposed so far."""

    def __init__(self, objects: Objects, *, only: frozenset[Digest] | None = None, before: State | None = None) -> None:
        """`only` narrows it to decision objects that are at hand; `before` is the state before the first entry."""
        self._objects, self._only = objects, only
        self._proposals = {} if before is None else {one: record.digest for one, record in before.waivers.items()}

    def disagreement(self, entry: Entry) -> str:
        """Name the first thing that the next entry says otherwise than its object; empty where they agree.

        Raises what `objects.get` raises.
        """
        fact = entry.fact
        if isinstance(fact, WaiverFact) and fact.action == "propose":
            self._proposals[fact.id] = entry.leaf_hash
        if not isinstance(fact, DecisionFact | ObservationFact) or (self._only is not None and fact.decision not in self._only):
            return ""
        stored = from_json(Decision, self._objects.get(fact.decision))
        if isinstance(fact, ObservationFact):
            return _observation_disagreement(entry, fact, stored)
        return decision_disagreement(entry, fact, stored, self._proposals)


def claimed(
    state: State, objects: Objects, entry_at: Callable[[int], Entry], model: Digest, gates: Iterable[str]
) -> tuple[Refusal, ...]:
    """What is against the latest decisions at some gates because their entries say otherwise than the decisions do.

    Raises `UnverifiableError` where a decision is not at hand.
    """
    found = []
    for record in (state.latest_decision(model, gate) for gate in dict.fromkeys(gates)):
        if record is None:
            continue
        try:
            decision = from_json(Decision, objects.get(record.digest))
        except CorruptStoreError:
            raise
        except (NotFoundError, StorageError) as error:
            raise UnverifiableError(
                f"the decision that entry #{record.index} names is not at hand, so what it says can't be checked", error.hint
            ) from error
        word = decision_disagreement(entry_at(record.index), record.fact, decision)
        if word:
            reason = f"its entry says another {word} than the decision that it names"
            found.append(Refusal(reason=reason, index=record.index, mend="find out who signed that, and gate it again"))
    return tuple(found)


def check_claims(entry: Entry, claims: Claims, *, step: int) -> None:
    """Raise `VerificationError` where an entry says otherwise than the object that it names."""
    word = claims.disagreement(entry)
    if word:
        raise VerificationError(
            f"entry {entry.index} says another {word} than the decision that it names",
            "Whoever signed it claimed a verdict that was not derived.", step=step, index=entry.index, kind="verdict",
        )


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
