"""SQLite: connections, transactions that write, and the triggers that let nothing but appending through."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from govern.errors import StorageError
from govern.store.glance import as_it_lies, lies_still
from govern.store.names import TABLES
from govern.store.rows import Rows

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

BUSY_SECONDS: Final = 60
"""How long a writer waits for the others; an append takes milliseconds."""
_SOUND: Final = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
"""First versions of each line without the WAL-reset defect, through which a concurrent checkpoint could lose pages."""


def warning() -> str:
    """Return what is wrong with the linked SQLite, or nothing."""
    version = sqlite3.sqlite_version_info
    sound = version >= _SOUND[-1] or any(version[:2] == good[:2] and version >= good for good in _SOUND)
    if sound:
        return ""
    return (
        f"SQLite {sqlite3.sqlite_version} has the WAL-reset defect (fixed in 3.44.6, 3.50.7 and 3.51.3): with several "
        "writing processes a power cut at the wrong moment could damage the file. `govern verify --full` finds that."
    )


def path_of(url: str) -> Path:
    """Return the file behind `sqlite:///path`."""
    return Path(url.removeprefix("sqlite:///"))


class File:
    """A database file. Who reads gets a connection of the driver's own; only who writes loads SQLAlchemy."""

    def __init__(self, url: str, *, mode: str) -> None:
        """Look whether it is there; `mode` is SQLite's own: `ro`, `rw` (must be there) or `rwc`. Raises `StorageError`."""
        self.path = path_of(url)
        self.mode = mode
        self._idle: list[sqlite3.Connection] = []
        self._known: tuple[int, int] | None = None
        self._process = os.getpid()
        if mode == "rwc" and self.path.exists():
            raise StorageError(f"{self.path} is there already", "A ledger is never overwritten: choose another file.")
        if mode != "rwc" and not self.path.is_file():
            raise StorageError(f"there is no ledger at {self.path}", "`govern init` makes one; check the database in config.toml.")

    def require_same(self) -> None:
        """Refuse to go on where the path names another file by now: a connection would read, or write to, one that was moved away.

        Raises `StorageError`.
        """
        try:
            found = self.path.stat()
        except FileNotFoundError as error:
            raise StorageError(f"there is no ledger at {self.path} any more", "Bring its file back; nothing was written.") from error
        here = (found.st_dev, found.st_ino)
        if here != (self._known or here):
            raise StorageError(
                f"{self.path} is another file than the one that was opened", "Find out who put it there, then open it again; nothing was written."
            )
        self._known = here

    def connect(self) -> sqlite3.Connection:
        """Open a connection. Raises what the driver raises."""
        if self._known is not None:
            self.require_same()
        uri = f"file:{quote(str(self.path.resolve()))}?mode={self.mode}"
        try:
            return _connect(uri)
        except sqlite3.OperationalError:
            # A file on read-only media has no place for WAL's index; without writers it can be read as it lies.
            if self.mode == "rwc" or not lies_still(self.path):
                raise
            return _connect(as_it_lies(self.path))

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Read in one snapshot. Raises what the driver raises."""
        if self._process != os.getpid():
            # SQLite forbids to use, or even to close, a connection that came through a fork.
            _inherited.extend(self._idle)
            self._idle, self._process = [], os.getpid()
        self.require_same()
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self.connect()
        try:
            connection.execute("BEGIN")
            yield Rows(connection.cursor(), "sqlite")
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)

    def engine(self) -> "Engine":
        """Open it for SQLAlchemy, whose transactions begin as theirs do who asked for `writing`."""
        from sqlalchemy import create_engine, event
        from sqlalchemy.pool import QueuePool

        engine = create_engine("sqlite://", creator=self.connect, poolclass=QueuePool, pool_size=4, max_overflow=16)
        event.listen(engine, "begin", _begin)
        return engine

    def close(self) -> None:
        """Close what is idle."""
        while self._idle and self._process == os.getpid():
            self._idle.pop().close()


_inherited: list[sqlite3.Connection] = []


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA cell_size_check=ON")
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def _begin(connection: "Connection") -> None:
    # The driver's own way begins late, so that two writers could read the same last index.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writing") else "BEGIN")


def prepare(engine: "Engine") -> None:
    """Set what is kept in the file itself; has to come before the first table."""
    raw: Any = engine.raw_connection()
    try:
        # Entries take about a kilobyte: on pages of the usual 4 KiB a fifth of the file would be left over.
        raw.driver_connection.execute("PRAGMA page_size=8192")
        raw.driver_connection.execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()


def triggers() -> list[str]:
    """Return the statements that make the tables append-only.

    INSERT OR REPLACE deletes without firing a delete trigger, so inserting over a row is refused as well; and since
    indices are dense, "the next one" is the only index that may be inserted.
    """
    made = [
        _trigger(f"{table}_no_{verb.lower()}", verb, table, "1", f"{table}: rows are never changed")
        for table in TABLES for verb in ("UPDATE", "DELETE")
    ]
    made += [
        _trigger(
            f"{table}_next", "INSERT", table,
            f"NEW.{key} IS NOT (SELECT coalesce(max({key}) + 1, 0) FROM {table})",  # noqa: S608 - names of ours
            f"{table}: not the next index",
        )
        for table, key in (("entry", "idx"), ("node", "id"))
    ]
    made.append(
        _trigger(
            "checkpoint_next", "INSERT", "checkpoint",
            "NEW.size <= (SELECT coalesce(max(size), -1) FROM checkpoint)", "checkpoint: not larger than the last",
        )
    )
    same = {
        "meta": "key = NEW.key", "submission": "pae = NEW.pae", "key": "id = NEW.id OR keyid = NEW.keyid",
        "producer": "key = NEW.key AND seq >= NEW.seq", "root": "version >= NEW.version",
    }
    made += [
        _trigger(
            f"{table}_once", "INSERT", table,
            f"EXISTS (SELECT 1 FROM {table} WHERE {condition})",  # noqa: S608 - names of ours
            f"{table}: there already",
        )
        for table, condition in same.items()
    ]
    return made


def _trigger(name: str, verb: str, table: str, condition: str, message: str) -> str:
    return (
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {condition} "
        f"BEGIN SELECT RAISE(ABORT, 'append-only: {message}'); END"
    )
