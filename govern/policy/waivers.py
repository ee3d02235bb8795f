"""The whole life of a waiver: proposed, approved by the quorum that the policy names, active, void, expired, revoked.

One function, `life_of`, answers for the gate, for monitoring, for screens and for reports. It reads any record that has
the parts named in `WaiverLike`, so that it does not matter who folded the ledger.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from govern.domain.decision import Enforcement, RuleResult, Status
from govern.domain.facts import WaiverFact
from govern.domain.text import Digest, decimal_of, instant
from govern.policy.counts import number_of
from govern.policy.model import Policy

WaiverStanding = Literal["proposed", "active", "expired", "revoked"]
"""`void` is judged in `decide`, where the observed value is known (see `void_reason`)."""


class StepLike(Protocol):
    """One signature in a waiver's life."""

    @property
    def action(self) -> Literal["propose", "approve", "revoke"]:
        """What was signed."""

    @property
    def index(self) -> int:
        """Of the entry."""

    @property
    def time(self) -> datetime:
        """Claimed in the entry."""

    @property
    def role(self) -> str:
        """In which it was signed."""

    @property
    def holder(self) -> str:
        """Who signed."""


class WaiverLike(Protocol):
    """A waiver as the ledger's fold knows it."""

    @property
    def fact(self) -> WaiverFact:
        """As last proposed."""

    @property
    def model(self) -> Digest:
        """Its subject."""

    @property
    def steps(self) -> Sequence[StepLike]:
        """Every signature about it, in ledger order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverLife:
    """Where in its life a waiver is, and why."""

    state: WaiverStanding
    why: str
    requester: str
    approvers: tuple[str, ...]

    @property
    def is_active(self) -> bool:
        """Whether the waiver counts, before the observed value is known."""
        return self.state == "active"


def life_of(
    record: WaiverLike, policy: Policy | None, *, as_of: datetime, developers: Iterable[str] = (),
    earlier: Iterable[WaiverLike] = (),
) -> WaiverLife:
    """Say where a waiver stands at `as_of`.

    `policy` is the very document that the waiver names by digest (None where it is not at hand: nothing is active
    then). `earlier` are the waivers on the same rule and subject that came before: a renewal that brings no evidence
    beyond theirs stays proposed.
    """
    steps = sorted((step for step in record.steps if step.time <= as_of), key=lambda step: step.index)
    proposal = next((step for step in reversed(steps) if step.action == "propose"), None)
    if proposal is None:
        return WaiverLife(state="proposed", why="it was not proposed by then", requester="", approvers=())
    after = [step for step in steps if step.index > proposal.index]
    revoked = next((step for step in after if step.action == "revoke"), None)
    lack, counted = _lack(record, proposal, after, policy, frozenset(developers), earlier)
    state: WaiverStanding
    if revoked is not None:
        state, why = "revoked", f"revoked by {revoked.holder or 'an unknown key'} at #{revoked.index}"
    elif as_of >= record.fact.expires:
        state, why = "expired", f"expired at {instant(record.fact.expires)}"
    elif lack:
        state, why = "proposed", lack
    else:
        state, why = "active", f"approved by {', '.join(counted)}, until {instant(record.fact.expires)}"
    return WaiverLife(state=state, why=why, requester=proposal.holder, approvers=counted)


def _lack(
    record: WaiverLike, proposal: StepLike, after: Sequence[StepLike], policy: Policy | None,
    developers: frozenset[str], earlier: Iterable[WaiverLike],
) -> tuple[str, tuple[str, ...]]:
    """Say what a waiver lacks to be active, or nothing, and whose approvals count."""
    terms = policy.waivable.get(record.fact.rule) if policy is not None else None
    if policy is None or terms is None:
        return f"its policy does not let {record.fact.rule} be waived", ()
    problem = _terms_problem(record, proposal, terms.max.days, earlier)
    if problem:
        return problem, ()
    approvals = [step for step in after if step.action == "approve" and step.holder]
    used: set[str] = set()
    for quorum in terms.approvals:
        # Who asked for a waiver never approves it, whatever the policy says.
        barred = {proposal.holder, *quorum.distinct_from, *(developers if "developers" in quorum.distinct_from else ())}
        held = {step.holder for step in approvals if step.role == quorum.role} - barred - used
        used |= held
        if len(held) < quorum.count:
            lack = quorum.count - len(held)
            return f"{lack} more {quorum.role}{'' if lack == 1 else 's'} must approve it", tuple(sorted(used))
    return "", tuple(sorted(used))


def _terms_problem(record: WaiverLike, proposal: StepLike, most: int, earlier: Iterable[WaiverLike]) -> str:
    """Say which term of the proposal can't be accepted, or nothing."""
    fact = record.fact
    if fact.environment in {"", "*"}:
        return "it names no one gate"
    if (fact.expires - proposal.time).total_seconds() > most * 86_400:
        return f"it asks for longer than the {most} days that the policy allows"
    before = [
        one.fact for one in earlier
        if one.fact.id != fact.id and one.model == record.model and one.fact.rule == fact.rule
        and one.fact.environment == fact.environment and any(s.index < proposal.index for s in one.steps)
    ]
    return "a renewal needs new evidence, and it brings none" if renews_on_nothing(fact.evidence, before) else ""


def renews_on_nothing(evidence: Iterable[Digest], before: Sequence[WaiverFact]) -> bool:
    """Whether a waiver follows others on the same rule, model and gate, and rests on no evidence beyond theirs."""
    return bool(before) and not set(evidence) - {digest for one in before for digest in one.evidence}


def void_reason(void_if_worse_than: str, result: RuleResult) -> str:
    """Say why an active waiver is void on what was observed, or nothing.

    Raises `UsageError` where the waiver's limit is not a number.
    """
    if not void_if_worse_than:
        return ""
    limit = number_of(str(decimal_of(void_if_worse_than)))
    against = [check for check in result.checks if check.status in {Status.FAIL, Status.INCONCLUSIVE}]
    for check in against:
        if check.observed is None:
            return f"{check.label or 'a value'} was not measured, so it may be worse than {void_if_worse_than}"
        observed = number_of(check.observed)
        worse = observed < limit if check.op in {">=", ">"} else observed > limit
        if worse:
            return f"{check.label or 'the value'} is {check.observed}, worse than {void_if_worse_than}"
    return ""


def can_be_waived(result: RuleResult, policy: Policy) -> bool:
    """Whether a waiver may be laid over this result: never over an error, nor where the rule is mandatory."""
    return (
        result.rule in policy.waivable
        and result.enforcement is Enforcement.REQUIRE
        and result.status in {Status.FAIL, Status.INCONCLUSIVE}
    )
