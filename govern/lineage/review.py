"""Who may approve a model, who did, and what the quorum still lacks."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from govern.domain.decision import Quorum
from govern.domain.text import Digest
from govern.lineage.graph import parents, walk
from govern.lineage.nodes import node_of, record_of
from govern.lineage.people import person, same_person
from govern.lineage.records import Mark, ReviewRecord
from govern.lineage.stale import stale
from govern.lineage.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Why a holder may not approve a model: the entry that disqualifies them."""

    holder: str
    index: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCounted:
    """A review that does not count, and why."""

    index: int
    holder: str
    reason: str
    because: int | None = None
    """The entry that it fails by, if one does."""
    way: str = ""
    """From the review to what that entry touched."""

    @property
    def text(self) -> str:
        """The reason with its entry, and the way there."""
        where = "" if self.because is None else f" (#{self.because})"
        return f"{self.reason}{where}: {self.way}" if self.way else f"{self.reason}{where}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumState:
    """Where a quorum stands."""

    required: tuple[Quorum, ...]
    counted: tuple[int, ...]
    """Indices of the approvals that make it, sorted."""
    missing: tuple[Quorum, ...]
    """What is still lacking, with the counts that lack."""
    refused: tuple[NotCounted, ...]
    objections: tuple[int, ...] = ()
    """Rejections and requests for changes that stand."""

    @property
    def reached(self) -> bool:
        """Whether nothing is missing and nobody objects."""
        return not self.missing and not self.objections


def _makers(state: State, model: Digest) -> list[tuple[Mark, str]]:
    """Every signature under the model, its runs and all data they go back to."""
    made: list[tuple[Mark, str]] = []
    for step in walk((model,), lambda key: parents(state, key)):
        found = record_of(state, step.key)
        if found is None or found[0] == "system":
            continue
        node = node_of(state, step.key)
        made += [(mark, f"recorded {node.label}") for mark in found[1].marks]
    return made


def developers(state: State, model: Digest) -> frozenset[str]:
    """Holders who signed the model, its runs or the data they go back to."""
    return frozenset(mark.holder for mark, _ in _makers(state, model) if mark.holder)


def requesters(state: State, model: Digest, gate: str) -> frozenset[str]:
    """Holders who asked for the latest decision at a gate."""
    latest = state.latest_decision(model, gate)
    return frozenset() if latest is None else frozenset(mark.holder for mark in latest.marks if mark.holder)


def _judges(state: State, model: Digest) -> list[tuple[Mark, str]]:
    """Every signature under a policy or binding that judged the model, and under a waiver asked for it."""
    judged: list[tuple[Mark, str]] = []
    for digest in state.judged.get(model) or ():
        document = state.policy_versions.get(digest) or state.binding_versions.get(digest)
        if document is None:
            continue
        verb = "loosened" if document.fact.change == "loosened" else "signed"
        what = f"{document.fact.KIND} {document.name}"
        judged += [(mark, f"{verb} the {what} that judged it") for mark in document.marks]
    for waiver in state.waivers_of(model):
        judged += [
            (Mark(index=step.index, keyid=step.keyid, holder=step.holder), f"asked for waiver {waiver.fact.id}, and that bars for good")
            for step in waiver.steps if step.action == "propose"
        ]
    return judged


def conflicts(state: State, model: Digest, holder: str) -> tuple[Conflict, ...]:
    """Why a holder may not approve a model, by entry; empty where nothing stands against it.

    Two names that one key had are one person. Who recorded or ran the model or any data it goes back to, signed a
    policy or binding that judged it, or asked for a waiver for it can't be its approver. Having asked bars for good:
    if a waiver's end lifted it, who asked could end the waiver and then approve on it being ended.
    """
    found: dict[tuple[int, str], Conflict] = {}
    for mark, reason in _makers(state, model) + _judges(state, model):
        if same_person(state, mark.holder, holder):
            found.setdefault((mark.index, reason), Conflict(holder=holder, index=mark.index, reason=reason))
    return tuple(sorted(found.values(), key=lambda conflict: conflict.index))


