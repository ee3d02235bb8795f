"""One table into windows: the rows of each value of a column, or of each day, week, month, quarter or year of a time."""

from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from govern.errors import DataError, UsageError
from govern.measure.inputs import FrameSource

Every = Literal["", "day", "week", "month", "quarter", "year"]
EVERY: Final = ("day", "week", "month", "quarter", "year")
MAX_WINDOWS: Final = 400
"""A year of days and some; a column with more values is a time or an identifier."""
_UNITS: Final = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}
_TELLS: Final = frozenset({"text", "integer", "boolean", "date", "timestamp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The rows of one window, without the column that tells them, as an Arrow table."""

    name: str
    data: Any


def windows_of(source: FrameSource, column: str, every: Every = "") -> tuple[Window, ...]:
    """Part a table into its windows, in the order of the column; rows keep their order.

    Raises `UsageError` for a column that is not there, that can't tell windows apart or has more values than windows
    can have, `DataError` for rows of which no window is known.
    """
    from govern.measure.frames import Frames, arrow, run

    with Frames() as frames:
        frame = frames.open(source)
        frame.require(column, "window")
        kind = frame.kinds[column]
        if kind not in _TELLS:
            raise UsageError(f"column “{column}” is {kind} and can't tell windows apart", "Name a column of text, whole numbers or dates.")
        table = frame.table
        told = table[column]
        if every:
            if kind not in {"date", "timestamp"}:
                raise UsageError(f"column “{column}” is {kind} and has no {every}", "Leave --every out, or write it as dates: 2026-11-21.")
            told = told.cast("timestamp").truncate(_UNITS[every]).cast("date")
        marked = table.mutate(_window=told)
        found = run(marked.group_by("_window").aggregate(n=marked.count()).limit(MAX_WINDOWS + 2), frame.name)
        unknown = sum(int(row["n"]) for row in found if row["_window"] is None)
        if unknown:
            raise DataError(f"{unknown} rows of {frame.name} have no value in “{column}”", "Say which window they are of, or leave them out.")
        values = sorted(row["_window"] for row in found)
        if len(values) > MAX_WINDOWS:
            hint = "Say --every month, or another length." if kind in {"date", "timestamp"} else "Name a column with a value for each window."
            raise UsageError(f"column “{column}” has more than {MAX_WINDOWS} values", hint)
        return tuple(
            Window(name=_named(value, every), data=arrow(marked.filter(marked["_window"] == value).drop("_window", column), frame.name))
            for value in values
        )


def checked_every(word: str) -> Every:
    """Check the word for a window's length. Raises `UsageError`."""
    if word and word not in EVERY:
        raise UsageError(f"--every can't be “{word}”", f"It is one of: {', '.join(EVERY)}.")
    return cast("Every", word)


def _named(value: Any, every: Every) -> str:
    if every in {"month", "year", "quarter"}:
        year, month = value.year, value.month
        return {"month": f"{year}-{month:02}", "quarter": f"{year}-Q{(month + 2) // 3}", "year": str(year)}[every]
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
