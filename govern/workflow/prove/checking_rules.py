"""Step 8 where it takes documents: what loosened a policy had two signers, and a waiver had its own policy's quorum.

The ledger alone (`govern.lineage.history`) knows who signed; only the documents say what a change of policy means and
whom a waiver needs.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from govern.domain.facts import BindingFact, DecisionFact, PolicyFact
from govern.domain.statement import Entry
from govern.errors import DocumentError, VerificationError
from govern.lineage.folding import Folding
from govern.lineage.history import faults
from govern.lineage.people import holds_role
from govern.lineage.state import State
from govern.policy.diff import diff
from govern.workflow.interface import Objects
from govern.workflow.policies.policies import binding_of, looser_binding, looser_lines, policy_of
from govern.workflow.policies.waivers import life

FOUR_EYES: Final = 2


def check_state_machine(entries: Iterable[Entry], objects: Objects | None = None) -> None:
    """Raise `VerificationError` at the first entry that was not allowed when it was written.

    Without `objects` (a pack that brings along only what one model rests on), what takes other documents is not asked.
    Raises `StorageError` where a document is not at hand.
    """
    folding = Folding()
    for entry in entries:
        check_allowed(folding.state, entry, objects)
        folding.apply(entry)


def check_allowed(state: State, entry: Entry, objects: Objects | None) -> None:
    """Raise `VerificationError` where the state before an entry, or with `objects` a document, does not allow it."""
    for fault in faults(state, entry):
        raise VerificationError(
            f"entry {fault.index}: {fault.reason}" + (f" (#{fault.because})" if fault.because is not None else ""),
            "It should never have been written: find out who signed it, and roll back what rests on it.",
            step=8, index=fault.index, kind=fault.kind, touches=fault.touches,
        )
    if objects is None:
        return
    for kind, reason in rule_faults(state, entry, objects):
        raise VerificationError(
            f"entry {entry.index}: {reason}",
            "It should never have been written: find out who signed it, and decide again what rests on it.",
            step=8, index=entry.index, kind=kind,
        )


def rule_faults(state: State, entry: Entry, objects: Objects) -> Iterator[tuple[str, str]]:
    """What the state and the documents before an entry have against it: (kind, reason). Raises `StorageError`."""
    fact = entry.fact
    try:
        match fact:
            case PolicyFact():
                yield from _policy(state, entry, fact, objects)
            case BindingFact():
                yield from _binding(state, entry, fact, objects)
            case DecisionFact():
                yield from _waivers(state, fact, objects)
            case _:
                return
    except DocumentError as error:
        yield entry.kind, f"a document that it names can’t be read: {error.message}"


def _policy(state: State, entry: Entry, fact: PolicyFact, objects: Objects) -> Iterator[tuple[str, str]]:
    digest = entry.statement.subjects[0].digest
    policy = policy_of(objects, digest)
    if policy.name != fact.name:
        yield "policy", f"its document is the policy {policy.name}, not {fact.name}"
    current = state.policies.get(fact.name)
    if current is not None and current.digest != digest:
        yield from _four_eyes(state, entry, looser_lines(diff(policy_of(objects, current.digest), policy)))


def _binding(state: State, entry: Entry, fact: BindingFact, objects: Objects) -> Iterator[tuple[str, str]]:
    binding, policy = binding_of(objects, entry.statement.subjects[0].digest), policy_of(objects, fact.policy)
    if (binding.name, binding.pin.name) != (fact.name, policy.name):
        yield "policy", f"its document is the binding {binding.name} of {binding.pin.name}, not {fact.name} of {policy.name}"
    current = state.bindings.get(fact.name)
    if current is not None:
        yield from _four_eyes(state, entry, looser_binding(binding_of(objects, current.digest), binding, policy))


def _four_eyes(state: State, entry: Entry, looser: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    holders = {one.holder for one in entry.signed_by if holds_role(state, one.keyid, "policy", entry.index)}
    if looser and len(holders) < FOUR_EYES:
        yield "policy", f"it loosens what was in force, or may, and one person signed it: {looser[0]}"


def _waivers(state: State, fact: DecisionFact, objects: Objects) -> Iterator[tuple[str, str]]:
    for leaf in fact.waivers:
        record = state.waivers.get(state.waiver_proposals.get(leaf) or "")
        if record is None or record.digest != leaf:
            yield "waiver", "it was helped by a waiver that is not the one in the ledger"
            continue
        then = life(objects, state, record, fact.as_of)
        if not then.is_active:
            yield "waiver", f"it was helped by waiver {record.fact.id} (#{record.index}), which was {then.state} then: {then.why}"
