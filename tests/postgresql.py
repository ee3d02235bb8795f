"""A real PostgreSQL server of a test session's own, for whoever's tests want one."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


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


def server():
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
