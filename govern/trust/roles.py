"""Which role may sign which predicate types: the table that verification step 5 asks."""

from typing import Final

from govern.domain.facts import FACTS, Fact, ReviewFact, WaiverFact

SIGNS: Final[dict[str, frozenset[str]]] = {
    "root": frozenset({"trust-root", "redaction", "recovery"}),
    "log": frozenset(),  # signs checkpoints only
    "recorder": frozenset({"system", "dataset", "run", "model"}),
    "evaluator": frozenset({"evidence", "decision", "observation", "finding"}),
    "policy": frozenset({"policy", "binding"}),
    "validator": frozenset({"review", "waiver", "finding"}),
    "approver": frozenset({"review", "waiver", "finding"}),
    "operator": frozenset({"promotion", "deployment", "rollback", "retirement"}),
    "auditor": frozenset({"export", "anchor"}),
    "emergency": frozenset({"rollback"}),
    "witness": frozenset(),  # cosigns checkpoints only
}
"""Role to the predicate types it may sign."""

ROLES: Final = tuple(SIGNS)

NEVER_TOGETHER: Final = (
    ("evaluator", "policy"),
    ("log", "approver"),
    ("log", "validator"),
)
"""Pairs of roles that one key may not hold: who measures may not move the goalposts, and the unattended log key may
not act as a person."""


def may_sign(role: str, fact: Fact) -> bool:
    """Say whether a role may sign this fact.

    Whoever is in the trust root in any role but `log` and `witness` may propose a waiver and comment in a review:
    neither turns a deny into an allow, and both are things that people must be free to do.
    """
    if fact.KIND in SIGNS.get(role, frozenset()):
        return True
    if role in {"log", "witness"}:
        return False
    if isinstance(fact, WaiverFact):
        return fact.action == "propose"
    return isinstance(fact, ReviewFact) and fact.action == "comment"


def roles_for(kind: str) -> tuple[str, ...]:
    """Return the roles that may sign a kind of fact, for messages."""
    return tuple(role for role, kinds in SIGNS.items() if kind in kinds)


assert set().union(*SIGNS.values()) == set(FACTS), "every predicate type has a role that signs it"
