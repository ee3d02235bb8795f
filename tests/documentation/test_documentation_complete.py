"""Every command has help and stands in a README; every exit code and every key of the configuration is explained."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main
from pydantic import BaseModel

from govern.cli.app import build
from govern.errors import ExitCode
from govern.workflow.place.config import Config, template

Command = Any
"""Of the click that Typer carries with it: no public type."""


def walk(command: Command, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Command]]:
    """Every command and group with the words that call it."""
    found = [(path, command)]
    for name, child in getattr(command, "commands", {}).items():
        found += walk(child, (*path, name))
    return found


COMMANDS = walk(typer.main.get_command(build()))


@pytest.mark.parametrize(("path", "command"), COMMANDS, ids=[" ".join(path) or "govern" for path, _ in COMMANDS])
def test_every_command_and_option_has_help(path: tuple[str, ...], command: Command):
    del path
    assert (command.help or "").strip()
    without = [
        option.name for option in command.params if option.param_type_name == "option" and not (getattr(option, "help", "") or "").strip()
    ]
    assert without == []


@pytest.mark.parametrize("path", [path for path, _ in COMMANDS if path], ids=" ".join)
def test_every_command_stands_in_the_command_lines_readme(repository: Path, path: tuple[str, ...]):
    words = (repository / "govern" / "cli" / "README.md").read_text()
    rows = [line for line in words.splitlines() if line.startswith(f"| `govern {path[0]}")]
    assert rows, f"govern {path[0]} is not in the table"
    assert len(path) == 1 or any(re.search(rf"\b{path[1]}\b", row.split("|")[1]) for row in rows), " ".join(path)


def test_help_runs_from_the_outside(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "govern", "--help"], capture_output=True, text=True, timeout=60, cwd=tmp_path, env={**os.environ, "COLUMNS": "100"}
    )
    assert done.returncode == 0
    assert done.stderr == ""
    assert all(path[0] in done.stdout for path, _ in COMMANDS if path)


def test_every_exit_code_is_explained(repository: Path):
    rows = re.findall(r"^\| (\d+) \| ", (repository / "README.md").read_text(), re.MULTILINE)
    assert [int(row) for row in rows] == sorted(code.value for code in ExitCode)


def keys(model: type[BaseModel]) -> list[str]:
    found = []
    for name, field in model.model_fields.items():
        found.append(field.alias or name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found += keys(field.annotation)
    return found


@pytest.mark.parametrize("key", sorted(set(keys(Config))))
def test_every_configuration_key_is_in_the_file_that_init_writes_and_in_the_readme(repository: Path, key: str):
    written = template("example", "sqlite:///ledger.db")
    assert re.search(rf"\b{key}\b", written), f"{key} is not in what `govern init` writes"
    table = (repository / "govern" / "workflow" / "README.md").read_text()
    assert re.search(rf"[`.]{key}\b", table), f"{key} is not in govern/workflow/README.md"
