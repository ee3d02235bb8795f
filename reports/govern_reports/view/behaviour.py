"""Explanation, performance and drift, monitoring over time, and what else was measured."""

from govern.domain.evidence import Measurement
from govern.exchange.pdf_figures import show
from govern.workflow.views import EvidenceView
from govern_reports.charts.bars import Bar, bar_chart
from govern_reports.charts.spark import over_time
from govern_reports.view.blocks import Builder, Part, Section, Span, line
from govern_reports.view.context import DRIFT, EXPLANATION, PERFORMANCE, Context, measure_name, results_of
from govern_reports.view.measured import rows_table, sized, title, values_table
from govern_reports.view.text import clean, count, is_number, minute, one_line, some, words
from govern_reports.view.windows import over_windows

MOST_BARS = 15
MOST_WINDOWS = 36


def explanation(context: Context) -> Section:
    """Write what the model relies on."""
    page = Builder("explanation", "Explanation")
    page.tell(context.rest)
    if not _measured(page, context, EXPLANATION):
        page.say("No evidence in this pack explains the model: this line is not assessed.", role="note")
    page.say(
        "Importance says what this model uses on this data. It says nothing of causes, and a feature that stands in for a "
        "protected attribute can look unimportant beside its twin.", role="note",
    )
    return page.done()


def performance(context: Context) -> Section:
    """Write how well the model does, and how its data moves."""
    page = Builder("performance", "Performance and drift")
    page.tell(context.rest)
    if not _measured(page, context, PERFORMANCE):
        page.say("No evidence in this pack measures performance: this line is not assessed.", role="note")
    over_windows(page, context)
    _monitoring(page, context)
    if not _measured(page, context, DRIFT):
        page.say("No drift was measured for what this pack is about.", role="note")
    page.tell(context.earlier)
    return page.done()


def others(context: Context) -> Section:
    """Write what was measured of the data, and by other people's measures."""
    page = Builder("data", "Data and other measures")
    page.tell(context.rest)
    if not _measured(page, context, context.unplaced()):
        page.say(
            "No evidence in this pack speaks of the data's quality, of whom it stands for, or of rows that training and test share: "
            "this line is not assessed.", role="note",
        )
    return page.done()


def _measured(page: Builder, context: Context, names: frozenset[str]) -> bool:
    """Add every measurement of these measures; say whether there was one."""
    found = False
    for dossier, view, number, measurement in context.measurements(names):
        if dossier is None and measure_name(measurement.measure) == "performance":
            continue  # stands beside the gate's in one table
        found = True
        base = f"/measures/{number}"
        source = context.register.source("evidence", view.digest)
        whose = f"{dossier.name}: " if dossier and context.many else "" if dossier else f"Window {view.data_name}{f' of {view.model}' if context.many and view.model else ''}: "
        page.head(f"{whose}{title(measurement)}")
        if measurement.availability != "measured":
            page.say(f"Not measured ({measurement.availability}). {measurement.reason}", role="note")
            continue
        chart = _chart(context, view, measurement)
        if chart:
            page.chart(*chart)
        if measurement.features:
            rows_table(page, context, measurement, source, base, part="features")
        if measurement.groups:
            rows_table(page, context, measurement, source, base, part="groups")
        values_table(page, context, measurement, source, base)
    return found


def _chart(context: Context, view: EvidenceView, measurement: Measurement) -> tuple[str, str] | None:
    """Draw importance with its spread, or effect sizes against the limit."""
    name = measure_name(measurement.measure)
    key = "importance" if name == "permutation_importance" else "effect" if name in DRIFT else ""
    rows = [row for row in measurement.features if key and is_number(row.get(key))]
    if not rows:
        return None
    rows.sort(key=lambda row: (-float(str(row[key])), str(row.get("feature"))))
    limit = ""
    for rule in results_of(context.pack, frozenset({name})):
        limit = limit or next((check.threshold for check in rule.checks if is_number(check.threshold)), "")
    limit = limit if key == "effect" else ""
    bars = [
        Bar(
            label=clean(str(row.get("feature", "")), 60), value=float(str(row[key])),
            text=show(row[key], "fixed:3"), spread=float(str(row["std"])) if is_number(row.get("std")) else 0.0,
            marked=bool(limit) and float(str(row[key])) > float(limit),
        )
        for row in rows[:MOST_BARS]
    ]
    rest = f"; the {len(rows) - MOST_BARS} smallest are in the table" if len(rows) > MOST_BARS else ""
    caption = f"{title(measurement)}: the largest is {one_line(bars[0].label, 80)} at {bars[0].text}"
    caption += f", limit {limit}{rest}" if limit else rest
    caption += f"; {sized(view)}."
    axis = "importance, whisker one standard deviation" if key == "importance" else str(rows[0].get("effect_name") or "effect size")
    svg = bar_chart(
        bars, title=clean(caption, 300), axis=clean(axis, 60), threshold=float(limit) if limit else None, threshold_text=limit,
    )
    return svg, caption


def _windows_measured(context: Context, model: str) -> str:
    """Say on how much a series over time rests, and where that is recorded."""
    seen = [view for view in context.pack.observations if view.model == model]
    sizes = sorted({view.evidence.rows for view in seen})
    if not sizes:
        return ""
    many = count(sizes[0]) if len(sizes) == 1 else f"{count(sizes[0])} to {count(sizes[-1])}"
    return f"; n {many} a window, evidence {some([f'#{view.index}' for view in seen[-MOST_WINDOWS:]], 8)}"


def _monitoring(page: Builder, context: Context) -> None:
    """Draw each deployment's drift over its windows."""
    rows = context.pack.monitoring
    if not rows:
        page.head("Monitoring")
        page.say("No deployment of what this pack is about has been monitored.", role="note")
        return
    for row in rows:
        page.head(f"Monitoring of {row.model} in {row.environment}")
        page.say(Span({"bad": "Drifted. ", "warn": "Watch. "}.get(row.standing, ""), "strong"), row.sentence)
        values = [(moment, value) for moment, value in row.values if is_number(value)][-MOST_WINDOWS:]
        limit = row.limit if is_number(row.limit) else ""
        if values:
            beyond = sum(float(value) > float(limit) for _, value in values) if limit else 0
            rest = f" (the last of {len(row.values)})" if len(row.values) > MOST_WINDOWS else ""
            caption = f"Largest effect size in each of {len(values)} windows{rest} of {one_line(row.deployment, 60)}"
            caption += f"; {beyond} above the limit of {limit}" if limit else ""
            caption += _windows_measured(context, row.model) + "."
            page.chart(
                over_time(
                    [(minute(moment)[:10], float(value), show(value, "fixed:3")) for moment, value in values],
                    title=clean(caption, 300), limit=float(limit) if limit else None, limit_text=limit,
                ),
                caption,
            )
        made: list[tuple[Part, ...]] = [
            (minute(moment), show(value, "fixed:3"), line(Span("above", "bad")) if limit and float(value) > float(limit) else "within")
            for moment, value in values
        ]
        page.table(
            ("Observed, UTC 40%", ">Largest effect 30%", "Limit 30%"), made, f"Windows of {row.deployment} ({row.model})",
            note=f"Features that drifted in the last window: {words(row.drifted)}." if row.drifted else "",
        )
