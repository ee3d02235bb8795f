"""Both databases for the store's tests: a file, and a real PostgreSQL server of this session's own."""

import uuid

import pytest
from ledger.kit_ledger import Kit
from postgresql import server


@pytest.fixture(scope="session")
def postgres_server():
    """A server on a free loopback port; its administrator's URL without a database."""
    yield from server()


@pytest.fixture
def postgres_url(postgres_server):
    """An empty database."""
    import psycopg

    name = f"t{uuid.uuid4().hex}"
    with psycopg.connect(_plain(postgres_server) + "/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    yield f"{postgres_server}/{name}"
    with psycopg.connect(_plain(postgres_server) + "/postgres", autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _plain(url):
    return url.replace("+psycopg", "")


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """Where a ledger can be made, on either database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    return request.getfixturevalue("postgres_url")


@pytest.fixture
def kit(url, tmp_path):
    """A ledger with its keys."""
    made = Kit.make(tmp_path, url=url)
    yield made
    made.ledger.close()


@pytest.fixture
def raw(kit):
    """Run SQL as somebody who owns the database: triggers off, then the statements."""

    def run(*statements, triggers=False):
        if kit.url.startswith("sqlite"):
            import sqlite3

            connection = sqlite3.connect(kit.path())
            try:
                if not triggers:
                    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                        connection.execute(f"DROP TRIGGER {name}")
                for statement, *values in statements:
                    connection.execute(statement.replace("%s", "?"), values)
                connection.commit()
            finally:
                connection.close()
            return
        import psycopg

        with psycopg.connect(_plain(kit.url)) as connection:
            if not triggers:
                # The owner can't log in, but whoever administers the server can become it.
                connection.execute("SET ROLE govern_owner")
            connection.execute("SET search_path TO govern")
            if not triggers:
                for table in ("meta", "entry", "node", "submission", "checkpoint", "key", "producer", "root"):
                    connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            for statement, *values in statements:
                connection.execute(statement, values)

    return run
