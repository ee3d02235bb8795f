"""The committed sample is what its generator makes, and its faults are as large as its README says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = {"train": 6000, "test": 4000, "window_stable": 2000, "window_drifted": 2000}


def run(script: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(script), *words], capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def sample(repository: Path) -> Path:
    return repository / "sample_data"


@pytest.fixture(scope="module")
def expected(sample: Path) -> dict:
    return json.loads((sample / "expected.json").read_text())


def test_generator_makes_the_same_bytes(sample: Path):
    done = run(sample / "generate.py", "--check")
    assert done.returncode == 0, done.stdout


def test_check_notices_one_changed_byte(sample: Path, tmp_path: Path):
    assert run(sample / "generate.py", "--out", str(tmp_path)).returncode == 0
    changed = bytearray((tmp_path / "test.csv").read_bytes())
    changed[-2] ^= 1
    (tmp_path / "test.csv").write_bytes(changed)
    done = run(sample / "generate.py", "--out", str(tmp_path), "--check")
    assert done.returncode == 1
    assert "test.csv: DIFFERS" in done.stdout
    assert "train.csv: as generated" in done.stdout


def test_expected_results_are_current(sample: Path, tmp_path: Path):
    for name in (*(f"{period}.csv" for period in ROWS), "expected.py"):
        (tmp_path / name).write_bytes((sample / name).read_bytes())
    assert run(tmp_path / "expected.py").returncode == 0
    assert (tmp_path / "expected.json").read_bytes() == (sample / "expected.json").read_bytes()


def test_files_are_small(sample: Path):
    assert sum(path.stat().st_size for path in sample.glob("*.csv")) < 2_000_000


def test_bias_is_in_the_training_labels_only(expected: dict):
    ratio = {name: float(labels["group"]["C"]["ratio"]) for name, labels in expected["labels"].items()}
    assert ratio["train"] < 0.75
    assert min(value for name, value in ratio.items() if name != "train") > 0.95


def test_area_is_a_proxy_of_group(expected: dict):
    share = {area: float(value) for area, value in expected["share_of_group_c_by_area"].items()}
    assert max(share[f"P{i}"] for i in range(1, 6)) < 0.16
    assert min(share[f"P{i}"] for i in range(6, 9)) > 0.5


def test_drift_is_in_income_and_debt_of_one_month(expected: dict):
    psi = {month: {column: float(value) for column, value in values.items()} for month, values in expected["psi_against_test"].items()}
    assert max(psi["window_stable"].values()) < 0.02
    assert min(psi["window_drifted"]["income"], psi["window_drifted"]["debt_ratio"]) > 0.5
    assert max(psi["window_drifted"]["amount"], psi["window_drifted"]["employment_years"]) < 0.02


def test_every_crossing_is_large_enough_to_decide(expected: dict):
    assert expected["rows"] == ROWS
    crossing = expected["labels"]["test"]["sex*group"]
    assert len(crossing) == 6
    assert min(cell["n"] for cell in crossing.values()) > 400
