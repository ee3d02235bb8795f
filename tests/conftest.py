"""Fixtures that every room's tests may use."""

import os
from pathlib import Path

import pytest
import pytest_randomly

# alibi-detect registers a seeder with pytest-randomly, which would load it and half a gigabyte beside it into every session.
pytest_randomly.entrypoint_reseeds = []

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout's root."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder with real data and other projects' vectors; tests that need it skip where it is not there."""
    folder = Path(os.environ.get("GOVERN_SHARED", REPOSITORY.parent / "shared"))
    if not folder.is_dir():
        pytest.skip("real data and foreign vectors are not here: set GOVERN_SHARED")
    return folder


@pytest.fixture(autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the keys and checkpoints of whoever runs it."""
    monkeypatch.setenv("GOVERN_HOME", str(tmp_path_factory.mktemp("home")))
    for variable in ("GOVERN_WORKSPACE", "GOVERN_PASSPHRASE_FILE"):
        monkeypatch.delenv(variable, raising=False)
