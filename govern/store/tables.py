"""The ledger's tables: rows that are only ever added."""

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, SmallInteger, Table, Text
from sqlmodel import Field, SQLModel

from govern.store.names import TABLES

# In SQLite only INTEGER makes the row id itself the key; PostgreSQL's integer would end at 2^31.
_Index = BigInteger().with_variant(Integer(), "sqlite")


class MetaRow(SQLModel, table=True):
    """What never changes: the origin, and the format of these tables."""

    __tablename__ = "meta"
    key: str = Field(sa_column=Column(Text, primary_key=True))
    value: str = Field(sa_column=Column(Text, nullable=False))


class EntryRow(SQLModel, table=True):
    """A leaf: the exact bytes that were signed, hashed and acknowledged."""

    __tablename__ = "entry"
    idx: int = Field(sa_column=Column(_Index, primary_key=True, autoincrement=False))
    leaf: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class NodeRow(SQLModel, table=True):
    """The hash of one perfect subtree, numbered as Go's sumdb/tlog does."""

    __tablename__ = "node"
    id: int = Field(sa_column=Column(_Index, primary_key=True, autoincrement=False))
    hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class SubmissionRow(SQLModel, table=True):
    """Which entry a signed statement became, so that handing it in again gives the same index."""

    __tablename__ = "submission"
    __table_args__ = {"sqlite_with_rowid": False}
    pae: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    idx: int = Field(sa_column=Column(_Index, nullable=False))


class CheckpointRow(SQLModel, table=True):
    """The signed note that closed a batch."""

    __tablename__ = "checkpoint"
    size: int = Field(sa_column=Column(_Index, primary_key=True, autoincrement=False))
    note: str = Field(sa_column=Column(Text, nullable=False))


class KeyRow(SQLModel, table=True):
    """A short number for a key id."""

    __tablename__ = "key"
    id: int = Field(sa_column=Column(SmallInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False))
    keyid: str = Field(sa_column=Column(Text, nullable=False, unique=True))


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


def table_of(name: str) -> Table:
    """Return a table by name, for statements that insert: plain Core, without the ORM's state keeping."""
    return SQLModel.metadata.tables[name]


def create_all(connection: Connection) -> None:
    """Make every table."""
    SQLModel.metadata.create_all(connection, tables=[table_of(name) for name in TABLES])
