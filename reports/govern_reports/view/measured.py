"""Tables of measured numbers: which columns a measurement has, how each is printed, and where it comes from."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from govern.domain.evidence import JsonValue, Measurement
from govern.workflow.views import EvidenceView
from govern_reports.view.blocks import Builder, Part, line
from govern_reports.view.context import Context, measure_name
from govern_reports.view.text import count, crossed, is_number

TITLES: Final[dict[str, tuple[str, str]]] = {
    "n": ("n", "count"),
    "selected": ("Selected", "count"),
    "above": ("Above", "count"),
    "rate": ("Rate", "percent:1"),
    "ratio": ("Ratio", "fixed:3"),
    "interval": ("Interval", "fixed:3"),
    "p_value": ("p", "p:4"),
    "shortfall": ("Shortfall", "fixed:1"),
    "minimum_detectable": ("Detectable", "fixed:3"),
    "true_positive_rate": ("TPR", "percent:1"),
    "false_positive_rate": ("FPR", "percent:1"),
    "false_negative_rate": ("FNR", "percent:1"),
    "kind": ("Kind", "text"),
    "statistic": ("Statistic", "fixed:3"),
    "p_adjusted": ("p, corrected", "p:4"),
    "effect": ("Effect", "fixed:3"),
    "effect_name": ("Effect size", "text"),
    "n_reference": ("n reference", "count"),
    "n_window": ("n window", "count"),
    "importance": ("Importance", "fixed:4"),
    "std": ("Spread", "fixed:4"),
    "rank": ("Rank", "count"),
    "flip": ("Flip", "text"),
}
"""Known keys: head and form, in the order of the columns."""
WIDEST: Final = 9
"""Columns beyond these make a table that can't be read; the evidence has the rest."""
WEIGHT_OF_NAMES: Final = 2.0
WEIGHTS: Final = {"interval": 1.9, "n": 0.8, "selected": 1.2, "kind": 1.1, "minimum_detectable": 1.3, "p_adjusted": 1.2}
"""How wide a column is beside one of weight 1."""


def keys_of(rows: Sequence[Mapping[str, JsonValue]]) -> list[str]:
    """Return the keys worth a column: known ones first, then others that hold numbers or short words."""
    found = {key for row in rows for key, value in row.items() if value is not None}
    known = [key for key in TITLES if key in found]
    others = sorted(
        key for key in found - set(TITLES) - {"group", "feature"}
        if all(isinstance(row.get(key), int | str | None) for row in rows)
    )
    return (known + others)[:WIDEST]


def form_of(key: str, value: JsonValue) -> str:
    """Return how a value under this key is printed."""
    if key in TITLES:
        form = TITLES[key][1]
        if form != "count" or isinstance(value, int):
            return form
    if isinstance(value, bool):
        return "text"
    if isinstance(value, int):
        return "count"
    if key.endswith("_p_value") and is_number(value):
        return "p:4"
    return "fixed:3" if is_number(value) else "text"


def cell(context: Context, value: JsonValue, key: str, source: str, pointer: str) -> Part:
    """Return one value as it is printed."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        low, high = value.get("low"), value.get("high")
        if low is None or high is None:
            return "–"
        form = TITLES.get(key, ("", "fixed:3"))[1]
        return line(
            context.register.number(low, form, source, f"{pointer}/low"), " to ",
            context.register.number(high, form, source, f"{pointer}/high"),
        )
    form = form_of(key, value)
    if form == "text":
        return (crossed(str(value)) if key in {"reference_group", "smallest_group"} else str(value)) if value not in (None, "") else "–"
    if form != "count" and not is_number(value):
        return "–" if value is None else str(value)
    return context.register.number(value, form, source, pointer)


def _worded(part: Part) -> str:
    """Return a short text in full, where it is known as an abbreviation."""
    return NAMES.get(part, part) if isinstance(part, str) else "".join(span.text for span in line(part))


def head_of(key: str) -> str:
    """Return a column's head, aligned for its values."""
    if key in TITLES:
        title, form = TITLES[key]
        return title if form == "text" else f">{title}"
    return ">" + named(key)


NAMES: Final = {
    "auc": "AUC", "n": "n", "brier": "Brier score", "p_value": "p", "log_loss": "Log loss", "roc_auc": "AUC", "in_model": "In the model",
    "n_above": "n above", "psi": "population stability index",
}
"""What a key is called in print, where its own letters would not do."""


def named(key: str) -> str:
    """Return a key as words."""
    words = key.replace("_", " ").replace(" p value", ", p")
    return NAMES.get(key) or words[:1].upper() + words[1:]


