"""Rules that only a person can meet: whose word counts, for how long."""

from collections.abc import Iterable
from datetime import datetime

from govern.domain.decision import Check, Reason, Status
from govern.domain.text import instant
from govern.policy.bound import BoundRule
from govern.policy.model import AttestationRule
from govern.policy.question import PresentedAttestation, Question
from govern.policy.selecting import Found
from govern.policy.verdict import inconclusive


def weigh(rule: BoundRule, question: Question, as_of: datetime) -> Found:
    """Judge the attestations that are presented for one rule."""
    terms = rule.rule.attestation
    if terms is None:
        return Found(checks=())
    given = [one for one in question.attestations if one.rule == rule.rule.id]
    refusals: list[tuple[Reason, str]] = []
    counted: dict[str, PresentedAttestation] = {}
    for one in sorted(given, key=lambda attestation: attestation.index):
        refusal = _refusal(one, terms, rule, question, as_of)
        if refusal is None:
            counted[one.holder] = one
        else:
            refusals.append(refusal)
    if len(counted) < terms.count:
        return Found(checks=(_lacking(terms, len(counted), refusals),))
    ends = sorted((_end(one, terms) for one in counted.values()), reverse=True)
    expires = ends[terms.count - 1]
    note = f"attested at {_places(counted.values())}, until {instant(expires)}"
    check = Check(
        label=terms.role, status=Status.PASS, observed=str(len(counted)), op=">=", threshold=str(terms.count), note=note
    )
    return Found(checks=(check,), expires=expires)


def _refusal(
    one: PresentedAttestation, terms: AttestationRule, rule: BoundRule, question: Question, as_of: datetime
) -> tuple[Reason, str] | None:
    """Say why an attestation does not count, or nothing."""
    at = f"#{one.index}"
    if one.policy != rule.bound.policy_digest:
        return Reason.WRONG_SUBJECT, f"{at} is for another version of the policy"
    if one.role != terms.role:
        return Reason.UNTRUSTED_SIGNER, f"{at} was made as {one.role}, not as {terms.role}"
    if "developers" in terms.distinct_from and one.holder in question.developers:
        return Reason.UNTRUSTED_SIGNER, f"{at} is by a developer of the model"
    if "requester" in terms.distinct_from and one.holder in question.requesters:
        return Reason.UNTRUSTED_SIGNER, f"{at} is by the one who asks"
    if not one.holder or one.holder in terms.distinct_from:
        return Reason.UNTRUSTED_SIGNER, f"{at} is by a holder who may not attest this"
    if one.time > as_of:
        return Reason.STALE, f"{at} was made after the moment of decision"
    if _end(one, terms) <= as_of:
        return Reason.STALE, f"{at} expired at {instant(_end(one, terms))}"
    return None


def _end(one: PresentedAttestation, terms: AttestationRule) -> datetime:
    latest = one.time + terms.expires
    return latest if one.expires is None else min(latest, one.expires)


def _lacking(terms: AttestationRule, counted: int, refusals: list[tuple[Reason, str]]) -> Check:
    lack = terms.count - counted
    wanted = f"{lack} {terms.role}{'' if lack == 1 else 's'} still to attest: “{terms.statement}”"
    if not refusals:
        return inconclusive(Reason.MISSING, wanted, terms.role)
    reason, why = refusals[-1]
    return inconclusive(reason, f"{wanted}; {why}", terms.role)


def _places(attestations: Iterable[PresentedAttestation]) -> str:
    return ", ".join(f"#{one.index}" for one in sorted(attestations, key=lambda one: one.index))
