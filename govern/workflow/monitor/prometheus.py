"""What an operator's dashboard wants, as a Prometheus textfile (exposition format 0.0.4) for node_exporter's collector."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from govern.errors import StorageError
from govern.lineage.permission import may_run
from govern.workflow.monitor import hooks
from govern.workflow.place.workspace import Workspace
from govern.workflow.read.reading import status
from govern.workflow.views import StatusView


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric family: name, help, and its samples by labels."""

    name: str
    help: str
    samples: tuple[tuple[dict[str, str], str], ...] = field(default=())
    """Labels to a number as text."""

    def lines(self) -> Iterator[str]:
        """The family as text."""
        yield f"# HELP {self.name} {self.help}"
        yield f"# TYPE {self.name} gauge"
        for labels, value in self.samples:
            inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            yield f"{self.name}{{{inside}}} {value}" if inside else f"{self.name} {value}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def metrics(ws: Workspace) -> tuple[Metric, ...]:
    """Everything worth an alert: what runs without standing, findings, drift, waivers, the tail that nothing anchors."""
    view = status(ws)
    return (
        _one("govern_ledger_entries", "Entries in the ledger.", view.size),
        _one("govern_unanchored_entries", "Entries after the last outside anchor.", view.unanchored),
        _one("govern_time_seconds", "When these figures were taken, seconds since 1970.", _epoch(view.as_of)),
        _running(ws, view),
        Metric(
            name="govern_stale_approvals", help="Approvals that no longer hold, of models at a stage, by system.",
            samples=tuple(({"system": row.name}, str(row.stale_approvals)) for row in view.systems),
        ),
        _findings(view),
        Metric(
            name="govern_review_queue", help="What waits for a person, by why.",
            samples=tuple(
                ({"why": why}, str(sum(1 for item in view.due if item.why == why)))
                for why in ("review", "stale", "finding", "waiver")
            ),
        ),
        Metric(
            name="govern_waiver_expires_seconds", help="When an active waiver expires, seconds since 1970.",
            samples=tuple(
                ({"waiver": row.id, "system": row.system, "model": row.model, "rule": row.rule}, _epoch(row.expires))
                for row in view.waivers if row.state == "active"
            ),
        ),
        Metric(
            name="govern_drift_effect", help="Largest effect size of the last window, by deployment.",
            samples=tuple((_deployment(row), row.values[-1][1]) for row in view.drift if row.values and row.values[-1][1]),
        ),
        Metric(
            name="govern_last_window_seconds", help="When the last window was observed, seconds since 1970.",
            samples=tuple((_deployment(row), _epoch(row.values[-1][0])) for row in view.drift if row.values),
        ),
        _one("govern_hooks_waiting", "Events that no hook has taken yet.", len(hooks.waiting(ws))),
    )


def _one(name: str, words: str, value: int | str) -> Metric:
    return Metric(name=name, help=words, samples=(({}, str(value)),))


def _epoch(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def _deployment(row: object) -> dict[str, str]:
    return {name: str(getattr(row, name)) for name in ("system", "deployment", "model", "environment")}


def _running(ws: Workspace, view: StatusView) -> Metric:
    state = ws.state()
    samples = []
    for record in state.deployments.values():
        if record.ended is None:
            labels = {
                "system": record.fact.system, "environment": record.fact.environment, "deployment": record.fact.id,
                "model": state.models[record.model].name, "mode": record.fact.mode,
            }
            granted = may_run(state, record.model, record.fact.environment, view.as_of)
            samples.append((labels, "1" if granted.allowed else "0"))
    return Metric(
        name="govern_may_run", help="1 where what is deployed may run now, 0 where the ledger refuses it.",
        samples=tuple(samples),
    )


def _findings(view: StatusView) -> Metric:
    samples = []
    for row in view.systems:
        mine = [finding for finding in view.findings if finding.system == row.name and finding.state != "verified-closed"]
        for severity in ("low", "medium", "high", "critical"):
            for overdue in (False, True):
                count = sum(1 for one in mine if (one.severity, one.overdue) == (severity, overdue))
                labels = {"system": row.name, "severity": severity, "overdue": str(overdue).lower()}
                samples.append((labels, str(count)))
    return Metric(name="govern_open_findings", help="Findings that are not closed.", samples=tuple(samples))


def text(ws: Workspace) -> str:
    """The whole textfile."""
    return "".join(f"{line}\n" for metric in metrics(ws) for line in metric.lines())


def write_textfile(ws: Workspace, path: Path) -> None:
    """Write the textfile, whole or not at all: a collector may read at any moment. Raises `StorageError`."""
    body = text(ws)
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        fresh.write_text(body, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        message = f"{path} can't be written: {error.strerror}"
        raise StorageError(message, "Name a file in a folder that you may write to.") from error
