"""The strict tools pass on what is there: import contracts, ruff, mypy; and the contracts can fail."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=280)


def tool(name: str) -> str:
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: it comes with the development packages of requirements.lock")
    return found


def test_import_contracts_hold(repository: Path):
    done = run(tool("lint-imports"), "--no-cache", folder=repository)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("govern/domain/bad.py", "import govern.store.tables"),
        ("govern/policy/bad.py", "import cryptography"),
        ("govern/workflow/read/bad.py", "import sqlalchemy"),
        ("govern/workflow/place/bad.py", "import govern.workflow.read.asof"),
        ("tui/govern_tui/pages/bad.py", "import govern.store.tables"),
        ("tui/govern_tui/dialogs/bad.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import govern_tui.app"),
        ("reports/govern_reports/bad.py", "import govern_tui.app"),
        ("govern/measure/bad.py", "import govern.policy.deciding"),
    ],
)
def test_import_contracts_can_fail(repository: Path, tmp_path: Path, module: str, statement: str):
    settings = (repository / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(settings[settings.index("[tool.importlinter]") :])
    for package in ("govern", "tui/govern_tui", "reports/govern_reports", "policies/govern_policies"):
        for path in (repository / package).rglob("*.py"):
            empty = tmp_path / path.relative_to(repository)
            empty.parent.mkdir(parents=True, exist_ok=True)
            empty.touch()
    (tmp_path / "govern" / "__init__.py").write_text("from govern import face\n")
    words = [
        "env", f"PYTHONPATH={tmp_path}:{tmp_path}/tui:{tmp_path}/reports:{tmp_path}/policies", tool("lint-imports"), "--no-cache",
    ]
    clean = run(*words, folder=tmp_path)
    assert clean.returncode == 0, clean.stdout + clean.stderr
    (tmp_path / module).write_text(f"{statement}\n")
    broken = run(*words, folder=tmp_path)
    assert broken.returncode == 1, broken.stdout + broken.stderr
    assert "BROKEN" in broken.stdout


def test_ruff_is_content(repository: Path):
    done = run(tool("ruff"), "check", "--no-cache", ".", folder=repository)
    assert done.returncode == 0, done.stdout[-6000:]


def test_mypy_is_content(repository: Path):
    done = run(tool("mypy"), folder=repository)
    assert done.returncode == 0, done.stdout[-6000:]


def test_every_ignored_lint_rule_has_its_reason(repository: Path):
    text = (repository / "pyproject.toml").read_text()
    ignored = tomllib.loads(text)["tool"]["ruff"]["lint"]["ignore"]
    block = text[text.index("ignore = [") : text.index("[tool.ruff.lint.per-file-ignores]")]
    for rule in ignored:
        line = next(line for line in block.splitlines() if f'"{rule}"' in line)
        assert "#" in line or rule in {"TD", "FIX"}, f"{rule} is ignored without a reason"
