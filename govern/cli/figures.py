"""Evidence for people: each measure's numbers as a table, shortened; the full digits are in --json."""

from collections.abc import Mapping, Sequence

from govern.cli.speak import Voice
from govern.cli.text import figure, probability
from govern.domain.evidence import Evidence, JsonValue, Measurement
from govern.domain.leaving_out import left_out

FIRST = ("group", "feature", "n")
MOST_ROWS = 30
"""Lines of one measure on a terminal; --json has all of them."""
MOST_COLUMNS = 9


def show(voice: Voice, evidence: Evidence) -> None:
    """Write evidence to stdout."""
    voice.line(f"{evidence.rows} rows, {len(evidence.measures)} measurements")
    for left in evidence.excluded:
        if left.n:
            voice.line(f"  {left.n} rows without a known {left.attribute} are in no group")
    for measurement in evidence.measures:
        voice.line()
        _measurement(voice, measurement)


def _measurement(voice: Voice, found: Measurement) -> None:
    about = f" of {found.attribute}" if found.attribute else ""
    detail = [f"favourable {found.favourable}"] if found.favourable else []
    detail += [f"against {found.reference}"] if found.reference else []
    voice.line(f"{found.measure}{about}" + (f"  ({', '.join(detail)})" if detail else ""), "bold")
    if found.availability != "measured":
        voice.line(f"  {voice.state('inconclusive')}  {found.availability}: {found.reason}")
    flat = [(name, _short(value, name)) for name, value in found.values.items() if not isinstance(value, list)]
    voice.table(flat, indent="  ")
    for rows in (found.groups, found.features):
        _rows(voice, rows)
    for row in left_out(found):
        voice.paragraph(
            f"{row.get('group')} is left out of the ratios: {row.get('n')} rows, rate {_short(row.get('rate'), 'rate')}, "
            f"share {_short(row.get('share'), 'share')}: {row.get('reason')}", indent="  ",
        )


def _rows(voice: Voice, rows: Sequence[Mapping[str, JsonValue]]) -> None:
    if not rows:
        return
    names = [name for name in FIRST if name in rows[0]]
    names += [
        name
        for name, value in rows[0].items()
        if name not in {*names, "reason"} and not isinstance(value, list) and (not isinstance(value, dict) or "low" in value)
    ]
    names = names[:MOST_COLUMNS]
    shown = [[_short(row.get(name), name) for name in names] for row in rows[:MOST_ROWS]]
    right = [i for i, name in enumerate(names) if isinstance(rows[0].get(name), int | str) and name not in {"group", "feature"}]
    voice.table(shown, [name.replace("_", " ").upper() for name in names], right=right, indent="  ")
    for row in rows[:MOST_ROWS]:
        if row.get("reason"):
            voice.line(f"  {row.get('feature') or row.get('group')}: {row['reason']}")
    if len(rows) > MOST_ROWS:
        voice.line(f"  … and {len(rows) - MOST_ROWS} more; --json has all of them")


def _short(value: JsonValue, name: str) -> str:
    if name.endswith("p_value") and isinstance(value, str):
        return probability(value)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) and "low" in value:
        return f"{figure(_text(value.get('low')))} … {figure(_text(value.get('high')))}"
    return figure(str(value)) if isinstance(value, str | int) else str(value)


def _text(value: JsonValue) -> str | None:
    return None if value is None else str(value)
