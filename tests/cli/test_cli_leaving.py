"""A command that measured leaves at once, having said all and tidied up; nothing that still works is cut off."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from cli.runner import finished, process, variables

LEAVE = "from govern.cli.leaving import leave; leave(3); sys.exit(5)"


def left(code: str) -> "subprocess.CompletedProcess[str]":
    """Run code that ends with `leave(3)`, and with 5 where that came back."""
    whole = f"import atexit, sys, threading, time, types\n{code}\n{LEAVE}"
    return subprocess.run([sys.executable, "-c", whole], env=variables(), capture_output=True, text=True, check=False)


def test_what_registered_for_the_end_is_run_and_what_was_printed_arrives():
    ran = left("sys.modules['sklearn'] = types.ModuleType('sklearn'); atexit.register(print, 'tidied'); print('said')")
    assert (ran.returncode, ran.stdout) == (3, "said\ntidied\n")


def test_a_light_command_ends_as_ever():
    assert left("").returncode == 5


def test_a_thread_that_still_works_is_waited_for():
    ran = left(
        "sys.modules['sklearn'] = types.ModuleType('sklearn')\n"
        "threading.Thread(target=lambda: (time.sleep(0.3), print('written'))).start()"
    )
    assert (ran.returncode, ran.stdout) == (5, "written\n")


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """Rows of two groups."""
    table = tmp_path / "rows.csv"
    table.write_text("sex,y,p\n" + "".join(f"{'ab'[i % 2]},{i // 2 % 2},{i // 3 % 2}\n" for i in range(400)))
    return table


def test_measuring_says_all_and_leaves_nothing_behind(rows: Path, tmp_path: Path):
    spill = tmp_path / "spill"
    spill.mkdir()
    words = ("measure", "--data", rows, "--target", "y", "--prediction", "p", "--protected", "sex", "--favourable", "1", "--json")
    ran = finished(process(*words, folder=tmp_path, environment={"TMPDIR": str(spill)})).ended(0)
    assert json.loads(ran.out)["rows"] == 400
    assert list(spill.iterdir()) == []
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        refused = finished(process(*words, folder=tmp_path, stdout=full)).ended(4)
    assert "No space left" in refused.err
