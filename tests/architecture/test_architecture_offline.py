"""Without a network: the whole path runs in a namespace that has only loopback. `make offline` runs the whole suite so."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


def enter(repository: Path, words: list[str], folder: Path, timeout: int) -> subprocess.CompletedProcess[str]:
    """Run `words` in a new network namespace whose only interface is loopback; skip where the system forbids that."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rn", "true"], capture_output=True, timeout=20).returncode:
        pytest.skip("this system makes no network namespace for us (unshare -rn)")
    program = "import runpy, subprocess, sys; runpy.run_path(sys.argv[1]); sys.exit(subprocess.run(sys.argv[2:]).returncode)"
    return subprocess.run(
        [unshare, "-rn", sys.executable, "-c", program, str(repository / ".ci" / "loopback.py"), *words],
        cwd=folder, capture_output=True, text=True, timeout=timeout, env={**os.environ, "GOVERN_HOME": str(folder / "home")},
    )


def test_the_namespace_has_loopback_and_nothing_else(repository: Path, tmp_path: Path):
    program = (
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0)); socket.create_connection(server.getsockname())\n"
        "try: socket.create_connection(('192.0.2.1', 80), 3)\n"
        "except OSError as error: print('unreachable', error.errno)\n"
    )
    done = enter(repository, [sys.executable, "-c", program], tmp_path, 60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("unreachable 101"), done.stdout


@pytest.mark.timeout(900)
def test_the_whole_path_needs_no_network(repository: Path, tmp_path: Path):
    done = enter(repository, [sys.executable, "-m", "govern", "demo", "--keep", str(tmp_path / "demo")], tmp_path, 850)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert list((tmp_path / "demo").glob("*.pdf"))
