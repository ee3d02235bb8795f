"""Review: what waits for people, what they need to see, and their signed decisions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from govern.canonical.values import from_json
from govern.domain.decision import Decision, Quorum, Status
from govern.domain.evidence import Evidence
from govern.domain.facts import Attestation, ReviewFact
from govern.domain.statement import Draft
from govern.domain.text import Digest, instant
from govern.errors import NotFoundError, Refused, UsageError
from govern.lineage.attesting import taken_back
from govern.lineage.closure import Closure, closure
from govern.lineage.nodes import record_of
from govern.lineage.people import same_person
from govern.lineage.permission import DEPLOY_GATE
from govern.lineage.records import DecisionRecord, EvidenceRecord, ModelRecord, ReviewRecord, Thing
from govern.lineage.refs import resolve
from govern.lineage.review import conflicts as conflicts_of
from govern.lineage.review import quorum as quorum_of
from govern.lineage.review import requesters
from govern.lineage.stale import stale
from govern.lineage.state import State
from govern.workflow.gate.attempts import attempts_of
from govern.workflow.interface import Condition, Passphrases
from govern.workflow.place.workspace import Workspace, about, settled
from govern.workflow.policies.policies import policy_of
from govern.workflow.policies.waivers import bounded_reason, checked_reason, read_decision
from govern.workflow.read import reading, waiting
from govern.workflow.review.findings import as_findings
from govern.workflow.views import (
    AttemptView,
    ClosureNode,
    Conflict,
    DecisionView,
    Dossier,
    EvidenceView,
    ReviewRow,
    Written,
)

DECIDING_ROLES = ("approver", "validator")
OTHER_GATES = (DEPLOY_GATE, "monitor")
"""Gates beside those of the stages."""


def dossier(
    ws: Workspace, ref: str, gate: str | None = None, *, attempts: tuple[AttemptView, ...] | None = None
) -> Dossier:
    """Gather all that a reviewer of one model at one gate needs. Raises `NotFoundError`.

    `attempts` are those of the model's line at the gate, where they were read already.
    """
    state = ws.state()
    now = state.moment(ws.now())
    node = resolve(state, ref, kinds=("model",))
    model = state.models[node.digest]
    gate = gate or _last_gate(ws, state, model)
    decided = state.decisions_of(model.digest, gate)
    if not decided:
        _known_gate(ws, gate)
    last = decision_view(ws, decided[-1]) if decided else None
    rests_on = closure(state, model.digest, gate) if decided else None
    required = last.decision.approvals if last else ()
    standing = quorum_of(state, model.digest, gate, required, now)
    stage = gate.removeprefix("promote:")
    incumbent = state.stages.get((model.fact.system, stage))
    other = incumbent.model if incumbent and incumbent.model != model.digest else None
    running = state.decisions_of(other, gate) if other else ()
    return Dossier(
        model=model.digest, name=model.name, gate=gate,
        system=reading.system_row(
            ws, state, model.fact.system, now, waiting.queue(ws, system=model.fact.system, state=state, now=now)
        ),
        description=state.systems[model.fact.system].fact.description, decision=last,
        attempts=attempts_of(ws, state, model.fact.name, gate) if attempts is None else attempts,
        evidence=evidence_behind(ws, decided[-1]) if decided else (),
        reviews=tuple(review_row(state, record, now) for record in state.reviews_of(model.digest, gate)),
        quorum=required, missing=standing.missing,
        conflicts=_all_conflicts(ws, state, model.digest),
        closure=rests_on.digest if rests_on else None,
        closure_nodes=tuple(
            ClosureNode(kind=part.kind, name=part.name, digest=part.digest) for part in rests_on.nodes
        ) if rests_on else (),
        lineage=reading.lineage(ws, model.name, direction="both"),
        facts=reading.identity(ws, state, model), head=ws.ledger.size,
        incumbent=state.models[other].name if other else "",
        running=decision_view(ws, running[-1]) if running else None,
        findings=tuple(row for row in reading.findings(ws, state, now=now) if row.model == model.name),
    )


def approve(
    ws: Workspace, seen: Dossier, *, reason: str = "", role: str | None = None, shown: Sequence[str] = (),
    conditions: Sequence[Condition] = (), key: str | None = None, passphrases: Passphrases,
) -> Written:
    """Sign an approval over the closure that the dossier showed, on conditions if there are any.

    Each condition becomes a finding of its own; one that is not closed by its due date ends the approval.

    Raises `Refused` where the gate did not allow it, the signer is not independent of the model, has no deciding role,
    or what the dossier showed has changed meanwhile.
    """
    name = ws.key_for("reviewer", key)
    return settled(lambda: _approve(ws, seen, reason, role, shown, conditions, name, passphrases))


def _approve(
    ws: Workspace, seen: Dossier, reason: str, role: str | None, shown: Sequence[str], conditions: Sequence[Condition],
    name: str, passphrases: Passphrases,
) -> Written:
    state = ws.state()
    fresh = dossier(ws, seen.name, seen.gate)
    if fresh.closure is None or fresh.decision is None:
        raise Refused(f"{seen.name} was never gated for {seen.gate}", "There is nothing to approve: run `govern gate` first.")
    if fresh.closure != seen.closure or fresh.decision.digest != (seen.decision.digest if seen.decision else None):
        raise Refused(
            f"what the approval of {seen.name} would rest on has changed since you read it",
            "Nothing was signed. Read the dossier again, then decide.",
        )
    decision = fresh.decision.decision
    if decision.outcome.value != "allow":
        raise Refused(
            f"the gate {seen.gate} denies {seen.name}: an approval can't overrule policy",
            "Mend what fails, or ask for a waiver of a rule that its policy lets people waive.",
        )
    if decision.expires is not None and decision.expires <= state.moment(ws.now()):
        raise Refused(
            f"the evidence behind the decision on {seen.name} passed its age on {instant(decision.expires)}",
            "Run `govern gate` again on current data.",
        )
    acting = _deciding_role(ws, name, role, decision.approvals)
    _refuse_conflicts(ws, state, fresh.model, name)
    holder = ws.holder_of(name)
    for row in fresh.reviews:
        if row.holder == holder and row.action == "approve" and row.role == acting and row.standing == "live":
            raise Refused(f"{holder} approved this already, as entry #{row.index}", "One holder counts once.")
    rests_on = closure(state, fresh.model, seen.gate)
    _refuse_ended(state, rests_on, fresh.name)
    fact = ReviewFact(
        action="approve", system=seen.system.name, gate=seen.gate, role=acting, reason=bounded_reason(reason),
        closure=rests_on.digest, relied_on=rests_on.relied_on, decision=fresh.decision.digest, shown=tuple(shown),
    )
    findings = as_findings(
        conditions, system=seen.system.name, model=fresh.model, review=state.size, now=ws.now()
    )
    subject = about(fresh.name, fresh.model)
    drafts = [Draft(subjects=subject, fact=fact), *(Draft(subjects=subject, fact=one) for one in findings)]
    return ws.write(drafts, at=state.size, key=name, passphrases=passphrases)[0]


def _refuse_ended(state: State, rests_on: Closure, name: str) -> None:
    """Refuse to approve what rests on something that was ended: a withdrawal leaves the closure's digest as it was."""
    for node in rests_on.nodes:
        found = record_of(state, node.key)
        ending = found[1].ending if found is not None and isinstance(found[1], Thing) else None
        if ending is not None and ending.word != "active":
            raise Refused(
                f"{name} rests on {node.name}, which was {ending.word} in entry #{ending.index}: {ending.reason or 'no reason is given'}",
                "Nothing was signed: such an approval would hold for nothing.",
            )


