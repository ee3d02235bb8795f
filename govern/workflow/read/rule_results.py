"""What each rule in force has said lately: counts by day, and what it judged last."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from govern.domain.decision import demand
from govern.domain.facts import DecisionFact
from govern.errors import UsageError
from govern.policy.bound import BoundPolicy, BoundRule
from govern.policy.model import Assertion
from govern.workflow.lately_views import Judged, RuleRow
from govern.workflow.place.workspace import Workspace
from govern.workflow.policies.policies import in_force
from govern.workflow.read.logbook import entries
from govern.workflow.read.reading import RESULT_DAYS

MOST: Final = 1_000
"""Decisions that are looked at, the newest: where there are more, what is shown says from when on it counts."""
LATEST: Final = 8
"""Subjects that are named of each rule."""


def rule_results(ws: Workspace) -> tuple[RuleRow, ...]:
    """Show every rule in force with what it said within 30 days; those that failed most are first.

    Statuses are counted as they were before waivers, of the rule of that name in any version of the policy.
    Raises `StorageError`.
    """
    now = ws.now()
    since = (now - timedelta(days=RESULT_DAYS)).replace(hour=0, minute=0, second=0, microsecond=0)
    found = entries(ws, kinds=("decision",), since=since, limit=MOST, newest_first=True)
    said: dict[str, list[Judged]] = {}
    for entry in found:
        fact = entry.fact
        assert isinstance(fact, DecisionFact)
        model = entry.statement.subjects[0].name.removeprefix("model/")
        for name, status in fact.statuses.items():
            said.setdefault(name, []).append(Judged(index=entry.index, time=entry.time, model=model, gate=fact.gate, status=status))
    begin = found[-1].time if len(found) == MOST else since
    rows: dict[str, RuleRow] = {}
    for bound in in_force(ws.objects, ws.state()):
        for rule in bound.policy.rules:
            name = f"{bound.policy.name}/{rule.id}"
            asked = _asked(bound, rule.id)
            if name in rows:
                rows[name] = replace(rows[name], enforcement={**rows[name].enforcement, **{gate: one.enforcement.value for gate, one in asked.items()}})
                continue
            mine = said.get(name, [])
            rows[name] = RuleRow(
                rule=rule.id, title=rule.title, policy=f"{bound.policy.name}@{bound.policy.version}", digest=bound.policy_digest,
                owner=bound.policy.metadata.owner, measure=rule.measure, condition=_condition(asked),
                enforcement={gate: one.enforcement.value for gate, one in asked.items()}, since=begin,
                days=_days(mine, since, now), latest=tuple(mine[:LATEST]),
            )
    return tuple(sorted(rows.values(), key=lambda row: (-row.counts["fail"], -row.counts["inconclusive"], row.rule, row.policy)))


def _asked(bound: BoundPolicy, rule: str) -> dict[str, BoundRule]:
    """The rule at each gate at which it is asked."""
    every = {gate: replace(bound, gate=gate).rules() for gate in sorted(bound.binding.terms)}
    return {gate: one for gate, rules in every.items() for one in rules if one.rule.id == rule}


def _condition(asked: Mapping[str, BoundRule]) -> str:
    one = next(iter(asked.values()), None)
    if one is None:
        return "asked at no gate"
    if one.rule.attestation is not None:
        count = one.rule.attestation.count
        return f"{count} {one.rule.attestation.role}{'s state' if count > 1 else ' states'}: {one.rule.attestation.statement}"
    if one.rule.assertion is None:
        return ""
    over = one.rule.over
    where = "" if over.each == "whole" else f", for {'every' if over.of == 'all' else 'at least one'} {over.each}"
    return _worded(one, one.rule.assertion) + where


def _worded(rule: BoundRule, assertion: Assertion) -> str:
    parts = assertion.every or assertion.some
    if parts:
        return (" and " if assertion.every else " or ").join(_worded(rule, part) for part in parts)
    if assertion.op == "present":
        return f"{assertion.value} was measured"
    try:
        threshold = rule.threshold(assertion)[0]
    except UsageError:  # what only a system says
        threshold = str(assertion.threshold)
    beside = f" {'relative' if assertion.as_ == 'relative' else 'difference'} to the baseline" if assertion.against else ""
    return f"{assertion.value}{beside} {demand(assertion.op or '', threshold)}"


def _days(judged: Sequence[Judged], since: datetime, now: datetime) -> tuple[Mapping[str, int], ...]:
    days = [Counter[str]() for _ in range((now - since).days + 1)]
    for one in judged:
        if 0 <= (number := (one.time - since).days) < len(days):
            days[number][one.status] += 1
    return tuple(days)
