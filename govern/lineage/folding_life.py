"""How entries that move models change a state: promotions, deployments, rollbacks, retirements, observations."""

from dataclasses import replace

from govern.domain.facts import DeploymentFact, ObservationFact, PromotionFact, RetirementFact, RollbackFact
from govern.domain.statement import Entry
from govern.domain.text import Digest
from govern.lineage.folding_things import link, marks_of, name_loose, subject_of
from govern.lineage.permission import standing_refusals
from govern.lineage.records import (
    DeploymentRecord,
    EnvironmentRecord,
    ObservationRecord,
    PromotionRecord,
    RetirementRecord,
    RollbackRecord,
    StageRecord,
)
from govern.lineage.state import Key, State

FULL_TRAFFIC = 100
"""Percent."""


def promotion(state: State, entry: Entry) -> None:
    """A stage pointer moves to a model."""
    fact = entry.fact
    assert isinstance(fact, PromotionFact)
    subject = subject_of(entry)
    state.promotions.put(entry.index, PromotionRecord(
        index=entry.index, time=entry.time, digest=entry.leaf_hash, marks=marks_of(entry), fact=fact, model=subject,
    ))
    state.stages.put((fact.system, fact.stage), StageRecord(
        system=fact.system, stage=fact.stage, model=subject, index=entry.index, time=entry.time, cause="promotion",
    ))
    state.series.append(("stage", fact.system, fact.stage), entry.index)
    state.series.append(("promotions", subject), entry.index)
    parents: list[Key] = [subject, *(index for index in fact.approvals if index in state.reviews)]
    rested = state.decision_by_digest(fact.decision)
    link(state, entry.index, parents if rested is None else [*parents, rested.index])


def _in_service(state: State, system: str, environment: str) -> EnvironmentRecord:
    known = state.environments.get((system, environment))
    return known or EnvironmentRecord(system=system, environment=environment, primary="")


def _serve(state: State, runs: EnvironmentRecord) -> None:
    key = (runs.system, runs.environment)
    if key not in state.environments:
        state.series.append(("environments", runs.system), runs.environment)
    state.environments.put(key, runs)


def _end(state: State, deployment: str, entry: Entry, word: str) -> None:
    record = state.deployments.get(deployment)
    if record is not None and record.ended is None:
        state.deployments.put(deployment, replace(record, ended=entry.index, ended_by=word))


def used_up(known: DeploymentRecord | None, model: Digest, fact: DeploymentFact) -> bool:
    """Whether a deployment's id is that of another model, of another place, or of one that was ended.

    A trial that was ended must not go on under its id, or what the gate said of it before would still count.
    """
    if known is None:
        return False
    elsewhere = (known.model, known.fact.system, known.fact.environment) != (model, fact.system, fact.environment)
    return elsewhere or known.ended is not None


def deployment(state: State, entry: Entry) -> None:
    """A model starts to run, or its share of traffic changes."""
    fact = entry.fact
    assert isinstance(fact, DeploymentFact)
    subject = subject_of(entry)
    old = state.deployments.get(fact.id)
    if used_up(old, subject, fact):
        # One id names one model in one place, once: the first one stays what it is, and nothing else runs by it.
        return
    if old is not None:
        record = replace(
            old, fact=fact, last=entry.index, marks=old.marks + marks_of(entry),
            served=old.served or fact.mode == "full",
        )
    else:
        record = DeploymentRecord(
            index=entry.index, time=entry.time, digest=entry.leaf_hash, marks=marks_of(entry), fact=fact, model=subject,
            last=entry.index, served=fact.mode == "full",
        )
        state.series.append(("deployments", subject), fact.id)
        state.series.append(("environment", fact.system, fact.environment), fact.id)
        parents: list[Key] = [subject]
        link(state, entry.index, [*parents, fact.promotion] if fact.promotion in state.promotions else parents)
    state.deployments.put(fact.id, record)
    state.places.put(entry.index, ("deployment", fact.id))
    runs = _in_service(state, fact.system, fact.environment)
    runs = replace(runs, stage=runs.stage or fact.stage)
    beside = tuple(one for one in runs.beside if one != fact.id)
    if fact.mode == "full":
        if runs.primary != fact.id:
            _end(state, runs.primary, entry, "replaced")
        runs = replace(runs, primary=fact.id, beside=beside, emergency=None)
    else:
        primary = "" if runs.primary == fact.id else runs.primary
        runs = replace(runs, primary=primary, beside=(*beside, fact.id))
    _serve(state, runs)