def standing(state: State, model: Digest, gate: str) -> tuple[ReviewRecord, ...]:
    """Each person's last word on a model at a gate, in each role; comments and attestations are no verdicts.

    A review taken back by the same person (`supersedes`) is gone; a new verdict in the same role replaces the old one.
    A review that could never count, or whose key is void, does neither; it is given too, so that its fault can be said.
    """
    taken_back: set[int] = set()
    last: dict[tuple[str, str], ReviewRecord] = {}
    unsound: dict[tuple[str, str], ReviewRecord] = {}
    for review in state.reviews_of(model, gate):
        who = person(state, review.holder)
        verdict = review.fact.action in {"approve", "reject", "request-changes"}
        if review.problem or _voided(state, review):
            if verdict:
                unsound[who, review.fact.role] = review
            continue
        if review.fact.supersedes is not None:
            old = state.reviews.get(review.fact.supersedes)
            if old is not None and same_person(state, old.holder, review.holder):
                taken_back.add(old.index)
        if verdict:
            last[who, review.fact.role] = review
            unsound.pop((who, review.fact.role), None)
    kept = (*last.values(), *unsound.values())
    return tuple(review for review in kept if review.index not in taken_back)


def _refusal(state: State, review: ReviewRecord, latest: int | None, now: datetime) -> NotCounted | None:
    """Why an approval does not count, if something stands against it."""
    def no(reason: str, because: int | None = None, way: str = "") -> NotCounted:
        return NotCounted(index=review.index, holder=review.holder, reason=reason, because=because, way=way)

    if review.problem:
        return no(review.problem)
    against = conflicts(state, review.model, review.holder)
    if against:
        return no(f"{review.holder} {against[0].reason}", against[0].index)
    if latest is None or review.decision is None:
        return no("there is no decision that it rests on")
    ended = stale(state, review, now)
    return no(ended[0].reason, ended[0].index, ended[0].way) if ended else None


def quorum(
    state: State, model: Digest, gate: str, required: tuple[Quorum, ...] | None = None, now: datetime | None = None,
) -> QuorumState:
    """Count the live approvals of distinct people, each for one place only.

    `required` is what the latest decision at the gate asks for, unless given; what is given can only be added to it.
    `now` is the ledger's clock unless given.
    """
    latest = state.latest_decision(model, gate)
    asked = () if latest is None else latest.fact.approvals
    wanted = asked if required is None else (*asked, *(one for one in required if one not in asked))
    moment = state.moment(now) if now is not None else state.clock
    live: list[ReviewRecord] = []
    refused: list[NotCounted] = []
    objections: list[int] = []
    for review in standing(state, model, gate):
        if review.fact.action != "approve":
            # An objection needs no clean hands, only a key that the trust root knows and that is not void.
            if not review.problem and not _voided(state, review):
                objections.append(review.index)
            continue
        assert moment is not None
        against = _refusal(state, review, None if latest is None else latest.index, moment)
        if against is None:
            live.append(review)
        else:
            refused.append(against)
    counted, missing = _assign(state, model, gate, wanted, live)
    return QuorumState(
        required=wanted, counted=tuple(sorted(counted)), missing=missing, refused=tuple(refused),
        objections=tuple(objections),
    )


def _voided(state: State, review: ReviewRecord) -> bool:
    revoked = state.revocations.get(review.mark.keyid)
    return revoked is not None and review.index >= revoked.void_from


class _Seats:
    """Places of a quorum, given to people so that as many as can be are filled (augmenting paths)."""

    def __init__(self, places: list[Quorum], fits: Callable[[ReviewRecord, Quorum], bool]) -> None:
        self.places = places
        self.fits = fits
        self.people: dict[str, list[ReviewRecord]] = {}
        self.taken: dict[int, tuple[str, int]] = {}

    def offer(self, who: str, tried: set[int]) -> bool:
        """Find a place for a person, moving others on if that helps."""
        for review in self.people[who]:
            for number, place in enumerate(self.places):
                if number in tried or not self.fits(review, place):
                    continue
                tried.add(number)
                if number not in self.taken or self.offer(self.taken[number][0], tried):
                    self.taken[number] = (who, review.index)
                    return True
        return False


def _assign(
    state: State, model: Digest, gate: str, wanted: tuple[Quorum, ...], live: list[ReviewRecord],
) -> tuple[list[int], tuple[Quorum, ...]]:
    """Give each person at most one place: the reviews that fill one, and what is lacking."""
    asked = requesters(state, model, gate)

    def fits(review: ReviewRecord, place: Quorum) -> bool:
        barred = "requester" in place.distinct_from and any(same_person(state, review.holder, one) for one in asked)
        return review.fact.role == place.role and not barred

    seats = _Seats([one for one in wanted for _ in range(one.count)], fits)
    for review in live:
        seats.people.setdefault(person(state, review.holder), []).append(review)
    for who in seats.people:
        seats.offer(who, set())
    lacking = Counter(place for number, place in enumerate(seats.places) if number not in seats.taken)
    missing = tuple(Quorum(role=one.role, count=n, distinct_from=one.distinct_from) for one, n in lacking.items())
    return [index for _, index in seats.taken.values()], missing
