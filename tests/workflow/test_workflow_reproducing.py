"""Verifying a run: what is at hand, what has other bytes, what is gone, and what stands against doing it again."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from govern.domain.facts import SystemFact
from govern.errors import NotFoundError
from govern.trust.home import Home
from govern.workflow.place.workspace import Workspace
from govern.workflow.record.recording import end_existence, record_dataset, record_run, record_system
from govern.workflow.record.reproducing import verify_run

WHEN = datetime(2026, 11, 2, tzinfo=UTC)


def asks(_: str) -> str:
    return "correct horse"


@pytest.fixture
def ws(tmp_path: Path):
    with Workspace.create(tmp_path / "w", passphrases=asks, home=Home.default(), origin="govern/run") as opened:
        fact = SystemFact(name="credit", purpose="credit", task="regression", tier="low", owner="lending")
        record_system(opened, fact, passphrases=asks)
        yield opened


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def recorded(ws, tmp_path, **words):
    data = written(tmp_path / "train.csv", "a,b\n1,2\n")
    record_dataset(ws, data, name="train", passphrases=asks)
    base = {
        "name": "fit", "system": "credit", "inputs": ["train@1"], "parameters": {}, "metrics": {}, "seeds": {"fit": 1},
        "code": written(tmp_path / "fit.py", "fit()"), "environment": written(tmp_path / "lock.txt", "numpy==1"),
        "started": WHEN, "finished": WHEN,
    }
    record_run(ws, **(base | words), passphrases=asks)
    return data


def standings(view) -> dict[str, str]:
    return {check.name: check.standing for check in view.checks}


def test_what_lies_where_it_lay_is_the_same(ws, tmp_path):
    recorded(ws, tmp_path)
    view = verify_run(ws, "run/fit")
    assert standings(view) == {"train@1": "same", "fit.py": "same", "lock.txt": "same", "python": "same"}
    assert view.lost == ()
    assert view.notes == ()


def test_what_changed_and_what_is_gone_are_told_apart_and_a_given_file_heals(ws, tmp_path):
    data = recorded(ws, tmp_path)
    moved = data.rename(tmp_path / "elsewhere.csv")
    written(tmp_path / "fit.py", "fit(better=True)")
    (ws.folder / "where.json").write_text(
        (ws.folder / "where.json").read_text().replace(str(tmp_path / "lock.txt"), str(tmp_path / "x"))
    )
    view = verify_run(ws, "run/fit")
    assert standings(view) == {"train@1": "gone", "fit.py": "changed", "lock.txt": "gone", "python": "same"}
    assert view.changed
    assert standings(verify_run(ws, "run/fit", files=(moved,)))["train@1"] == "same"
    (ws.folder / "where.json").unlink()
    assert standings(verify_run(ws, "run/fit"))["train@1"] == "unknown"


def test_what_stands_against_doing_it_again_is_said(ws, tmp_path):
    recorded(ws, tmp_path, seeds={}, code=None, environment=None, outcome="failed", versions={"no-such-package": "1"})
    end_existence(ws, "train@1", state="withdrawn", reason="labels were wrong", passphrases=asks)
    view = verify_run(ws, "run/fit")
    said = "; ".join(view.notes)
    for part in ("train@1 is withdrawn", "no seed", "neither code nor commit", "neither lock file", "it failed"):
        assert part in said
    assert standings(view)["no-such-package"] == "gone"


def test_the_commit_is_looked_for(ws, tmp_path):
    def git(*words: str) -> str:
        name = ["-c", "user.name=x", "-c", "user.email=x@example.invalid"]
        return subprocess.run(["git", "-C", str(tmp_path), *name, *words], capture_output=True, text=True, check=True).stdout.strip()

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "x")
    commit = git("rev-parse", "HEAD")
    recorded(ws, tmp_path, code_revision=f"gitCommit:{commit}", code_dirty=True)
    view = verify_run(ws, "run/fit", repository=tmp_path)
    assert standings(view)[commit] == "same"
    assert "differed from the commit" in view.notes[0]
    other = tmp_path / "other"
    other.mkdir()
    subprocess.run(["git", "-C", str(other), "init", "-q"], check=True)
    assert standings(verify_run(ws, "run/fit", repository=other))[commit] == "gone"
    nowhere = next(one for one in verify_run(ws, "run/fit", repository=tmp_path / "none").checks if one.role == "commit")
    assert (nowhere.standing, nowhere.detail) == ("unknown", f"there is no git repository in {tmp_path / 'none'}: name one")


def test_what_no_run_made_is_said(ws, tmp_path):
    recorded(ws, tmp_path)
    with pytest.raises(NotFoundError):
        verify_run(ws, "train@1")
