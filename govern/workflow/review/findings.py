"""Findings: opened by monitoring, by a person, or as the condition of an approval; remediated, then closed by another."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Literal

from govern.domain.facts import FindingFact
from govern.domain.statement import Draft
from govern.domain.text import Digest, digest_of, short
from govern.errors import NotFoundError, Refused, UsageError
from govern.lineage.people import same_person
from govern.lineage.records import FindingRecord
from govern.lineage.refs import resolve
from govern.workflow.interface import Condition, Passphrases, Severity
from govern.workflow.place.workspace import Workspace, about
from govern.workflow.policies.waivers import bounded_reason, checked_reason
from govern.workflow.views import Written

REVIEWING = ("approver", "validator")


def as_findings(
    conditions: Sequence[Condition], *, system: str, model: Digest, review: int, now: datetime
) -> tuple[FindingFact, ...]:
    """Make the findings of a conditional approval that will be entry `review`. Raises `UsageError`."""
    found = []
    for condition in conditions:
        if condition.due <= now:
            raise UsageError(f"“{condition.title}” would be overdue at once", "Give a due date in the future.")
        found.append(
            FindingFact(
                id=finding_id(model, condition.title, review), system=system, title=checked_reason(condition.title, "title"),
                severity=condition.severity, owner=condition.owner, due=condition.due, condition_of=review,
                reason="condition of an approval",
            )
        )
    return tuple(found)


def finding_id(model: Digest, title: str, at: int) -> str:
    """Name a finding by what it is about and where in the ledger it began."""
    return f"F-{short(digest_of(f'{model} {title} {at}'.encode()))}"


def open_finding(
    ws: Workspace, ref: str, *, title: str, severity: Severity, owner: str, due: datetime, reason: str = "",
    key: str | None = None, passphrases: Passphrases,
) -> Written:
    """Open a finding on a model. Raises `NotFoundError`, `UsageError`."""
    state = ws.state()
    node = resolve(state, ref, kinds=("model",))
    if due <= ws.now():
        raise UsageError("the finding would be overdue at once", "Give a due date in the future.")
    fact = FindingFact(
        id=finding_id(node.digest, title, state.size), system=state.models[node.digest].fact.system,
        title=checked_reason(title, "title"), severity=severity, owner=owner, due=due, reason=bounded_reason(reason),
    )
    draft = Draft(subjects=about(node.name, node.digest), fact=fact)
    return ws.write([draft], key=key or ws.key_for("evaluator", None), passphrases=passphrases)[0]


def remediate(ws: Workspace, finding: str, *, reason: str, key: str | None = None, passphrases: Passphrases) -> Written:
    """Say that a finding was remediated, and how. Somebody else has to verify it. Raises `NotFoundError`, `Refused`."""
    record = _record(ws, finding)
    if record.state != "open":
        raise Refused(f"{finding} is {record.state}", "Only an open finding is remediated.")
    return _move(ws, record, "remediated", reason, key or ws.key_for("evaluator", None), passphrases)


def close(ws: Workspace, finding: str, *, reason: str, key: str | None = None, passphrases: Passphrases) -> Written:
    """Verify a remediation and close the finding: a reviewer's, and not of the one who remediated it.

    Raises `NotFoundError`, `Refused`.
    """
    record = _record(ws, finding)
    name = ws.key_for("reviewer", key)
    if not set(ws.roles_of(name)) & set(REVIEWING):
        raise Refused(f"the key “{name}” may not close findings", f"It takes one of the roles {', '.join(REVIEWING)}.")
    if record.state != "remediated":
        raise Refused(f"{finding} is {record.state}", "It is remediated first: `govern finding remediate`.")
    state, holder = ws.state(), ws.holder_of(name)
    if any(same_person(state, holder, one) for one in record.fixers):
        raise Refused(f"{holder} remediated {finding} and can't verify it", "Somebody else has to.")
    if any(same_person(state, holder, move.owner) for move in record.moves):
        raise Refused(f"{holder} owns {finding}, or did, and can't verify it", "Somebody else has to.")
    return _move(ws, record, "verified-closed", reason, name, passphrases)


def _record(ws: Workspace, finding: str) -> FindingRecord:
    record = ws.state().findings.get(finding)
    if record is None:
        raise NotFoundError(f"there is no finding {finding}", "`govern status` lists them.")
    return record


def _move(
    ws: Workspace, record: FindingRecord, word: Literal["remediated", "verified-closed"], reason: str, key: str,
    passphrases: Passphrases,
) -> Written:
    fact = replace(record.fact, state=word, reason=checked_reason(reason), due=record.due, severity=record.severity)
    model = ws.state().models[record.model]
    draft = Draft(subjects=about(model.name, record.model), fact=fact)
    return ws.write([draft], key=key, passphrases=passphrases)[0]
