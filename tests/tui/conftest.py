"""One workspace made by the real workflow for all tests of the terminal application; each test gets a copy."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tui.kit_tui import START, Bench, Clock, build

from govern.trust.home import Home
from govern.workflow.place.workspace import Workspace


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("made"))


@pytest.fixture
def bench(tmp_path: Path, _made: Path) -> Bench:
    """The workspace as a reviewer finds it, one's own to change."""
    folder = tmp_path / "work"
    shutil.copytree(_made, folder)
    clock = Clock(START + timedelta(days=3))
    return Bench(Workspace.open(folder, home=Home.at(folder / "home"), clock=clock), clock, folder)
