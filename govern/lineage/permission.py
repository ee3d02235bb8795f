"""What the ledger allows: promotion, deployment, running, going back. A refusal names the reason and the entry."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from govern.domain.text import Digest, instant
from govern.lineage.closure import closure
from govern.lineage.nodes import marks_of
from govern.lineage.people import EMERGENCY, REVIEWING, all_void, holds_role, root_at, same_person, void_entries
from govern.lineage.records import DecisionRecord, DeploymentRecord, EnvironmentRecord, Mark, RollbackRecord
from govern.lineage.review import quorum
from govern.lineage.stale import stale_decision
from govern.lineage.state import State

DEPLOY_GATE: Final = "deploy"
"""The gate that is asked before a deployment, where a binding names it, and before a canary becomes full."""

Mode = Literal["full", "canary", "blue-green", "shadow"]

ANOTHER: Final = "take another version: this one is over"
AGAIN: Final = "gate it again, and have that approved"
APPROVED: Final = "have it approved"
STEPS: Final = 2
"""How many steps are named at once: after them, the rest looks otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason why not."""

    reason: str
    index: int | None = None
    """The entry that stands against it, if one does."""
    way: str = ""
    """From what was asked about to what that entry, or the clock, touched."""
    mend: str = ""
    """What would help, if something does."""

    @property
    def text(self) -> str:
        """The reason with its entry and the way there: what tells two refusals apart."""
        where = self.reason if self.index is None else f"{self.reason} (#{self.index})"
        return f"{where}: {self.way}" if self.way else where


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """Whether something may be done now."""

    allowed: bool
    refusals: tuple[Refusal, ...] = ()
    approvals: tuple[int, ...] = ()
    """Indices of the approvals that make the quorum."""
    closure: Digest | None = None
    """What stands behind it."""
    decision: Digest | None = None
    """The decision object that allows it."""
    notes: tuple[str, ...] = ()
    """What has to be said on every later report, such as an emergency rollback."""

    @property
    def next(self) -> str:
        """What would help against the refusals, the first thing first; empty where nothing is known to."""
        steps = list(dict.fromkeys(one.mend for one in self.refusals if one.mend))
        if ANOTHER in steps:
            return ANOTHER
        return "; ".join([one for one in steps if one != APPROVED or AGAIN not in steps][:STEPS])


def promote_gate(stage: str) -> str:
    """The gate of a stage."""
    return f"promote:{stage}"


def _permission(refusals: list[Refusal], **kept: object) -> Permission:
    # What stands against a model at two gates is said once.
    return Permission(allowed=not refusals, refusals=tuple(dict.fromkeys(refusals)), **kept)  # type: ignore[arg-type]


def _model_refusals(state: State, model: Digest, now: datetime, environment: str = "") -> list[Refusal]:
    """Why a model may not run at all."""
    refusals = _root_refusals(state, now)
    record = state.models.get(model)
    if record is None:
        return [*refusals, Refusal(reason="the ledger does not know this model's digest")]
    ending = record.ending
    if ending is not None and ending.word != "active":
        refusals.append(Refusal(reason=f"the model is {ending.word}: {ending.reason}", index=ending.index, mend=ANOTHER))
    system = record.fact.system
    if system not in state.systems:
        refusals.append(Refusal(reason=f"its system {system} is not recorded"))
    for one in ("", model):
        for place in dict.fromkeys(("", environment)):
            index = state.retired.get((system, one, place))
            if index is not None:
                what = "the model" if one else f"the system {system}"
                refusals.append(Refusal(reason=f"{what} was retired", index=index, mend=ANOTHER))
    return refusals


def _root_refusals(state: State, now: datetime) -> list[Refusal]:
    """Nobody's role is known any more once the trust root has expired."""
    root = root_at(state, state.size)
    if root is None or root.fact.expires > state.moment(now):
        return []
    reason = f"trust root {root.fact.version} expired on {instant(root.fact.expires)}"
    return [Refusal(reason=reason, index=root.index, mend="whoever holds root renews it")]


