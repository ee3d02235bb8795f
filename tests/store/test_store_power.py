"""Fault injection: every write, fsync, open and rename of an append fails or is the last one; the log is cut anywhere.

What is left is exactly the state before or after, what was acknowledged is there, and it verifies. A bounded sample runs
always with `-m slow`; GOVERN_FAULTS=all (`make faults`) takes every place.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from ledger.kit_ledger import Kit, model

from govern.store.ledger import Ledger

pytestmark = pytest.mark.slow
WHOLE = os.environ.get("GOVERN_FAULTS") == "all"
SAMPLE = 3
"""Places a kind of call that the bounded run tries."""
CALLS = ("pwrite64", "write", "fdatasync", "fsync", "openat", "rename", "ftruncate", "unlink")
FAULTS = ("error=EIO", "error=ENOSPC", "signal=SIGKILL")
SCRIPT = textwrap.dedent("""
    import sys
    sys.path[:0] = sys.argv[2:4]
    from pathlib import Path
    from ledger.kit_ledger import Kit, ROLES, model, signer
    from govern.errors import GovernError
    from govern.store.ledger import Ledger

    folder = Path(sys.argv[1])
    kit = Kit(folder=folder, url=f"sqlite:///{folder}/ledger.db")
    kit.signers = {name: signer(name, seed) for seed, name in enumerate(ROLES, 1)}
    kit.ledger = Ledger.open(kit.url)
    kit.ledger.roots()
    open("/dev/null").close()  # strace counts from here: see `when`
    try:
        written = kit.append(model(7), model(8))
    except GovernError as error:
        said = f"refused {error.message}"
    else:
        said = f"acknowledged {written[-1].index}"
    import os
    try:
        print(said, flush=True)
    finally:
        os._exit(0)  # a failing terminal is not what is tested
""")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    if not shutil.which("strace"):
        pytest.skip("strace is not installed (Debian: apt-get install strace)")
    folder = tmp_path_factory.mktemp("faults")
    kit = Kit.make(folder / "good", seeded=True)
    kit.models(3)
    kit.ledger.close()
    probe = run(folder / "good", folder / "probe", "-e", "trace=getpid")
    if "acknowledged" not in probe.stdout:
        pytest.skip(f"strace does not work here: {probe.stderr.strip()[:100]}")
    return folder


def run(good, folder, *strace):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(good, folder)
    repository = Path(__file__).resolve().parents[2]
    return subprocess.run(
        ["strace", "-qq", "-o", folder / "trace", *strace, sys.executable, "-c", SCRIPT, folder, repository, repository / "tests"],
        capture_output=True, text=True, timeout=120, check=False,
    )


def places(prepared, call):
    """Return the numbers of the calls of this kind that belong to the append itself."""
    folder = prepared / f"count-{call}"
    run(prepared / "good", folder, "-e", f"trace=openat,{call}", "-f")
    before = after = 0
    begun = False
    for row in (folder / "trace").read_text().splitlines():
        if re.match(rf"\d+\s+{call}\(", row):
            after += begun
            before += not begun
        if '"/dev/null"' in row:
            begun = True
    numbers = list(range(before + 1, before + after + 1))
    return numbers if WHOLE else numbers[:: max(1, len(numbers) // SAMPLE)]


@pytest.mark.parametrize("call", CALLS)
def test_faults_in_the_middle_of_an_append(prepared, call):
    numbers = places(prepared, call)
    tried = set()
    for number in numbers:
        for fault in FAULTS:
            folder = prepared / "broken"
            done = run(prepared / "good", folder, "-f", "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={number}")
            with Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger:
                assert ledger.size in {4, 6}, (call, number, fault)
                if "acknowledged" in done.stdout:
                    assert ledger.size == 6, (call, number, fault, "an acknowledged entry is lost")
                if done.stdout.startswith("refused"):
                    tried.add("refused")
                kit = Kit(folder=folder, url=ledger.database.url)
                assert ledger.verify(trusted=kit.trusted).check()
            assert "Traceback" not in done.stderr, (call, number, fault, done.stderr)
            tried.add("killed" if done.returncode < 0 or done.returncode > 128 else "ended")
    if numbers:
        assert "killed" in tried


def test_faults_by_cutting_the_write_ahead_log(tmp_path):
    kit = Kit.make(tmp_path / "good", seeded=True)
    kit.models(3)
    kit.reopen()
    before = kit.path().read_bytes()
    kit.append(model(7), model(8), trusted=False)
    log = Path(f"{kit.path()}-wal").read_bytes()
    sizes = set()
    step = 1 if WHOLE else max(1, len(log) // 150)
    folder = tmp_path / "cut"
    folder.mkdir()
    for length in [*range(0, len(log), step), len(log)]:
        for path in folder.iterdir():
            path.unlink()
        (folder / "ledger.db").write_bytes(before)
        (folder / "ledger.db-wal").write_bytes(log[:length])
        with Ledger.open(f"sqlite:///{folder}/ledger.db") as ledger:
            sizes.add(ledger.size)
            assert ledger.size in {4, 6}, length
            assert ledger.verify(trusted=kit.trusted).check()
    assert sizes == {4, 6}
    kit.ledger.close()
