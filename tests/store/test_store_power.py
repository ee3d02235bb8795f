"""Fault injection: every write, sync, open, rename, unlink and cut of an append fails, or is the last thing done.

What is left is exactly the state before or after, what was acknowledged is there, it verifies, and the command can be
repeated. One place of every kind of call is tried always; `make faults` tries every place.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from ledger.kit_ledger import ROLES, Kit, model, signer

from govern.store.ledger import Ledger

CALLS = ("pwrite64", "write", "fdatasync", "fsync", "openat", "rename", "ftruncate", "unlink")
FAULTS = ("error=EIO", "error=ENOSPC", "error=EIO+", "error=ENOSPC+", "signal=SIGKILL")
"""What happens at the place; with a plus, at every later call of its kind too, as on a disk that stays full."""
SCRIPT = textwrap.dedent("""
    import os, sys
    sys.path[:0] = sys.argv[2:4]
    from pathlib import Path
    from ledger.kit_ledger import Kit, ROLES, model, signer
    from govern.errors import GovernError, exit_code
    from govern.store.ledger import Ledger

    folder = Path(sys.argv[1])
    kit = Kit(folder=folder, url=f"sqlite:///{folder}/ledger.db")
    kit.signers = {name: signer(name, seed) for seed, name in enumerate(ROLES, 1)}
    with Ledger.open(kit.url, read_only=True) as warm:
        list(warm.entries())  # Python reads some of its own files when a type is first met
    open("/dev/null").close()  # the calls to fail are counted from here ...
    try:
        kit.ledger = Ledger.open(kit.url)
        written = kit.append(model(7), model(8))
    except GovernError as error:
        said = f"refused {int(exit_code(error))} {error.message}; {error.hint}"
    else:
        said = f"acknowledged {written[-1].index}"
    try:
        print(said, flush=True)
        kit.ledger and kit.ledger.close()
        open("/dev/null").close()  # ... to here: with what closing writes
    finally:
        os._exit(0)  # a failing terminal is not what is tested
""")
_MARK = re.compile(r'"/dev/null"')


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """How often the append makes each call, and before which number it begins."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed (Debian: apt-get install strace)")
    folder = tmp_path_factory.mktemp("faults")
    kit = Kit.make(folder / "good", seeded=True)
    kit.models(3)
    kit.ledger.close()
    done = run(folder, "-e", f"trace={','.join(CALLS)}")
    if "acknowledged" not in done.stdout:
        pytest.skip(f"strace may not trace here (a container that forbids ptrace?): {done.stderr.strip()[:200]}")
    found = {call: [] for call in CALLS}
    begun, seen = 0, dict.fromkeys(CALLS, 0)
    for row in (folder / "broken" / "trace").read_text().splitlines():
        call = re.match(r"(?:\d+\s+)?(\w+)\(", row)
        if call and call[1] in seen:
            seen[call[1]] += 1
            if begun == 1 and not _MARK.search(row):
                found[call[1]].append(seen[call[1]])
        begun += bool(_MARK.search(row))
    assert begun == 2, "the marks around the append are not in the trace"
    assert all(found[call] for call in ("pwrite64", "write", "fdatasync", "fsync", "openat", "rename", "unlink"))
    return folder, found


def run(folder, *strace):
    """Append under strace to a fresh copy of the prepared ledger."""
    broken = folder / "broken"
    shutil.rmtree(broken, ignore_errors=True)
    shutil.copytree(folder / "good", broken)
    repository = Path(__file__).resolve().parents[2]
    # Nothing may change how many calls come before: no byte code is written, nothing is hashed at random.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    command = ["strace", "-qq", "-f", "-o", broken / "trace", *strace, sys.executable, "-B", "-c", SCRIPT, broken, repository]
    return subprocess.run(
        [*command, repository / "tests"], capture_output=True, text=True, timeout=120, check=False, env=environment
    )


def inject(folder, call, number, fault):
    """Let one call fail and look at what is left; says how it ended."""
    kind, later = fault.rstrip("+"), "+" if fault.endswith("+") else ""
    place = (call, number, fault)
    done = run(folder, "-e", f"trace={call}", "-e", f"inject={call}:{kind}:when={number}{later}")
    trace = (folder / "broken" / "trace").read_text()
    assert "INJECTED" in trace or "SIGKILL" in trace, (place, "nothing was injected")
    assert "Traceback" not in done.stderr, (place, done.stderr)
    broken = folder / "broken"
    kit = Kit(folder=broken, url=f"sqlite:///{broken}/ledger.db")
    kit.signers = {name: signer(name, seed) for seed, name in enumerate(ROLES, 1)}
    with Ledger.open(kit.url) as ledger:
        size = ledger.size
        assert size in {4, 6}, place
        if "acknowledged" in done.stdout:
            assert size == 6, (place, "an acknowledged entry is lost")
        if done.stdout.startswith("refused"):
            assert done.stdout.startswith("refused 4 "), (place, done.stdout)
            if "nothing was written" in done.stdout:
                assert size == 4, (place, "what was called unwritten is there", done.stdout)
            if "are recorded" in done.stdout:
                assert size == 6, (place, "what was called recorded is not there", done.stdout)
        assert ledger.verify(trusted=kit.trusted).check()
        kit.ledger = ledger
        kit.append(model(9))
        assert ledger.verify(trusted=kit.trusted).check().size == size + 1
    return "killed" if done.returncode < 0 or done.returncode > 128 else "ended"


@pytest.mark.parametrize("call", CALLS)
def test_a_fault_at_one_place(places, call):
    folder, found = places
    if not found[call]:
        pytest.skip(f"this SQLite appends without {call}")
    middle = found[call][len(found[call]) // 2]
    assert inject(folder, call, middle, FAULTS[CALLS.index(call) % 4]) == "ended"
    if call in {"pwrite64", "fdatasync", "rename"}:
        assert inject(folder, call, middle, "signal=SIGKILL") == "killed"


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS)
def test_faults_at_every_place(places, call, fault):
    folder, found = places
    if not found[call]:
        pytest.skip(f"this SQLite appends without {call}")
    expected = "killed" if fault == "signal=SIGKILL" else "ended"
    assert {inject(folder, call, number, fault) for number in found[call]} == {expected}
