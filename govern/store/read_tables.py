"""Rows of kept states in a SQLite file of the user's own: append-only, and safe to throw away.

Python's own `sqlite3` and no SQLAlchemy: a container's entry point asks these rows whether a model may run, and loading
an ORM takes longer than the answer.
"""

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from govern.domain.kept import Kept, Row
from govern.domain.text import Digest
from govern.errors import StorageError

WAIT: Final = 10.0
"""Seconds to wait for another process that keeps a state at this moment."""

_SCHEMA: Final = """
create table if not exists kept (size integer primary key, clock text, root text not null, head blob not null, form text not null);
create table if not exists rows (
    name text not null, key text not null, size integer not null, value blob not null, primary key (name, key, size)
) without rowid;
create table if not exists generation (one integer primary key check (one = 1), word text not null);
"""
_VALUE: Final = (
    "select (select word from generation), "
    "(select value from rows where name = ? and key = ? and size <= ? order by size desc limit 1)"
)
_LAST: Final = "\U0010ffff"
"""Sorts after every key."""


class ReadTables:
    """Rows in one file. Safe in threads and forks: each has a connection of its own."""

    def __init__(self, path: Path) -> None:
        """Open, or make, the file. Raises `StorageError`."""
        self.path = path
        self._own = threading.local()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                path.touch(mode=0o600)
        except OSError as error:
            message = f"read tables can't be kept in {path.parent}: {error.strerror}"
            raise StorageError(message, "Let this user write there, or set GOVERN_HOME to a folder of the user's own.") from error
        with self._asked() as connection:
            connection.executescript(_SCHEMA)
            connection.execute("insert or ignore into generation values (1, ?)", (secrets.token_hex(8),))
            connection.commit()
            self._generation = self._word(connection)

    @staticmethod
    def _word(connection: sqlite3.Connection) -> str:
        return str(connection.execute("select word from generation").fetchone()[0])

    @contextmanager
    def _asked(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection in this process. Raises `StorageError`."""
        try:
            if getattr(self._own, "process", None) != os.getpid():
                self._own.connection = sqlite3.connect(self.path, timeout=WAIT)
                self._own.connection.execute("pragma journal_mode = wal")
                self._own.connection.execute("pragma synchronous = normal")
                self._own.process = os.getpid()
            yield self._own.connection
        except sqlite3.Error as error:
            message = f"the read tables in {self.path} can't be used: {error}"
            raise StorageError(message, "Delete that file: it is made again from the ledger.") from error

    def kept(self) -> Iterator[Kept]:
        """All kept states, the largest first. Raises `StorageError`."""
        with self._asked() as connection:
            self._generation = self._word(connection)
            found = connection.execute("select size, clock, root, head, form from kept order by size desc")
            for size, clock, root, head, form in found:
                moment = None if clock is None else datetime.fromisoformat(clock)
                yield Kept(size=size, clock=moment, root=Digest(root), head=head, form=form)

    def keep(self, state: Kept, rows: Iterable[Row]) -> None:
        """Keep one more state, whole or not at all; one of that size that is there already stays."""
        with self._asked() as connection:
            try:
                connection.execute("begin immediate")
                self._check(connection)
                clock = None if state.clock is None else state.clock.isoformat()
                new = connection.execute(
                    "insert or ignore into kept values (?, ?, ?, ?, ?)",
                    (state.size, clock, state.root, state.head, state.form),
                ).rowcount
                if new:
                    connection.executemany(
                        "insert into rows values (?, ?, ?, ?)",
                        ((name, key, state.size, value) for name, key, value in rows),
                    )
                connection.commit()
            except BaseException:
                connection.rollback()
                raise

    def _check(self, connection: sqlite3.Connection) -> None:
        """Rows of another generation are of another ledger: nothing read before goes with them."""
        if self._word(connection) != self._generation:
            message = "another process made the read tables anew"
            raise StorageError(message, "Try again: it starts from the new ones.")

    def value(self, table: str, key: str, size: int) -> bytes | None:
        """The value of a key in the state of `size` entries. Raises `StorageError`."""
        with self._asked() as connection:
            word, value = connection.execute(_VALUE, (table, key, size)).fetchone()
            if word != self._generation:
                self._check(connection)
            return None if value is None else bytes(value)

    def ranged(self, table: str, prefix: str, size: int) -> Iterator[tuple[str, bytes]]:
        """Keys that start with `prefix`, with their values, in the state of `size` entries. Raises `StorageError`."""
        with self._asked() as connection:
            self._check(connection)
            # SQLite takes the other columns of a group from the row that has the maximum.
            found = connection.execute(
                "select key, value, max(size) from rows where name = ? and key >= ? and key < ? and size <= ? group by key",
                (table, prefix, prefix + _LAST, size),
            ).fetchall()
        return ((str(key), bytes(value)) for key, value, _ in found)

    def clear(self) -> None:
        """Forget everything; whoever still reads the old rows is told. Raises `StorageError`."""
        with self._asked() as connection:
            connection.execute("begin immediate")
            connection.execute("delete from rows")
            connection.execute("delete from kept")
            self._generation = secrets.token_hex(8)
            connection.execute("update generation set word = ?", (self._generation,))
            connection.commit()
