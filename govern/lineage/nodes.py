"""What the graph's nodes are: from a key to kind, name, digest and entry."""

from dataclasses import dataclass
from typing import Final

from govern.domain.text import Digest
from govern.lineage.records import Mark, Record
from govern.lineage.state import Key, State

SYSTEM: Final = "system/"
"""What the key of a system starts with; every other textual key is a digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node of the lineage."""

    kind: str
    """The predicate type's short name, or `code`, `environment`, `dataset`, `run` for things without an entry."""
    name: str
    digest: Digest
    """Of the thing, or of the entry's leaf where the entry is the thing."""
    index: int
    """Of the entry that recorded it; -1 where none did."""
    key: Key

    @property
    def label(self) -> str:
        """`kind/name`, as the ledger's references write it."""
        return self.name if self.name.startswith(f"{self.kind}/") else f"{self.kind}/{self.name}"


def record_of(state: State, key: Key) -> tuple[str, Record] | None:
    """Kind and record behind a key; None for things that were only named."""
    return _by_index(state, key) if isinstance(key, int) else _by_text(state, key)


def _by_text(state: State, key: str) -> tuple[str, Record] | None:
    if key.startswith(SYSTEM):
        system = state.systems.get(key.removeprefix(SYSTEM))
        return None if system is None else ("system", system)
    digest = Digest(key)
    found: Record | None
    for kind, table in (
        ("model", state.models), ("dataset", state.datasets), ("run", state.runs), ("policy", state.policy_versions),
        ("binding", state.binding_versions),
    ):
        found = table.get(digest)
        if found is not None:
            return kind, found
    return None


def _by_index(state: State, key: int) -> tuple[str, Record] | None:
    found: Record | None
    for kind, table in (
        ("decision", state.decisions), ("evidence", state.evidence), ("observation", state.observations),
        ("review", state.reviews), ("promotion", state.promotions), ("rollback", state.rollbacks),
        ("retirement", state.retirements), ("export", state.exports), ("anchor", state.anchors),
        ("trust-root", state.roots),
    ):
        found = table.get(key)
        if found is not None:
            return kind, found
    place = state.places.get(key)
    if place is None:
        return None
    kind, name = place
    if kind == "waiver":
        return kind, state.waivers[str(name)]
    if kind == "deployment":
        return kind, state.deployments[str(name)]
    if kind == "observation":
        return kind, state.observations[int(name)]
    if kind == "finding":
        return kind, state.findings[str(name)]
    return _by_text(state, str(name))


def _name(kind: str, record: Record) -> str:
    fact = getattr(record, "fact", None)
    match kind:
        case "system" | "dataset" | "run" | "model" | "policy" | "binding":
            return str(getattr(record, "name", ""))
        case "waiver" | "deployment" | "finding":
            return str(getattr(fact, "id", ""))
        case "decision":
            return f"{getattr(fact, 'gate', '')}#{record.index}"
        case "review":
            return f"{getattr(fact, 'action', '')}#{record.index}"
        case "promotion":
            return f"{getattr(fact, 'stage', '')}#{record.index}"
        case "evidence":
            return f"{getattr(fact, 'purpose', '')}#{record.index}"
        case "trust-root":
            return f"trust-root@{getattr(fact, 'version', '')}"
        case _:
            return f"{kind}#{record.index}"


def key_of(kind: str, record: Record) -> Key:
    """The key under which the graph knows a record."""
    if kind == "system":
        return f"{SYSTEM}{getattr(record, 'name', '')}"
    return record.digest if kind in {"model", "dataset", "run", "policy", "binding"} else record.index


def node_of(state: State, key: Key) -> Node:
    """The node behind a key; things without an entry keep the name that a fact gave them."""
    found = record_of(state, key)
    if found is not None:
        kind, record = found
        return Node(
            kind=kind, name=_name(kind, record), digest=record.digest, index=record.index,
            key=key_of(kind, record),
        )
    if isinstance(key, str) and (loose := state.loose.get(Digest(key))) is not None:
        return Node(kind=loose.kind, name=loose.name or key[7:15], digest=loose.digest, index=-1, key=key)
    return Node(kind="unknown", name=str(key), digest=Digest(str(key)), index=-1, key=key)


def marks_of(state: State, key: Key) -> tuple[Mark, ...]:
    """Who recorded a node."""
    found = record_of(state, key)
    return () if found is None else found[1].marks