def rollback(state: State, entry: Entry) -> None:
    """An environment, and the stage it serves, go back to an earlier model."""
    fact = entry.fact
    assert isinstance(fact, RollbackFact)
    subject = subject_of(entry)
    record = RollbackRecord(
        index=entry.index, time=entry.time, digest=entry.leaf_hash, marks=marks_of(entry), fact=fact, model=subject,
    )
    state.rollbacks.put(entry.index, record)
    state.series.append(("rollbacks", fact.system), entry.index)
    link(state, entry.index, [subject])
    known = state.models.get(subject)
    if known is not None and known.fact.system != fact.system:
        # Another system's model: what runs here stays what it is.
        return
    earlier = state.earlier_deployment(fact.system, fact.environment, subject)
    runs = _in_service(state, fact.system, fact.environment)
    if earlier is None:
        # Nothing to go back to: what ran is out of service, and nothing takes its place.
        _end(state, runs.primary, entry, "rolled back")
        _serve(state, replace(runs, primary="", emergency=None))
        return
    stage = earlier.fact.stage
    if fact.emergency:
        record = replace(record, excused=standing_refusals(state, subject, stage, entry.time))
        state.rollbacks.put(entry.index, record)
    for one in (runs.primary, *runs.beside):
        if one != earlier.fact.id:
            _end(state, one, entry, "rolled back")
    again = replace(earlier.fact, mode="full", traffic=FULL_TRAFFIC)
    state.deployments.put(earlier.fact.id, replace(earlier, fact=again, last=entry.index, ended=None, ended_by=""))
    _serve(state, replace(
        runs, primary=earlier.fact.id, beside=(), emergency=entry.index if fact.emergency else None,
    ))
    state.stages.put((fact.system, stage), StageRecord(
        system=fact.system, stage=stage, model=subject, index=entry.index, time=entry.time, cause="rollback",
    ))
    state.series.append(("stage", fact.system, stage), entry.index)


def retirement(state: State, entry: Entry) -> None:
    """A model, or a whole system, runs no more in an environment, or anywhere."""
    fact = entry.fact
    assert isinstance(fact, RetirementFact)
    subject = subject_of(entry)
    one = subject if subject in state.models else None
    place = "" if fact.environment == "*" else fact.environment
    state.retirements.put(entry.index, RetirementRecord(
        index=entry.index, time=entry.time, digest=entry.leaf_hash, marks=marks_of(entry), fact=fact, model=one,
    ))
    state.series.append(("retirements", fact.system), entry.index)
    link(state, entry.index, [subject if one is not None else f"system/{fact.system}"])
    state.retired.put((fact.system, one or "", place), entry.index)
    for name in tuple(state.series.of(("environments", fact.system))):
        if place and name != place:
            continue
        key = (fact.system, str(name))
        runs = state.environments[key]
        gone = [
            id_ for id_ in (runs.primary, *runs.beside)
            if id_ and (one is None or state.deployments[id_].model == one)
        ]
        for id_ in gone:
            _end(state, id_, entry, "retired")
        _serve(state, replace(
            runs, primary="" if runs.primary in gone else runs.primary,
            beside=tuple(id_ for id_ in runs.beside if id_ not in gone),
        ))


def observation(state: State, entry: Entry) -> None:
    """A monitoring window, or whom it was told; what says otherwise than the window that it follows is another window."""
    fact = entry.fact
    assert isinstance(fact, ObservationFact)
    subject = subject_of(entry)
    told = None if fact.follows is None else state.observations.get(fact.follows)
    if told is not None and (told.model, told.fact) == (subject, replace(fact, follows=None, deliveries=())):
        state.observations.put(told.index, replace(told, deliveries=told.deliveries + fact.deliveries))
        state.places.put(entry.index, ("observation", told.index))
        return
    state.observations.put(entry.index, ObservationRecord(
        index=entry.index, time=entry.time, digest=entry.leaf_hash, marks=marks_of(entry), fact=fact, model=subject,
    ))
    state.series.append(("observations", subject), entry.index)
    state.series.append(("windows", fact.deployment), entry.index)
    name_loose(state, entry, "dataset", (fact.window,))
    parents: list[Key] = [subject, fact.window.digest]
    running = state.deployments.get(fact.deployment)
    if running is not None:
        parents.append(running.index)
    decided = state.decision_by_digest(fact.decision)
    if decided is not None:
        parents.append(decided.index)
    measured = state.series.last(("evidence-object", fact.evidence))
    if measured is not None:
        parents.append(measured)
    link(state, entry.index, parents)
    if fact.outcome == "deny":
        state.denied.put(subject, entry.index)
