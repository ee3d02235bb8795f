"""Both databases for the store's tests: a file, and a real PostgreSQL server of this session's own."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import uuid
from pathlib import Path

import pytest
from ledger.kit_ledger import Kit


def _binaries():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def _user():
    """The server refuses to run as root: give it an account that owns nothing."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None


@pytest.fixture(scope="session")
def postgres_server():
    """Start a server on a free loopback port; its administrator's URL without a database."""
    binaries = _binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    user = _user()
    # Not under pytest's own folder, which other accounts may not enter.
    folder = Path(tempfile.mkdtemp(prefix="govern-pg-"))
    if user:
        shutil.chown(folder, user)
    folder.chmod(0o700)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    extra = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
    try:
        subprocess.run(
            [binaries / "initdb", "-D", folder / "data", "-U", "admin", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, cwd=folder, env=environment, **extra,
        )
        log = (folder / "log").open("wb") if not user else subprocess.DEVNULL
        server = subprocess.Popen(
            [
                binaries / "postgres", "-D", folder / "data", "-p", str(port), "-h", "127.0.0.1", "-k", folder,
                "-c", "fsync=off", "-c", "max_connections=100",
            ],
            stdout=log, stderr=log, cwd=folder, env=environment, **extra,
        )
        try:
            _wait(port, server)
            yield f"postgresql+psycopg://admin@127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port, server):
    import time

    import psycopg

    for _ in range(200):
        try:
            psycopg.connect(f"host=127.0.0.1 port={port} user=admin dbname=postgres").close()
        except psycopg.OperationalError:
            assert server.poll() is None, "the PostgreSQL server ended"
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the PostgreSQL server does not answer")


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
