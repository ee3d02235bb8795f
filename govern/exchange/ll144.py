"""The tables that New York City Local Law 144 wants published (6 RCNY 5-303), from evidence, as CSV.

Ratios are quotients of counts, rounded once, half up; a ratio of rounded rates comes out wrong in many published audits.
"""

import csv
import io
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from govern.domain.evidence import Evidence, JsonValue, Measurement
from govern.domain.leaving_out import LEAVE_OUT, left_out
from govern.domain.text import decimal_of
from govern.errors import DataError

COLUMNS: Final = ("table", "category", "number", "selected_or_above_median", "rate", "impact_ratio", "note")
_PARTS: Final = {"impact_ratio@1": "selected", "scoring_rate@1": "above"}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""
EXCLUDED: Final = "left out of the ratios (less than 2 % of the data): "


def write(evidence: Evidence, *, places: int = 3) -> str:
    """Return one CSV with a block a table: sex, race or ethnicity, and their crossing, as they were measured.

    A category that was left out of the ratios has its number and rate, no ratio, and the reason beside it (6 RCNY 5-301(d));
    people of unknown category are counted in a line of their own. Raises `DataError` where nothing of the kind was measured,
    or ratios to another category than the one with the highest rate.
    """
    tables = [one for one in evidence.measures if one.measure in _PARTS and one.availability == "measured"]
    if not tables:
        raise DataError(
            "the evidence holds neither impact ratios nor scoring rates", "Measure impact_ratio@1 or scoring_rate@1 first."
        )
    chosen = published(evidence)
    lost = next((one for one in tables if _about(one) not in {_about(kept) for kept in chosen}), None)
    if lost is not None:
        raise DataError(
            f"the ratios by {lost.attribute} are not to the category with the highest rate, as 6 RCNY 5-300 defines them",
            "A small category has the highest rate: measure with --with min_reference=1, or leave it out with a reason.",
        )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for table in chosen:
        for group in table.groups:
            writer.writerow(_row(table, group, places))
        for group in left_out(table):
            writer.writerow(_row(table, group, places, note=f"{EXCLUDED}{group.get('reason')}"))
        unknown = sum(one.n for one in evidence.excluded if one.attribute == table.attribute)
        writer.writerow(_row(table, {"group": "unknown", "n": unknown}, places))
    return out.getvalue()


def published(evidence: Evidence) -> tuple[Measurement, ...]:
    """Return the tables of the law's kind: each once, with ratios to the category that has the highest rate in it.

    Of several that differ only in how they were asked for, the one that leaves categories out is the audit's, for it shows
    their numbers too; then the one whose reference may be the smallest.
    """
    chosen: dict[tuple[str, ...], Measurement] = {}
    for one in evidence.measures:
        if one.measure in _PARTS and one.availability == "measured" and _to_the_highest(one):
            before = chosen.get(_about(one))
            if before is None or _rank(one) > _rank(before):
                chosen[_about(one)] = one
    return tuple(chosen.values())


def _about(table: Measurement) -> tuple[str, ...]:
    return table.measure, table.attribute, table.favourable, str(table.parameters.get("judged", ""))


def _rank(table: Measurement) -> tuple[bool, Decimal]:
    return LEAVE_OUT in table.parameters, -decimal_of(str(table.parameters.get("min_reference", 1)))


def _to_the_highest(table: Measurement) -> bool:
    ratios = [group.get("ratio") for group in table.groups]
    return all(decimal_of(ratio) <= 1 for ratio in ratios if isinstance(ratio, str))


def _row(table: Measurement, group: Mapping[str, JsonValue], places: int, *, note: str = "") -> tuple[str, ...]:
    name = "selection" if table.measure.startswith("impact_ratio") else "scoring"
    part = group.get(_PARTS[table.measure])
    return (
        _cell(f"{name} by {table.attribute}"), _cell(str(group.get("group"))), str(group.get("n")),
        "" if part is None else str(part), _rounded(group.get("rate"), places), _rounded(group.get("ratio"), places), note,
    )


def _rounded(number: JsonValue, places: int) -> str:
    if not isinstance(number, str):
        return "" if number is None else str(number)
    return str(decimal_of(number).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
