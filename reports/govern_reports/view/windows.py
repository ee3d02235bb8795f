"""How well a model did over time: its metrics at the gate beside those of each monitoring window."""

from govern.domain.evidence import Measurement
from govern.workflow.views import EvidenceView
from govern_reports.view.blocks import Builder, Part
from govern_reports.view.context import Context, measure_name
from govern_reports.view.measured import cell, named
from govern_reports.view.text import minute, one_line, plural

MOST_WINDOWS = 4
"""Windows side by side that can be read; the evidence of every window is attached."""

Column = tuple[str, EvidenceView, int, Measurement]


def over_windows(page: Builder, context: Context) -> None:
    """Add one table a model line: rows are metrics, columns the gate and the latest windows."""
    windows = [
        (f"{one_line(view.data_name, 40)}, {minute(view.collected)[:10]}", view, number, measurement)
        for view in context.pack.observations
        for number, measurement in enumerate(view.evidence.measures) if _counts(measurement)
    ]
    if not windows:
        return
    page.head("Performance over time")
    gates: list[Column] = [] if context.many else [  # windows do not say of which model they are
        ("At the gate", view, number, measurement) for dossier in context.detailed for view in dossier.evidence
        for number, measurement in enumerate(view.evidence.measures) if _counts(measurement)
    ]
    shown = [*gates[-1:], *windows[-MOST_WINDOWS:]]
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
        ("Metric 24%", *(f">{head} {width}%" for head, *_ in shown)), made, "Performance at the gate and in the windows since",
        note=f"{plural(len(windows), 'window')} measured, the latest {min(len(windows), MOST_WINDOWS)} shown; intervals are in the attached evidence.",
    )


def _counts(measurement: Measurement) -> bool:
    """Whether this is performance that was measured."""
    return measure_name(measurement.measure) == "performance" and measurement.availability == "measured"
