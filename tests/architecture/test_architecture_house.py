"""The rules of the house that a program can check: sizes, READMEs, the clock, the streams, unique test names."""

import ast
from collections import Counter
from pathlib import Path

import pytest
from architecture.tracked import PACKAGES, modules, tracked

FILE_LINES = 430
"""“About 400.”"""
ONE_FILE = frozenset({"govern/ledger/portable/verify_pack.py"})
"""Travels alone, attached to every pack: whoever gets it needs one file and `cryptography`."""
FUNCTION_LINES = 60
"""“About 50”, without the docstring."""
README_LINES = 75
"""“At most a page.”"""
ROOMS = (
    "govern/canonical", "govern/cli", "govern/domain", "govern/exchange", "govern/ledger", "govern/lineage", "govern/measure",
    "govern/policy", "govern/store", "govern/trust", "govern/workflow", "policies/govern_policies", "reports/govern_reports",
    "sample_data", "tui/govern_tui",
)
CLOCKS = frozenset({"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.localtime", "time.gmtime"})
LOADERS = frozenset({"pickle.load", "pickle.loads", "joblib.load", "dill.load", "dill.loads", "cloudpickle.load", "torch.load", "numpy.load"})


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = node.body[0] if ast.get_docstring(node) is not None else None
    kept = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - kept


def calls(tree: ast.Module, names: frozenset[str]) -> list[int]:
    """Lines where a function of `names` is named, with or without a package before it."""
    ends = tuple(f".{name}" for name in names)
    return [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and f".{ast.unparse(node)}".endswith(ends)]


def test_files_are_short(repository: Path):
    long = {name: len(text.splitlines()) for name, text, _ in modules(repository, *PACKAGES, "tests/", "sample_data/", ".ci/")}
    assert {name: lines for name, lines in long.items() if lines > FILE_LINES and name not in ONE_FILE} == {}


def test_functions_are_short(repository: Path):
    long = [
        f"{name}:{node.lineno} {node.name} has {length(node)} lines"
        for name, _, tree in modules(repository)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_what_it_is_for_on_a_page(repository: Path, room: str):
    readme = repository / room / "README.md"
    assert readme.is_file(), f"{room} has no README.md"
    assert len(readme.read_text().splitlines()) <= README_LINES


def test_only_workflow_reads_the_clock(repository: Path):
    others = [(name, tree) for name, _, tree in modules(repository) if not name.startswith("govern/workflow/")]
    assert [f"{name}:{line}" for name, tree in others for line in calls(tree, CLOCKS)] == []


def test_only_the_command_line_writes_the_streams(repository: Path):
    streams = frozenset({"sys.stdout", "sys.stderr"})
    others = [(name, tree) for name, _, tree in modules(repository) if not name.startswith("govern/cli/")]
    assert [f"{name}:{line}" for name, tree in others for line in calls(tree, streams)] == []


def test_nothing_loads_a_pickle(repository: Path):
    assert [f"{name}:{line}" for name, _, tree in modules(repository, *PACKAGES, "sample_data/") for line in calls(tree, LOADERS)] == []


def test_no_test_uses_mocks(repository: Path):
    used = [
        f"{name}:{node.lineno}"
        for name, _, tree in modules(repository, "tests/", "policies/")
        for node in ast.walk(tree)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").startswith(("unittest", "mock")))
        or (isinstance(node, ast.Import) and any(alias.name.startswith(("unittest", "mock")) for alias in node.names))
    ]
    assert used == []


def test_names_of_test_modules_are_unique(repository: Path):
    names = Counter(Path(name).name for name in tracked(repository) if Path(name).name.startswith("test_") and name.endswith(".py"))
    assert {name: count for name, count in names.items() if count > 1} == {}


def test_the_checks_can_fail():
    tree = ast.parse("import sys, pickle\nfrom datetime import datetime\ndatetime.now()\nsys.stdout.write('')\npickle.load(f)\n")
    assert calls(tree, CLOCKS) == [3]
    assert calls(tree, frozenset({"sys.stdout"})) == [4]
    assert calls(tree, LOADERS) == [5]
    body = "\n".join("    pass" for _ in range(61))
    function = ast.parse(f'def f():\n    """One.\n\n    More.\n    """\n{body}\n').body[0]
    assert isinstance(function, ast.FunctionDef)
    assert length(function) == 62
