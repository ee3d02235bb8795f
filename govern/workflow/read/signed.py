"""What a key signed, and what rests on that: asked after a key was lost or compromised."""

from datetime import datetime
from typing import Final

from govern.errors import NotFoundError, UsageError
from govern.lineage.graph import Graph, walk
from govern.lineage.nodes import node_of
from govern.lineage.refs import SHORTEST_PREFIX
from govern.lineage.state import State
from govern.workflow.place.workspace import Workspace
from govern.workflow.read.reading import Direction, lineage_row
from govern.workflow.views import LineageRow

KEY: Final = "key/"
RESTING: Final = frozenset({"model", "review", "promotion", "deployment"})
"""Kinds of what is named although the key did not sign it: what stands or falls with what it did."""


def is_key(ref: str) -> bool:
    """Whether a reference names a key."""
    return ref.startswith(KEY)


def signed_with(
    ws: Workspace, ref: str, direction: Direction = "impact", *, as_of: datetime | None = None
) -> tuple[LineageRow, ...]:
    """List what a key signed and what models, approvals, promotions and deployments rest on that, the newest first.

    `ref` is `key/` with a key's name on this machine, a holder, or the beginning of a key's id. Raises `NotFoundError`, and
    `UsageError` for any direction but `impact` and `down`: a key was made from nothing.
    """
    if direction not in {"impact", "down"}:
        raise UsageError(f"{ref} was made from nothing", f"Ask what it signed, and what rests on that: govern lineage {ref} --impact")
    state = ws.state(as_of=as_of)
    now = as_of or ws.now()
    signed = {index for keyid in _keyids(ws, state, ref.removeprefix(KEY)) for index in state.signed_with(keyid)}
    own = {node_of(state, index).key: index for index in sorted(signed)}
    rows = {}
    for step in walk(own, Graph(state).children):
        node = node_of(state, step.key)
        if step.key in own:
            where = "" if node.index in signed else f" in #{own[step.key]}"  # a waiver stands at its proposal, whoever approved it
            rows[node.key] = lineage_row(state, node, now, lanes="●", depth=0, detail=f"signed with it{where}")
        elif node.kind in RESTING:
            rows[node.key] = lineage_row(state, node, now, lanes="└ ●", depth=-step.depth, detail="rests on what it signed")
    return tuple(sorted(rows.values(), key=lambda row: row.index, reverse=True))


def _keyids(ws: Workspace, state: State, name: str) -> tuple[str, ...]:
    """The ids of the keys that a name means: of this machine, of a holder, or by their beginning."""
    if name in ws.keyring.names():
        return (ws.keyring.info(name).keyid,)
    holders = dict(state.key_holders.items())
    found = tuple(keyid for keyid, holder in holders.items() if holder == name)
    if not found and len(name) >= SHORTEST_PREFIX:
        found = tuple(keyid for keyid in holders if keyid.startswith(name))
    if not found:
        raise NotFoundError(f"“{name[:80]}” names no key of this ledger", "`govern trust show` lists keys and their holders.")
    return found
