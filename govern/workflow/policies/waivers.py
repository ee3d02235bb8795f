"""Waivers and attestations: from entries to what the policy engine is asked with, and the life of a waiver."""

from dataclasses import replace
from datetime import datetime

from govern.canonical.values import from_json
from govern.domain.decision import Decision
from govern.domain.facts import WaiverFact
from govern.domain.statement import Draft
from govern.domain.text import Digest, digest_of, short
from govern.errors import NotFoundError, Refused, UsageError
from govern.lineage.attesting import attestations
from govern.lineage.people import holds_role, person
from govern.lineage.records import WaiverRecord
from govern.lineage.review import conflicts, developers
from govern.lineage.state import State
from govern.policy.question import PresentedAttestation, PresentedWaiver
from govern.policy.waivers import WaiverLife, life_of, renews_on_nothing
from govern.workflow.interface import Objects, Passphrases
from govern.workflow.place.documents import UNREADABLE, unread
from govern.workflow.place.workspace import Workspace, about
from govern.workflow.views import Dossier, WaiverRow, WaiverState, Written

REASON_LENGTH = 10
"""Characters: shorter reasons explain nothing to the next reader."""


REASON_LIMIT = 2000
"""Characters: it stands on a screen, on paper and in an entry for ever; what is longer is a document, to be named by its digest."""


def checked_reason(reason: str, what: str = "reason") -> str:
    """Check a reason, or a title, that stays for ever. Raises `UsageError`."""
    reason = bounded_reason(reason)
    if len(reason) < REASON_LENGTH:
        raise UsageError(
            f"the {what} is missing or too short", f"Say {'why' if what == 'reason' else 'what it is'} in at least {REASON_LENGTH} characters; later readers depend on it."
        )
    return reason


def bounded_reason(reason: str) -> str:
    """Check a reason that may be left out. Raises `UsageError`."""
    reason = reason.strip()
    if len(reason) > REASON_LIMIT:
        raise UsageError(
            f"the reason has {len(reason):,} characters", f"Say why in at most {REASON_LIMIT:,}; put the rest into a document, and name it."
        )
    return reason


def presented_attestations(state: State, model: Digest, gate: str) -> tuple[PresentedAttestation, ...]:
    """Return what people attested about a model at a gate and did not take back, with keys that were not void."""
    return tuple(
        PresentedAttestation(
            index=review.index, rule=attested.rule, policy=attested.policy, holder=person(state, review.holder), role=review.fact.role,
            time=review.time, expires=attested.expires,
        )
        for review in attestations(state, model, gate) if (attested := review.fact.attestation) is not None
    )


def presented_waivers(
    objects: Objects, state: State, model: Digest, gate: str, *, now: datetime
) -> tuple[PresentedWaiver, ...]:
    """Return the waivers for a model at a gate with where in their life they are."""
    found = []
    for record in state.waivers_of(model):
        if record.fact.environment != gate:
            continue
        standing = life(objects, state, record, now).state
        found.append(
            PresentedWaiver(
                id=record.fact.id, rule=record.fact.rule, policy=record.fact.policy, subject=model, environment=gate,
                expires=record.fact.expires, void_if_worse_than=record.fact.void_if_worse_than,
                active=standing == "active", state=standing,
            )
        )
    return tuple(found)


def counting(state: State, record: WaiverRecord) -> WaiverRecord:
    """Leave out approvals by keys that did not hold the role that they claim, or were void; call each person by one name.

    Evidence that a proposal names counts where the ledger held it for that model, by a key that may measure: a made-up digest
    is nothing new to renew a waiver on.
    """
    asked = record.proposal.index
    held = {
        one.digest for one in state.evidence_of(record.model)
        if one.index < asked and any(holds_role(state, mark.keyid, "evaluator", mark.index) for mark in one.marks)
    }
    return replace(
        record, fact=replace(record.fact, evidence=tuple(digest for digest in record.fact.evidence if digest in held)),
        steps=tuple(
            replace(step, holder=person(state, step.holder)) for step in record.steps
            if step.action != "approve" or holds_role(state, step.keyid, step.role, step.index)
        ),
    )


def life(objects: Objects, state: State, record: WaiverRecord, now: datetime) -> WaiverLife:
    """Say where in its life a waiver is, and why."""
    from govern.workflow.policies.policies import policy_of  # late: most who read waivers find none, and read no policy

    return life_of(
        counting(state, record), policy_of(objects, record.fact.policy), as_of=now,
        developers=tuple(person(state, holder) for holder in developers(state, record.model)),
        earlier=[other for other in state.waivers_of(record.model) if other.index < record.index],
    )


