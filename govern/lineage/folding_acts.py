"""How entries that decide change a state: decisions, reviews, waivers, findings."""

from collections import Counter
from dataclasses import replace

from govern.domain.facts import DecisionFact, FindingFact, ReviewFact, WaiverFact
from govern.domain.statement import Entry
from govern.domain.text import Digest, instant
from govern.lineage.attesting import behind
from govern.lineage.closure import closure
from govern.lineage.finding import judged
from govern.lineage.folding_things import link, marks_of, subject_of
from govern.lineage.graph import decision_parents
from govern.lineage.people import holds_role
from govern.lineage.records import (
    DecisionRecord,
    FindingMove,
    FindingRecord,
    ReviewRecord,
    WaiverRecord,
    WaiverStep,
)
from govern.lineage.state import State


def decision(state: State, entry: Entry) -> None:
    """A gate's answer; the last one at a gate is the one that counts."""
    fact = entry.fact
    assert isinstance(fact, DecisionFact)
    subject = subject_of(entry)
    record = DecisionRecord(
        index=entry.index, time=entry.time, digest=fact.decision, marks=marks_of(entry), fact=fact, model=subject,
        attested=behind(state, subject, fact),
    )
    state.decisions.put(entry.index, record)
    state.series.append(("decisions", subject), entry.index)
    state.series.append(("decisions", subject, fact.gate), entry.index)
    state.series.append(("decision", fact.decision), entry.index)
    day = instant(fact.as_of)[:10]
    state.tallies.put(day, dict(Counter(state.tallies.get(day) or {}) + Counter(fact.statuses.values())))
    known = state.judged.get(subject) or ()
    new = tuple(one for one in (*fact.policies, *fact.bindings) if one not in known)
    if new:
        state.judged.put(subject, known + new)
    link(state, entry.index, decision_parents(state, record))


def review(state: State, entry: Entry) -> None:
    """A person's word on a model."""
    fact = entry.fact
    assert isinstance(fact, ReviewFact)
    subject = subject_of(entry)
    # A word on a rule stands for the model and the policy's version, and not on the decision beside which it was given: the
    # next decision, which rests on it, says otherwise than that one, and would rest on what it ended itself.
    named = None if fact.action == "attest" else fact.decision
    shown = None if named is None else state.decision_by_digest(named)
    record = ReviewRecord(
        index=entry.index, time=entry.time, digest=entry.leaf_hash, marks=marks_of(entry), fact=fact, model=subject,
        decision=None if shown is None else shown.index, problem=_problem(state, entry, fact, subject),
    )
    state.reviews.put(entry.index, record)
    state.series.append(("reviews", subject), entry.index)
    link(state, entry.index, [subject] if shown is None else [subject, shown.index])


def _problem(state: State, entry: Entry, fact: ReviewFact, subject: Digest) -> str:
    """Why a review could never count, judged by what the ledger held just before it."""
    if not entry.signed_by or not entry.holder:
        return "its signer is not in the trust root"
    keyid = entry.signed_by[0].keyid
    if fact.action in {"approve", "attest"} and not holds_role(state, keyid, fact.role, entry.index):
        return f"{entry.holder} does not hold the role {fact.role}"
    if fact.action != "approve":
        return ""
    latest = state.latest_decision(subject, fact.gate)
    if latest is None or fact.decision != latest.digest:
        return "it was signed over another decision than the latest one at this gate"
    held = closure(state, subject, fact.gate)
    if fact.closure != held.digest:
        return "it was signed over something else than what the ledger held at that moment"
    if fact.relied_on and tuple(fact.relied_on) != held.relied_on:
        return "the list of what it relied on is not what its closure digest covers"
    return ""


def waiver(state: State, entry: Entry) -> None:
    """A signature in a waiver's life; a proposal with a known id starts its approvals anew."""
    fact = entry.fact
    assert isinstance(fact, WaiverFact)
    subject = subject_of(entry)
    signer = entry.signed_by[0] if entry.signed_by else None
    step = WaiverStep(
        action=fact.action, index=entry.index, time=entry.time, role=fact.role,
        keyid=signer.keyid if signer else "", holder=entry.holder,
    )
    old = state.waivers.get(fact.id)
    if old is None and fact.action != "propose":
        return
    if old is None or (fact.action == "propose" and old.model == subject):
        record = WaiverRecord(
            index=entry.index, time=entry.time, digest=entry.leaf_hash, marks=marks_of(entry), fact=fact, model=subject,
            steps=(step,) if old is None else (*old.steps, step),
        )
        state.waiver_proposals.put(entry.leaf_hash, fact.id)
        if old is None:
            state.series.append(("waivers", subject), fact.id)
        link(state, entry.index, [subject, fact.policy])
    elif old.model != subject:
        # Another model under a used id: it waives nothing, and the first one stays what it is.
        return
    elif fact.action == "approve" and _terms(fact) != _terms(old.fact):
        # Who signed other terms than those last asked for has not approved these.
        return
    else:
        record = replace(old, steps=(*old.steps, step))
    state.waivers.put(fact.id, record)
    state.places.put(entry.index, ("waiver", fact.id))


def _terms(fact: WaiverFact) -> tuple[object, ...]:
    """What an approval of a waiver has to agree with."""
    return fact.rule, fact.policy, fact.environment, fact.expires, fact.void_if_worse_than


def finding(state: State, entry: Entry) -> None:
    """A finding opens, or moves on."""
    fact = entry.fact
    assert isinstance(fact, FindingFact)
    subject = subject_of(entry)
    move = FindingMove(
        index=entry.index, marks=marks_of(entry), due=fact.due, severity=fact.severity, state=fact.state, owner=fact.owner,
    )
    old = state.findings.get(fact.id)
    if old is None:
        record = FindingRecord(
            index=entry.index, time=entry.time, digest=entry.leaf_hash, marks=move.marks, fact=fact, model=subject,
            last=entry.index, moves=(move,), due=fact.due, severity=fact.severity, state=fact.state,
            condition_of=fact.condition_of,
        )
        state.series.append(("findings", subject), fact.id)
        parents: list[str | int] = [subject]
        parents += [index for index in (fact.caused_by, fact.condition_of) if index is not None]
        link(state, entry.index, parents)
    else:
        record = replace(
            old, fact=fact, last=entry.index, digest=entry.leaf_hash, marks=old.marks + move.marks,
            moves=(*old.moves, move), condition_of=fact.condition_of if old.condition_of is None else old.condition_of,
        )
    state.findings.put(fact.id, judged(state, record))
    state.places.put(entry.index, ("finding", fact.id))
