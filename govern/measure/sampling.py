"""A seeded sample that is the same rows whichever engine, frame or order they came in."""

from collections.abc import Sequence
from typing import Any, Final

from govern.errors import DataError
from govern.measure.frames import Frame, arrow

_BEYOND: Final = 9e12
"""Numbers from here on are hashed by their sign and logarithm: scaled, they would not fit 64 bits."""


def sample(frame: Frame, columns: Sequence[str], size: int, seed: int) -> Any:
    """Return a pandas frame of `columns` with the `size` rows whose keyed content hash is lowest, in its order.

    Rows with equal content are interchangeable, so neither the order of rows nor the number of threads matters.
    Nulls are NaN, as `pandas.read_csv` has them.
    """
    table = frame.table
    wanted = list(dict.fromkeys(columns))
    rank = row_key(frame, wanted, str(seed))
    keyed = table.select(**{f"c{i}": table[name] for i, name in enumerate(wanted)}, rank=rank)
    rows = to_pandas(arrow(keyed.order_by("rank").limit(size), frame.name))
    rows = rows.sort_values("rank", kind="stable").reset_index(drop=True).drop(columns="rank")
    rows.columns = wanted
    return rows


def row_key(frame: Frame, columns: Sequence[str], key: str) -> Any:
    """An expression of the keyed hash of a row's content, the same in every engine; numbers count to the fifth decimal."""
    text = _text(frame, columns[0])
    for column in columns[1:]:
        text = text + "\x1f" + _text(frame, column)
    return (f"{key}\x1e" + text).hexdigest("md5")


def to_pandas(table: Any) -> Any:
    """Turn an Arrow table into pandas as `read_csv` would have read it: NaN for nulls, floats for numbers with nulls."""
    import numpy as np

    frame = table.to_pandas()
    for column in frame.columns:
        if frame[column].dtype == object:
            values = frame[column]
            if len(values) and type(values.dropna().iloc[0] if values.notna().any() else "").__name__ == "Decimal":
                frame[column] = values.astype(float)
            else:
                frame[column] = values.where(values.notna(), np.nan)
    return frame


def _text(frame: Frame, column: str) -> Any:
    import ibis

    value = frame.table[column]
    kind = frame.kinds[column]
    if kind == "text":
        text = value
    elif kind in {"integer", "date"}:
        text = value.cast("string")
    elif kind == "boolean":
        text = value.ifelse("1", "0")
    elif kind == "timestamp":
        text = value.epoch_seconds().cast("string")
    elif kind in {"float", "decimal"}:
        number = value.cast("float64")
        fits = number.abs() < _BEYOND
        scaled = ibis.ifelse(fits, number, 0.0) * 100_000.0
        text = ibis.cases(
            (number.isnan(), "nan"), (fits, scaled.round().cast("int64").cast("string")), (number > 0, "large"), else_="small",
        )
    else:
        raise DataError(f"column “{column}” holds neither numbers, text, dates nor truth values", "Leave it out, or flatten it.")
    return text.fill_null("\\N")
