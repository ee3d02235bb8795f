"""Walking the lineage: up to what a thing was made from, down to what rests on it."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from govern.domain.text import Digest
from govern.lineage.nodes import SYSTEM, Node, node_of, record_of
from govern.lineage.records import (
    BindingRecord,
    DatasetRecord,
    DecisionRecord,
    DeploymentRecord,
    EvidenceRecord,
    ExportRecord,
    FindingRecord,
    ModelRecord,
    ObservationRecord,
    PromotionRecord,
    Record,
    RetirementRecord,
    ReviewRecord,
    RollbackRecord,
    RunRecord,
    WaiverRecord,
)
from govern.lineage.state import Key, State


def decision_parents(state: State, record: DecisionRecord) -> tuple[Key, ...]:
    """What a decision rests on: the model, its evidence, the documents, the waivers laid over a status, what people attested."""
    fact = record.fact
    measured = [_judged(state, digest, record) for digest in fact.evidence]
    waived: list[Key] = []
    for leaf in fact.waivers:
        waiver = state.waivers.get(state.waiver_proposals.get(leaf) or "")
        waived.append(leaf if waiver is None else waiver.index)
    return (record.model, *measured, *fact.policies, *fact.bindings, *waived, *record.attested)


def _judged(state: State, digest: Digest, record: DecisionRecord) -> Key:
    """The entry of evidence on the model that was decided on, or on the one that it is to replace."""
    own, model = evidence_entry(state, digest, record.model, record.index), state.models.get(record.model)
    baseline = None if model is None else model.fact.baseline
    return own if isinstance(own, int) or baseline is None else evidence_entry(state, digest, baseline, record.index)


def evidence_entry(state: State, digest: Digest, model: Digest, before: int) -> Key:
    """The entry of an evidence object for one model before an index; the digest itself where there is none."""
    for key in state.series.newest(("evidence-object", digest)):
        record = state.evidence[int(key)]
        if record.model == model and record.index < before:
            return record.index
    return digest


def _of_observation(state: State, record: ObservationRecord) -> tuple[Key, ...]:
    fact = record.fact
    parents: list[Key] = [record.model, fact.window.digest]
    running = state.deployments.get(fact.deployment)
    if running is not None:
        parents.append(running.index)
    decided = state.decision_by_digest(fact.decision)
    if decided is not None:
        parents.append(decided.index)
    parents.append(evidence_entry(state, fact.evidence, record.model, record.index))
    return tuple(parents)


def _of_promotion(state: State, record: PromotionRecord) -> tuple[Key, ...]:
    rested = state.decision_by_digest(record.fact.decision)
    reviews = tuple(index for index in record.fact.approvals if index in state.reviews)
    return (record.model, *reviews, *(() if rested is None else (rested.index,)))


def _of_thing(record: Record) -> tuple[Key, ...]:
    match record:
        case DatasetRecord():
            return tuple(source.digest for source in record.sources)
        case RunRecord():
            inputs = (*record.fact.inputs, record.fact.code, record.fact.environment)
            return tuple(one.digest for one in inputs if one is not None)
        case ModelRecord():
            return (f"{SYSTEM}{record.fact.system}", *record.runs, *(one.digest for one in record.datasets))
        case EvidenceRecord():
            reference = record.fact.reference
            return (record.model, record.fact.data.digest, *(() if reference is None else (reference.digest,)))
        case BindingRecord():
            return (record.fact.policy,)
        case _:
            return ()


def _of_act(state: State, record: Record) -> tuple[Key, ...]:
    match record:
        case ReviewRecord():
            return (record.model,) if record.decision is None else (record.model, record.decision)
        case WaiverRecord():
            return (record.model, record.fact.policy)
        case FindingRecord():
            causes = (record.fact.caused_by, record.condition_of)
            return (record.model, *(index for index in causes if index is not None))
        case DeploymentRecord():
            made = record.fact.promotion in state.promotions
            return (record.model, record.fact.promotion) if made else (record.model,)
        case RollbackRecord() | RetirementRecord():
            return (f"{SYSTEM}{record.fact.system}",) if record.model is None else (record.model,)
        case _:
            return _of_thing(record)


def _rests_on(state: State, record: Record) -> tuple[Key, ...]:
    match record:
        case DecisionRecord():
            return decision_parents(state, record)
        case PromotionRecord():
            return _of_promotion(state, record)
        case ObservationRecord():
            return _of_observation(state, record)
        case ExportRecord():
            return (record.fact.about,)
        case _:
            return _of_act(state, record)


def parents(state: State, key: Key) -> tuple[Key, ...]:
    """What a node was made from or rests on; each key once."""
    found = record_of(state, key)
    if found is None:
        return ()
    return tuple(parent for parent in dict.fromkeys(_rests_on(state, found[1])) if parent != key)


def children(state: State, key: Key) -> tuple[Key, ...]:
    """What was made from a node or rests on it."""
    return tuple(dict.fromkeys(state.series.of(("children", key))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One node of a walk, with the node it was reached from."""

    key: Key
    depth: int
    before: Key | None


def walk(start: Iterable[Key], near: Callable[[Key], Iterable[Key]]) -> Iterator[Step]:
    """Breadth first, each node once, the start at depth 0."""
    waiting = deque(Step(key=key, depth=0, before=None) for key in dict.fromkeys(start))
    seen = {step.key for step in waiting}
    while waiting:
        step = waiting.popleft()
        yield step
        for key in near(step.key):
            if key not in seen:
                seen.add(key)
                waiting.append(Step(key=key, depth=step.depth + 1, before=step.key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A node and how far it is from the start."""

    node: Node
    depth: int


@dataclass(frozen=True, slots=True)
class Graph:
    """The lineage of one state."""

    state: State

    def parents(self, key: Key) -> tuple[Key, ...]:
        """What a node rests on."""
        return parents(self.state, key)

    def children(self, key: Key) -> tuple[Key, ...]:
        """What rests on a node."""
        return children(self.state, key)

    def _reach(self, node: Node, near: Callable[[Key], Iterable[Key]]) -> tuple[Reached, ...]:
        steps = walk((node.key,), near)
        return tuple(Reached(node=node_of(self.state, step.key), depth=step.depth) for step in steps)

    def up(self, node: Node) -> tuple[Reached, ...]:
        """The node and everything that it was made from, nearest first."""
        return self._reach(node, self.parents)

    def down(self, node: Node) -> tuple[Reached, ...]:
        """The node and everything that rests on it, nearest first."""
        return self._reach(node, self.children)

    def impact(self, node: Node) -> tuple[Reached, ...]:
        """The blast radius: models, approvals, promotions and deployments that rest on a node, nearest first."""
        kinds = {"model", "review", "promotion", "deployment"}
        return tuple(reached for reached in self.down(node)[1:] if reached.node.kind in kinds)

    def path(self, above: Node, below: Node) -> tuple[Node, ...]:
        """The shortest way from `below` up to `above`, both included; empty where `below` does not rest on it."""
        before: dict[Key, Key | None] = {}
        for step in walk((below.key,), self.parents):
            before[step.key] = step.before
            if step.key == above.key:
                return tuple(node_of(self.state, key) for key in trail(before, step.key))
        return ()


def trail(before: dict[Key, Key | None], end: Key) -> tuple[Key, ...]:
    """The keys from the start of a walk to `end`."""
    keys = [end]
    while (previous := before[keys[-1]]) is not None:
        keys.append(previous)
    return tuple(reversed(keys))
