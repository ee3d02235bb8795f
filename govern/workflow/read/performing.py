"""Performance of what runs, window by window: each metric of a deployment's observations, with its interval and limit."""

from collections.abc import Iterator, Mapping
from typing import Final

from govern.domain.decision import RuleResult, demand
from govern.domain.evidence import JsonValue
from govern.domain.text import Digest, decimal_of
from govern.errors import UsageError
from govern.lineage.graph import evidence_entry
from govern.lineage.permission import promote_gate
from govern.lineage.records import ObservationRecord
from govern.lineage.state import State
from govern.workflow.place.documents import Documents
from govern.workflow.place.workspace import Workspace
from govern.workflow.views import MetricPoint, PerformanceRow, Standing

WINDOWS: Final = 90
"""Windows of a deployment that are read at most, the newest: a quarter by day."""
MEASURE: Final = "performance"


def performance(
    ws: Workspace, state: State | None = None, *, system: str | None = None, windows: int = WINDOWS
) -> tuple[PerformanceRow, ...]:
    """Show, for each deployment that was observed, its metrics over its last windows, beside what the gate measured.

    Windows without outcomes measure no performance: such a deployment has a row without values that says so.
    """
    state = state or ws.state()
    rows: list[PerformanceRow] = []
    for deployment in state.deployments_in(system):
        seen = state.observations_in(deployment.fact.id, last=windows)
        if seen:
            rows += _rows(ws, state, deployment.fact.id, deployment.fact.environment, seen)
    return tuple(rows)


def _rows(
    ws: Workspace, state: State, deployment: str, environment: str, seen: tuple[ObservationRecord, ...]
) -> Iterator[PerformanceRow]:
    model, documents = state.models[seen[-1].model], Documents(ws)
    series: dict[str, list[MetricPoint]] = {}
    for one in seen:
        for metric, value, low, high in _metrics(documents, one.fact.evidence):
            series.setdefault(metric, []).append(MetricPoint(observed=one.fact.observed, value=value, low=low, high=high))
    gated = _gated(ws, state, seen[-1].model)
    before = {metric: value for evidence in gated for metric, value, _, _ in _metrics(documents, evidence)}
    last = documents.decision(seen[-1].fact.decision)
    rules = tuple(rule for rule in last.rules if rule.measure.split("@")[0] == MEASURE) if last else ()
    unread, missing = tuple(documents.unread), documents.sentence
    if not series:
        yield PerformanceRow(
            system=seen[-1].fact.system, deployment=deployment, model=model.name, environment=environment, metric="", points=(),
            baseline="", limit="", op="", standing="warn" if unread else "none", unread=unread,
            sentence=missing or "The windows carry no outcomes, so performance can't be measured yet: give --target when they are known.",
        )
    for metric, points in sorted(series.items()):
        op, limit, standing = _limit(rules, points[-1].value)
        said = _sentence(metric, points, before.get(metric, ""), op, limit, judged=not unread)
        yield PerformanceRow(
            system=seen[-1].fact.system, deployment=deployment, model=model.name, environment=environment, metric=metric,
            points=tuple(points), baseline=before.get(metric, ""), limit=limit, op=op, unread=unread,
            standing="warn" if unread and standing != "bad" else standing, sentence=" ".join(filter(None, (missing, said))),
        )


def _gated(ws: Workspace, state: State, model: Digest) -> tuple[Digest, ...]:
    """What gates measured of a model, oldest first: found by their decisions, for its evidence is mostly that of windows."""
    gates = (*(promote_gate(stage) for stage in ws.config.stages), "deploy")
    decisions = sorted((one for gate in gates for one in state.decisions_of(model, gate)), key=lambda one: one.index)
    found = {
        digest: evidence_entry(state, digest, model, decision.index) for decision in decisions for digest in decision.fact.evidence
    }
    entries = sorted((index, digest) for digest, index in found.items() if isinstance(index, int))
    return tuple(digest for index, digest in entries if state.evidence[index].fact.purpose == "gate")


def _metrics(documents: Documents, evidence: Digest) -> Iterator[tuple[str, str, str, str]]:
    """Yield each metric of the performance measures that has an interval: name, value, low, high."""
    read = documents.evidence(evidence)
    for item in read.measures if read else ():
        if item.measure.split("@")[0] != MEASURE or item.availability != "measured":
            continue
        for name, value in item.values.items():
            interval = item.values.get(f"{name}_interval")
            if isinstance(value, str) and isinstance(interval, Mapping):
                yield name, value, _text(interval.get("low")), _text(interval.get("high"))


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""


def _limit(rules: tuple[RuleResult, ...], value: str) -> tuple[str, str, Standing]:
    """Find the check that looked at this value; without one the metric is only shown."""
    for rule in rules:
        for check in rule.checks:
            if check.observed == value and check.threshold:
                return check.op, check.threshold, "ok" if check.status.value == "pass" else "bad"
    return "", "", "none"


def _sentence(metric: str, points: list[MetricPoint], before: str, op: str, limit: str, *, judged: bool) -> str:
    name = metric.replace("_", " ")
    words = [f"{name} {_short(points[-1].value)} in the last of {len(points)} window{'s' * (len(points) != 1)}"]
    if before:
        gap = decimal_of(points[-1].value) - decimal_of(before)
        words.append(f"{_short(str(abs(gap)))} {'above' if gap > 0 else 'below'} the {_short(before)} of the gate" if gap else "as at the gate")
    words.append(f"must be {demand(op, _short(limit))}" if limit else "no rule looks at it" if judged else "its limit can't be shown")
    return ", ".join(words) + "."


def _short(value: str) -> str:
    try:
        return f"{decimal_of(value):.3f}"
    except UsageError:
        return value
