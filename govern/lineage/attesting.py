"""Attestations: which of people's words on a rule stood at a gate, and what takes one away again."""

from collections.abc import Iterator

from govern.domain.facts import DecisionFact
from govern.domain.text import Digest
from govern.lineage.people import is_void, same_person
from govern.lineage.records import ReviewRecord
from govern.lineage.state import State


def attestations(state: State, model: Digest, gate: str) -> tuple[ReviewRecord, ...]:
    """What people attested of a model at a gate and did not take back, with keys that are not void; oldest first."""
    return tuple(
        review for review in state.reviews_of(model, gate)
        if review.fact.action == "attest" and review.fact.attestation is not None and not review.problem
        and not any(is_void(state, mark) for mark in review.marks) and next(taken_back(state, review), None) is None
    )


def taken_back(state: State, review: ReviewRecord) -> Iterator[int]:
    """Indices of the entries in which the same person takes a review back.

    Even with a void key: to ignore it would let a model through that it stops.
    """
    for other in state.reviews_of(review.model):
        if other.fact.supersedes == review.index and same_person(state, other.holder, review.holder):
            yield other.index


def behind(state: State, model: Digest, fact: DecisionFact) -> tuple[int, ...]:
    """Indices of the attestations by which rules of a decision passed, as the ledger holds them just before it."""
    passed = {rule.rpartition("/")[2] for rule, status in fact.statuses.items() if status == "pass"}
    return tuple(
        review.index for review in attestations(state, model, fact.gate)
        if review.fact.attestation is not None and review.fact.attestation.rule in passed
        and review.fact.attestation.policy in fact.policies
    )
