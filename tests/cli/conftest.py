"""Workspaces for the tests of the command line, made with its own commands and copied for each test."""

import importlib.util
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from cli.runner import PASSPHRASE, REPOSITORY, govern

POLICY = """apiVersion: govern/v1
kind: Policy
metadata: {name: lean, version: 1.0.0, title: One number is enough here, owner: model-risk}
applies_to: {purpose: [credit]}
rules:
  - id: FAIR-001
    title: Impact ratio of favourable outcomes
    measure: impact_ratio@1
    with: {attributes: [sex, group], reference: highest}
    assert: {value: ratio, op: ">=", threshold: "0.8", exact: rational}
    over: {each: group, need: 2}
    max_age: P90D
    remediation: Look for what stands in for the attribute.
approvals:
  - {role: approver, count: 1, distinct_from: [developers, requester]}
waivable: {FAIR-001: {max: P60D, approvals: [{role: approver, count: 1}]}}
"""
BINDING = """apiVersion: govern/v1
kind: Binding
metadata: {name: lean, version: 1.0.0, owner: model-risk}
policy: {name: lean, version: 1.0.0}
gates:
  promote:production: {enforcement: require}
  monitor: {enforcement: require}
"""
"""A policy of one rule: what is tested here is what is said of it, and it is measured fast."""


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workspace in `place`, its keys in `home`, and a file with the passphrase; not to be changed."""
    folder = tmp_path_factory.mktemp("founded")
    (folder / "passphrase").write_text(PASSPHRASE + "\n")
    (folder / "passphrase").chmod(0o600)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GOVERN_HOME", str(folder / "home"))
        patch.setenv("GOVERN_PASSPHRASE_FILE", str(folder / "passphrase"))
        (folder / "place").mkdir()
        patch.chdir(folder / "place")
        govern("init", "--origin", "example/credit").ended(0)
    return folder


@pytest.fixture
def place(founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of the test's own, which is the current folder; `home` and `passphrase` lie beside it."""
    folder = tmp_path / "case"
    shutil.copytree(founded, folder)
    return entered(folder, monkeypatch)


def entered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make `folder/place` the current folder, with the keys and the passphrase beside it."""
    monkeypatch.setenv("GOVERN_HOME", str(folder / "home"))
    monkeypatch.setenv("GOVERN_PASSPHRASE_FILE", str(folder / "passphrase"))
    monkeypatch.chdir(folder / "place")
    return folder / "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The shipped sample with its two trained candidates."""

    folder: Path
    """CSV files of the sample."""
    models: Path
    """`credit-1.skops`, `credit-1-test.csv` (scored), and of candidate 2; scored windows."""

    def gate(self, version: str, *more: str | Path) -> list[str | Path]:
        """The words that gate a candidate for production."""
        return [
            "gate", f"credit@{version}", "--to", "production", "--data", self.models / f"credit-{version}-test.csv",
            *self.columns(version), *more,
        ]

    def columns(self, version: str) -> list[str | Path]:
        """The words that say what the columns are."""
        return [
            "--reference", self.folder / "train.csv", "--target", "repaid", "--prediction", "prediction", "--score", "score",
            "--cross", "sex*group", "--favourable", "1", "--positive", "1", "--model", self.models / f"credit-{version}.skops",
        ]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Train the sample's candidates, and score its windows with the second."""
    folder = REPOSITORY / "sample_data"
    models = tmp_path_factory.mktemp("models")
    spec = importlib.util.spec_from_file_location("sample_train_for_cli", folder / "train.py")
    assert spec is not None
    assert spec.loader is not None
    trainer = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = trainer
    spec.loader.exec_module(trainer)
    trainer.train_all(folder, models)
    for window in ("window_stable.csv", "window_drifted.csv"):
        trainer.score_file(models / "credit-2.skops", folder / window, models / window)
    return Sample(folder=folder, models=models)


@pytest.fixture(scope="session")
def gated(founded: Path, sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a workspace in which candidate 1 was denied and candidate 2 allowed; not to be changed."""
    folder = tmp_path_factory.mktemp("gated") / "copy"
    shutil.copytree(founded, folder)
    with pytest.MonkeyPatch.context() as patch:
        entered(folder, patch)
        prepare(sample, lean(folder / "lean"))
        denied = govern(*sample.gate("1")).ended(1)
        allowed = govern(*sample.gate("2")).ended(0)
    (folder / "denied.txt").write_text(denied.out)
    (folder / "allowed.txt").write_text(allowed.out)
    return folder


def lean(folder: Path) -> Path:
    """Write the policy of one rule into a new folder."""
    folder.mkdir()
    (folder / "policy.yaml").write_text(POLICY)
    (folder / "binding.yaml").write_text(BINDING)
    return folder


def prepare(sample: Sample, policy: str | Path) -> None:
    """Record the sample's system, data and candidates in the current workspace, and enrol the people."""
    people = {"reviewer": ["approver"], "checker": ["validator"], "developer": ["recorder", "approver"]}
    for name, roles in people.items():
        govern("key", "new", name).ended(0)
        govern("key", "enrol", name, *(word for role in roles for word in ("--role", role))).ended(0)
    govern("policy", "install", policy).ended(0)
    govern(
        "record", "system", "credit", "--purpose", "credit", "--owner", "model-risk", "--tier", "high", "--jurisdictions", "US",
        "--protected", "sex,group",
    ).ended(0)
    govern("record", "dataset", sample.folder / "train.csv", "--name", "credit-train", "--purpose", "training").ended(0)
    for version in ("1", "2"):
        govern(
            "record", "run", f"train-{version}", "--system", "credit", "--input", "credit-train@1", "--parameter", "C=1.0",
            "--seed", "numpy=0", "--metric", "auc=0.8", "--code", sample.folder / "train.py", "--as", "developer",
        ).ended(0)
        govern(
            "record", "model", sample.models / f"credit-{version}.skops", "--name", "credit", "--system", "credit", "--version",
            version, "--run", f"run/train-{version}", "--threshold", "0.6", "--as", "developer",
        ).ended(0)


@pytest.fixture
def line(gated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the workspace `gated`, which is the current folder."""
    folder = tmp_path / "case"
    shutil.copytree(gated, folder)
    return entered(folder, monkeypatch)
