"""What ended an approval: any later entry, or the clock, that touches a node of its closure, with the path why."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from govern.domain.text import Digest, instant
from govern.errors import NotFoundError
from govern.lineage.attesting import taken_back
from govern.lineage.graph import parents, trail, walk
from govern.lineage.nodes import SYSTEM, Node, marks_of, node_of
from govern.lineage.people import all_void
from govern.lineage.records import DecisionRecord, Mark, ReviewRecord, Thing, WaiverRecord
from govern.lineage.state import Key, State


@dataclass(frozen=True, slots=True, kw_only=True)
class StalePath:
    """One reason why something no longer holds."""

    index: int | None
    """The entry that ended it; None where the clock did."""
    reason: str
    path: tuple[Node, ...]
    """From the approval to the node that was touched."""

    @property
    def way(self) -> str:
        """The path in words."""
        return " → ".join(node.label for node in self.path)

    @property
    def text(self) -> str:
        """One sentence with the path."""
        where = "" if self.index is None else f" (#{self.index})"
        return f"{self.reason}{where}: {self.way}" if self.path else f"{self.reason}{where}"


Event = tuple[int | None, str]
"""Entry and reason."""


def stale(state: State, review: ReviewRecord | int, now: datetime) -> tuple[StalePath, ...]:
    """Why an approval no longer holds at `now`; empty while it is live.

    Raises `NotFoundError` where the index is not a review's.
    """
    record = state.reviews.get(review) if isinstance(review, int) else review
    if record is None:
        message = f"#{review} is not a review"
        raise NotFoundError(message, "`govern review list` names the reviews of a model.")
    found = list(stale_since(state, _start(record), since=record.index, now=now))
    head = (node_of(state, record.index),)
    found += [
        StalePath(index=index, reason=reason, path=head)
        for index, reason in _of_marks(state, record.marks, record.index)
    ]
    for index, reason in _of_findings(state, record, now):
        found.append(StalePath(index=index, reason=reason, path=head))
    return tuple(StalePath(index=one.index, reason=one.reason, path=_headed(head, one.path)) for one in found)


def _headed(head: tuple[Node, ...], path: tuple[Node, ...]) -> tuple[Node, ...]:
    return path if path[:1] == head else head + path


def _start(record: ReviewRecord) -> tuple[Key, ...]:
    return (record.model,) if record.decision is None else (record.model, record.decision)


def stale_decision(state: State, decision: DecisionRecord, now: datetime) -> tuple[StalePath, ...]:
    """Why a decision no longer allows anything at `now`."""
    return tuple(stale_since(state, (decision.index, decision.model), since=decision.index, now=now))


def stale_since(state: State, start: Iterable[Key], *, since: int, now: datetime) -> Iterator[StalePath]:
    """Walk up from `start` and give every reason that came up after `since` or still stands."""
    moment = state.moment(now)
    before: dict[Key, Key | None] = {}
    begun = tuple(start)
    replaced = _replaced(state, begun)
    for step in walk(begun, lambda key: parents(state, key)):
        before[step.key] = step.before
        for index, reason in dict.fromkeys(events(state, step.key, since=since, now=moment, replaced=replaced)):
            path = tuple(node_of(state, key) for key in trail(before, step.key))
            yield StalePath(index=index, reason=reason, path=path)


def _replaced(state: State, start: Iterable[Key]) -> frozenset[Digest]:
    """The models that those judged are to replace: they were compared with them."""
    models = [state.models[Digest(key)] for key in start if isinstance(key, str) and key in state.models]
    return frozenset(model.fact.baseline for model in models if model.fact.baseline is not None)


def events(state: State, key: Key, *, since: int, now: datetime, replaced: frozenset[Digest] = frozenset()) -> Iterator[Event]:
    """What happened to one node after `since`, or stands against it at `now`.

    How a model fares that is to be `replaced` counts nothing: what was measured of it stands, and its drift may be why.
    """
    if isinstance(key, int):
        decision = state.decisions.get(key)
        review = state.reviews.get(key) if decision is None else None
        if decision is not None:
            yield from _of_decision(state, decision, now)
        elif review is not None:
            yield from _of_attestation(state, review, since)
        elif (place := state.places.get(key)) is not None and place[0] == "waiver":
            yield from _of_waiver(state, state.waivers[str(place[1])], since, now)
    elif key.startswith(SYSTEM):
        system = state.systems.get(key.removeprefix(SYSTEM))
        if system is not None and system.revised > since:
            yield system.revised, "the system's record was revised"
        if system is not None:
            yield from _of_marks(state, system.revision, since)
    else:
        yield from _of_digest(state, Digest(key), since)
        if key in state.models and key not in replaced:
            yield from _of_model(state, Digest(key), since, now)
    signed = key in state.evidence or key in state.decisions if isinstance(key, int) else not key.startswith(SYSTEM)
    if signed:
        yield from _of_marks(state, marks_of(state, key), since)


def _of_attestation(state: State, review: ReviewRecord, since: int) -> Iterator[Event]:
    """A person's word that a decision rests on: taken back since, or of a key that is void or in doubt."""
    rule = "" if review.fact.attestation is None else review.fact.attestation.rule
    for index in taken_back(state, review):
        if index > since:
            yield index, f"{review.holder} took back what {rule} was attested by"
    yield from _of_marks(state, review.marks, since)


