"""A workspace with the sample's two candidates gated, made once and copied for each test."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest

from govern.domain.facts import SystemFact
from govern.trust.home import Home
from govern.workflow import demo
from govern.workflow.custody import keys
from govern.workflow.gate import gating
from govern.workflow.place.workspace import Workspace
from govern.workflow.policies import policies
from govern.workflow.record import recording

PASSPHRASE = "correct horse"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


def asks(_: str) -> str:
    return PASSPHRASE


@dataclass
class Story:
    """A workspace, what it was made from, and its clock."""

    ws: Workspace
    clock: Clock
    trainer: ModuleType
    candidates: tuple
    sample: Path

    def data(self, version: str = "2", **other: object) -> gating.Data:
        candidate = next(c for c in self.candidates if c.version == version)
        words = {
            "data": candidate.scored, "reference": self.sample / "train.csv", "target": self.trainer.TARGET,
            "prediction": "prediction", "score": "score", "protected": tuple(self.trainer.PROTECTED),
            "favourable": self.trainer.FAVOURABLE, "positive": self.trainer.FAVOURABLE, "model": candidate.model,
        }
        return gating.Data(**(words | other))


def enrol(ws: Workspace, name: str, *roles: str) -> None:
    keys.new(ws.home, name, holder=name, passphrases=asks)
    keys.enrol(ws, name, roles=roles, passphrases=asks)


@pytest.fixture(scope="session")
def sample() -> Path:
    return demo.sample_folder()


@pytest.fixture(scope="session")
def trainer(sample: Path) -> ModuleType:
    return demo.load_trainer(sample)


@pytest.fixture(scope="session")
def candidates(tmp_path_factory: pytest.TempPathFactory, sample: Path, trainer: ModuleType) -> tuple:
    return trainer.train_all(sample, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def _gated(tmp_path_factory: pytest.TempPathFactory, sample: Path, trainer: ModuleType, candidates: tuple) -> Path:
    folder = tmp_path_factory.mktemp("gated")
    clock = Clock()
    ws = Workspace.create(folder, passphrases=asks, home=Home.at(folder / "home"), origin="govern/test", clock=clock)
    enrol(ws, "developer", "recorder")
    enrol(ws, "reviewer", "approver")
    enrol(ws, "second", "approver")
    enrol(ws, "checker", "validator")
    policies.install(ws, "baseline", passphrases=asks)
    recording.record_system(
        ws,
        SystemFact(
            name="credit", purpose="credit", task="binary-classification", tier="high", owner="model-risk",
            jurisdictions=("US",), protected=tuple(trainer.PROTECTED),
        ),
        passphrases=asks,
    )
    recording.record_dataset(ws, sample / "train.csv", name="credit-train", key="developer", passphrases=asks)
    story = Story(ws, clock, trainer, candidates, sample)
    for candidate in candidates:
        recording.record_model(
            ws, candidate.model, name="credit", system="credit", version=candidate.version,
            datasets=("credit-train@1",), threshold=trainer.CUT, key="developer", passphrases=asks,
        )
        gating.gate(ws, f"credit@{candidate.version}", to="production", data=story.data(candidate.version), passphrases=asks)
        clock.forward(hours=1)
    ws.close()
    return folder


@pytest.fixture
def story(tmp_path: Path, _gated: Path, sample: Path, trainer: ModuleType, candidates: tuple) -> Story:
    """The workspace after both gates, one's own to change."""
    folder = tmp_path / "work"
    shutil.copytree(_gated, folder)
    clock = Clock()
    clock.forward(hours=2)
    ws = Workspace.open(folder, home=Home.at(folder / "home"), clock=clock)
    return Story(ws, clock, trainer, candidates, sample)


@pytest.fixture
def passphrases() -> Callable[[str], str]:
    return asks