def _documents_refusals(state: State) -> list[Refusal]:
    """What binds can't be known while a document is in force that only void keys put there."""
    refusals = []
    for keyid in state.revocations:
        for index in void_entries(state, keyid):
            kind, key = state.places.get(index) or ("", "")
            versions = {"policy": state.policy_versions, "binding": state.binding_versions}.get(kind)
            document = None if versions is None else versions.get(Digest(str(key)))  # type: ignore[attr-defined]
            in_force = {"policy": state.policies, "binding": state.bindings}.get(kind)
            if document is None or in_force is None or in_force[document.fact.name].digest != document.digest:  # type: ignore[index]
                continue
            if document.placed[:1] and document.placed[0].index == index and all_void(state, document.placed):
                reason = f"{kind} {document.name} was put in force with a void key: install it again"
                refusals.append(Refusal(reason=reason, index=index))
    return refusals


def _move_refusals(state: State, marks: tuple[Mark, ...], what: str) -> list[Refusal]:
    """Why a promotion, deployment or rollback moved nothing: only void keys signed it."""
    if not all_void(state, marks):
        return []
    return [Refusal(reason=f"the {what} was signed with a void key: it has to be done again", index=marks[0].index)]


def _decision_refusals(state: State, decision: DecisionRecord | None, gate: str, now: datetime) -> list[Refusal]:
    """Why the latest decision at a gate allows nothing."""
    if decision is None:
        return [Refusal(reason=f"no decision at the gate {gate} is recorded", mend="gate it")]
    if decision.fact.outcome != "allow":
        return [Refusal(reason=f"the latest decision at {gate} denies it", index=decision.index, mend="mend what fails, and gate it again")]
    refusals = [
        Refusal(reason=one.reason, index=one.index, way=one.way, mend=AGAIN) for one in stale_decision(state, decision, now)
    ]
    for digest in (*decision.fact.policies, *decision.fact.bindings):
        document = state.policy_versions.get(digest) or state.binding_versions.get(digest)
        if document is None or document.index > decision.index:
            reason = f"a document that it was judged by was not in the ledger before it: {digest[:15]}…"
            refusals.append(Refusal(reason=reason, index=decision.index))
    return refusals + [one for leaf in decision.fact.waivers if (one := _waiver_refusal(state, decision, leaf))]


def _waiver_refusal(state: State, decision: DecisionRecord, leaf: Digest) -> Refusal | None:
    """Why a waiver that a decision was helped by did not stand then: what policy asks of it comes on top of this."""
    waiver = state.waivers.get(state.waiver_proposals.get(leaf) or "")
    if waiver is None or waiver.digest != leaf or waiver.model != decision.model:
        return Refusal(reason="it was helped by a waiver that is not the one in the ledger", index=decision.index)
    signed = any(
        step.index < decision.index and not same_person(state, step.holder, waiver.proposal.holder)
        and any(holds_role(state, step.keyid, role, step.index) for role in REVIEWING)
        for step in waiver.approvals
    )
    if not signed:
        return Refusal(reason=f"waiver {waiver.fact.id} had no approval of another person", index=waiver.index)
    return None


def _gate(state: State, model: Digest, gate: str, now: datetime) -> tuple[list[Refusal], Permission]:
    """Decision, quorum and closure of one gate: the refusals, and what to keep if there are none."""
    latest = state.latest_decision(model, gate)
    refusals = _decision_refusals(state, latest, gate, now)
    stands = quorum(state, model, gate, None, now)
    if latest is not None:
        for one in stands.missing:
            reason = f"the quorum at {gate} lacks {one.count} approval{'s' if one.count > 1 else ''} in the role {one.role}"
            refusals.append(Refusal(reason=reason, mend=APPROVED))
    refusals += [
        Refusal(reason=f"an objection stands at {gate}", index=index, mend="whoever objected takes that back, or approves")
        for index in stands.objections
    ]
    if stands.missing:
        # What is said of the decision already, with the way, is not said again with every approval that fell with it.
        refusals += [
            Refusal(
                reason=f"the approval of {one.holder} does not count: {one.reason}", index=one.because,
                way="" if any((own.reason, own.index) == (one.reason, one.because) for own in refusals) else one.way,
            )
            for one in stands.refused
        ]
    kept = Permission(
        allowed=not refusals, approvals=stands.counted, closure=closure(state, model, gate).digest,
        decision=None if latest is None else latest.digest,
    )
    return refusals, kept


