"""How well a model did over time: its metrics at the gate beside those of each monitoring window."""

from govern.domain.evidence import Measurement
from govern.workflow.views import EvidenceView
from govern_reports.view.blocks import Builder, Part
from govern_reports.view.context import WINDOWS, Context, measure_name
from govern_reports.view.measured import cell, named
from govern_reports.view.text import minute, one_line, plural

Column = tuple[str, EvidenceView, int, Measurement]


def over_windows(page: Builder, context: Context) -> None:
    """Add one table a model: rows are metrics, columns the gate and the latest windows."""
    for dossier in context.detailed:
        seen = [view for view in context.pack.observations if view.model in {dossier.name, ""}]
        windows = [
            (f"{one_line(view.data_name, 40)}, {minute(view.collected)[:10]}", *measured) for view in seen for measured in _performance(view)
        ]
        if windows:
            gates: list[Column] = [("At the gate", *measured) for view in dossier.evidence for measured in _performance(view)]
            _table(page, context, f" of {dossier.name}" if context.many else "", gates[-1:], windows)


def _table(page: Builder, context: Context, whose: str, gates: list[Column], windows: list[Column]) -> None:
    """Set the windows beside the gate."""
    page.head(f"Performance{whose} over time")
    shown = [*gates, *windows[-WINDOWS:]]
    keys = sorted({
        key for _, _, _, measurement in shown for key, value in measurement.values.items()
        if not isinstance(value, dict | list) and not key.endswith("_interval")
    })
    made: list[tuple[Part, ...]] = [
        (named(key), *(
            cell(context, measurement.values.get(key), key, context.register.source("evidence", view.digest), f"/measures/{number}/values/{key}")
            for _, view, number, measurement in shown
        ))
        for key in keys
    ]
    width = 76 // len(shown)
    page.table(
        ("Metric 24%", *(f">{head} {width}%" for head, *_ in shown)), made, f"Performance{whose} at the gate and in the windows since",
        note=f"{plural(len(windows), 'window')} measured, the latest {min(len(windows), WINDOWS)} shown; intervals are in the attached evidence.",
    )


def _performance(view: EvidenceView) -> list[tuple[EvidenceView, int, Measurement]]:
    """Return the performance that was measured in one go."""
    return [(view, number, measurement) for number, measurement in enumerate(view.evidence.measures) if _counts(measurement)]


def _counts(measurement: Measurement) -> bool:
    """Whether this is performance that was measured."""
    return measure_name(measurement.measure) == "performance" and measurement.availability == "measured"
