"""Monitoring by hand: what was recorded is said, who was told of it and who was not, and no secret goes into the ledger."""

import json
import sys
from pathlib import Path

import pytest
from cli.conftest import Sample
from cli.runner import govern

REASON = ("--reason", "Seen by two people and found good.")
FAILS = "import sys; sys.exit('password=hunter2')"


@pytest.fixture
def deployed(line: Path) -> Path:
    govern("review", "approve", "credit@2", *REASON, "--as", "reviewer").ended(0)
    govern("promote", "credit@2", "--to", "production").ended(0)
    govern("deploy", "credit@2", "--to", "production").ended(0)
    return line


def hook(place: Path, code: str, name: str = "alert") -> None:
    config = place / ".govern" / "config.toml"
    words = json.dumps([sys.executable, "-c", code])
    config.write_text(config.read_text() + f'\n[[hooks]]\nname = "{name}"\non = ["observation"]\nattempts = 1\ncommand = {words}\n')


def monitored(sample: Sample, *more: str | Path) -> list[str | Path]:
    words = [word for word in sample.columns("2") if word not in {"--reference", sample.folder / "train.csv"}]
    return ["monitor", "credit", "--data", sample.models / "window_stable.csv", *words, *more]


def test_who_was_not_told_is_said_and_told_later_and_the_ledger_keeps_no_word_of_theirs(deployed: Path, sample: Sample):
    before = (deployed / ".govern" / "config.toml").read_text()
    hook(deployed, FAILS)
    hook(deployed, "", "good")
    found = govern(*monitored(sample)).ended(0)
    shown = found.out[found.out.index("Hooks"):]
    assert "exit code 1: password=hunter2" in shown
    assert "✓ OK   good" in shown
    assert "govern monitor --deliver" in found.err
    (followed,) = (row for row in govern("log", "-n", "1", "--json").document["entries"])
    entry = govern("show", f"#{followed['index']}", "--json").ended(0).out
    assert "exit code 1" in entry
    assert not [
        file for file in (deployed / ".govern").rglob("*") if file.is_file() and b"hunter2" in file.read_bytes()
        and file.name != "config.toml"
    ]

    again = govern("monitor", "--deliver").ended(4)
    assert "0 events delivered, 1 still waiting" in again.out
    (deployed / ".govern" / "config.toml").write_text(before)
    nobody = govern("monitor", "--deliver").ended(4)
    assert "names no hook alert any more" in nobody.err
    assert govern("monitor", "--deliver", "--json").ended(4).document["waiting"] == ["alert"]
    hook(deployed, "import sys; sys.stdin.read()")
    assert "1 event delivered, 0 still waiting" in govern("monitor", "--deliver").ended(0).out
    govern("verify", "--full").ended(0)


def test_what_was_recorded_is_said_even_where_the_figures_can_not_be_written(deployed: Path, sample: Sample):
    found = govern(*monitored(sample, "--prometheus", deployed / "nowhere" / "govern.prom")).ended(4)
    assert "observation" in found.out
    assert "can't be written" in found.err
    document = govern(*monitored(sample, "--json", "--prometheus", deployed / "nowhere" / "govern.prom")).ended(4).document
    assert document["schema"] == "govern/observation/v1"
