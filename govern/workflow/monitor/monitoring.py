"""Monitoring: a window of live data becomes an observation, and, where policy says so, a finding."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from govern.canonical.values import object_bytes
from govern.domain.decision import Decision, Outcome, RuleResult, Status
from govern.domain.evidence import Evidence
from govern.domain.facts import FindingFact, ObservationFact, SystemFact
from govern.domain.statement import Draft
from govern.domain.text import digest_of, short
from govern.errors import GovernError, UsageError
from govern.lineage.records import DeploymentRecord
from govern.lineage.refs import resolve
from govern.lineage.state import State
from govern.policy.applicability import applicable
from govern.policy.bound import requests
from govern.workflow.gate import gating
from govern.workflow.gate.asking import derived
from govern.workflow.gate.gating import Data
from govern.workflow.interface import Passphrases, Progress, silent
from govern.workflow.monitor import hooks
from govern.workflow.monitor.baselines import with_baseline
from govern.workflow.place.workspace import Workspace, about, settled
from govern.workflow.policies.policies import in_force
from govern.workflow.views import Written

GATE = "monitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Monitored:
    """What one window gave."""

    decision: Decision
    evidence: Evidence
    drifted: tuple[str, ...]
    findings: tuple[str, ...]
    """Ids opened by this window."""
    written: tuple[Written, ...]
    sentence: str
    deliveries: tuple[hooks.Delivery, ...] = ()
    """What became of the hooks that were to be told."""


def monitor(
    ws: Workspace, ref: str, *, data: Data, environment: str | None = None, period: str = "", key: str | None = None,
    passphrases: Passphrases, progress: Progress = silent,
) -> Monitored:
    """Measure a window of live data against the baseline, judge it, and record an observation.

    `ref` is a deployment's id, or a system or model that runs in `environment`. What policy's `monitor` gate denies
    opens a finding and makes the approvals that rest on the model stale. Raises `UsageError`, `DataError`, `Refused`.
    """
    state = ws.state()
    deployment = running(state, ref, _known(ws, environment))
    model = state.models[deployment.model]
    system = state.systems[deployment.fact.system].fact
    now = state.moment(ws.now())
    bound = applicable(in_force(ws.objects, state), system=system, gate=GATE)
    compared = with_baseline(ws, state, model.digest, data, requests(bound))
    complete = gating.completed(ws, model.digest, model.name, compared, system, model.fact.threshold)
    signs = ws.key_for("evaluator", key)
    ws.ready(signs, passphrases)
    progress("self-test", 0, None)
    gating.self_tested(ws, bound)
    progress("measure", 0, None)
    evidence = gating.measured(bound, complete, ws, progress)
    window = gating.input_of(complete)
    draft, presented = gating.evidence_draft(
        ws, model.name, model.digest, system.name, complete, evidence, now, key, purpose="monitor"
    )

    def attempt() -> Monitored:
        state = ws.state()
        decision = derived(ws.objects, state, model.digest, GATE, evidence=(presented,), now=now, requesters=(ws.holder_of(signs),))
        body = object_bytes(decision)
        observation = ObservationFact(
            deployment=deployment.fact.id, system=system.name, environment=deployment.fact.environment, window=window,
            period=period, evidence=presented.digest, decision=digest_of(body), outcome=decision.outcome.value,
            drifted=drifted_features(decision), observed=now,
        )
        findings = _findings(ws, state, decision, system, now)
        subject = about(model.name, model.digest)
        drafts = [
            draft, gating.decision_draft(state, decision, digest_of(body), model.name),
            Draft(subjects=subject, fact=observation), *(Draft(subjects=subject, fact=finding) for finding in findings),
        ]
        progress("record", 0, None)
        ws.objects.put(body)
        written = ws.write(drafts, at=state.size, key=signs, passphrases=passphrases)
        return Monitored(
            decision=decision, evidence=evidence, drifted=observation.drifted, findings=tuple(f.id for f in findings),
            written=written, sentence=_sentence(decision, observation.drifted, findings),
        )

    found = settled(attempt)
    told = hooks.notify(ws, _kinds(found), {
        "system": system.name, "model": model.name, "model_digest": model.digest, "deployment": deployment.fact.id,
        "environment": deployment.fact.environment, "outcome": found.decision.outcome.value, "sentence": found.sentence,
        "drifted": list(found.drifted), "findings": list(found.findings),
        "observation": next(one.index for one in found.written if one.kind == "observation"),
    })
    if not told:
        return found
    try:
        noted = hooks.record(ws, key=signs, passphrases=passphrases)
    except GovernError:
        noted = ()  # it lies beside the outbox and is written next time; the observation is in the ledger
    return replace(found, written=(*found.written, *noted), deliveries=told)


def _kinds(found: Monitored) -> tuple[str, ...]:
    """What hooks may ask for."""
    kinds = {
        "observation": True, "denied": found.decision.outcome is Outcome.DENY, "drift": bool(found.drifted),
        "finding": bool(found.findings),
    }
    return tuple(kind for kind, holds in kinds.items() if holds)


def _known(ws: Workspace, environment: str | None) -> str | None:
    """Return an environment that the configuration names, if one is meant. Raises `UsageError`."""
    if environment is not None and environment not in ws.config.environments:
        known = ", ".join(ws.config.environments)
        raise UsageError(f"“{environment}” is not an environment here", f"The environments are: {known}.")
    return environment


def running(state: State, ref: str, environment: str | None) -> DeploymentRecord:
    """Return the deployment that `ref` names. Raises `NotFoundError`, `UsageError`."""
    named = state.deployments.get(ref)
    if named is not None:
        return named
    node = resolve(state, f"system/{ref}" if ref in state.systems else ref, kinds=("system", "model", "deployment"))
    if node.kind == "deployment" and node.index is not None:
        return state.deployments[str(state.places[node.index][1])]
    mine = state.deployments_in(node.name.removeprefix("system/")) if node.kind == "system" else state.deployments_of(node.digest)
    found = [d for d in mine if d.ended is None and environment in {None, d.fact.environment}]
    if not found:
        where = f"does not run in {environment}" if environment else "runs nowhere"
        raise UsageError(f"{ref} {where}", "Deploy it first; `govern status` shows what runs.")
    if len(found) > 1:
        many = ", ".join(f"{d.fact.id} ({d.fact.environment})" for d in found)
        raise UsageError(
            f"{ref} runs in {len(found)} places: {many}", "Name one deployment by its id, or say which with --environment."
        )
    return found[0]


def drifted_features(decision: Decision) -> tuple[str, ...]:
    """Name the features for which a drift rule failed, sorted."""
    return tuple(
        sorted(
            {
                check.label.removeprefix("feature=")
                for rule in decision.rules if rule.measure.split("@")[0].endswith("_drift")
                for check in rule.checks if check.status is Status.FAIL and check.label
            }
        )
    )


def _findings(
    ws: Workspace, state: State, decision: Decision, system: SystemFact, now: datetime
) -> tuple[FindingFact, ...]:
    open_titles = {
        record.fact.title for record in state.findings_of(decision.subject) if record.state != "verified-closed"
    }
    found = []
    for rule in decision.rules:
        title = f"{rule.rule} not met: {rule.title or rule.measure}"  # a title says what should be
        if rule.denies and title not in open_titles:
            found.append(
                FindingFact(
                    id=f"F-{short(digest_of(f'{decision.subject} {title} {decision.as_of}'.encode()))}",
                    system=system.name, title=title, severity="high" if rule.status is Status.FAIL else "medium",
                    owner=system.owner, due=now + timedelta(days=ws.config.review.finding_days), reason=rule.explanation,
                )
            )
    return tuple(found)


def _sentence(decision: Decision, drifted: Sequence[str], findings: Sequence[FindingFact]) -> str:
    against = [r for r in decision.rules if r.denies]
    if not against and not decision.problem:
        return "within policy: no rule is broken"
    opened = f"; finding {', '.join(f.id for f in findings)} opened" if findings else ""
    if decision.problem:
        return f"could not be judged: {decision.problem}{opened}"
    if drifted:
        return f"drift in {', '.join(drifted)}{opened}; approvals that rest on the model are stale"
    return f"{_first(against)}{opened}; approvals that rest on the model are stale"


def _first(against: Sequence[RuleResult]) -> str:
    return f"{against[0].rule} {against[0].status.value}: {against[0].explanation}"
