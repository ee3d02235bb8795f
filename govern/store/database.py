"""One database, either kind: opening it, making its tables, and the transactions that read and write."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Final

from sqlalchemy import Connection, Engine, inspect, select, text
from sqlmodel import SQLModel

from govern.errors import CorruptStoreError, StorageError, UsageError
from govern.store import sqlite, tables
from govern.store.faults import storage_errors
from govern.store.rows import Rows
from govern.store.tables import FORMAT, TABLES

# Reading in pieces: fewer than SQLite's limit on variables of one statement, and little memory.
CHUNK: Final = 500


class Database:
    """An engine and its dialect's ways."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.engine = engine
        self.writer = engine.execution_options(writing=True)
        self.url = url
        self.sqlite = url.startswith("sqlite")

    @classmethod
    def create(cls, url: str) -> "Database":
        """Make an empty database with its tables and triggers. Raises `StorageError`, `UsageError`."""
        with storage_errors("the ledger could not be made"):
            if url.startswith("sqlite:///"):
                database = cls(sqlite.open_engine(url, mode="rwc"), url)
                sqlite.prepare(database.engine)
                with database.writing() as connection:
                    SQLModel.metadata.create_all(connection, tables=[SQLModel.metadata.tables[name] for name in TABLES])
                    for statement in sqlite.triggers():
                        connection.execute(text(statement))
                return database
            return cls(postgres().create(_check(url)), url)

    @classmethod
    def open(cls, url: str, *, read_only: bool) -> "Database":
        """Open a database and check that its format is known. Raises `StorageError`, `UsageError`."""
        with storage_errors("the ledger could not be opened"):
            if url.startswith("sqlite:///"):
                database = cls(sqlite.open_engine(url, mode="ro" if read_only else "rw"), url)
            else:
                database = cls(postgres().open_engine(_check(url), read_only=read_only), url)
            try:
                database.check_format()
            except BaseException:
                database.close()
                raise
            return database

    def check_format(self) -> None:
        """Refuse a database that is no ledger, or one of a newer govern. Raises `StorageError`."""
        with self.reading() as connection:
            if not inspect(connection).has_table("meta"):
                raise CorruptStoreError("this database holds no ledger", "Check the database in config.toml.")
            found = connection.execute(select(tables.meta.c.value).where(tables.meta.c.key == "format")).scalar()
        if found is None or not found.isdecimal():
            raise CorruptStoreError("this database holds no whole ledger", "Restore it from a backup.")
        if int(found) > FORMAT:
            raise StorageError(
                f"this ledger has format {found}, this govern knows {FORMAT}", "Use the govern that wrote it, or newer."
            )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read in one snapshot. Raises `StorageError`."""
        with storage_errors("the ledger could not be read"), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Write alone: all that is done inside becomes durable together, or nothing does. Raises `StorageError`."""
        with (
            storage_errors("nothing was written"), self.writer.connect() as connection, connection.begin() as transaction,
        ):
            if not self.sqlite:
                postgres().lock(connection)
            yield connection
            # A disk that fails to sync, or a connection that ends just now, leaves open what became of the commit.
            with storage_errors("whether this was written is not certain", committing=True):
                transaction.commit()

    def nodes(self, connection: Connection, ids: Sequence[int]) -> list[bytes]:
        """Read stored hashes by index, in the order asked for. Raises `CorruptStoreError`."""
        return self.nodes_of(Rows(connection), ids)

    def nodes_of(self, rows: Rows, ids: Sequence[int]) -> list[bytes]:
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

    def leaves(self, connection: Connection, start: int, stop: int) -> list[bytes]:
        """Read leaves [start, stop). Raises `CorruptStoreError` where one is missing."""
        rows = connection.execute(
            select(tables.entry.c.idx, tables.entry.c.leaf)
            .where(tables.entry.c.idx >= start, tables.entry.c.idx < stop)
            .order_by(tables.entry.c.idx)
        ).all()
        for expected, row in enumerate(rows, start):
            if row[0] != expected:
                raise CorruptStoreError(f"entry {expected} is missing", "Run `govern verify --full`; restore a backup.")
        if len(rows) < stop - start:
            raise CorruptStoreError(
                f"entry {start + len(rows)} is missing", "Run `govern verify --full`, then restore a backup."
            )
        return [row[1] for row in rows]

    def close(self) -> None:
        """Give every connection back."""
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