def reject(ws: Workspace, seen: Dossier, *, reason: str, **how: object) -> Written:
    """Sign a rejection: the quorum is not reached while it stands. Takes what `decide_against` takes."""
    return decide_against(ws, seen, action="reject", reason=reason, **how)  # type: ignore[arg-type]


def request_changes(ws: Workspace, seen: Dossier, *, reason: str, **how: object) -> Written:
    """Sign a request for changes. Takes what `decide_against` takes."""
    return decide_against(ws, seen, action="request-changes", reason=reason, **how)  # type: ignore[arg-type]


def decide_against(
    ws: Workspace, seen: Dossier, *, action: Literal["reject", "request-changes"], reason: str, role: str | None = None,
    shown: Sequence[str] = (), key: str | None = None, passphrases: Passphrases,
) -> Written:
    """Sign a decision against a model. It needs a deciding role and a reason, but no independence."""
    name = ws.key_for("reviewer", key)
    required = seen.decision.decision.approvals if seen.decision else ()
    rests_on = closure(ws.state(), seen.model, seen.gate) if seen.decision else None
    fact = ReviewFact(
        action=action, system=seen.system.name, gate=seen.gate, role=_deciding_role(ws, name, role, required),
        reason=checked_reason(reason), closure=rests_on.digest if rests_on else None,
        relied_on=rests_on.relied_on if rests_on else (), decision=seen.decision.digest if seen.decision else None,
        shown=tuple(shown),
    )
    return _sign(ws, seen, fact, name, passphrases)


