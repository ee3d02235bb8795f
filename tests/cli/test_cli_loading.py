"""What a command loads before it answers: its own module, and for reading a file no SQLAlchemy."""

import json
import os
import subprocess
import sys

import pytest
from cli.runner import REPOSITORY, govern, variables

from govern.cli.app import COMMANDS, named

PROGRAM = """
import json, sys
from govern.cli import main
code = main(sys.argv[1:])
print("\\n" + json.dumps([code, sorted(sys.modules)]))
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """A workspace of 700 entries, all of them folded."""
    folder = tmp_path_factory.mktemp("watched") / "w"
    words = [sys.executable, str(REPOSITORY / "tests/benchmarks/large_ledger.py"), str(folder), "700"]
    subprocess.run(words, check=True, env=os.environ | {"GOVERN_BENCH_ENTRIES": "700"}, stdout=subprocess.DEVNULL)
    loaded_by(folder, "status")
    return folder


def loaded_by(folder, *words):
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], cwd=folder, capture_output=True, text=True, timeout=120,
        env=variables({"GOVERN_HOME": str(folder / "home")}),
    )
    assert done.returncode == 0, done.stderr
    code, names = json.loads(done.stdout.splitlines()[-1])
    assert code == 0, done.stdout + done.stderr
    return set(names)


@pytest.mark.parametrize(
    "words",
    [
        "checkpoint", "proof 3", "status", "status system-1", "lineage scorer-1@9", "show #3", "show scorer-1@9", "log --limit 5",
        "checkpoint --as-of 2026-01-01T03:00:00Z", "show #3 --as-of 2026-01-01T03:00:00Z", "verify",
        "lineage scorer-1@9 --as-of 2026-01-01T03:00:00Z", "status system-1 --as-of 2026-01-01T03:00:00Z",
        "review list",
    ],
)
def test_a_command_that_reads_loads_nothing_that_it_does_not_ask(watched, words):
    loaded = loaded_by(watched, *words.split(" "))
    # Verification reads policies: step 8 holds changes of them against their documents.
    unasked = {"sqlalchemy", "sqlmodel", "cryptography.x509", "urllib.request", *({"ruamel.yaml"} if words != "verify" else ())}
    assert loaded & unasked == set()
    commands = {name.rpartition(".")[2] for name in loaded if name.startswith("govern.cli.commands.")}
    # `show` draws attempts as reviews do, and so on: a few may lean on each other, never on all.
    assert words.split(" ")[0] in commands
    assert len(commands) <= 2, commands


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("status", ("status",)), ("status --json", ("status",)), ("--workspace place status", ("status",)),
        ("--workspace=place status --help", ("status",)), ("review list --workspace x", ("review",)), ("key", ("key",)),
        ("", COMMANDS), ("--help", COMMANDS), ("-h status", COMMANDS), ("--version", COMMANDS), ("stauts", COMMANDS),
        ("--workspace status", COMMANDS), ("--json status", COMMANDS), ("--workspace", COMMANDS),
    ],
)
def test_what_is_named_is_put_together(words, wanted):
    assert named(words.split()) == wanted


def test_what_is_no_command_is_still_held_against_all_of_them():
    assert "status" in govern("stauts").ended(2).err
    assert "Commands:" in govern("--help").ended(0).out
    for name in COMMANDS:
        assert name in govern("--help").out
