"""A seeded sample that is the same rows whichever engine, frame or order they came in."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from govern.errors import DataError
from govern.measure.frames import Frame, arrow, md5

_BEYOND: Final = 9e12
"""Numbers from here on are hashed by their sign and logarithm: scaled, they would not fit 64 bits."""

MOSTLY_DIFFERENT: Final = 0.9
"""Below this share of different rows in a sample by hash, copies are drawn in proportion."""
KEY_COLUMNS: Final = 3
_TELLING: Final = ("float", "decimal", "timestamp", "integer", "text")
"""Kinds of columns, those first that tell rows apart best."""
MAX_CONTENTS: Final = 200_000
"""Different contents that are held with their counts."""


def sample(frame: Frame, columns: Sequence[str], size: int, seed: int) -> Any:
    """Return a pandas frame of `columns` with `size` rows (all, where there are fewer), in a seeded order.

    The rows are those whose keyed content hash is lowest, so neither the order of rows nor the number of threads
    matters. Rows of equal content have one hash: where there are many, copies are drawn in proportion instead, else a
    sample of one column of classes would be of one class. Nulls are NaN, as `pandas.read_csv` has them.
    """
    import numpy as np

    wanted = list(dict.fromkeys(columns))
    frame = _narrowed(frame, wanted, size, seed)
    table = frame.table
    names = [f"c{i}" for i in range(len(wanted))]
    keyed = table.select(**{short: table[name] for short, name in zip(names, wanted, strict=True)}, rank=row_key(frame, wanted, str(seed)))
    rows = to_pandas(arrow(keyed.order_by("rank").limit(size), frame.name))
    if len(rows) == size and rows["rank"].nunique() < MOSTLY_DIFFERENT * size:
        rows = _drawn(keyed, names, size, seed, frame.name)
    rows = rows.sort_values("rank", kind="stable").reset_index(drop=True).drop(columns="rank")
    # Shuffled, so that copies do not stand together where a caller halves the sample or takes its head.
    rows = rows.iloc[np.random.default_rng([seed, len(rows)]).permutation(len(rows))].reset_index(drop=True)
    rows.columns = wanted
    return rows


def _narrowed(frame: Frame, columns: Sequence[str], size: int, seed: int) -> Frame:
    """Leave `size` rows and those that tie with them, by the hash of a few columns: hashing twenty takes six times as long.

    Where a few columns do not tell rows apart, or there are no more rows than are wanted, nothing is left out.
    """
    few = sorted(columns, key=lambda name: (_TELLING.index(frame.kinds[name]) if frame.kinds[name] in _TELLING else len(_TELLING), name))[:KEY_COLUMNS]
    if len(few) == len(set(columns)):
        return frame
    key = row_key(frame, few, str(seed))
    lowest = arrow(frame.table.select(key=key).order_by("key").limit(size), frame.name)["key"]
    if len(lowest) < size or len(lowest.unique()) < MOSTLY_DIFFERENT * size:
        return frame
    return replace(frame, table=frame.table.filter(key <= lowest[-1].as_py()))


def _drawn(keyed: Any, names: Sequence[str], size: int, seed: int, name: str) -> Any:
    """Draw copies without replacement: contents with their counts where they are few, else copies by number."""
    import ibis
    import numpy as np

    cells = arrow(keyed.group_by([*names, "rank"]).aggregate(n=keyed.count()).order_by(["rank", *names]).limit(MAX_CONTENTS + 1), name)
    if cells.num_rows <= MAX_CONTENTS:
        counts = cells["n"].to_numpy().astype(np.int64)
        taken = np.random.default_rng([seed, size]).multivariate_hypergeometric(counts, size, method="marginals")
        return to_pandas(cells.drop_columns(["n"]).take(np.repeat(np.arange(len(counts)), taken)))
    numbered = keyed.mutate(copy=ibis.row_number().over(ibis.window(group_by="rank", order_by=list(names))))
    again = numbered.mutate(rank=md5(numbered, numbered["rank"] + "\x1e" + numbered["copy"].cast("string"))).drop("copy")
    return to_pandas(arrow(again.order_by("rank").limit(size), name))


def row_key(frame: Frame, columns: Sequence[str], key: str) -> Any:
    """An expression of the keyed hash of a row's content, the same in every engine; numbers count to the fifth decimal."""
    text = _text(frame, columns[0])
    for column in columns[1:]:
        text = text + "\x1f" + _text(frame, column)
    return md5(frame.table, f"{key}\x1e" + text)


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
