"""The ledger's tables: rows that are only ever added."""

from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, Integer, LargeBinary, SmallInteger, Text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from govern.errors import CorruptStoreError

FORMAT = 1
"""Of the tables; a database of a higher one was written by a newer govern and is not touched."""


def of_type(value: Any, kind: type) -> Any:
    """Return what a column held: SQLite keeps a text in a column of bytes, if somebody puts one there. Raises `CorruptStoreError`."""
    if value is not None and type(value) is not kind:
        raise CorruptStoreError(
            f"a row of the ledger holds a {type(value).__name__} where {kind.__name__} belongs",
            "It was changed: `govern verify --full` looks closer. Restore a backup.",
        )
    return value


class Blob(TypeDecorator[bytes]):
    """Bytes, and nothing else when they are read."""

    impl = LargeBinary
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002 - SQLAlchemy's own signature
        """Check what was read."""
        return of_type(value, bytes)


class Words(TypeDecorator[str]):
    """Text, and nothing else when it is read."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """Check what was read."""
        return of_type(value, str)


# In SQLite only INTEGER makes the row id itself the key; PostgreSQL's integer would end at 2^31.
_Index = BigInteger().with_variant(Integer(), "sqlite")


class MetaRow(SQLModel, table=True):
    """What never changes: the origin, and the format of these tables."""

    __tablename__ = "meta"
    key: str = Field(sa_column=Column(Words, primary_key=True))
    value: str = Field(sa_column=Column(Words, nullable=False))


class EntryRow(SQLModel, table=True):
    """A leaf: the exact bytes that were signed, hashed and acknowledged."""

    __tablename__ = "entry"
    idx: int = Field(sa_column=Column(_Index, primary_key=True, autoincrement=False))
    leaf: bytes = Field(sa_column=Column(Blob, nullable=False))


class NodeRow(SQLModel, table=True):
    """The hash of one perfect subtree, numbered as Go's sumdb/tlog does."""

    __tablename__ = "node"
    id: int = Field(sa_column=Column(_Index, primary_key=True, autoincrement=False))
    hash: bytes = Field(sa_column=Column(Blob, nullable=False))


class SubmissionRow(SQLModel, table=True):
    """Which entry a signed statement became, so that handing it in again gives the same index."""

    __tablename__ = "submission"
    __table_args__ = {"sqlite_with_rowid": False}
    pae: bytes = Field(sa_column=Column(Blob, primary_key=True))
    idx: int = Field(sa_column=Column(_Index, nullable=False))


class CheckpointRow(SQLModel, table=True):
    """The signed note that closed a batch."""

    __tablename__ = "checkpoint"
    size: int = Field(sa_column=Column(_Index, primary_key=True, autoincrement=False))
    note: str = Field(sa_column=Column(Words, nullable=False))


class KeyRow(SQLModel, table=True):
    """A short number for a key id."""

    __tablename__ = "key"
    id: int = Field(sa_column=Column(SmallInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False))
    keyid: str = Field(sa_column=Column(Words, nullable=False, unique=True))


class ProducerRow(SQLModel, table=True):
    """The last entry of a key in a batch: where its next one finds counter and predecessor."""

    __tablename__ = "producer"
    __table_args__ = {"sqlite_with_rowid": False}
    key: int = Field(sa_column=Column(SmallInteger().with_variant(Integer(), "sqlite"), primary_key=True))
    seq: int = Field(sa_column=Column(_Index, primary_key=True))
    idx: int = Field(sa_column=Column(_Index, nullable=False))


class RootRow(SQLModel, table=True):
    """Where the versions of the trust root are, so that reading one entry need not read them all."""

    __tablename__ = "root"
    version: int = Field(sa_column=Column(_Index, primary_key=True, autoincrement=False))
    idx: int = Field(sa_column=Column(_Index, nullable=False))


TABLES = ("meta", "entry", "node", "submission", "checkpoint", "key", "producer", "root")
"""Every one of them is append-only, by trigger and, on PostgreSQL, by what the writing role may do."""

# Statements are written over these: plain Core, without the ORM's state keeping.
meta, entry, node, submission, checkpoint, key, producer, root = (SQLModel.metadata.tables[name] for name in TABLES)
