"""Promotion, deployment, rollback and retirement: allowed or refused from the ledger's state alone."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from govern.domain.facts import DeploymentFact, PromotionFact, RetirementFact, RollbackFact
from govern.domain.statement import Draft
from govern.domain.text import Digest, digest_of, short
from govern.errors import Refused, UsageError
from govern.lineage.nodes import Node
from govern.lineage.permission import (
    DEPLOY_GATE,
    Mode,
    Permission,
    Refusal,
    may_deploy,
    may_promote,
    may_roll_back,
    may_run,
    promote_gate,
)
from govern.lineage.refs import resolve
from govern.lineage.state import State
from govern.policy.applicability import applicable
from govern.workflow.gate import gating
from govern.workflow.interface import Passphrases, silent
from govern.workflow.place.agreeing import claimed
from govern.workflow.place.workspace import Workspace, about, settled
from govern.workflow.policies.policies import in_force
from govern.workflow.policies.waivers import checked_reason
from govern.workflow.views import Written


def promote(ws: Workspace, ref: str, *, to: str, key: str | None = None, passphrases: Passphrases) -> Written:
    """Move a system's stage pointer to a model.

    Raises `Refused` unless the latest decision allows it, its quorum approved, and all they rested on still holds.
    """
    if to not in ws.config.stages:
        raise UsageError(f"“{to}” is not a stage here", f"The stages are: {', '.join(ws.config.stages)}.")

    def attempt() -> Written:
        state = ws.state()
        node = resolve(state, ref, kinds=("model",))
        granted = may_promote(state, node.digest, to, ws.now())
        decision, closure = _granted(granted, f"{node.name} can't be promoted to {to}")
        _refuse_claims(ws, state, node.digest, [promote_gate(to)])
        fact = PromotionFact(
            system=state.models[node.digest].fact.system, stage=to, decision=decision, approvals=granted.approvals,
            closure=closure,
        )
        draft = Draft(subjects=about(node.name, node.digest), fact=fact)
        return ws.write([draft], at=state.size, key=ws.key_for("operator", key), passphrases=passphrases)[0]

    return settled(attempt)


def deploy(
    ws: Workspace, ref: str, *, to: str, mode: Mode = "full", traffic: int | None = None, key: str | None = None,
    passphrases: Passphrases,
) -> Written:
    """Record that a model runs in an environment.

    Where a policy binds the gate `deploy`, and nothing else stands against it, that gate is asked first, on the evidence that
    is in the ledger, and its decision is recorded, whatever it is. Raises `Refused` unless the model stands at the
    environment's stage and all that let it get there holds.
    """
    stage = _stage_of(ws, to)
    share = 100 if mode == "full" else 0 if mode == "shadow" else 10
    traffic = share if traffic is None else traffic
    if not 0 <= traffic <= 100 or (mode == "full" and traffic != 100):  # noqa: PLR2004 - percent
        raise UsageError(f"{traffic} % of traffic does not go with the mode {mode}", "Full takes 100, others 0 to 100.")

    def allowed(*, unasked: bool = False) -> tuple[State, Node, Permission]:
        state = ws.state()
        node = resolve(state, ref, kinds=("model",))
        granted = may_deploy(state, node.digest, to, stage, ws.now(), mode=mode, unasked=unasked)
        _refuse(granted, f"{node.name} can't be deployed to {to}")
        return state, node, granted

    _ask_deploy_gate(ws, ref, before=lambda: allowed(unasked=True), passphrases=passphrases)

    def attempt() -> Written:
        state, node, granted = allowed()
        _, closure = _granted(granted, f"{node.name} can't be deployed to {to}")
        _refuse_claims(ws, state, node.digest, [promote_gate(stage), DEPLOY_GATE])
        system = state.models[node.digest].fact.system
        promotion = state.stages[system, stage].index
        fact = DeploymentFact(
            id=_deployment_id(state, node.digest, system, to), system=system, environment=to, stage=stage, mode=mode,
            traffic=traffic, promotion=promotion, closure=closure,
        )
        draft = Draft(subjects=about(node.name, node.digest), fact=fact)
        return ws.write([draft], at=state.size, key=ws.key_for("operator", key), passphrases=passphrases)[0]

    return settled(attempt)


def _ask_deploy_gate(ws: Workspace, ref: str, *, before: Callable[[], object], passphrases: Passphrases) -> None:
    """Ask the gate `deploy` where a policy binds it, and record the decision; nothing happens where none does.

    What is refused whatever the gate says is refused `before`: it was never in question there, and the list of attempts would
    name a decision on what nobody could have let through.
    """
    state = ws.state()
    node = resolve(state, ref, kinds=("model",))
    system = state.systems[state.models[node.digest].fact.system].fact
    if applicable(in_force(ws.objects, state), system=system, gate=DEPLOY_GATE):
        before()
        gating.ask(ws, ref, DEPLOY_GATE, None, key=None, passphrases=passphrases, dry_run=False, progress=silent)


def check(ws: Workspace, ref: str, *, to: str) -> Permission:
    """Say whether this exact model may run in this environment now.

    Raises `NotFoundError`, `UsageError`; `UnverifiableError` where a decision that it rests on is not at hand.
    """
    stage = _stage_of(ws, to)
    state = ws.state()
    node = resolve(state, ref, kinds=("model",))
    granted = with_stage(state, may_run(state, node.digest, to, ws.now()), node.digest, to, stage)
    against = claims(ws, state, node.digest, [promote_gate(stage), DEPLOY_GATE]) if granted.allowed and not granted.notes else ()
    return replace(granted, allowed=granted.allowed and not against, refusals=(*granted.refusals, *against))


def with_stage(state: State, granted: Permission, model: Digest, environment: str, stage: str) -> Permission:
    """Refuse what was deployed from another stage than the one that the environment serves by configuration."""
    running = [
        one for one in state.deployments_of(model) if one.ended is None and one.fact.environment == environment
    ]
    other = [one for one in running if one.fact.stage != stage]
    if not other:
        return granted
    reason = f"it was deployed from the stage {other[0].fact.stage}, and {environment} serves {stage}"
    return replace(
        granted, allowed=False, refusals=(*granted.refusals, Refusal(reason=reason, index=other[0].index))
    )


def rollback(
    ws: Workspace, system: str, *, to: str, environment: str, reason: str, emergency: bool = False,
    key: str | None = None, passphrases: Passphrases,
) -> Written:
    """Go back to a model that ran in the environment before.

    Where a policy binds the gate `deploy`, it is asked first, as for any deployment. Raises `Refused` where the model's
    approval no longer holds, or that gate denies it, unless the role `emergency` signs.
    """
    _stage_of(ws, environment)
    why = checked_reason(reason)
    name = ws.key_for("operator", key)
    plain = system.removeprefix("system/")

    def allowed(*, unasked: bool = False) -> tuple[State, Node, Digest, Permission]:
        """The state, the model, the one that would be left, and the permission."""
        state = ws.state()
        resolve(state, f"system/{plain}", kinds=("system",))
        node = resolve(state, to, kinds=("model",))
        runs = state.environments.get((plain, environment))
        if runs is None or not runs.primary:
            raise Refused(f"nothing of {plain} runs in {environment}", "There is nothing to go back from.")
        left = state.deployments[runs.primary].model
        stands = state.stages.get((plain, runs.stage))
        if left == node.digest and not (runs.beside or emergency) and stands is not None and stands.model == node.digest:
            raise Refused(f"{node.name} is what runs in {environment}, alone", "There is nothing to go back from.")
        granted = may_roll_back(
            state, node.digest, environment, ws.now(), keyid=ws.keyring.info(name).keyid, reason=why, emergency=emergency,
            system=plain, unasked=unasked,
        )
        _refuse(granted, f"{plain} can't go back to {node.name} in {environment}")
        return state, node, left, granted

    _ask_deploy_gate(ws, to, before=lambda: allowed(unasked=True), passphrases=passphrases)

    def attempt() -> Written:
        state, node, left, granted = allowed()
        if granted.closure is None:
            raise Refused(f"{node.name} was never approved", "Go back to one that was.")
        earlier = state.earlier_deployment(plain, environment, node.digest)
        if earlier is not None and not emergency:
            _refuse_claims(ws, state, node.digest, [promote_gate(earlier.fact.stage), DEPLOY_GATE])
        fact = RollbackFact(
            system=plain, environment=environment, left=left, closure=granted.closure, reason=why, emergency=emergency
        )
        draft = Draft(subjects=about(node.name, node.digest), fact=fact)
        return ws.write([draft], at=state.size, key=name, passphrases=passphrases)[0]

    return settled(attempt)


def retire(
    ws: Workspace, ref: str, *, reason: str, environment: str = "", key: str | None = None, passphrases: Passphrases
) -> Written:
    """Record that a model, or a whole system, runs no more. Raises `NotFoundError`, `UsageError`."""
    if environment:
        _stage_of(ws, environment)
    state = ws.state()
    node = resolve(state, ref, kinds=("model", "system"))
    model = state.models.get(node.digest)
    system = model.fact.system if model is not None else node.name.removeprefix("system/")
    fact = RetirementFact(system=system, environment=environment, reason=checked_reason(reason))
    draft = Draft(subjects=about(node.name, node.digest), fact=fact)
    return ws.write([draft], key=ws.key_for("operator", key), passphrases=passphrases)[0]


def _refuse_claims(ws: Workspace, state: State, model: Digest, gates: Iterable[str]) -> None:
    """Refuse decisions whose entries say otherwise than they do: verdicts that were claimed, not derived."""
    found = claims(ws, state, model, gates)
    if found:
        raise Refused(found[0].text, "Find out who signed it, and run `govern gate` again.")


def claims(ws: Workspace, state: State, model: Digest, gates: Iterable[str]) -> tuple[Refusal, ...]:
    """What `claimed` finds in the workspace."""
    return claimed(state, ws.objects, ws.ledger.entry, model, gates)


def _stage_of(ws: Workspace, environment: str) -> str:
    stage = ws.config.environments.get(environment)
    if stage is None:
        known = ", ".join(ws.config.environments)
        raise UsageError(f"“{environment}” is not an environment here", f"The environments are: {known}.")
    return stage


def _deployment_id(state: State, model: Digest, system: str, environment: str) -> str:
    """Keep the id of a trial that grows; otherwise take a new one from what it is about and when in the ledger."""
    runs = state.environments.get((system, environment))
    for name in runs.beside if runs else ():
        if state.deployments[name].model == model:
            return name
    return f"D-{short(digest_of(f'{model} {system} {environment} {state.size}'.encode()))}"


def _refuse(granted: Permission, what: str) -> None:
    if not granted.allowed:
        shown = "`govern review show` and `govern lineage` show what it rests on."
        raise Refused(
            f"{what}: {'; '.join(one.text for one in granted.refusals)}", f"Next: {granted.next}. {shown}" if granted.next else shown
        )


def _granted(granted: Permission, what: str) -> tuple[Digest, Digest]:
    """Return the decision and the closure that a permission rests on. Raises `Refused`."""
    _refuse(granted, what)
    if granted.decision is None or granted.closure is None:
        raise Refused(f"{what}: no decision stands behind it", "Run `govern gate` first.")
    return granted.decision, granted.closure
