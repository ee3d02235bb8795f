"""Who somebody is and what they may sign, by the trust root in force at an entry's index."""

from collections.abc import Iterator
from typing import Final

from govern.lineage.records import Mark, RootRecord
from govern.lineage.state import State

REVIEWING: Final = ("approver", "validator")
"""Roles whose signature can make a finding lighter or close it."""

EMERGENCY: Final = "emergency"
"""The role that may roll back to a stale closure, with a reason."""


def root_at(state: State, index: int) -> RootRecord | None:
    """The trust root that an entry at `index` is judged by: the last before it; the first is in force from itself."""
    found = None
    for root in state.head.roots:
        if found is not None and root >= index:
            break
        if root <= index:
            found = root
    return None if found is None else state.roots[found]


def void_from(state: State, keyid: str) -> int | None:
    """The index from which a key is void, if a trust root says so."""
    revoked = state.revocations.get(keyid)
    return None if revoked is None else revoked.void_from


def is_void(state: State, mark: Mark) -> bool:
    """Whether a signature stands at or after the index from which its key is void."""
    start = void_from(state, mark.keyid)
    return start is not None and mark.index >= start


def all_void(state: State, marks: tuple[Mark, ...]) -> bool:
    """Whether there are signatures, and none of a key that is good."""
    return bool(marks) and all(is_void(state, mark) for mark in marks)


def void_entries(state: State, keyid: str) -> Iterator[int]:
    """Indices of the entries that a key signed from where it is void, newest first."""
    start = void_from(state, keyid)
    for index in state.series.newest(("signed", keyid)) if start is not None else ():
        if int(index) < (start or 0):
            return
        yield int(index)


def holds_role(state: State, keyid: str, role: str, index: int) -> bool:
    """Whether a key may act in a role at an index. A revocation counts even where it was recorded later."""
    root = root_at(state, index)
    if root is None or keyid not in root.fact.keys:
        return False
    start = void_from(state, keyid)
    named = root.fact.roles.get(role)
    return named is not None and keyid in named.keyids and (start is None or index < start)


def roles_at(state: State, keyid: str, index: int) -> frozenset[str]:
    """All roles of a key at an index."""
    root = root_at(state, index)
    if root is None:
        return frozenset()
    return frozenset(role for role in root.fact.roles if holds_role(state, keyid, role, index))


def person(state: State, holder: str) -> str:
    """One name for all the names that a person's keys have had."""
    while (other := state.persons.get(holder)) is not None:
        holder = other
    return holder


def same_person(state: State, one: str, other: str) -> bool:
    """Whether two holders are one person; nobody is the same person as an unknown signer."""
    return bool(one and other) and person(state, one) == person(state, other)
