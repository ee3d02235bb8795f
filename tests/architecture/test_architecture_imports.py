"""What a fresh process has loaded after the light commands and rooms: none of the heavy packages."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    "alibi_detect", "duckdb", "fairlearn", "ibis", "matplotlib", "numpy", "pandas", "pikepdf", "polars", "pyarrow", "pyhanko", "scipy",
    "sklearn", "skops", "statsmodels", "textual", "torch", "transformers", "weasyprint",
)
PROGRAM = """
import json, sys
sys.argv = ["govern", *json.loads(sys.argv[1])]
code = 0
try:
    {statement}
except SystemExit as ended:
    code = ended.code or 0
loaded = sorted({{name.partition(".")[0] for name in sys.modules}})
print("\\n" + json.dumps({{"code": code, "loaded": loaded}}))
"""


def loaded_after(statement: str, words: list[str], repository: Path, folder: Path) -> tuple[int, set[str]]:
    """Exit code and top-level packages of a fresh process that ran `statement`."""
    path = ":".join(str(repository / part) for part in ("", "tui", "reports", "policies"))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(statement=statement), json.dumps(words)],
        cwd=folder, capture_output=True, text=True, timeout=120, env={"PYTHONPATH": path, "GOVERN_HOME": str(folder / "home"), "PATH": ""},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout.splitlines()[-1])
    return int(said["code"]), set(said["loaded"])


@pytest.mark.parametrize("words", [["--help"], ["verify", "--help"], ["verify"], ["gate", "--help"]], ids=" ".join)
def test_light_commands_load_nothing_heavy(repository: Path, tmp_path: Path, words: list[str]):
    code, loaded = loaded_after("from govern.cli import main; raise SystemExit(main())", words, repository, tmp_path)
    assert loaded & set(HEAVY) == set()
    assert code == (0 if "--help" in words else 2), "there is no workspace here: a usage error"


@pytest.mark.parametrize(
    "room", ["errors", "domain", "canonical", "trust", "ledger", "policy", "lineage", "store", "exchange", "measure", "workflow"]
)
def test_rooms_import_their_heavy_packages_late(repository: Path, tmp_path: Path, room: str):
    names = [f"govern.{room}"] + [
        ".".join(path.relative_to(repository).with_suffix("").parts)
        for path in sorted((repository / "govern" / room).glob("*.py"))
        if path.stem in {"interface", "ledger", "objects", "bundle", "keyring", "documents", "deciding", "state", "views", "workspace", "verifying"}
    ]
    _, loaded = loaded_after(f"import {', '.join(names)}", [], repository, tmp_path)
    assert loaded & set(HEAVY) == set()


def test_domain_needs_the_standard_library_only(repository: Path, tmp_path: Path):
    files = sorted((repository / "govern" / "domain").rglob("*.py"))
    names = [".".join(path.relative_to(repository).with_suffix("").parts).removesuffix(".__init__") for path in files]
    _, loaded = loaded_after(f"import {', '.join(names)}", [], repository, tmp_path)
    _, bare = loaded_after("pass", [], repository, tmp_path)
    assert loaded - bare - set(sys.stdlib_module_names) == {"govern"}


def test_ledger_runs_without_a_database(repository: Path, tmp_path: Path):
    files = sorted((repository / "govern" / "ledger").rglob("*.py"))
    names = [".".join(path.relative_to(repository).with_suffix("").parts).removesuffix(".__init__") for path in files]
    _, loaded = loaded_after(f"import {', '.join(names)}", [], repository, tmp_path)
    assert loaded & {"sqlite3", "sqlalchemy", "sqlmodel", "psycopg"} == set()


def test_a_heavy_import_would_be_seen(repository: Path, tmp_path: Path):
    _, loaded = loaded_after("import numpy", [], repository, tmp_path)
    assert loaded & set(HEAVY) == {"numpy"}
