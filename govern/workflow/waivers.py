"""Waivers and attestations: from entries to what the policy engine is asked with, and back."""

from datetime import datetime

from govern.domain.facts import WaiverFact
from govern.domain.statement import Draft
from govern.domain.text import Digest
from govern.errors import NotFoundError, Refused, UsageError
from govern.lineage.review import conflicts
from govern.lineage.state import State
from govern.policy.question import PresentedAttestation, PresentedWaiver
from govern.policy.waivers import waiver_state
from govern.workflow.interface import Passphrases
from govern.workflow.policies import in_force
from govern.workflow.views import WaiverRow, Written
from govern.workflow.workspace import Workspace, about


def presented_attestations(state: State, model: Digest, gate: str) -> tuple[PresentedAttestation, ...]:
    """Return what people attested about a model at a gate, for the engine to weigh."""
    found = []
    for review in state.reviews_of(model):
        attested = review.fact.attestation
        if review.fact.action == "attest" and attested is not None and review.fact.gate == gate:
            found.append(
                PresentedAttestation(
                    index=review.index, rule=attested.rule, policy=attested.policy, holder=review.holder,
                    role=review.fact.role, time=review.time, expires=attested.expires,
                )
            )
    return tuple(found)
