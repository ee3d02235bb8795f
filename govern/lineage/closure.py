"""One digest over all that an approval of a model at a gate relies on."""

from dataclasses import dataclass

from govern.domain.text import Digest, digest_of
from govern.lineage.graph import parents, walk
from govern.lineage.nodes import Node, node_of
from govern.lineage.state import Key, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """Everything relied on, and its digest.

    The digest is SHA-256 over one line a node, `KIND sha256:HEX`, each once, sorted as bytes and joined by newlines.
    """

    nodes: tuple[Node, ...]
    """Nearest first: the model, then what it was made from, then the decision and what that rests on."""
    digest: Digest

    @property
    def relied_on(self) -> tuple[Digest, ...]:
        """The nodes' digests, each once, sorted."""
        return tuple(sorted({node.digest for node in self.nodes}))


def closure(state: State, model: Digest, gate: str) -> Closure:
    """Close over the model and the latest decision at the gate, through any number of hops.

    In it: model, system, runs, datasets and their sources, code, environment, decision, evidence and the data measured,
    policies, bindings, waivers, the model's last denied observation and the findings on it that are not closed. Not in
    it: time, and reviews (two reviewers sign the same digest).
    """
    start: list[Key] = [model]
    latest = state.latest_decision(model, gate)
    if latest is not None:
        start.append(latest.index)
    denied = state.denied.get(model)
    nodes = [node_of(state, step.key) for step in walk(start, lambda key: parents(state, key))]
    # An observation and a finding count by what they say; what they were measured on is not what one relies on.
    extra: list[Key] = [] if denied is None else [denied]
    nodes += [node_of(state, key) for key in extra]
    for finding in state.findings_of(model):
        if finding.state != "verified-closed":
            nodes.append(node_of(state, finding.index))
    return Closure(nodes=tuple(nodes), digest=digest_over(nodes))


def digest_over(nodes: list[Node]) -> Digest:
    """The closure digest of nodes (see `Closure`)."""
    lines = sorted({f"{node.kind} {node.digest}".encode() for node in nodes})
    return digest_of(b"\n".join(lines))
