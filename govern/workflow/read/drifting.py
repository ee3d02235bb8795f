"""Drift of what runs, window by window: the largest effect that the rules looked at, beside its limit."""

from collections.abc import Sequence
from typing import Final

from govern.domain.decision import Decision
from govern.domain.text import counted, decimal_of
from govern.lineage.records import ObservationRecord
from govern.lineage.state import State
from govern.workflow.place.documents import Documents
from govern.workflow.place.workspace import Workspace
from govern.workflow.views import DriftRow, Standing

WINDOWS: Final = 30
"""Of each deployment: more are on its page of a report, and no chart at a glance shows them."""


def drift(
    ws: Workspace, state: State | None = None, *, system: str | None = None, windows: int = WINDOWS
) -> tuple[DriftRow, ...]:
    """Show, for each deployment that was observed, its drift over its last windows."""
    state = state or ws.state()
    rows = []
    for deployment in state.deployments_in(system):
        seen = state.observations_in(deployment.fact.id, last=windows)
        if seen:
            rows.append(_row(ws, state, deployment.fact.id, deployment.fact.environment, seen))
    return tuple(rows)


def _row(ws: Workspace, state: State, deployment: str, environment: str, seen: Sequence[ObservationRecord]) -> DriftRow:
    documents = Documents(ws)
    decisions = [documents.decision(observation.fact.decision) for observation in seen]
    pairs = [largest_effect(decision) if decision else ("", "") for decision in decisions]
    values = tuple(
        (observation.fact.observed, effect) for observation, (effect, _) in zip(seen, pairs, strict=True) if effect
    )
    limit = next((limit for _, limit in reversed(pairs) if limit), "")
    last = seen[-1]
    wanting = bool(documents.unread) or last.fact.outcome == "deny"
    standing: Standing = "bad" if last.fact.drifted else "warn" if wanting else "ok"
    said = _sentence(last, decisions[-1], values[-1][1] if values else "", limit, state.series.count(("windows", deployment)))
    return DriftRow(
        system=last.fact.system, deployment=deployment, model=state.models[last.model].name, environment=environment,
        values=values, limit=limit, drifted=last.fact.drifted, standing=standing, unread=tuple(documents.unread),
        sentence=" ".join(filter(None, (documents.sentence, said))),
    )


def _sentence(last: ObservationRecord, decision: Decision | None, effect: str, limit: str, many: int) -> str:
    """Say how the last window stands, as far as its document can be read; that it drifted, its entry says too."""
    within = f"within the limit of {limit or '—'}"
    if decision is None:
        within = "what its last window measured can't be shown"
    word = f"above the limit of {limit or '—'} in {', '.join(last.fact.drifted)}" if last.fact.drifted else within
    windows = f"in {counted(many, 'window')}"
    if decision is None:
        return f"{word[0].upper()}{word[1:]}, {windows}."
    latest = f"{decimal_of(effect):.3f}" if effect else "not measured"
    return f"Largest effect {latest}, {word}, {windows}."


def largest_effect(decision: Decision) -> tuple[str, str]:
    """Return the largest effect size that a decision's drift rules looked at, and their limit; empty where none did."""
    looked = [
        (check.observed, check.threshold)
        for rule in decision.rules if rule.measure.split("@")[0].endswith("_drift")
        for check in rule.checks if check.observed is not None
    ]
    return max(looked, key=lambda pair: decimal_of(pair[0])) if looked else ("", "")
