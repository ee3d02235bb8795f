"""Before a gate is asked: proof that each of its rules can fail and can pass, today, with this code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from govern.domain.decision import Status
from govern.errors import UsageError
from govern.policy.attesting import weigh
from govern.policy.bound import BoundPolicy, BoundRule
from govern.policy.cases import leaves, made, shipped
from govern.policy.judging import Sighting, checks_of
from govern.policy.proof import Proof
from govern.policy.question import PresentedAttestation, Question
from govern.policy.verdict import combined

_REMEMBERED: Final[dict[tuple[str, str, str], tuple[BoundPolicy, tuple[Proof, ...]]]] = {}
_MOST: Final = 256
"""Bound policies whose proofs are kept; more are proved again."""


def prove(bound: Sequence[BoundPolicy]) -> tuple[Proof, ...]:
    """Prove every rule of these policies, as `applicable` returned them.

    A rule's shipped cases must come out as they say; a rule without cases is tried on made ones. Proofs are remembered
    for as long as the process runs, for the same documents, gate and system.
    """
    found: list[Proof] = []
    for one in bound:
        key = (one.policy_digest, one.binding_digest, one.gate)
        kept = _REMEMBERED.get(key)
        if kept is None or kept[0] != one:
            if len(_REMEMBERED) >= _MOST:
                _REMEMBERED.clear()
            kept = (one, tuple(_proof(rule) for rule in one.rules()))
            _REMEMBERED[key] = kept
        found += kept[1]
    return tuple(found)


def forget() -> None:
    """Forget all proofs, so that the next gate proves its rules anew."""
    _REMEMBERED.clear()


def status_on(rule: BoundRule, sighting: Sighting) -> Status:
    """Return what a rule says of one made measurement."""
    return combined(checks_of(rule, sighting), of=rule.rule.over.of).status


def _proof(rule: BoundRule) -> Proof:
    try:
        tried, detail = _attested(rule) if rule.rule.attestation is not None else _measured(rule)
    except UsageError as error:
        tried, detail = 0, error.message
    return Proof(
        policy=rule.bound.policy_digest, gate=rule.bound.gate, rule=rule.rule.id, proved=not detail, cases=tried,
        detail=detail,
    )


def _measured(rule: BoundRule) -> tuple[int, str]:
    tried = cases_of(rule)
    # A rule that only asks for presence can't fail: what it does to a lack is to be inconclusive, which denies too.
    assertion = rule.rule.assertion
    only_presence = assertion is not None and all(leaf.op == "present" for leaf in leaves(assertion))
    words = {Status.FAIL: "known-bad", Status.PASS: "known-good", Status.INCONCLUSIVE: "unclear"}
    for one in tried:
        status = status_on(rule, one.sighting)
        if only_presence and one.expected is Status.FAIL and status is Status.INCONCLUSIVE:
            continue
        if status is not one.expected:
            return len(tried), f"the {words[one.expected]} case “{one.name}” came out as {status.value}"
    return len(tried), ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """Evidence, and the status that a rule must give on it."""

    name: str
    sighting: Sighting
    expected: Status


def cases_of(rule: BoundRule) -> tuple[Trial, ...]:
    """Return the cases that a policy ships for a rule, or two made ones. Raises `UsageError`."""
    cases = rule.bound.policy.cases.get(rule.rule.id)
    if cases is None:
        return (
            Trial(name="made, on the bad side", sighting=made(rule, good=False), expected=Status.FAIL),
            Trial(name="made, on the good side", sighting=made(rule, good=True), expected=Status.PASS),
        )
    sides = ((cases.bad, Status.FAIL), (cases.good, Status.PASS), (cases.unclear, Status.INCONCLUSIVE))
    return tuple(
        Trial(name=case.name or expected.value, sighting=shipped(rule, case), expected=expected)
        for side, expected in sides for case in side
    )


def _attested(rule: BoundRule) -> tuple[int, str]:
    """Try an attestation rule without a word, with enough words, and with the same words too late."""
    terms, system = rule.rule.attestation, rule.bound.system
    if terms is None or system is None:
        return 0, "the rule was not bound to a system"
    then = datetime(2000, 1, 1, tzinfo=UTC)
    words = tuple(
        PresentedAttestation(
            index=number, rule=rule.rule.id, policy=rule.bound.policy_digest, holder=f"case-{number}", role=terms.role,
            time=then, expires=None,
        )
        for number in range(terms.count)
    )
    for said, moment, want in (
        ((), then, Status.INCONCLUSIVE), (words, then, Status.PASS),
        (words, then + terms.expires + timedelta(days=1), Status.INCONCLUSIVE),
    ):
        question = Question(
            gate=rule.bound.gate, system=system, subject=rule.bound.policy_digest, subject_name="case", bound=(),
            attestations=said,
        )
        status = combined(weigh(rule, question, moment).checks, of="all").status
        if status is not want:
            return 3, f"with {len(said)} attestations at {moment:%Y-%m-%d} it came out as {status.value}"
    return 3, ""
