"""Every question that is asked of the ledger's tables, and the rows added to them, by the driver's own cursor.

Plain SQL, the same for both databases: SQLAlchemy takes some ten times as long to run a statement of one row as SQLite
itself, an append has fifteen, and loading it takes longer than a command that reads. A test holds these names against the
SQLModel classes in `tables.py`, which make the tables.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from govern.errors import CorruptStoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_THERE: Final = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'",
    "postgresql": "SELECT 1 WHERE to_regclass('meta') IS NOT NULL",
}
_PARAMSTYLES: Final = {"sqlite": "qmark", "postgresql": "format"}
_KINDS: Final = {int: "a whole number", float: "a fraction", str: "text", bytes: "bytes"}


def of_type(value: Any, kind: type) -> Any:
    """Return what a column held: SQLite keeps a text in a column of bytes, if somebody puts one there. Raises `CorruptStoreError`."""
    if value is not None and type(value) is not kind:
        raise CorruptStoreError(
            f"a row of the ledger holds {_KINDS[type(value)]} where it should hold {_KINDS[kind]}",
            "It was changed: `govern verify --full` looks closer. Restore a backup.",
        )
    return value


class Rows:
    """The tables inside one transaction; raises what the driver raises, and `CorruptStoreError` for a value of a wrong type."""

    def __init__(self, cursor: Any, dialect: str) -> None:
        self._cursor = cursor
        self._dialect = dialect

    @classmethod
    def inside(cls, connection: "Connection") -> "Rows":
        """The tables inside a transaction of SQLAlchemy's."""
        return cls(connection.connection.cursor(), connection.dialect.name)

    def all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement, `?` for each value, and return every row."""
        self._cursor.execute(sql if self._dialect == "sqlite" else sql.replace("?", "%s"), values)
        return list(self._cursor.fetchall())

    def _value(self, sql: str, *values: object, kind: type = int) -> Any:
        """Return the first column of the first row, or None."""
        found = self.all(sql, *values)
        return of_type(found[0][0], kind) if found else None

    def _pairs(self, kind: type, sql: str, *values: object) -> list[tuple[int, Any]]:
        return [(number, of_type(value, kind)) for number, value in self.all(sql, *values)]

    # ----- the ledger as a whole

    def are_there(self) -> bool:
        """Whether this is a database with a ledger's tables."""
        return bool(self.all(_THERE[self._dialect]))

    def meta(self, word: str) -> str | None:
        """Return `format` or `origin`."""
        found: str | None = self._value("SELECT value FROM meta WHERE key = ?", word, kind=str)
        return found

    def size(self) -> int:
        """Return how many entries there are."""
        found = self._value("SELECT max(idx) FROM entry")
        return 0 if found is None else int(found) + 1

    # ----- entries

    def leaf(self, index: int) -> bytes | None:
        """Return a leaf's bytes."""
        found: bytes | None = self._value("SELECT leaf FROM entry WHERE idx = ?", index, kind=bytes)
        return found

    def leaves(self, start: int, stop: int) -> list[tuple[int, bytes]]:
        """Return index and leaf of what there is of [start, stop), in order."""
        return self._pairs(bytes, "SELECT idx, leaf FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx", start, stop)

    def leaves_at(self, indices: Sequence[int]) -> list[tuple[int, bytes]]:
        """Return index and leaf of what there is at some indices, as many as one statement may have variables."""
        return self._pairs(bytes, f"SELECT idx, leaf FROM entry WHERE idx IN ({_marks(len(indices))})", *indices)  # noqa: S608 - only `?`

    def roots(self, after: int = 0) -> list[tuple[int, bytes]]:
        """Return index and leaf of the trust roots above a version, oldest first."""
        return self._pairs(
            bytes, "SELECT entry.idx, leaf FROM root JOIN entry ON entry.idx = root.idx WHERE version > ? ORDER BY version", after
        )

    def newest_root(self) -> int:
        """Return the version of the newest trust root, 0 where there is none."""
        return self._value("SELECT max(version) FROM root") or 0

    # ----- tree and checkpoints

    def hashes(self, ids: Sequence[int]) -> dict[int, bytes]:
        """Return stored hashes by index, as many as one statement may have variables."""
        return dict(self._pairs(bytes, f"SELECT id, hash FROM node WHERE id IN ({_marks(len(ids))})", *ids))  # noqa: S608 - only `?`

    def hashes_from(self, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Return index and hash of stored nodes from an index on, in order."""
        return self._pairs(bytes, "SELECT id, hash FROM node WHERE id >= ? ORDER BY id LIMIT ?", start, limit)

    def newest_note(self) -> str | None:
        """Return the newest checkpoint's note."""
        found: str | None = self._value("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1", kind=str)
        return found

    def note_at(self, size: int) -> str | None:
        """Return the note of the newest checkpoint of at most `size` entries."""
        found: str | None = self._value("SELECT note FROM checkpoint WHERE size <= ? ORDER BY size DESC LIMIT 1", size, kind=str)
        return found

    def notes(self, after: int, limit: int) -> list[tuple[int, str]]:
        """Return size and note of checkpoints above a size, smallest first."""
        return self._pairs(str, "SELECT size, note FROM checkpoint WHERE size > ? ORDER BY size LIMIT ?", after, limit)

    # ----- what an append looks up and adds

    def last_of(self, keyid: str) -> tuple[int, int] | None:
        """Return counter and index of a key's last entry."""
        found = self.all(
            "SELECT seq, idx FROM producer JOIN key ON key.id = producer.key WHERE keyid = ? ORDER BY seq DESC LIMIT 1", keyid
        )
        return (of_type(found[0][0], int), of_type(found[0][1], int)) if found else None

    def key_number(self, keyid: str) -> int | None:
        """Return the short number of a key."""
        found: int | None = self._value("SELECT id FROM key WHERE keyid = ?", keyid)
        return found

    def last_key_number(self) -> int:
        """Return the highest short number of a key, 0 where there is none."""
        return self._value("SELECT max(id) FROM key") or 0

    def submitted(self, *keys: bytes) -> int | None:
        """Return the entry that was handed in under one of some unique keys."""
        found: int | None = self._value(f"SELECT idx FROM submission WHERE pae IN ({_marks(len(keys))})", *keys)  # noqa: S608 - only `?`
        return found

    def add(self, table: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Insert rows into a table, values in the order of its columns."""
        self._cursor.executemany(_inserting(self._dialect, table), list(rows))


def _marks(count: int) -> str:
    return ", ".join("?" * count)


@cache
def _inserting(dialect: str, table: str) -> str:
    from sqlalchemy import insert

    from govern.store.tables import table_of

    made = import_module(f"sqlalchemy.dialects.{dialect}").dialect
    return str(insert(table_of(table)).compile(dialect=made(paramstyle=_PARAMSTYLES[dialect])))
