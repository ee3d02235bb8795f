"""What no tracked file may say: promises nobody can keep, places of one machine, hosts of package registries."""

import re
from pathlib import Path

import pytest
from architecture.tracked import texts

PROMISES = re.compile(r"tamper.?proof|\bimmutabl[ey]\b(?!=)|\bcompliant\b", re.IGNORECASE)
DENIED = re.compile(r"never|nobody|\bnot\b|\bno\b|forbid|promise|\bavoid", re.IGNORECASE)
"""A line that names such a word in order to refuse it."""
PLACES = re.compile(r"(?<![\w.~$}*])/(work|root|tmp|home|opt|Users)/(?!user/|\*|…)")
HOSTS = re.compile(r"pypi[.]org|pythonhosted[.]org|registry[.]npmjs|anaconda[.]org|proxy[.]golang|crates[.]io", re.IGNORECASE)
TRACKER = re.compile(r"\bissue #?\d", re.IGNORECASE)
"""A reader of the code has no list of issues beside it."""
OWN = "tests/architecture/test_architecture_words.py"


def found(repository: Path, pattern: re.Pattern[str], allowed: re.Pattern[str] | None = None) -> list[str]:
    return [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in texts(repository)
        if name != OWN
        for number, line in enumerate(text.splitlines(), 1)
        if pattern.search(line) and not (allowed and allowed.search(line))
    ]


def test_no_promise_that_nobody_can_keep(repository: Path):
    assert found(repository, PROMISES, DENIED) == []


@pytest.mark.parametrize("pattern", [PLACES, HOSTS, TRACKER], ids=["places", "hosts", "tracker"])
def test_nothing_of_one_machine(repository: Path, pattern: re.Pattern[str]):
    assert found(repository, pattern) == []


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (PROMISES, "an Immutable log"),
        (PROMISES, "this system is compliant"),
        (PROMISES, "tamperproof"),
        (PLACES, 'open("/tmp/x")'),
        (PLACES, "see /" + "work/main/x"),
        (HOSTS, "https://files.python" + "hosted.org/x"),
        (TRACKER, "as issue 2 asks"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern: re.Pattern[str], line: str):
    assert pattern.search(line)


def test_the_lock_has_hashes_and_no_address(repository: Path):
    lines = (repository / "requirements.lock").read_text().splitlines()
    pinned = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert pinned
    assert [line for line in pinned if not re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", line)] == []
    assert [line for line in lines if "://" in line] == []
    for number, line in enumerate(lines):
        if line in pinned:
            assert lines[number + 1].strip().startswith("--hash=sha256:"), line
