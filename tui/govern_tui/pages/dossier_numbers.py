"""The dossier's numbers: groups, explanation, drift, performance, each as a table with a chart and one sentence."""

from collections.abc import Mapping
from typing import Final

from textual.content import Content

from govern.domain.evidence import Evidence, JsonValue, Measurement
from govern.domain.leaving_out import left_out
from govern.domain.text import short
from govern.workflow.views import Dossier
from govern_tui.text import Piece, bar, decimal, grouped, number, when
from govern_tui.widgets.document import Document

BAR: Final = 18
LABEL: Final = 18
FAIRNESS: Final = ("impact_ratio", "demographic_parity", "equalized_odds", "error_rates", "intersectional", "calibration")
EXPLANATION: Final = ("permutation_importance", "protected_reliance")
DRIFT: Final = ("covariate_drift", "label_drift", "prediction_drift", "concept_drift")


def family(measurement: Measurement) -> str:
    """Which tab a measure belongs to."""
    name = measurement.measure.split("@")[0]
    if name.endswith("_drift"):
        return "drift"
    if name in EXPLANATION:
        return "explanation"
    return "groups" if measurement.groups or measurement.attribute else "performance"


def _of(dossier: Dossier, wanted: str) -> list[tuple[Evidence, Measurement, str]]:
    found = []
    for view in dossier.evidence:
        origin = f"evidence {short(view.digest)}, entry #{view.index}, measured {when(view.collected)} on {view.data_name}"
        found += [(view.evidence, item, origin) for item in view.evidence.measures if family(item) == wanted]
    return found


def _head(made: Document, item: Measurement, origin: str) -> bool:
    title = item.measure + (f" · {item.attribute}" if item.attribute else "")
    made.heading(title).hang(2).line(origin, "dim")
    if item.availability != "measured":
        made.line(f"{item.availability}: {item.reason}", "warn")
        return False
    return True


def groups_text(dossier: Dossier) -> Content:
    """Rates by group with bars, the reference and what was left out."""
    made = Document()
    found = _of(dossier, "groups")
    if not found:
        return made.line("No measure by group is in the evidence.", "dim").content()
    for evidence, item, origin in found:
        if not _head(made, item, origin):
            continue
        if item.favourable or item.reference:
            beside = f", compared with {item.reference}" if item.reference else ""
            made.line(f"favourable outcome {item.favourable or '–'}{beside}", "dim")
        _table(made, item.groups, "group")
        _values(made, item.values)
        for row in left_out(item):
            made.line(f"{row.get('group')}: {row.get('n')} rows, left out of the ratios: {row.get('reason')}", "warn")
        for unknown in evidence.excluded:
            if unknown.attribute == item.attribute and unknown.n:
                made.line(f"{grouped(unknown.n)} rows left out: {unknown.attribute} is {unknown.value}", "warn")
    return made.content()


def ranked_text(dossier: Dossier, wanted: str, key: str, nothing: str) -> Content:
    """The features of a family of measures, the one with the largest `key` first."""
    made = Document()
    found = _of(dossier, wanted)
    if not found:
        return made.line(nothing, "dim").content()
    for _, item, origin in found:
        if not _head(made, item, origin):
            continue
        rows = sorted(item.features, key=lambda row: -(number(str(row.get(key) or row.get("share") or 0)) or 0.0))
        _table(made, rows, "feature")
        _values(made, item.values)
    return made.content()


def explanation_text(dossier: Dossier) -> Content:
    """What the model looks at, and how much of it is protected."""
    return ranked_text(dossier, "explanation", "importance", "No explanation is in the evidence: give the model's file to `govern gate`.")


def drift_text(dossier: Dossier) -> Content:
    """How far the data moved, feature by feature, worst first."""
    return ranked_text(dossier, "drift", "effect", "No drift is in the evidence: give a reference to `govern gate --reference`, or see Monitoring.")


def performance_text(dossier: Dossier) -> Content:
    """Performance as measured, never as claimed."""
    made = Document()
    found = _of(dossier, "performance")
    if not found:
        return made.line("No performance is in the evidence.", "dim").content()
    for _, item, origin in found:
        if _head(made, item, origin):
            _values(made, item.values)
    return made.content()


SHORTEST: Final = 26
"""Cells for the name of a value at least, so that most measures' values stand under each other."""
BARS: Final = ("ratio", "rate", "importance", "effect", "share", "true_positive_rate")
"""Which number of a row is drawn, the first that it has."""
FIRST: Final = (
    "n", "selected", "rate", "ratio", "p_value", "true_positive_rate", "false_positive_rate", "importance", "std", "rank", "share", "in_model",
    "effect", "effect_name", "p_adjusted", "kind", "reliance", "positives", "negatives",
)
"""Columns in the order in which they get room."""
ROOM: Final = 72
"""Cells of a table: what a dossier has at 120 columns. The rest is in the evidence, which the ledger page shows whole."""


def _scalar(value: JsonValue) -> Piece:
    if isinstance(value, bool):
        return ("yes" if value else "no", "")
    if isinstance(value, int):
        return (grouped(value), "")
    if isinstance(value, str):
        return (decimal(value) if number(value) is not None else value, "")
    return ("–" if value is None else str(value), "dim")


def _table(made: Document, rows: "tuple[Mapping[str, JsonValue], ...] | list[Mapping[str, JsonValue]]", key: str) -> None:
    if not rows:
        return
    there = [name for name in rows[0] if name != key and not isinstance(rows[0][name], dict | list)]
    there.sort(key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    drawn = next((name for name in BARS if name in there), "")
    top = max([abs(number(str(row.get(drawn))) or 0.0) for row in rows] or [1.0]) if drawn else 1.0
    top = 1.0 if drawn in {"ratio", "rate", "true_positive_rate", "share"} and top <= 1 else top or 1.0
    heads, names = [(key, LABEL, False)], []
    left = ROOM - LABEL - (BAR + 2 if drawn else 0)
    for name in there:
        title = name.replace("_", " ").replace("true positive", "tp").replace("false positive", "fp")[:12]
        width = max(7, len(title))
        if left >= width + 2:
            heads.append((title, width, True))
            names.append(name)
            left -= width + 2
    heads += [(drawn, BAR, False)] if drawn else []
    lines: list[list[Piece]] = []
    for row in rows:
        line: list[Piece] = [(str(row.get(key, "")), "strong"), *(_scalar(row.get(name)) for name in names)]
        if drawn:
            line.append((bar(abs(number(str(row.get(drawn))) or 0.0), top=top, width=BAR, mark=0.8 if drawn == "ratio" else None), "accent"))
        lines.append(line)
    made.table(heads, lines)


def _values(made: Document, values: Mapping[str, JsonValue]) -> None:
    width = max([SHORTEST, *(len(name) for name in values if not name.endswith("_interval"))])
    for name, value in values.items():
        if name.endswith("_interval") or isinstance(value, list):
            continue
        if isinstance(value, dict):
            made.facts([(name.replace("_", " "), ", ".join(f"{inner} {_scalar(held)[0]}" for inner, held in value.items() if not isinstance(held, dict | list)))], width=width)
            continue
        held = values.get(f"{name}_interval")
        beside = f"   {_scalar(held.get('low'))[0]} to {_scalar(held.get('high'))[0]}" if isinstance(held, dict) else ""
        made.facts([(name.replace("_", " "), _scalar(value)[0] + beside)], width=width)