def _gates(state: State, model: Digest, stage: str, now: datetime) -> tuple[list[Refusal], Permission]:
    """The stage's gate, and the gate `deploy` where there are decisions at it."""
    refusals, kept = _gate(state, model, promote_gate(stage), now)
    if state.latest_decision(model, DEPLOY_GATE) is not None:
        refusals += _gate(state, model, DEPLOY_GATE, now)[0]
    return refusals, kept


def standing_refusals(state: State, model: Digest, stage: str, now: datetime) -> tuple[str, ...]:
    """What the gates have against a model at `now`, in words that are the same later where it is still the same."""
    return tuple(one.text for one in _gates(state, model, stage, now)[0])


def may_promote(state: State, model: Digest, stage: str, now: datetime) -> Permission:
    """Whether a system's stage may point to a model: allowed, approved by its quorum, closure live, nobody objects."""
    refusals = _model_refusals(state, model, now) + _documents_refusals(state)
    more, kept = _gate(state, model, promote_gate(stage), now)
    return _permission(
        refusals + more, approvals=kept.approvals, closure=kept.closure, decision=kept.decision,
    )


def may_deploy(
    state: State, model: Digest, environment: str, stage: str, now: datetime, *, mode: Mode = "full", unasked: bool = False,
) -> Permission:
    """Whether a model may start to run in an environment, or take more traffic there.

    It must stand at the stage that the environment serves, the same as at its first deployment, and all that let it get
    there must still hold. What last ran there as a canary, blue-green or shadow deployment becomes full only by a decision
    at the gate `deploy` that is younger than its start; a rollback ends such a trial, and another has to be begun. Where
    there are decisions at that gate, the latest one must allow it, with the quorum that it asks for and nobody objecting.
    With `unasked` that gate is about to be asked, and what it said so far counts nothing.
    """
    refusals = _model_refusals(state, model, now, environment) + _documents_refusals(state)
    more, kept = _gate(state, model, promote_gate(stage), now)
    refusals += more
    record = state.models.get(model)
    if record is not None:
        at = state.stages.get((record.fact.system, stage))
        if at is None or at.model != model:
            reason = f"the stage {stage} does not point to it"
            refusals.append(Refusal(reason=reason, index=None if at is None else at.index, mend=f"promote it to {stage} first"))
        else:
            refusals += _move_refusals(state, marks_of(state, at.index), at.cause)
        runs = state.environments.get((record.fact.system, environment))
        if runs is not None and runs.stage not in {"", stage}:
            # Or a laxer stage, with fewer rules and a smaller quorum, would lead to the same users.
            refusals.append(Refusal(reason=f"{environment} serves the stage {runs.stage}, not {stage}"))
        refusals += _deploy_gate(state, model, record.fact.system, environment, mode, now, unasked=unasked)
    return _permission(
        refusals, approvals=kept.approvals, closure=kept.closure, decision=kept.decision,
    )


def _deploy_gate(
    state: State, model: Digest, system: str, environment: str, mode: Mode, now: datetime, *, unasked: bool,
) -> list[Refusal]:
    latest = state.latest_decision(model, DEPLOY_GATE)
    refusals = [] if latest is None or unasked else _gate(state, model, DEPLOY_GATE, now)[0]
    trial = _trial(state, model, system, environment) if mode == "full" else None
    if trial is None:
        return refusals
    if trial.ended is not None:
        # What cut a trial short may be the model's own fault: what the gate said of that trial says nothing of it any more.
        reason = f"{trial.fact.mode} {trial.fact.id} was {trial.ended_by}"
        refusals.append(Refusal(reason=reason, index=trial.ended, mend="begin another, which the gate deploy then judges"))
    elif not unasked and (latest is None or latest.index < trial.index):
        reason = f"{trial.fact.mode} {trial.fact.id} moves to full only by an allowing decision at deploy since it began"
        mend = "bind a policy to the gate deploy: every deployment then asks it"
        refusals.append(Refusal(reason=reason, index=trial.index, mend=mend))
    return refusals


def _trial(state: State, model: Digest, system: str, environment: str) -> DeploymentRecord | None:
    """What a model last ran as in an environment, where that was with less than all traffic."""
    here = [one for one in state.deployments_of(model) if (one.fact.system, one.fact.environment) == (system, environment)]
    last = max(here, key=lambda one: one.last, default=None)
    return None if last is None or last.fact.mode == "full" else last


