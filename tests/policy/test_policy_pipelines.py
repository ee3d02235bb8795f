"""The ready files for pipelines: what can run here is run, on a workspace with the sample's two candidates."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from junitparser import JUnitXml
from ruamel.yaml import YAML

import govern_policies
from govern.domain.facts import SystemFact
from govern.trust.home import Home
from govern.workflow import demo
from govern.workflow.place.workspace import Workspace
from govern.workflow.policies import policies
from govern.workflow.record import recording

PIPELINES = Path(govern_policies.__file__).parent / "pipelines"
PASSPHRASE = "correct horse"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace as a pipeline finds it: policy installed, two models recorded, nothing gated yet."""
    folder = tmp_path_factory.mktemp("pipeline")
    sample = demo.sample_folder()
    trainer = demo.load_trainer(sample)
    (folder / "models").mkdir()
    candidates = trainer.train_all(sample, folder / "models")
    shutil.copy(sample / "train.csv", folder / "train.csv")
    ws = Workspace.create(folder, passphrases=lambda _: PASSPHRASE, home=Home.at(folder / "home"), origin="govern/ci")
    policies.install(ws, "baseline", passphrases=lambda _: PASSPHRASE)
    fact = SystemFact(
        name="credit", purpose="credit", task="binary-classification", tier="high", owner="model-risk",
        protected=tuple(trainer.PROTECTED),
    )
    recording.record_system(ws, fact, passphrases=lambda _: PASSPHRASE)
    for one in candidates:
        recording.record_model(
            ws, one.model, name="credit", system="credit", version=one.version, threshold=trainer.CUT,
            passphrases=lambda _: PASSPHRASE,
        )
        shutil.copy(one.scored, folder / f"scored-{one.version}.csv")
        shutil.copy(one.model, folder / f"model-{one.version}.skops")
    ws.close()
    (folder / "passphrase").write_text(PASSPHRASE)
    (folder / "ci").mkdir()
    shutil.copy(PIPELINES / "gate.sh", folder / "ci" / "gate.sh")
    return folder


def environment(prepared: Path, version: str) -> dict[str, str]:
    return {
        **os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "GOVERN_HOME": str(prepared / "home"), "GOVERN_PASSPHRASE_FILE": str(prepared / "passphrase"),
        "GOVERN_MODEL": f"credit@{version}", "GOVERN_STAGE": "production", "GOVERN_DATA": f"scored-{version}.csv",
        "GOVERN_TARGET": "repaid", "GOVERN_SCORE": "score", "GOVERN_PREDICTION": "prediction",
        "GOVERN_MODEL_FILE": f"model-{version}.skops", "GOVERN_REFERENCE": "train.csv", "GOVERN_FAVOURABLE": "1",
    }


def run(script: str, prepared: Path, surroundings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-e", "-c", script], cwd=prepared, env=surroundings, capture_output=True, text=True, timeout=200, check=False
    )


def scripts() -> dict[str, str]:
    """The line by which each pipeline runs the gate, as its file has it."""
    reader = YAML(typ="safe", pure=True)
    github = reader.load((PIPELINES / "github-actions.yml").read_text())
    gitlab = reader.load((PIPELINES / "gitlab-ci.yml").read_text())
    jenkins = (PIPELINES / "Jenkinsfile").read_text()
    return {
        "github": next(step["run"] for step in github["jobs"]["gate"]["steps"] if step.get("name") == "Gate"),
        "gitlab": "\n".join(gitlab["govern-gate"]["script"]),
        "jenkins": "\n".join(re.findall(r"sh '([^']+)'", jenkins)),
    }


def test_every_pipeline_runs_the_gate_and_softens_nothing() -> None:
    assert set(scripts().values()) == {"sh ci/gate.sh"}
    for file in PIPELINES.iterdir():
        if file.name not in {"README.md", "gate.sh"}:
            assert not re.search(r"\|\| *true|allow_failure|continue-on-error|catchError|returnStatus", file.read_text())


@pytest.mark.parametrize(("version", "code"), [("1", 1), ("2", 0)])
def test_the_gate_ends_a_pipeline_with_its_own_code(prepared: Path, version: str, code: int) -> None:
    surroundings = environment(prepared, version)
    summary = prepared / f"summary-{version}.md"
    surroundings |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "GOVERN_REPORTS": f"reports-{version}"}
    done = run(scripts()["github"], prepared, surroundings)
    assert done.returncode == code, done.stderr
    suite = next(iter(JUnitXml.fromfile(str(prepared / f"reports-{version}" / "gate.xml"))))
    assert bool(suite.failures + suite.errors) is bool(code)  # type: ignore[attr-defined]
    assert summary.read_text().startswith("## DENY" if code else "## ALLOW")
    assert ("::error file=" in done.stderr + done.stdout) is bool(code)
    assert (prepared / f"reports-{version}" / "gate.sarif").is_file()


def test_a_pipeline_that_lacks_a_word_or_a_file_does_not_pass(prepared: Path) -> None:
    surroundings = environment(prepared, "2")
    without = {key: value for key, value in surroundings.items() if key != "GOVERN_STAGE"}
    assert run(scripts()["gitlab"], prepared, without).returncode != 0
    nowhere = run(scripts()["jenkins"], prepared, {**surroundings, "GOVERN_DATA": "nowhere.csv"})
    assert nowhere.returncode == 2, nowhere.stderr
    locked = run(scripts()["jenkins"], prepared, {**surroundings, "GOVERN_HOME": str(prepared / "nobody")})
    assert locked.returncode not in {0, 1}, locked.stderr


def test_the_key_step_leaves_what_the_gate_needs(prepared: Path, tmp_path: Path) -> None:
    reader = YAML(typ="safe", pure=True)
    steps = reader.load((PIPELINES / "github-actions.yml").read_text())["jobs"]["gate"]["steps"]
    step = next(step for step in steps if step.get("name") == "Open the pipeline's key")
    packed = subprocess.run(["sh", "-c", "tar -cz -C home . | base64 -w0"], cwd=prepared, capture_output=True, check=True)
    surroundings = {
        **os.environ, "RUNNER_TEMP": str(tmp_path), "KEYS": packed.stdout.decode(), "PASSPHRASE": PASSPHRASE,
    }
    assert run(step["run"], prepared, surroundings).returncode == 0
    assert (tmp_path / "govern" / "keys").is_dir()
    assert (tmp_path / "passphrase").stat().st_mode & 0o077 == 0


def test_the_pre_commit_hook_lints_what_it_selects(tmp_path: Path) -> None:
    (hook,) = YAML(typ="safe", pure=True).load((PIPELINES / "pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    selected = re.compile(hook["files"])
    packs = PIPELINES.parent / "packs"
    files = [str(path) for path in sorted(packs.rglob("*.yaml")) if selected.search(path.relative_to(packs).as_posix())]
    assert len(files) == 2 * len(govern_policies.pack_ids())
    surroundings = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    good = run(f"{hook['entry']} {' '.join(files[:2])}", tmp_path, surroundings)
    assert good.returncode == 0, good.stderr
    bad = tmp_path / "policy.yaml"
    bad.write_text(Path(files[1]).read_text().replace("threshold:", "treshold:", 1))
    wrong = run(f"{hook['entry']} {bad}", tmp_path, surroundings)
    assert wrong.returncode == 2
    assert "treshold" in wrong.stderr