def rows_table(
    page: Builder, context: Context, measurement: Measurement, source: str, base: str, *, part: str,
) -> None:
    """Add a table of a measurement's groups or features; what is the same in every row is said once, under it."""
    rows = measurement.groups if part == "groups" else measurement.features
    name = "group" if part == "groups" else "feature"
    keys = keys_of(rows)
    same = [key for key in keys if form_of(key, rows[0].get(key)) == "text" and len({str(row.get(key)) for row in rows}) == 1]
    said = [f"{TITLES[key][0] if key in TITLES else named(key)}: {_worded(cell(context, rows[0].get(key), key, '', ''))}." for key in same]
    keys = [key for key in keys if key not in same]
    made: list[tuple[Part, ...]] = []
    for number, row in enumerate(rows):
        made.append((
            crossed(str(row.get(name, "–"))) if name == "group" else str(row.get(name, "–")),
            *(cell(context, row.get(key), key, source, f"{base}/{part}/{number}/{key}") for key in keys),
        ))
    weights = [WEIGHT_OF_NAMES, *(WEIGHTS.get(key, 1.0) for key in keys)]
    heads = (name.capitalize(), *(head_of(key) for key in keys))
    widths = [int(100 * weight / sum(weights)) for weight in weights]
    page.table(
        tuple(f"{head} {width}%" for head, width in zip(heads, widths, strict=True)), made, caption(measurement),
        note=" ".join([note(measurement), *said]).strip(),
    )


def values_table(page: Builder, context: Context, measurement: Measurement, source: str, base: str) -> None:
    """Add a measurement's numbers about the whole: a table where some have intervals, else one line."""
    in_table = {"features", "effect_name"} | {key for row in measurement.features for key in row}
    tests: set[str] = set()
    plain: list[tuple[str, Part]] = []
    made: list[tuple[Part, ...]] = []
    for key in sorted(measurement.values):
        value = measurement.values[key]
        if key.endswith("_interval") or isinstance(value, list | dict) or key in in_table:
            continue
        if key == "test" or key.endswith("_test"):
            tests.add(str(value))
            continue
        interval = measurement.values.get(f"{key}_interval")
        shown = cell(context, value, key, source, f"{base}/values/{key}")
        plain.append((named(key), shown))
        made.append((
            named(key), shown,
            cell(context, interval, "interval", source, f"{base}/values/{key}_interval") if interval else "–",
        ))
    if any(f"{key}_interval" in measurement.values for key in measurement.values):
        page.table(("Measure 40%", ">Value 25%", ">Interval 35%"), made, caption(measurement), note=_said_of(tests, measurement))
    elif plain:
        page.facts(*plain, *((("Test", ", ".join(sorted(tests))),) if tests else ()))


def _said_of(tests: set[str], measurement: Measurement) -> str:
    """Say how the numbers about the whole were tested."""
    methods = {
        str(value["method"]) for value in measurement.values.values() if isinstance(value, dict) and value.get("method")
    }
    words = [f"Interval: {', '.join(sorted(methods))}."] if methods else []
    if tests:
        words.append(f"p: {', '.join(sorted(tests))}.")
    return " ".join([*words, measurement.reason]).strip()


def title(measurement: Measurement) -> str:
    """Name a measurement: `Impact ratio by sex`."""
    name = measure_name(measurement.measure).replace("_", " ")
    return name.capitalize() + (f" by {crossed(measurement.attribute)}" if measurement.attribute else "")


HIGHEST: Final = "the highest rate"
DIFFERS: Final = {"min_reference": "reference group of at least {}"}
"""What sets two measurements of one thing apart, in words."""


def twins(view: EvidenceView, measurement: Measurement) -> tuple[Measurement, ...]:
    """Return the measurements in a piece of evidence with these very numbers: two policies can ask for them in two ways."""
    return tuple(one for one in view.evidence.measures if replace(one, parameters=measurement.parameters) == measurement)


def apart(view: EvidenceView, measurement: Measurement) -> str:
    """Say what sets a measurement apart from others of the same thing with other numbers; nothing where there is none."""
    others = [
        one for one in view.evidence.measures
        if (one.measure, one.attribute) == (measurement.measure, measurement.attribute) and one not in twins(view, measurement)
    ]
    own = measurement.parameters
    keys = sorted({key for one in others for key in (*own, *one.parameters) if one.parameters.get(key) != own.get(key)})
    said = [DIFFERS.get(key, named(key).lower() + " {}").format(own.get(key, "none")) for key in keys if isinstance(own.get(key, ""), str | int)]
    return f" ({', '.join(said)})" if said else ""


def sized(view: EvidenceView) -> str:
    """Say on how much a chart rests, and where that is recorded."""
    return f"n {count(view.evidence.rows)}, evidence #{view.index}"


def caption(measurement: Measurement) -> str:
    """Say what a table shows."""
    words = [f"{title(measurement)} ({measurement.measure})"]
    if measurement.favourable:
        words.append(f"favourable outcome {measurement.favourable}")
    if measurement.reference:
        words.append(f"compared with {HIGHEST if measurement.reference == 'highest' else crossed(measurement.reference)}")
    return ", ".join(words)


def note(measurement: Measurement) -> str:
    """Say how intervals were made and which tests were run."""
    intervals = [row["interval"] for row in measurement.groups if isinstance(row.get("interval"), dict)]
    tests = sorted({str(row["test"]) for row in measurement.groups if row.get("test")})
    words = []
    if intervals and isinstance(intervals[0], dict):
        words.append(f"Interval: {intervals[0].get('method', '')}, level {intervals[0].get('level', '')}.")
    if tests:
        words.append(f"p: {', '.join(tests)}.")
    if measurement.reason:
        words.append(measurement.reason)
    return " ".join(words)
