"""Rows of the append path: statements that SQLAlchemy writes once a dialect, handed to the driver as they are.

SQLAlchemy takes some ten times as long to run a statement of one row as SQLite itself, and an append has fifteen.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, func, insert, select
from sqlalchemy.sql import ClauseElement

from govern.store.tables import checkpoint, entry, key, node, of_type, producer, root, submission

SIZE: Final = select(func.max(entry.c.idx))
NEWEST_NOTE: Final = select(checkpoint.c.note).order_by(checkpoint.c.size.desc()).limit(1)
NEWEST_ROOT: Final = select(func.max(root.c.version))
LAST_OF_KEY: Final = (
    select(producer.c.seq, producer.c.idx).join(key, key.c.id == producer.c.key)
    .where(key.c.keyid == bindparam("keyid")).order_by(producer.c.seq.desc()).limit(1)
)
KEY_NUMBER: Final = select(key.c.id).where(key.c.keyid == bindparam("keyid"))
LAST_KEY_NUMBER: Final = select(func.max(key.c.id))
SUBMITTED: Final = select(submission.c.idx).where(submission.c.pae.in_((bindparam("short"), bindparam("whole"))))
LEAF: Final = select(entry.c.leaf).where(entry.c.idx == bindparam("idx"))


class Rows:
    """The driver's own cursor inside a transaction of SQLAlchemy's; raises what the driver raises."""

    def __init__(self, connection: Connection) -> None:
        self._cursor: Any = connection.connection.cursor()
        self._dialect = connection.dialect.name

    def first(self, statement: ClauseElement, *values: object) -> tuple[Any, ...] | None:
        """Run a statement with its values, in the order in which they stand there, and return the first row."""
        sql, fixed = _written(self._dialect, statement)
        self._cursor.execute(sql, (*values, *fixed))
        found: tuple[Any, ...] | None = self._cursor.fetchone()
        return found

    def value(self, statement: ClauseElement, *values: object) -> Any:
        """Return the first column of the first row, or None."""
        found = self.first(statement, *values)
        return None if found is None else found[0]

    def add(self, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
        """Insert rows, values in the order of the table's columns."""
        self._cursor.executemany(_written(self._dialect, _inserting(table))[0], list(rows))

    def hashes(self, ids: Sequence[int]) -> dict[int, bytes]:
        """Read stored hashes by index, as many as one statement may have variables."""
        sql, _ = _written(self._dialect, _reading(len(ids)))
        self._cursor.execute(sql, tuple(ids))
        return {one: of_type(hashed, bytes) for one, hashed in self._cursor.fetchall()}


_PARAMSTYLES: Final = {"sqlite": "qmark", "postgresql": "format"}


@cache
def _written(dialect: str, statement: ClauseElement) -> tuple[str, tuple[object, ...]]:
    """Return a statement's text, and the values fixed in it (a limit), which stand last."""
    made = import_module(f"sqlalchemy.dialects.{dialect}").dialect  # late: each takes as long to load as a hundred statements
    compiled = statement.compile(dialect=made(paramstyle=_PARAMSTYLES[dialect]))
    names: Sequence[str] = getattr(compiled, "positiontup", None) or ()
    return str(compiled), tuple(compiled.params[name] for name in names if compiled.params[name] is not None)


@cache
def _inserting(table: Table) -> ClauseElement:
    return insert(table)


@cache
def _reading(count: int) -> ClauseElement:
    return select(node.c.id, node.c.hash).where(node.c.id.in_([bindparam(f"id{number}") for number in range(count)]))
