"""Help: every command has it, the README lists every command, and asking for it loads next to nothing."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from cli.runner import govern, variables

from govern.cli.app import COMMANDS, build
from govern.errors import ExitCode

HEAVY = {"fairlearn", "sklearn", "alibi_detect", "weasyprint", "ibis", "duckdb", "pandas", "numpy", "textual", "sqlalchemy", "pydantic"}
SHORT = 66
"""Characters; a longer first sentence is cut in the list of commands."""


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


EVERY = dict(commands(typer.main.get_command(build())))


@pytest.mark.parametrize("path", EVERY, ids=lambda path: " ".join(path) or "govern")
def test_every_command_has_help(path: tuple[str, ...]):
    ran = govern(*path, "--help").ended(0)
    assert ran.out.startswith("Usage: govern " + " ".join(path))
    assert ran.err == ""
    sentence = (EVERY[path].help or "").split("\n\n")[0]
    assert sentence.endswith(".")
    assert path == () or len(sentence) <= SHORT
    for parameter in EVERY[path].params:
        assert parameter.name == "help" or parameter.help, f"{parameter.name} says nothing"


@pytest.mark.parametrize("path", [p for p, c in EVERY.items() if p and not hasattr(c, "commands")], ids=" ".join)
def test_every_command_but_the_application_speaks_json(path: tuple[str, ...]):
    options = {option for parameter in EVERY[path].params for option in parameter.opts}
    assert ("--json" in options) == (path != ("tui",))


def test_no_option_takes_a_passphrase():
    for path, command in EVERY.items():
        for parameter in command.params:
            assert "passphrase" not in parameter.name or parameter.name == "passphrase_fd", path


def test_the_readme_lists_every_command(repository: Path):
    text = (repository / "govern" / "cli" / "README.md").read_text()
    rows = re.findall(r"^\| `govern ([a-z-]+)(?: ([^`]*))?` \| (.+) \|$", text, flags=re.MULTILINE)
    listed = {name: (sorted(below.split(" / ")) if below else [], says) for name, below, says in rows}
    actual = {
        path[0]: (sorted(getattr(command, "commands", {})), (command.help or "").split("\n\n")[0])
        for path, command in EVERY.items() if len(path) == 1
    }
    assert listed == actual
    assert list(listed) == list(COMMANDS)


def test_the_readme_lists_every_exit_code(repository: Path):
    text = (repository / "govern" / "cli" / "README.md").read_text()
    assert re.findall(r"^\| (\d+) \| ", text, flags=re.MULTILINE) == [str(int(code)) for code in ExitCode]


def test_help_of_every_command_loads_nothing_heavy():
    program = (
        "import json, sys\nfrom govern.cli.app import build\nimport typer.main\n"
        "typer.main.get_command(build())\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=variables(), check=True)
    assert set(json.loads(done.stdout)) & HEAVY == set()


def test_the_version_is_the_package_s():
    import govern as package

    assert govern("--version").ended(0).out.strip() == f"govern {package.__version__}"


def test_without_a_word_it_shows_help_and_is_a_usage_error():
    ran = govern().ended(2)
    assert "Commands:" in ran.err
