"""The wheel holds every file of the packages and the sample, so that `govern demo` works from an installed package."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from architecture.tracked import tracked

SAMPLE = ("train.csv", "test.csv", "window_stable.csv", "window_drifted.csv", "train.py")


@pytest.fixture(scope="module")
def unpacked(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, as an installer would lay it out."""
    pytest.importorskip("hatchling", reason="hatchling builds the wheel; it comes with the development packages")
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=repository, capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def test_every_tracked_file_of_the_packages_is_in_it(repository: Path, unpacked: Path):
    roots = {"govern/": "", "tui/govern_tui/": "tui/", "reports/govern_reports/": "reports/", "policies/govern_policies/": "policies/"}
    expected = [
        name.removeprefix(cut) for name in tracked(repository) for root, cut in roots.items() if name.startswith(root)
    ]
    assert len(expected) > 100
    assert [name for name in expected if not (unpacked / name).is_file()] == []


def test_nothing_else_lands_in_site_packages(unpacked: Path):
    beside = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}
    assert beside == {"govern", "govern_tui", "govern_reports", "govern_policies"}


def test_the_sample_is_found_where_it_was_installed(repository: Path, unpacked: Path, tmp_path: Path):
    program = "from govern.workflow.demo import sample_folder; print(sample_folder())"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
    )
    assert done.stdout.strip() == str(unpacked / "govern" / "_sample"), done.stderr
    for name in SAMPLE:
        assert (unpacked / "govern" / "_sample" / name).read_bytes() == (repository / "sample_data" / name).read_bytes()
