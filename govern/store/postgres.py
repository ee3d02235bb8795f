"""PostgreSQL: roles, triggers that fire for everybody, and the lock that gives writers their turn."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from govern.errors import MissingExtraError, StorageError, UsageError
from govern.store.names import TABLES
from govern.store.tables import create_all

SCHEMA: Final = "govern"
OWNER: Final = "govern_owner"
"""Owns everything and can't log in: nobody who can is able to drop a trigger."""
WRITER: Final = "govern_writer"
"""INSERT and SELECT, nothing else. People and pipelines log in as members of it."""
LOCK_SECONDS: Final = 60
"""How long a writer waits for the others; an append takes milliseconds."""
_LOCK: Final = 0x676F7665
"""Of the advisory lock that writers queue for: “gove”."""
_DENSE: Final = """
CREATE FUNCTION {table}_dense() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE low bigint; high bigint; many bigint; before bigint;
BEGIN
    SELECT min({key}), max({key}), count(*) INTO low, high, many FROM added;
    SELECT coalesce(max({key}), -1) INTO before FROM {schema}.{table} WHERE {key} < low;
    IF low <> before + 1 OR high - low + 1 <> many OR EXISTS (SELECT 1 FROM {schema}.{table} WHERE {key} > high)
    THEN RAISE EXCEPTION 'append-only: {table}: not the next index'; END IF;
    RETURN NULL;
END $$
"""


def open_engine(url: str, *, read_only: bool) -> Engine:
    """Open a database as the writing role. Raises `MissingExtraError`, `UsageError`."""
    return _engine(url, role=WRITER, read_only=read_only)


def _engine(url: str, *, role: str, read_only: bool) -> Engine:
    try:
        engine = create_engine(
            make_url(url), isolation_level="READ COMMITTED", pool_pre_ping=True, pool_size=4, max_overflow=16
        )
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "PostgreSQL needs psycopg, which is not installed", "Install the extra: pip install 'govern[postgres]'."
        ) from error
    except ArgumentError as error:
        raise UsageError("the database URL can’t be read", "Write postgresql+psycopg://USER@HOST/DATABASE.") from error

    def configure(connection: Any, _: Any) -> None:
        try:
            with connection.cursor() as cursor:
                # A backup of an ill-meaning administrator can't slip in a schema that comes first.
                cursor.execute(f"SET search_path TO {SCHEMA}, pg_catalog")
                cursor.execute(f"SET ROLE {role}")
                cursor.execute("SET synchronous_commit TO on")
                cursor.execute(f"SET lock_timeout TO {round(LOCK_SECONDS * 1000)}")
                if read_only:
                    cursor.execute("SET default_transaction_read_only TO on")
            connection.commit()
        except BaseException:
            connection.close()
            raise

    event.listen(engine, "connect", configure)
    return engine


def lock(connection: Connection) -> None:
    """Wait for the other writers; the transaction's snapshots are taken after this.

    READ COMMITTED under one lock, because every stricter level makes writers fail that only had to wait.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def create(url: str) -> Engine:
    """Make roles (where they are missing), schema, tables, rights and triggers, all or nothing.

    Has to be run by a role that may create roles and schemas; that role becomes a member of the writers.
    Raises `StorageError` where there is a ledger already.
    """
    setup = _plain_engine(url)
    try:
        with setup.begin() as connection:
            if connection.execute(text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": SCHEMA}).scalar():
                raise StorageError(
                    f"this database has a schema {SCHEMA} already", "A ledger is never overwritten: use another database."
                )
            for statement in _founding():
                connection.exec_driver_sql(statement)
            create_all(connection)
            for statement in _protecting():
                connection.exec_driver_sql(statement)
            # Whoever makes the ledger goes on as a writer only: not even they become the owner by accident.
            connection.exec_driver_sql("SET LOCAL ROLE NONE")
            connection.exec_driver_sql(f"REVOKE {OWNER} FROM CURRENT_USER")
    finally:
        setup.dispose()
    return open_engine(url, read_only=False)


def _plain_engine(url: str) -> Engine:
    try:
        return create_engine(make_url(url))
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "PostgreSQL needs psycopg, which is not installed", "Install the extra: pip install 'govern[postgres]'."
        ) from error
    except ArgumentError as error:
        raise UsageError("the database URL can’t be read", "Write postgresql+psycopg://USER@HOST/DATABASE.") from error


def _founding() -> Iterator[str]:
    for role in (OWNER, WRITER):
        yield (
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; "
            "END $$"
        )
    yield f"GRANT {OWNER}, {WRITER} TO CURRENT_USER"
    yield f"CREATE SCHEMA {SCHEMA} AUTHORIZATION {OWNER}"
    yield f"SET LOCAL ROLE {OWNER}"
    yield f"SET LOCAL search_path TO {SCHEMA}, pg_catalog"


def _protecting() -> Iterator[str]:
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {WRITER}"
    yield f"GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA {SCHEMA} TO {WRITER}"
    yield (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'append-only: %% on %%', TG_OP, TG_TABLE_NAME; END $$"
    )
    for table in TABLES:
        yield (
            f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
        )
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_unchanged"
    # Looked at once a statement, after it: a statement that leaves a gap leaves nothing.
    for table, key in (("entry", "idx"), ("node", "id")):
        yield _DENSE.replace("{table}", table).replace("{key}", key).replace("{schema}", SCHEMA)
        yield (
            f"CREATE TRIGGER {table}_next AFTER INSERT ON {table} REFERENCING NEW TABLE AS added "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_dense()"
        )
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_next"