def comment(
    ws: Workspace, seen: Dossier, *, reason: str, key: str | None = None, passphrases: Passphrases
) -> Written:
    """Sign a comment. It decides nothing."""
    name = ws.key_for("reviewer", key)
    roles = ws.roles_of(name)
    fact = ReviewFact(
        action="comment", system=seen.system.name, gate=seen.gate, role=roles[0] if roles else "", reason=checked_reason(reason),
        decision=seen.decision.digest if seen.decision else None,
    )
    return _sign(ws, seen, fact, name, passphrases)


def take_back(
    ws: Workspace, seen: Dossier, review: int, *, reason: str, key: str | None = None, passphrases: Passphrases
) -> Written:
    """Take back one's own earlier review: a new entry that supersedes it, for nothing is ever undone.

    Raises `NotFoundError`, `Refused` where the review is somebody else's.
    """
    name = ws.key_for("reviewer", key)
    row = next((row for row in seen.reviews if row.index == review), None)
    if row is None:
        raise NotFoundError(f"entry #{review} is no review of {seen.name} at {seen.gate}", "`govern review show` lists them.")
    if row.holder != ws.holder_of(name):
        raise Refused(f"review #{review} is {row.holder}'s", "Only who signed a review takes it back; reject it instead.")
    state = ws.state()
    earlier = next(taken_back(state, state.reviews[review]), None)
    if earlier is not None:
        raise Refused(f"review #{review} was taken back already, at #{earlier}", "There is nothing left to take back.")
    fact = ReviewFact(
        action="comment", system=seen.system.name, gate=seen.gate, role=row.role, reason=checked_reason(reason),
        decision=seen.decision.digest if seen.decision else None, supersedes=review,
    )
    return _sign(ws, seen, fact, name, passphrases)


def attest(
    ws: Workspace, seen: Dossier, *, rule: str, reason: str = "", key: str | None = None, passphrases: Passphrases
) -> Written:
    """Sign the statement of a rule that only a person can meet. Raises `Refused`, `UsageError`."""
    if seen.decision is None:
        raise UsageError(f"{seen.name} was never gated for {seen.gate}", "Run `govern gate` first.")
    result = next((r for r in seen.decision.decision.rules if r.rule == rule), None)
    asked = next((r for r in policy_of(ws.objects, result.policy).rules if r.id == rule), None) if result else None
    if result is None or asked is None or asked.attestation is None:
        raise UsageError(f"{rule} is not a rule that a person attests", "`govern review show` lists the rules.")
    terms = asked.attestation
    name = ws.key_for("reviewer", key)
    if terms.role not in ws.roles_of(name):
        raise Refused(f"{rule} is attested by a {terms.role}, and the key “{name}” is none", "Sign with a key of that role.")
    if "developers" in terms.distinct_from:
        _refuse_conflicts(ws, ws.state(), seen.model, name)
    holder, state = ws.holder_of(name), ws.state()
    if "requester" in terms.distinct_from and any(
        same_person(state, holder, one) for one in requesters(state, seen.model, seen.gate)
    ):
        raise Refused(f"{holder} asked for the decision at {seen.gate} and can't attest {rule}", "Nothing was signed. Ask somebody else.")
    fact = ReviewFact(
        action="attest", system=seen.system.name, gate=seen.gate, role=terms.role, reason=bounded_reason(reason),
        decision=seen.decision.digest,
        attestation=Attestation(
            rule=rule, policy=result.policy, statement=terms.statement,
            expires=ws.now() + terms.expires if terms.expires else None,
        ),
    )
    return _sign(ws, seen, fact, name, passphrases)


def decision_view(ws: Workspace, record: DecisionRecord) -> DecisionView:
    """Show a decision with its entry."""
    return DecisionView(
        digest=record.digest, index=record.index, holder=record.holder, decision=read_decision(ws.objects, record.digest)
    )


def evidence_view(ws: Workspace, record: EvidenceRecord) -> EvidenceView:
    """Show evidence with where it came from."""
    return EvidenceView(
        digest=record.digest, index=record.index, collected=record.fact.collected, data_name=record.fact.data.name,
        data=record.fact.data.digest, purpose=record.fact.purpose, holder=record.holder,
        evidence=from_json(Evidence, ws.objects.get(record.digest)),
        environment=record.fact.environment,
    )


