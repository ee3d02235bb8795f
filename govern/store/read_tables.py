"""Rows of kept states in a SQLite file of the user's own: append-only, and safe to throw away."""

import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from govern.domain.kept import Kept, Row
from govern.domain.text import Digest
from govern.errors import StorageError
from govern.store.own_file import OwnFile

_SCHEMA: Final = """
create table if not exists kept (size integer primary key, clock text, root text not null, head blob not null, form text not null);
create index if not exists kept_by_clock on kept (clock, size);
create table if not exists rows (
    name text not null, key text not null, size integer not null, value blob not null, primary key (name, key, size)
) without rowid;
create table if not exists generation (one integer primary key check (one = 1), word text not null);
"""
_VALUE: Final = (
    "select (select word from generation), "
    "(select value from rows where name = ? and key = ? and size <= ? order by size desc limit 1)"
)
_BEFORE: Final = "select size from kept where clock <= ? order by clock desc, size desc limit 1"
_LATEST: Final = "select size, clock, root, head, form from kept where size <= ? and form = ? order by size desc limit 1"
_LAST: Final = "\U0010ffff"
"""Sorts after every key."""
_MOST: Final = 2**63 - 1
"""More than there are."""


class ReadTables:
    """Rows in one file. Safe in threads and forks: each has a connection of its own."""

    def __init__(self, path: Path) -> None:
        """Open, or make, the file. Raises `StorageError`."""
        self.path = path
        self._file = OwnFile(path, _SCHEMA)
        with self._file.asked() as connection:
            if not self._file.fixed:
                connection.execute("insert or ignore into generation values (1, ?)", (secrets.token_hex(8),))
                connection.commit()
            self._generation = self._word(connection)

    @staticmethod
    def _word(connection: sqlite3.Connection) -> str:
        return str(connection.execute("select word from generation").fetchone()[0])

    def kept(self) -> Iterator[Kept]:
        """All kept states, the largest first. Raises `StorageError`."""
        with self._file.asked() as connection:
            self._generation = self._word(connection)
            found = connection.execute("select size, clock, root, head, form from kept order by size desc")
            for row in found:
                yield _kept(row)

    def latest(self, form: str, *, as_of: datetime | None, most: int | None) -> Kept | None:
        """The largest kept state of a form whose clock is not after `as_of` and that has `most` entries at most. Raises `StorageError`.

        Clocks of kept states never fall as they grow (they are the latest time claimed so far), so this is two look-ups by key.
        """
        with self._file.asked() as connection:
            self._generation = self._word(connection)
            size = _MOST if most is None else most
            if as_of is not None:
                before = connection.execute(_BEFORE, (_text(as_of),)).fetchone()
                size = min(size, -1 if before is None else before[0])
            found = connection.execute(_LATEST, (size, form)).fetchone()
        return None if found is None else _kept(found)

    def keep(self, states: Sequence[tuple[Kept, Sequence[Row]]]) -> bool:
        """Keep more states, all or none, each with what changed since the one before; one of a size that is there already stays.

        Returns False, and keeps nothing, where the file can only be read. Raises `StorageError`.
        """
        if not states or self._file.fixed:
            return False
        with self._file.changed() as connection:
            self._check(connection)
            new: list[tuple[str, str, int, bytes]] = []
            for state, rows in states:
                if connection.execute(
                    "insert or ignore into kept values (?, ?, ?, ?, ?)",
                    (state.size, _text(state.clock), state.root, state.head, state.form),
                ).rowcount:
                    new += [(name, key, state.size, value) for name, key, value in rows]
            # In the order in which they lie, so that each page of the file is looked up and changed once.
            connection.executemany("insert into rows values (?, ?, ?, ?)", sorted(new))
        return True

    def _check(self, connection: sqlite3.Connection) -> None:
        """Rows of another generation are of another ledger: nothing read before goes with them."""
        if self._word(connection) != self._generation:
            message = "another process made the read tables anew"
            raise StorageError(message, "Try again: it starts from the new ones.")

    def value(self, table: str, key: str, size: int) -> bytes | None:
        """The value of a key in the state of `size` entries. Raises `StorageError`."""
        try:
            # Asked for every key that anybody reads: even a context manager would be a tenth of it.
            word, value = self._file.connection().execute(_VALUE, (table, key, size)).fetchone()
        except sqlite3.Error as error:
            raise self._file.unusable(error) from error
        if word != self._generation:
            with self._file.asked() as connection:
                self._check(connection)
        return None if value is None else bytes(value)

    def ranged(self, table: str, prefix: str, size: int) -> Iterator[tuple[str, bytes]]:
        """Keys that start with `prefix`, with their values, in the state of `size` entries. Raises `StorageError`."""
        with self._file.asked() as connection:
            self._check(connection)
            # SQLite takes the other columns of a group from the row that has the maximum.
            found = connection.execute(
                "select key, value, max(size) from rows where name = ? and key >= ? and key < ? and size <= ? group by key",
                (table, prefix, prefix + _LAST, size),
            ).fetchall()
        return ((str(key), bytes(value)) for key, value, _ in found)

    def clear(self) -> None:
        """Forget everything; whoever still reads the old rows is told. Raises `StorageError`."""
        with self._file.changed() as connection:
            connection.execute("delete from rows")
            connection.execute("delete from kept")
            self._generation = secrets.token_hex(8)
            connection.execute("update generation set word = ?", (self._generation,))


def _text(moment: datetime | None) -> str | None:
    """A moment in UTC, so that texts sort as moments do."""
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _kept(row: tuple[int, str | None, str, bytes, str]) -> Kept:
    size, clock, root, head, form = row
    moment = None if clock is None else datetime.fromisoformat(clock)
    return Kept(size=size, clock=moment, root=Digest(root), head=head, form=form)
