"""A SQLite file of the user's own, for copies that can be made again: safe in threads and forks, and with plain `sqlite3`.

No SQLAlchemy: a container's entry point asks such a file whether a model may run, and loading an ORM takes longer than the
answer.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from govern.errors import StorageError
from govern.store.glance import as_it_lies, lies_still

WAIT: Final = 10.0
"""Seconds to wait for another process that writes at this moment."""

LOG_PAGES: Final = 20_000
"""Pages in the log before they go into the file: many small transactions in a row write the same pages, once instead of each time."""

CACHE: Final = 64 * 1024
"""KiB of pages that a connection holds at most: rows lie by key, so a long fold comes back to the same pages again and again."""


class OwnFile:
    """One file; each thread of each process has a connection of its own.

    One that lies where this user may not write (a container's image) is read as it is.
    """

    def __init__(self, path: Path, schema: str) -> None:
        """Open, or make, the file with its tables. Raises `StorageError`."""
        self.path = path
        self._own = threading.local()
        self.fixed = path.is_file() and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        """Whether it can only be read."""
        if self.fixed:
            return
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not path.exists():
                path.touch(mode=0o600)
        except OSError as error:
            message = f"read tables can't be kept in {path.parent}: {error.strerror}"
            raise StorageError(message, "Let this user write there, or set GOVERN_HOME to a folder of the user's own.") from error
        with self.asked() as connection:
            connection.executescript(schema)

    def connection(self) -> sqlite3.Connection:
        """This thread's connection in this process. Raises what the driver raises."""
        if getattr(self._own, "process", None) != os.getpid():
            self._own.connection = self._read_only() if self.fixed else self._connected()
            self._own.process = os.getpid()
        found: sqlite3.Connection = self._own.connection
        return found

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=WAIT)
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = normal")
        connection.execute(f"pragma wal_autocheckpoint = {LOG_PAGES}")
        connection.execute(f"pragma cache_size = -{CACHE}")
        return connection

    def _read_only(self) -> sqlite3.Connection:
        uri = as_it_lies(self.path) if lies_still(self.path) else f"{self.path.resolve().as_uri()}?mode=ro"
        return sqlite3.connect(uri, uri=True, timeout=WAIT)

    def unusable(self, error: sqlite3.Error) -> StorageError:
        """What the driver says, as an error of ours."""
        return StorageError(
            f"the read tables in {self.path} can't be used: {error}", "Delete that file: it is made again from the ledger."
        )

    @contextmanager
    def asked(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection in this process. Raises `StorageError`."""
        try:
            yield self.connection()
        except sqlite3.Error as error:
            raise self.unusable(error) from error

    @contextmanager
    def changed(self) -> Iterator[sqlite3.Connection]:
        """A transaction that writes: whole or not at all. Raises `StorageError`."""
        with self.asked() as connection:
            try:
                connection.execute("begin immediate")
                yield connection
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