def review_row(state: State, record: ReviewRecord, now: datetime) -> ReviewRow:
    """Show a review with how it stands now."""
    taken_back = any(other.fact.supersedes == record.index for other in state.reviews_of(record.model))
    paths = stale(state, record, now) if record.fact.action == "approve" and not record.problem else ()
    standing: Literal["live", "stale", "superseded", "refused"] = (
        "refused" if record.problem else "superseded" if taken_back else "stale" if paths else "live"
    )
    return ReviewRow(
        index=record.index, time=record.time, holder=record.mark.holder, keyid=record.mark.keyid, role=record.fact.role,
        action=record.fact.action, reason=record.fact.reason, standing=standing,
        note=record.problem or "; ".join(path.text for path in paths[:3]),
    )


def evidence_behind(ws: Workspace, decision: DecisionRecord) -> tuple[EvidenceView, ...]:
    """Show the evidence that a decision rests on, oldest first."""
    wanted = set(decision.fact.evidence)
    newest = {one.digest: one for one in ws.state().evidence_of(decision.model) if one.digest in wanted}
    return tuple(evidence_view(ws, record) for record in sorted(newest.values(), key=lambda record: record.index))


def _known_gate(ws: Workspace, gate: str) -> None:
    """Refuse the name of a gate that can't be asked here. Raises `UsageError`."""
    stage = gate.removeprefix("promote:")
    if stage != gate and stage not in ws.config.stages:
        raise UsageError(f"“{stage}” is not a stage here", f"The stages are: {', '.join(ws.config.stages)}.")
    if stage == gate and gate not in OTHER_GATES:
        gates = (*(f"promote:{one}" for one in ws.config.stages), *OTHER_GATES)
        raise UsageError(f"“{gate}” is not a gate here", f"The gates are: {', '.join(gates)}.")


def _last_gate(ws: Workspace, state: State, model: ModelRecord) -> str:
    gates = [d.fact.gate for d in state.decisions_of(model.digest) if d.fact.gate.startswith("promote:")]
    return gates[-1] if gates else f"promote:{ws.config.stages[-1]}"


def _all_conflicts(ws: Workspace, state: State, model: Digest) -> tuple[Conflict, ...]:
    root = ws.ledger.trust_root()
    holders = {
        root.keys[keyid].holder for role in DECIDING_ROLES if role in root.roles for keyid in root.roles[role].keyids
    }
    found = [
        Conflict(holder=holder, index=conflict.index, reason=conflict.reason)
        for holder in sorted(holders) for conflict in conflicts_of(state, model, holder)
    ]
    return tuple(found)


def _refuse_conflicts(ws: Workspace, state: State, model: Digest, key: str) -> None:
    holder = ws.holder_of(key)
    found = conflicts_of(state, model, holder)
    if found:
        raise Refused(
            f"{holder} is not independent of this model: {found[0].reason} (entry #{found[0].index})",
            "Nothing was signed. Somebody who had no hand in it has to decide.",
        )


def _deciding_role(ws: Workspace, key: str, role: str | None, required: Sequence[Quorum]) -> str:
    held = [held for held in ws.roles_of(key) if held in DECIDING_ROLES]
    ws.holder_of(key)
    if role is not None:
        if role not in held:
            raise Refused(f"the key “{key}” does not have the role {role}", "`govern trust show` lists keys and roles.")
        return role
    wanted = [q.role for q in required if q.role in held]
    if not held:
        raise Refused(
            f"the key “{key}” has no role that decides", "The trust root gives the roles approver and validator; see `govern trust show`."
        )
    return wanted[0] if wanted else held[0]


def _sign(ws: Workspace, seen: Dossier, fact: ReviewFact, key: str, passphrases: Passphrases) -> Written:
    draft = Draft(subjects=about(seen.name, seen.model), fact=fact)
    return ws.write([draft], key=key, passphrases=passphrases)[0]


def counts(decision: Decision) -> tuple[int, int, int]:
    """Count rules that pass, fail, and neither."""
    passed = sum(1 for rule in decision.rules if rule.status is Status.PASS)
    failed = sum(1 for rule in decision.rules if rule.status is Status.FAIL)
    neither = sum(1 for rule in decision.rules if rule.status in {Status.INCONCLUSIVE, Status.ERROR})
    return passed, failed, neither

