"""The walkthrough on the public Adult data set goes its whole way, with commands only, where the data is at hand."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def walked(repository: Path, shared_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder that the walkthrough left, and what it said."""
    data = shared_folder / "data" / "adult.csv"
    if not data.is_file():
        pytest.skip(f"{data} is not here")
    folder = tmp_path_factory.mktemp("adult") / "walk"
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [str(repository / "sample_data" / "adult_walkthrough.sh"), str(data), str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=850, env={**os.environ, "PATH": path},
    )
    assert done.returncode == 0, done.stdout[-6000:]
    return folder, done.stdout


def test_first_model_is_denied_for_its_impact_ratio(walked: tuple[Path, str]):
    report = ET.parse(walked[0] / "first.junit.xml").getroot()
    failed = {case.get("name", "") for case in report.iter("testcase") if case.find("failure") is not None}
    assert any("FAIR-001" in name for name in failed), failed


def test_second_model_fails_no_rule_that_binds(walked: tuple[Path, str]):
    report = ET.parse(walked[0] / "second.junit.xml").getroot()
    cases = list(report.iter("testcase"))
    assert cases
    assert [case.get("name") for case in cases if case.find("failure") is not None or case.find("error") is not None] == []


def test_nobody_approves_their_own_model(walked: tuple[Path, str]):
    said = walked[1]
    refused = said.index("It is my own model")
    signed = said.index("less accuracy is accepted")
    assert "developer is not independent" in said[refused:signed]


def test_ledger_and_pack_hold_no_row(walked: tuple[Path, str]):
    folder = walked[0]
    with (folder / "made" / "test.csv").open() as file:
        rows = [line.strip().encode() for _, line in zip(range(200), file, strict=False)][1:]
    kept = [path for path in (folder / "workspace" / ".govern").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        data = path.read_bytes()
        assert [row for row in rows if row in data] == [], path


def test_pack_verifies_with_a_trust_root_of_before_the_policy(walked: tuple[Path, str], tmp_path: Path):
    """Beside the workspace's own run: in another folder, with another home."""
    words = [sys.executable, "-m", "govern", "verify", str(walked[0] / "adult-2.pdf"), "--trust", str(walked[0] / "trust-root.json"), "--json"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, env={**os.environ, "GOVERN_HOME": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["schema"].startswith("govern/")