def propose_waiver(
    ws: Workspace, dossier: Dossier, *, rule: str, reason: str, expires: datetime, compensating: str = "",
    void_if_worse_than: str = "", key: str | None = None, passphrases: Passphrases,
) -> Written:
    """Ask for an exception to one rule for this model at this gate. Raises `UsageError`, `Refused`."""
    if dossier.decision is None:
        raise UsageError(f"{dossier.name} was never gated for {dossier.gate}", "Run `govern gate` first.")
    broken = [r for r in dossier.decision.decision.rules if r.rule == rule]
    if not broken:
        known = ", ".join(r.rule for r in dossier.decision.decision.rules)
        raise NotFoundError(f"the decision knows no rule {rule}", f"Its rules: {known}.")
    result = broken[0]
    from govern.workflow.policies.policies import policy_of

    terms = policy_of(ws.objects, result.policy).waivable.get(rule)
    if terms is None:
        raise Refused(f"{rule} can't be waived: its policy does not list it", "Meet the rule, or change the policy openly.")
    now = ws.state().moment(ws.now())
    if expires <= now:
        raise UsageError("the waiver would have expired already", "Give a day in the future with --expires.")
    if expires > now + terms.max:
        raise Refused(
            f"{rule} may be waived for {terms.max.days} days at most", "Ask for a shorter time; renewal needs new evidence."
        )
    before = [
        one.fact for one in ws.state().waivers_of(dossier.model)
        if (one.fact.rule, one.fact.environment) == (rule, dossier.gate)
    ]
    if renews_on_nothing(result.evidence, before):
        raise Refused(
            f"{before[-1].id} was asked for on the same evidence: a renewal needs new evidence",
            "Measure the model again, on current data: govern gate MODEL --to STAGE --data FILE …",
        )
    fact = WaiverFact(
        action="propose", id=f"W-{short(digest_of(f'{dossier.model} {dossier.gate} {rule} {ws.now()}'.encode()))}",
        system=dossier.system.name, rule=rule, policy=result.policy, environment=dossier.gate,
        reason=checked_reason(reason), compensating_control=compensating, expires=expires,
        void_if_worse_than=void_if_worse_than, evidence=result.evidence,
    )
    draft = Draft(subjects=about(dossier.name, dossier.model), fact=fact)
    return ws.write([draft], key=ws.key_for("reviewer", key), passphrases=passphrases)[0]


def approve_waiver(
    ws: Workspace, waiver: str, *, reason: str, key: str | None = None, passphrases: Passphrases
) -> Written:
    """Sign a proposed waiver. Raises `NotFoundError`, `Refused` for who asked for it or had a hand in the model."""
    record = _record(ws, waiver)
    name = ws.key_for("reviewer", key)
    holder = ws.holder_of(name)
    if holder == record.proposal.holder:
        raise Refused(
            f"{holder} asked for {waiver} (entry #{record.proposal.index}) and can't approve it", "Ask somebody else."
        )
    found = conflicts(ws.state(), record.model, holder)
    if found:
        raise Refused(f"{holder} can't approve {waiver}: {found[0].reason} (entry #{found[0].index})", "Ask somebody else.")
    return _step(ws, record, "approve", reason, name, passphrases)


def revoke_waiver(
    ws: Workspace, waiver: str, *, reason: str, key: str | None = None, passphrases: Passphrases
) -> Written:
    """End a waiver before its time. Raises `NotFoundError`, `Refused`."""
    return _step(ws, _record(ws, waiver), "revoke", reason, ws.key_for("reviewer", key), passphrases)


def waivers(
    ws: Workspace, state: State | None = None, *, now: datetime | None = None, system: str | None = None
) -> tuple[WaiverRow, ...]:
    """List every waiver of all systems, or of one, the one that ends first in front."""
    state = state or ws.state()
    now = state.moment(now or ws.now())
    rows = [_row(ws, state, record, now) for record in state.waivers_in(system)]
    return tuple(sorted(rows, key=lambda row: (row.expires, row.id)))


def proposed(ws: Workspace, state: State, model: Digest, *, now: datetime) -> tuple[WaiverRow, ...]:
    """List the waivers on a model that wait for somebody to approve them, and those of which nobody can say."""
    rows = [_row(ws, state, record, now) for record in state.waivers_of(model)]
    return tuple(row for row in rows if row.state in {"proposed", "unchecked"})


def _row(ws: Workspace, state: State, record: WaiverRecord, now: datetime) -> WaiverRow:
    state_now: WaiverState
    try:
        found = life(ws.objects, state, record, now)
        state_now, why = found.state, found.why
    except UNREADABLE as error:
        state_now, why = "unchecked", unread(ws, error)
    return WaiverRow(
        id=record.fact.id, system=record.fact.system, model=state.models[record.model].name, rule=record.fact.rule,
        gate=record.fact.environment, state=state_now, expires=record.fact.expires, reason=record.fact.reason,
        requester=record.proposal.holder, approvers=tuple(step.holder for step in record.approvals), index=record.index,
        why=why, compensating=record.fact.compensating_control,
    )


def _record(ws: Workspace, waiver: str) -> WaiverRecord:
    record = ws.state().waivers.get(waiver)
    if record is None:
        known = ", ".join(ws.state().waivers) or "none"
        raise NotFoundError(f"there is no waiver {waiver}", f"Waivers here: {known}.")
    return record


def _step(
    ws: Workspace, record: WaiverRecord, action: str, reason: str, key: str, passphrases: Passphrases
) -> Written:
    roles = [role for role in ws.roles_of(key) if role in {"approver", "validator"}]
    if not roles:
        raise Refused(f"the key “{key}” has no role that decides on waivers", "A key with the role approver or validator has.")
    fact = WaiverFact(
        action=action,  # type: ignore[arg-type] # this module's own words
        id=record.fact.id, system=record.fact.system, rule=record.fact.rule, policy=record.fact.policy,
        environment=record.fact.environment, reason=checked_reason(reason), expires=record.fact.expires,
        void_if_worse_than=record.fact.void_if_worse_than, evidence=record.fact.evidence, role=roles[0],
    )
    model = ws.state().models[record.model]
    draft = Draft(subjects=about(model.name, record.model), fact=fact)
    # Only onto the state in which the terms were read: a proposal in between would be approved unread.
    return ws.write([draft], at=ws.state().size, key=key, passphrases=passphrases)[0]


def read_decision(objects: Objects, digest: Digest) -> Decision:
    """Read a decision object. Raises `StorageError`, `DocumentError`."""
    return from_json(Decision, objects.get(digest))
