"""A real PostgreSQL server of the tests' own: in a temporary folder, on a free loopback port, as an account that owns nothing."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


def binaries():
    """Where Debian keeps the newest server, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def account():
    """Whom to run it as: the server refuses to be root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None


class Server:
    """Starts, stops, is killed and started again, always on the same data."""

    def __init__(self, *settings):
        self.settings = settings
        self.user = account()
        # Not under pytest's own folder, which other accounts may not enter.
        self.folder = Path(tempfile.mkdtemp(prefix="govern-pg-"))
        if self.user:
            shutil.chown(self.folder, self.user)
        self.folder.chmod(0o700)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = None
        self._run(
            "initdb", "-D", self.folder / "data", "-U", "admin", "-A", "trust", "-E", "UTF8", "--no-sync", "--wal-segsize=4"
        )

    def _as_account(self):
        extra = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []} if self.user else {}
        return {"cwd": self.folder, "env": {"PATH": os.environ["PATH"], "LC_ALL": "C"}, **extra}

    def _run(self, name, *words):
        subprocess.run([binaries() / name, *words], check=True, capture_output=True, **self._as_account())

    def start(self):
        """Start and wait until it answers."""
        import psycopg

        settings = [word for one in self.settings for word in ("-c", one)]
        self.process = subprocess.Popen(
            [binaries() / "postgres", "-D", self.folder / "data", "-p", str(self.port), "-h", "127.0.0.1", "-k", self.folder, *settings],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True, **self._as_account(),
        )
        for _ in range(300):
            try:
                self.admin().close()
            except psycopg.OperationalError:
                assert self.process.poll() is None, "the PostgreSQL server ended"
                time.sleep(0.1)
            else:
                return self
        raise AssertionError("the PostgreSQL server does not answer")

    def kill(self):
        """End it and all its backends as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def remove(self):
        """Stop it and remove its data."""
        try:
            if self.process is not None and self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)  # "fast": it does not wait for its clients
                try:
                    self.process.wait(20)
                except subprocess.TimeoutExpired:
                    self.kill()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def admin(self, database="postgres"):
        """Connect as the administrator."""
        import psycopg

        return psycopg.connect(f"{self.plain}/{database}", autocommit=True)

    @property
    def uid(self):
        """The account's number."""
        return pwd.getpwnam(self.user).pw_uid if self.user else os.geteuid()

    @property
    def plain(self):
        """The administrator's URL as libpq reads it, without a database."""
        return f"postgresql://admin@127.0.0.1:{self.port}"

    @property
    def url(self):
        """The same as SQLAlchemy reads it."""
        return f"postgresql+psycopg://admin@127.0.0.1:{self.port}"


def server():
    """Start one for a session of tests; gives its administrator's URL without a database."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    made = Server("fsync=off", "max_connections=100")
    try:
        yield made.start().url
    finally:
        made.remove()
