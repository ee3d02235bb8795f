"""The tables that New York City Local Law 144 wants published (6 RCNY 5-303), from evidence, as CSV.

Ratios are quotients of counts, rounded once, half up; a ratio of rounded rates comes out wrong in many published audits.
"""

import csv
import io
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from govern.domain.evidence import Evidence, JsonValue, Measurement
from govern.domain.text import decimal_of
from govern.errors import DataError

COLUMNS: Final = ("table", "category", "number", "selected_or_above_median", "rate", "impact_ratio")
_PARTS: Final = {"impact_ratio@1": "selected", "scoring_rate@1": "above"}
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would run."""


def write(evidence: Evidence, *, places: int = 3) -> str:
    """Return one CSV with a block a table: sex, race or ethnicity, and their crossing, as they were measured.

    People of unknown category are counted in a line of their own. Raises `DataError` where nothing of the kind was
    measured.
    """
    tables = [one for one in evidence.measures if one.measure in _PARTS and one.availability == "measured"]
    if not tables:
        raise DataError(
            "the evidence holds neither impact ratios nor scoring rates", "Measure impact_ratio@1 or scoring_rate@1 first."
        )
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for table in tables:
        for group in table.groups:
            writer.writerow(_row(table, group.get("group"), group.get("n"), group.get(_PARTS[table.measure]),
                                 group.get("rate"), group.get("ratio"), places))
        unknown = sum(one.n for one in evidence.excluded if one.attribute == table.attribute)
        writer.writerow(_row(table, "unknown", unknown, None, None, None, places))
    return out.getvalue()


def _row(
    table: Measurement, category: JsonValue, number: JsonValue, part: JsonValue, rate: JsonValue, ratio: JsonValue,
    places: int,
) -> tuple[str, ...]:
    name = "selection" if table.measure.startswith("impact_ratio") else "scoring"
    return (
        _cell(f"{name} by {table.attribute}"), _cell(str(category)), str(number), "" if part is None else str(part),
        _rounded(rate, places), _rounded(ratio, places),
    )


def _rounded(number: JsonValue, places: int) -> str:
    if not isinstance(number, str):
        return "" if number is None else str(number)
    return str(decimal_of(number).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
