"""`deploy --check` before Typer is loaded: it says what the long way says, or nothing, and it loads next to nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli.conftest import Sample
from cli.runner import govern, variables
from cli.test_cli_lifecycle import approved

from govern.cli.asking import Question, answered, plainly

ASK = ("deploy", "credit@2", "--to", "production", "--check")
LONG = (*ASK, "--as", "reviewer")
"""A check signs nothing: the key is not used, but the words are not plain any more."""


@pytest.mark.parametrize(("words", "read"), [
    (ASK, ("credit@2", "production", None, False)),
    (("deploy", "--check", "--json", "--to=production", "credit@2"), ("credit@2", "production", None, True)),
    (("--workspace", "one", *ASK), ("credit@2", "production", "one", False)),
    (("--workspace", "one", *ASK, "--workspace=two"), ("credit@2", "production", "two", False)),
])
def test_plain_words_are_read_as_typer_reads_them(words, read):
    model, to, workspace, as_json = read
    assert plainly(words) == Question(
        model=model, to=to, workspace=None if workspace is None else Path(workspace), as_json=as_json,
    )


@pytest.mark.parametrize("words", [
    LONG, ASK[:-1], ("deploy", "--to", "production", "--check"), ("deploy", "credit@2", "--check"), (*ASK, "more"), (*ASK, "--help"),
    (*ASK, "--pack", "x.pdf", "--trust", "r.json"), ("gate", *ASK[1:]), ("--to", "production", "deploy", "credit@2", "--check"), ("--check", *ASK[:-1]), ("--json", *ASK),
    (*ASK[:3], "", "--check"), (*ASK[:2], "--check", "--to"), (*ASK[:2], "--to", "--check", "--check"), ("deploy", "--", *ASK[1:]),
    (*ASK, "--to="), (*ASK, "-h"), ("key", "rotate", "x", "--check"),
])
def test_other_words_are_left_to_typer(words):
    assert plainly(words) is None
    assert answered(words) is None


def same(code: int) -> None:
    """Ask both ways."""
    long = govern(*LONG).ended(code)
    assert answered(ASK) == code, "the kept state was not asked"
    assert govern(*ASK).ended(code).out == long.out
    assert govern(*ASK, "--json").ended(code).document == govern(*LONG, "--json").ended(code).document


def test_it_says_what_the_long_way_says(line: Path, sample: Sample):
    same(1)
    approved("2")
    govern("deploy", "credit@2", "--to", "production").ended(0)
    same(0)
    model = sample.models / "credit-2.skops"
    assert govern("deploy", model, "--to", "production", "--check").ended(0).out == govern(
        "deploy", model, "--to", "production", "--check", "--as", "reviewer").ended(0).out
    for words in (("credit@9", "production"), ("credit@2", "moon")):
        said = govern("deploy", words[0], "--to", words[1], "--check")
        assert (said.code, said.out) == (2, "")
        assert said.err


PROGRAM = """
import json, sys
from govern.cli import main
code = main(sys.argv[1:])
heavy = {"typer", "pydantic", "sqlalchemy", "cryptography", "numpy", "rich"}
print(json.dumps([code, sorted(heavy & set(sys.modules))]))
"""


def test_a_process_that_asks_loads_nothing_heavy(line: Path):
    govern(*LONG).ended(1)
    ran = subprocess.run([sys.executable, "-c", PROGRAM, *ASK], capture_output=True, text=True, env=variables(), check=True)
    assert json.loads(ran.stdout.splitlines()[-1]) == [1, []]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_said_and_is_no_answer(line: Path):
    govern(*LONG).ended(1)
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "govern", *ASK], stdout=full, stderr=subprocess.PIPE, text=True, env={**os.environ, **variables()},
        )
    assert ran.returncode == 4
    assert "Make room on that disk" in ran.stderr
