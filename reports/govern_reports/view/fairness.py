"""Fairness by group and crossing: tables, dot plots against the threshold, and the LL144 summary where it applies."""

from decimal import Decimal
from typing import Final

from govern.domain.evidence import Excluded, Measurement
from govern.domain.leaving_out import left_out
from govern.exchange.ll144 import published
from govern.exchange.pdf_figures import show
from govern.workflow.views import EvidenceView
from govern_reports.charts.dots import Dot, dot_plot
from govern_reports.view.blocks import Builder, Part, Section
from govern_reports.view.context import FAIRNESS, Context, decisions, measure_name, results_of
from govern_reports.view.measured import apart, cell, rows_table, sized, title, twins, values_table
from govern_reports.view.text import clean, count, crossed, is_number, one_line

LL144: Final = {
    "impact_ratio": (("n", "Number of applicants"), ("selected", "Number selected"), ("rate", "Selection rate"), ("ratio", "Impact ratio")),
    "scoring_rate": (("n", "Number of applicants"), ("above", "Above the median"), ("rate", "Scoring rate"), ("ratio", "Impact ratio")),
}
"""Measure to the columns of its summary: key, head."""
MOST_DOTS = 24
"""Rows of one chart; the table under it has every group."""


def fairness(context: Context) -> Section:
    """Write the section."""
    page = Builder("fairness", "Fairness")
    page.tell(context.rest)
    found = False
    ordered = sorted(context.measurements(FAIRNESS), key=lambda item: measure_name(item[3].measure) != "impact_ratio")
    for dossier, view, number, measurement in ordered:
        found = True
        same = twins(view, measurement)
        if same[0] is not measurement:
            continue
        base = f"/measures/{number}"
        source = context.register.source("evidence", view.digest)
        whose = f"{dossier.name}: " if dossier and context.many else "" if dossier else f"Window {view.data_name}{f' of {view.model}' if context.many and view.model else ''}: "
        page.head(f"{whose}{title(measurement)}{apart(view, measurement)}")
        if measurement.availability != "measured":
            page.say(f"Not measured ({measurement.availability}). {measurement.reason}", role="note")
            continue
        chart = _chart(context, view, measurement)
        if chart:
            page.chart(*chart)
        if measurement.groups:
            rows_table(page, context, measurement, source, base, part="groups")
        if measurement.features:
            rows_table(page, context, measurement, source, base, part="features")
        values_table(page, context, measurement, source, base)
        if dossier is not None and _ll144_applies(context) and any(one in published(view.evidence) for one in same):
            page.head(f"Summary of results for Local Law 144 by {crossed(measurement.attribute)}", level=3)
            _ll144(page, context, measurement, source, base, unknown=_unknown(view.evidence.excluded, measurement))
        _left_out(page, view.evidence.excluded, measurement)
        if dossier is not None and not _judged(context, measurement):
            page.say("No rule of the policies in force judges this: it is shown for people to look at.", role="note")
    if not found:
        page.say("No evidence in this pack measures fairness: this line is not assessed.", role="note")
    return page.done()


def _judged(context: Context, measurement: Measurement) -> bool:
    """Whether a rule of this pack looked at this measure of this attribute."""
    return any(
        not measurement.attribute or check.label.partition("=")[0] == measurement.attribute
        for rule in results_of(context.pack, frozenset({measure_name(measurement.measure)})) for check in rule.checks
    )


def _unknown(excluded: tuple[Excluded, ...], measurement: Measurement) -> int:
    """Count the rows in which this attribute is not known."""
    return sum(item.n for item in excluded if item.attribute == measurement.attribute)


def _left_out(page: Builder, excluded: tuple[Excluded, ...], measurement: Measurement) -> None:
    """Say which categories are in no ratio and why, and how many rows of this attribute are unknown."""
    for row in left_out(measurement):
        page.say(
            f"{clean(crossed(str(row.get('group', '–'))), 60)} is left out of the ratios, for less than 2 % of the data "
            f"({row.get('n')} rows): {clean(str(row.get('reason', '')), 300)}", role="note",
        )
    total = _unknown(excluded, measurement)
    if total:
        page.say(f"{count(total)} rows have no known {crossed(measurement.attribute)}: counted, and in no group above.", role="note")


_WORST: Final = ("fail", "error", "inconclusive", "pass")


def _thresholds(context: Context, measurement: Measurement) -> tuple[dict[str, str], str]:
    """Return each group's worst status among the rules over this measure, and the threshold that it was held against."""
    values = {str(row.get("group")): row.get("ratio") for row in measurement.groups}
    statuses: dict[str, str] = {}
    threshold = ""
    for rule in results_of(context.pack, frozenset({measure_name(measurement.measure)})):
        for check in rule.checks:
            attribute, _, group = check.label.partition("=")
            if attribute != measurement.attribute or check.status.value not in _WORST:
                continue
            if is_number(check.threshold):
                threshold = threshold or check.threshold
            judged = check.detail.get("ratio")
            if is_number(judged) and is_number(values.get(group)) and Decimal(str(judged)) != Decimal(str(values[group])):
                continue  # of another measurement of the same groups
            statuses[group] = min(statuses.get(group, "pass"), check.status.value, key=_WORST.index)
    return statuses, threshold


