"""One workspace made by the real workflow for all tests of the terminal application; each test gets a copy."""

import gc
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tui.kit_tui import START, Bench, Clock, build

from govern.trust.home import Home
from govern.workflow.place.workspace import Workspace
from govern_tui.dialogs import signing
from govern_tui.loading import loaded


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once; then what is loaded is taken for kept, as the application does: looking through it took a third of each test's time."""
    folder = build(tmp_path_factory.mktemp("made"))
    gc.collect()
    loaded()
    return folder


@pytest.fixture
def bench(tmp_path: Path, _made: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The workspace as a reviewer finds it, one's own to change; dialogs take keys at once, but where a test or a terminal says otherwise."""
    monkeypatch.setattr(signing, "TYPE_AHEAD", 0.01)
    folder = tmp_path / "work"
    shutil.copytree(_made, folder)
    clock = Clock(START + timedelta(days=3))
    return Bench(Workspace.open(folder, home=Home.at(folder / "home"), clock=clock), clock, folder)