def _of_digest(state: State, digest: Digest, since: int) -> Iterator[Event]:
    thing: Thing | None = state.models.get(digest) or state.datasets.get(digest) or state.runs.get(digest)
    if thing is not None:
        if thing.grown > since and next(iter(parents(state, digest)), None) is not None:
            yield thing.grown, "more of what it was made from was recorded"
        for ending in thing.endings:
            in_force = ending is thing.ending
            if in_force and ending.word == "active":
                yield from _of_marks(state, ending.marks, since)
            if ending.word != "active" and (ending.index > since or in_force):
                yield ending.index, f"{ending.word}{f': {ending.reason}' if ending.reason else ''}"
    if (policy := state.policy_versions.get(digest)) is not None:
        yield from _of_document(state, "policy", policy.fact.name, digest, since)
        yield from _of_marks(state, policy.placed, since)
    if (binding := state.binding_versions.get(digest)) is not None:
        yield from _of_document(state, "binding", binding.fact.name, digest, since)
        yield from _of_marks(state, binding.placed, since)


def _of_document(state: State, kind: str, name: str, digest: Digest, since: int) -> Iterator[Event]:
    """A newer version under the same name, even if the old one came back since."""
    versions = zip(
        state.series.newest((f"{kind}-line", name)), state.series.newest((f"{kind}-entries", name)), strict=True,
    )
    newest = True
    for version, index in versions:
        if int(index) <= since and not (newest and version != digest):
            return
        if version != digest:
            yield int(index), f"{kind} {name} was replaced by a newer version"
            return
        newest = False


def _of_model(state: State, model: Digest, since: int, now: datetime) -> Iterator[Event]:
    denied = state.denied.get(model)
    if denied is not None and denied > since:
        drifted = state.observations[denied].fact.drifted
        yield denied, "monitoring denied it" + (f", drift in {', '.join(drifted)}" if drifted else "")
    for finding in state.findings_of(model):
        if finding.grave and finding.state != "verified-closed" and finding.due <= now:
            yield finding.last, f"finding {finding.fact.id} ({finding.severity}) is overdue since {instant(finding.due)}"


def _of_findings(state: State, review: ReviewRecord, now: datetime) -> Iterator[Event]:
    """Conditions of this very approval: overdue revokes it, whatever the severity."""
    moment = state.moment(now)
    for finding in state.findings_of(review.model):
        mine = finding.condition_of == review.index and not finding.grave
        if mine and finding.state != "verified-closed" and finding.due <= moment:
            yield finding.last, f"its condition {finding.fact.id} is overdue since {instant(finding.due)}"


def _of_decision(state: State, decision: DecisionRecord, now: datetime) -> Iterator[Event]:
    for index in state.series.newest(("decisions", decision.model, decision.fact.gate)):
        if int(index) <= decision.index:
            break
        later = state.decisions[int(index)]
        if not later.confirms(decision):
            yield later.index, f"a later decision at {decision.fact.gate} says otherwise or rests on something else"
            break
    expires = decision.fact.expires
    if expires is not None and expires <= now and not _renewed(state, decision, now):
        yield None, f"what it rests on is too old or has ended, since {instant(expires)}"


def _renewed(state: State, decision: DecisionRecord, now: datetime) -> bool:
    """Whether the latest decision at the gate says the same and is not too old."""
    latest = state.latest_decision(decision.model, decision.fact.gate)
    if latest is None or latest.index == decision.index or not latest.confirms(decision):
        return False
    if all_void(state, latest.marks):
        return False
    return latest.fact.expires is None or latest.fact.expires > now


def _of_waiver(state: State, waiver: WaiverRecord, since: int, now: datetime) -> Iterator[Event]:
    if waiver.fact.expires <= now:
        yield None, f"waiver {waiver.fact.id} expired on {instant(waiver.fact.expires)}"
    revoked = waiver.revoked
    if revoked is not None:
        yield revoked.index, f"waiver {waiver.fact.id} was revoked"
    signed = tuple(Mark(index=one.index, keyid=one.keyid, holder=one.holder) for one in waiver.approvals if one.index < since)
    yield from _of_marks(state, signed, since)


def _of_marks(state: State, marks: tuple[Mark, ...], since: int) -> Iterator[Event]:
    """Signatures that are void, or in doubt because their key was revoked as compromised since."""
    if all_void(state, marks):
        revoked = state.revocations[marks[0].keyid]
        yield revoked.index, f"it was signed by {marks[0].holder} with a key that is void from #{revoked.void_from}"
        return
    for mark in marks:
        doubt = state.revocations.get(mark.keyid)
        if doubt is not None and doubt.compromised and doubt.index > since:
            yield doubt.index, f"a key of {mark.holder} that signed it was revoked as compromised"
