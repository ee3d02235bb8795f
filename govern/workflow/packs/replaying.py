"""Replay: derive a stored decision again, from the ledger's entries and the objects alone, or from a pack."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from govern.canonical.values import from_json, object_bytes
from govern.domain.decision import Decision
from govern.domain.evidence import Evidence
from govern.domain.statement import Entry
from govern.domain.text import Digest, digest_of, short
from govern.errors import GovernError, NotFoundError, StorageError
from govern.exchange.pdf import read_attachments
from govern.lineage.folding import fold
from govern.lineage.graph import decision_parents
from govern.lineage.records import DecisionRecord
from govern.lineage.state import State
from govern.policy.deciding import ENGINE, decide
from govern.workflow.gate.asking import question_of
from govern.workflow.interface import Objects, Progress, silent
from govern.workflow.packs.attached import (
    AttachedObjects,
    proved_entries,
    require_complete,
    require_decisions,
    require_files,
)
from govern.workflow.packs.packing import decision_record
from govern.workflow.place.agreeing import decision_disagreement
from govern.workflow.place.workspace import Workspace

Outcome = Literal["identical", "same-verdict", "differs", "cannot"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What deriving a decision again gave."""

    decision: Digest
    index: int
    subject_name: str
    gate: str
    outcome: Outcome
    rules: tuple[str, ...] = ()
    """Rules that came out otherwise."""
    reasons: tuple[str, ...] = ()


def replay(ws: Workspace, ref: str) -> Replay:
    """Derive a decision of this workspace again; `ref` is the decision's digest or its entry. Raises `NotFoundError`."""
    state = ws.state()
    record = decision_record(state, ref)
    return replayed(ws.ledger.entries(0, record.index), ws.objects, record, ws.ledger.entry(record.index))


def replay_all(entries: Sequence[Entry], objects: Objects, state: State) -> tuple[Replay, ...]:
    """Derive again every decision whose object is at hand, oldest first."""
    found = []
    for record in sorted(state.decisions.values(), key=lambda record: record.index):
        try:
            objects.get(record.digest)
        except (NotFoundError, StorageError):
            continue
        found.append(replayed(entries[: record.index], objects, record, entries[record.index]))
    return tuple(found)


def replay_pack(path: Path, ref: str | None = None, *, trust: bytes, progress: Progress = silent) -> tuple[Replay, ...]:
    """Derive decisions again from a pack alone: one, or every one that came along.

    Its entries are proved first, against a trust root that came on another way. Raises `VerificationError`,
    `UnverifiableError`, `NotFoundError`.
    """
    attachments = read_attachments(path)
    require_files(attachments)
    proof = proved_entries(attachments, trust=trust, progress=progress)
    require_complete(proof)
    objects, state = AttachedObjects(attachments), fold(proof.entries)
    if ref is None:
        require_decisions(proof, objects)
        found = replay_all(proof.entries, objects, state)
    else:
        record = decision_record(state, ref)
        found = (replayed(proof.entries[: record.index], objects, record, proof.entries[record.index]),)
    return tuple(_doubted(one, state.decisions[one.index], state, frozenset(proof.void_later)) for one in found)


def _doubted(found: Replay, record: DecisionRecord, state: State, void: frozenset[int]) -> Replay:
    """Take a replay back that rests on what a key signed that was declared void since: anybody may have written it."""
    doubtful = sorted(void & {record.index, *(key for key in decision_parents(state, record) if isinstance(key, int))})
    if not doubtful:
        return found
    why = f"entry #{doubtful[0]} was signed with a key that was declared void from before it"
    return replace(found, outcome="cannot", rules=(), reasons=(why,))


def replayed(before: Iterable[Entry], objects: Objects, record: DecisionRecord, entry: Entry) -> Replay:
    """Derive one decision from the entries before it and the objects that it names."""
    name = entry.statement.subjects[0].name

    def answer(outcome: Outcome, *, rules: Sequence[str] = (), reasons: Sequence[str] = ()) -> Replay:
        return Replay(
            decision=record.digest, index=record.index, subject_name=name, gate=record.fact.gate, outcome=outcome,
            rules=tuple(rules), reasons=tuple(reasons),
        )

    try:
        stored = from_json(Decision, objects.get(record.digest))
        claimed = decision_disagreement(entry, record.fact, stored)
        if claimed:
            return answer("differs", reasons=(f"its entry says another {claimed} than the decision itself",))
        unfounded = [digest for digest in stored.evidence if not follows(objects, digest)]
        if unfounded:
            return answer("differs", reasons=(f"the numbers of evidence {short(unfounded[0])} do not follow from its statistics",))
        again = decide(question_of(objects, fold(before), stored, record.marks), as_of=stored.as_of)
    except GovernError as error:
        return answer("cannot", reasons=(error.message,))
    except KeyError as error:
        return answer("cannot", reasons=(f"it is about something that the entries before it do not know: {error}",))
    if digest_of(object_bytes(again)) == record.digest:
        return answer("identical")
    if stored.engine != ENGINE:
        return answer("cannot", reasons=(f"it was decided by {stored.engine}, this is {ENGINE}",))
    reasons, rules = differences(stored, again)
    return answer("same-verdict" if not rules and stored.outcome == again.outcome else "differs", rules=rules, reasons=reasons)


def follows(objects: Objects, digest: Digest) -> bool:
    """Compute every number of a piece of evidence again from its statistics, and say whether all are the same."""
    from govern.measure import recompute

    evidence = from_json(Evidence, objects.get(digest))
    return object_bytes(recompute(evidence)) == object_bytes(evidence)


def differences(stored: Decision, again: Decision) -> tuple[list[str], list[str]]:
    """Say in what two decisions differ: reasons, and the rules whose status is another."""
    mine = {(r.policy_name, r.rule): r for r in stored.rules}
    theirs = {(r.policy_name, r.rule): r for r in again.rules}
    reasons: list[str] = []
    rules: list[str] = []
    if stored.outcome != again.outcome:
        reasons.append(f"it says {stored.outcome.value}; its evidence and policy give {again.outcome.value}")
    for key in sorted(mine.keys() | theirs.keys()):
        one, other = mine.get(key), theirs.get(key)
        rule = "/".join(key)
        if one is None or other is None:
            rules.append(rule)
            reasons.append(f"{rule} is in {'the record' if other is None else 'the derivation'} only")
        elif one.status != other.status or one.waiver != other.waiver:
            rules.append(rule)
            reasons.append(f"{rule}: recorded {one.status.value}, derived {other.status.value}")
        elif one != other:
            reasons.append(f"{rule}: the same status, other figures or words")
    return reasons, rules
