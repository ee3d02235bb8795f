"""Columns by name: what kinds there are, and what to say about one that is not there."""

import difflib
from collections.abc import Iterable
from typing import Literal

from govern.errors import UsageError

Kind = Literal["integer", "float", "decimal", "boolean", "text", "date", "timestamp", "other"]
NUMERIC: frozenset[str] = frozenset({"integer", "float", "decimal"})


def near(name: str, columns: Iterable[str]) -> tuple[str, ...]:
    """Return up to three column names that look like `name`."""
    known = {column.casefold(): column for column in columns}
    return tuple(known[match] for match in difflib.get_close_matches(name.casefold(), known, n=3, cutoff=0.5))


def missing_column(name: str, columns: Iterable[str], *, role: str, where: str = "the data") -> UsageError:
    """Make the error for a column that is not there, naming those that look like it."""
    names = list(columns)
    close = near(name, names)
    hint = f"Did you mean {', '.join(f'“{one}”' for one in close)}?" if close else (
        f"It has {', '.join(f'“{one}”' for one in names[:12])}{' and more' if len(names) > 12 else ''}."  # noqa: PLR2004 - as many as one line holds
    )
    return UsageError(f"{where} has no column “{name}” (asked for as {role})", hint)