def _chart(context: Context, view: EvidenceView, measurement: Measurement) -> tuple[str, str] | None:
    """Draw the ratio (or the rate) of each group."""
    key = "ratio" if any(is_number(row.get("ratio")) for row in measurement.groups) else "rate"
    if not any(is_number(row.get(key)) for row in measurement.groups):
        return None
    statuses, threshold = _thresholds(context, measurement)
    dots = []
    for row in measurement.groups[:MOST_DOTS]:
        value = row.get(key)
        interval = row.get("interval") if key == "ratio" else None
        low = high = None
        if isinstance(interval, dict) and is_number(interval.get("low")) and is_number(interval.get("high")):
            low, high = float(str(interval["low"])), float(str(interval["high"]))
        group = str(row.get("group", ""))
        dots.append(Dot(
            label=clean(crossed(group), 60), size=f"n {_counted(row.get('n'))}", value=float(str(value)) if is_number(value) else None,
            text=show(value, "fixed:3") if is_number(value) else "–", low=low, high=high, status=statuses.get(group, ""),
        ))
    usable = is_number(threshold) and key == "ratio"
    words = title(measurement)
    lowest = min((dot for dot in dots if dot.value is not None), key=lambda dot: dot.value or 0.0, default=None)
    caption = f"{words}: {key} of each group"
    if lowest:
        caption += f"; the lowest is {one_line(lowest.label, 80)} ({lowest.size}) at {lowest.text}"
    caption += f", threshold {threshold}" if usable else ""
    caption += f"; {sized(view)}. Diamond: fails; ring: inconclusive; dot: passes or not judged."
    svg = dot_plot(
        dots, title=clean(caption, 300), axis=key, threshold=float(threshold) if usable else None,
        threshold_text=threshold, origin=1.0 if key == "ratio" else None,
    )
    return svg, caption


def local_law(context: Context) -> Section | None:
    """Write the published tables alone, for a pack about the controls of Local Law 144: they are what that law asks for."""
    if context.pack.scope != "nyc-ll144":
        return None
    page = Builder("local-law-144", "Summaries of results")
    page.tell(context.rest)
    for dossier, view, number, measurement in context.measurements(frozenset(LL144)):
        if dossier is not None and measurement.availability == "measured" and measurement in published(view.evidence):
            page.head(f"{dossier.name}: {title(measurement)}")
            source, unknown = context.register.source("evidence", view.digest), _unknown(view.evidence.excluded, measurement)
            _ll144(page, context, measurement, source, f"/measures/{number}", unknown=unknown)
            _left_out(page, view.evidence.excluded, measurement)
    if not page.blocks:
        page.say("No evidence in this pack holds the numbers that Local Law 144 asks for: they are not evidenced.", role="note")
    return page.done()


def _ll144_applies(context: Context) -> bool:
    """Whether a policy in this pack speaks of NYC Local Law 144."""
    return any(
        "ll144" in control.lower() or "5-301" in control for _, view in decisions(context.pack)
        for rule in view.decision.rules for control in rule.controls
    )


def _counted(number: object) -> str:
    """Write how many there are as the tables do."""
    return count(number) if isinstance(number, int) else "–"


def _ll144(page: Builder, context: Context, measurement: Measurement, source: str, base: str, *, unknown: int) -> None:
    """Add the summary of results in the layout of 6 RCNY 5-301: (b) for tools that select, (c) for tools that score."""
    columns = LL144[measure_name(measurement.measure)]
    rows: list[tuple[Part, ...]] = []
    for number, row in enumerate(measurement.groups):
        place = f"{base}/groups/{number}"
        rows.append((
            crossed(str(row.get("group", "–"))),
            *(cell(context, row.get(key), key, source, f"{place}/{key}") for key, _ in columns),
        ))
    for number, row in enumerate(left_out(measurement)):
        place = f"{base}/values/left_out/{number}"
        category = crossed(str(row.get("group", "–")))
        rows.append((
            f"{category}, left out of the ratios",
            *("–" if key == "ratio" else cell(context, row.get(key), key, source, f"{place}/{key}") for key, _ in columns),
        ))
    rows.append(("Unknown category, in no ratio", count(unknown), *("–" for _ in columns[1:])))
    page.table(
        ("Category 36%", *(f">{head} 16%" for _, head in columns)), rows,
        f"Summary of results in the layout of 6 RCNY 5-301: {crossed(measurement.attribute)}",
        note="Local Law 144 sets no pass mark: it asks that these numbers are computed by an independent auditor, published and no older than a year.",
    )