def may_run(state: State, model: Digest, environment: str, now: datetime) -> Permission:
    """Whether this exact digest may run in this environment now: what `deploy --check` answers.

    It must be deployed there, and all that let it get there must still hold. Where an emergency rollback put it there,
    what was already stale then is noted and does not refuse; what happened since does.
    """
    refusals = _model_refusals(state, model, now, environment)
    record = state.models.get(model)
    if record is None:
        return _permission(refusals)
    runs = state.environments.get((record.fact.system, environment))
    names = () if runs is None else tuple(name for name in (runs.primary, *runs.beside) if name)
    where = (model, record.fact.system, environment)
    serving = [state.deployments[name] for name in names]
    here = [one for one in serving if (one.model, one.fact.system, one.fact.environment) == where]
    if runs is None or not here:
        refusals.append(Refusal(reason=f"it is not deployed in {environment}", mend="deploy it"))
        return _permission(refusals)
    stage = here[0].fact.stage
    more, kept = _gates(state, model, stage, now)
    refusals += _service_refusals(state, here[0])
    notes: tuple[str, ...] = ()
    forced = _forced(state, runs) if here[0].fact.id == runs.primary else None
    if forced is not None:
        notes = (f"emergency rollback by {forced.holder} (#{forced.index}): {forced.fact.reason}",)
        since = [one for one in more if one.text not in forced.excused]
        notes += tuple(one.text for one in more if one not in since)
        more = since
    return _permission(
        refusals + more, approvals=kept.approvals, closure=kept.closure, decision=kept.decision, notes=notes,
    )


def _service_refusals(state: State, running: DeploymentRecord) -> list[Refusal]:
    """Why what put a deployment in service does not count."""
    last = tuple(mark for mark in running.marks if mark.index == running.last)
    moved = (last, "deployment") if last else (marks_of(state, running.last), "rollback")
    promoted = marks_of(state, running.fact.promotion) if running.fact.promotion in state.promotions else ()
    return _move_refusals(state, *moved) + _move_refusals(state, promoted, "promotion")


def _forced(state: State, runs: EnvironmentRecord) -> RollbackRecord | None:
    """The emergency rollback that put the primary there, if a key in that role gave a reason."""
    record = None if runs.emergency is None else state.rollbacks[runs.emergency]
    if record is None or not record.fact.reason.strip():
        return None
    held = any(holds_role(state, mark.keyid, EMERGENCY, record.index) for mark in record.marks)
    return record if held else None


def may_roll_back(
    state: State, model: Digest, environment: str, now: datetime, *, keyid: str = "", reason: str = "",
    emergency: bool = False, system: str = "", unasked: bool = False,
) -> Permission:
    """Whether an environment may go back to an earlier model: one that ran there in full, not retired, its closure live.

    The stage's gate has to allow it, and the gate `deploy` where there are decisions at it.
    `system` is whose environment is meant, where that is said: it has to be the model's own. A stale closure is let through
    only for a key in the role `emergency` that gives a reason, which every later report repeats. A revoked or retired model
    never is. With `unasked` the gate `deploy` is about to be asked, and what it said so far counts nothing.
    """
    refusals = _model_refusals(state, model, now, environment)
    record = state.models.get(model)
    if record is None:
        return _permission(refusals)
    if system and system != record.fact.system:
        refusals.append(Refusal(reason="the model belongs to another system", index=record.index))
    earlier = state.earlier_deployment(record.fact.system, environment, model)
    if earlier is None:
        reason = f"it never ran in {environment} with all traffic"
        refusals.append(Refusal(reason=reason, mend="go back to one that did, or promote and deploy it"))
        return _permission(refusals)
    stage = earlier.fact.stage
    more, kept = _gate(state, model, promote_gate(stage), now) if unasked else _gates(state, model, stage, now)
    more += _documents_refusals(state)
    notes: tuple[str, ...] = ()
    if emergency:
        if not reason.strip():
            refusals.append(Refusal(reason="an emergency rollback needs a reason"))
        if not holds_role(state, keyid, EMERGENCY, state.size):
            reason = f"the key does not hold the role {EMERGENCY}"
            refusals.append(Refusal(reason=reason, mend="sign with one that does (`govern trust show`)"))
        notes, more = tuple(one.text for one in more), []
    return _permission(
        refusals + more, approvals=kept.approvals, closure=kept.closure, decision=kept.decision, notes=notes,
    )
