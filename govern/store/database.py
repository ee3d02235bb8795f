"""One database, either kind: opening it, making its tables, and the transactions that read and write."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Final

from govern.errors import CorruptStoreError, StorageError, UsageError
from govern.store.faults import storage_errors
from govern.store.names import FORMAT
from govern.store.rows import Rows
from govern.store.sqlite import File, prepare, triggers

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

# Reading in pieces: fewer than SQLite's limit on variables of one statement, and little memory.
CHUNK: Final = 500


class Database:
    """A database and its dialect's ways."""

    def __init__(self, url: str, *, file: File | None = None, engine: "Engine | None" = None) -> None:
        """Take a SQLite file, or the engine of a PostgreSQL database; use `create` or `open`."""
        self.url = url
        self._file = file
        self._given = engine

    @classmethod
    def create(cls, url: str) -> "Database":
        """Make an empty database with its tables and triggers. Raises `StorageError`, `UsageError`."""
        with storage_errors("the ledger could not be made"):
            if not url.startswith("sqlite:///"):
                return cls(url, engine=postgres().create(_check(url)))
            from sqlalchemy import text

            from govern.store.tables import create_all

            database = cls(url, file=File(url, mode="rwc"))
            prepare(database.engine)
            with database.writing() as connection:
                create_all(connection)
                for statement in triggers():
                    connection.execute(text(statement))
            return database

    @classmethod
    def open(cls, url: str, *, read_only: bool) -> "Database":
        """Open a database and check that its format is known. Raises `StorageError`, `UsageError`."""
        with storage_errors("the ledger could not be opened"):
            if url.startswith("sqlite:///"):
                database = cls(url, file=File(url, mode="ro" if read_only else "rw"))
            else:
                database = cls(url, engine=postgres().open_engine(_check(url), read_only=read_only))
            try:
                database.check_format()
            except BaseException:
                database.close()
                raise
            return database

    @cached_property
    def engine(self) -> "Engine":
        """SQLAlchemy's; for a SQLite file it is made when somebody writes."""
        if self._file is not None:
            return self._file.engine()
        assert self._given is not None
        return self._given

    @cached_property
    def writer(self) -> "Engine":
        """The engine for transactions that write."""
        return self.engine.execution_options(writing=True)

    def check_format(self) -> None:
        """Refuse a database that is no ledger, or one of a newer govern. Raises `StorageError`."""
        with self.reading() as rows:
            if not rows.are_there():
                raise CorruptStoreError("this database holds no ledger", "Check the database in config.toml.")
            found = rows.meta("format")
        if found is None or not found.isdecimal():
            raise CorruptStoreError("this database holds no whole ledger", "Restore it from a backup.")
        if int(found) > FORMAT:
            raise StorageError(
                f"this ledger has format {found}, this govern knows {FORMAT}", "Use the govern that wrote it, or newer."
            )

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Read in one snapshot. Raises `StorageError`."""
        with storage_errors("the ledger could not be read"):
            if self._file is not None:
                with self._file.reading() as rows:
                    yield rows
            else:
                with self.engine.begin() as connection:
                    yield Rows.inside(connection)

    @contextmanager
    def writing(self) -> Iterator["Connection"]:
        """Write alone: all that is done inside becomes durable together, or nothing does. Raises `StorageError`."""
        with (
            storage_errors("nothing was written"), self.writer.connect() as connection, connection.begin() as transaction,
        ):
            if self._file is None:
                postgres().lock(connection)
            else:
                self._file.require_same()
            yield connection
            # A disk that fails to sync, or a connection that ends just now, leaves open what became of the commit.
            with storage_errors("whether this was written is not certain", committing=True):
                transaction.commit()

    def nodes(self, rows: Rows, ids: Sequence[int]) -> list[bytes]:
        """Read stored hashes by index, in the order asked for. Raises `CorruptStoreError`."""
        found: dict[int, bytes] = {}
        for start in range(0, len(ids), CHUNK):
            found.update(rows.hashes(ids[start : start + CHUNK]))
        try:
            return [found[one] for one in ids]
        except KeyError as error:
            raise CorruptStoreError(
                f"the tree’s node {error.args[0]} is missing", "Run `govern verify --full`, then restore a backup."
            ) from error

    def leaves(self, rows: Rows, start: int, stop: int) -> list[bytes]:
        """Read leaves [start, stop). Raises `CorruptStoreError` where one is missing."""
        found = rows.leaves(start, stop)
        for expected, (index, _) in enumerate(found, start):
            if index != expected:
                raise CorruptStoreError(f"entry {expected} is missing", "Run `govern verify --full`; restore a backup.")
        if len(found) < stop - start:
            raise CorruptStoreError(
                f"entry {start + len(found)} is missing", "Run `govern verify --full`, then restore a backup."
            )
        return [leaf for _, leaf in found]

    def close(self) -> None:
        """Give every connection back."""
        if self._file is not None:
            self._file.close()
        if self._file is None or "engine" in self.__dict__:
            self.engine.dispose()


def _check(url: str) -> str:
    if not url.startswith("postgresql+psycopg://"):
        raise UsageError(
            f"the database URL “{url[:40]}…” is of no known kind", "Use sqlite:///PATH or postgresql+psycopg://…"
        )
    return url


def postgres() -> ModuleType:
    """Import the other dialect late: psycopg is an extra."""
    return import_module("govern.store.postgres")
