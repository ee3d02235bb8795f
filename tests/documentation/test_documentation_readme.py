"""The README is true: its commands run in their order with their exit codes, its links lead somewhere, its promise is whole."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROMISES = (
    "With a trusted checkpoint, any changed, removed, inserted or reordered entry is detected and located.",
    "Two checkpoints of one origin are provably consistent, or are proof of misbehaviour.",
    "An acknowledged entry survives a killed process and a power cut, if the disk honours fsync.",
    "One entry can be verified offline from its envelope, its proof and a policy file.",
    "Who signed, under which trust root, at which position, between which two anchors.",
    ("Not promised: that a claim is true; that all was submitted; the tail after the last outside anchor against one who holds"
    " both database and log key; confidentiality."),
)


@pytest.fixture(scope="module")
def readme(repository: Path) -> str:
    return (repository / "README.md").read_text()


def commands(readme: str) -> list[tuple[str, int]]:
    """Command and exit code of every line of the section “By hand”."""
    section = readme.partition("## By hand")[2].partition("\n## ")[0]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert block is not None
    found = []
    for line in block[1].splitlines():
        command, _, comment = line.partition(" #")
        code = re.search(r"exit code (\d+)", comment)
        found.append((command.strip(), int(code[1]) if code else 0))
    return found


@pytest.mark.timeout(900)
def test_commands_by_hand_run_and_end_as_they_say(repository: Path, readme: str, tmp_path: Path):
    work = tmp_path / "user"
    work.mkdir()
    shutil.copytree(repository / "sample_data", work / "sample_data", ignore=shutil.ignore_patterns("__pycache__"))
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery staple\n")
    secret.chmod(0o600)
    environment = {
        **os.environ, "GOVERN_HOME": str(tmp_path / "home"), "GOVERN_PASSPHRASE_FILE": str(secret),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    for command, code in commands(readme):
        words = shlex.split(command)
        if words[0] == "govern":
            words = [sys.executable, "-m", *words]
        done = subprocess.run(words, cwd=work, env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == code, f"{command}\nended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert (work / "credit-2.pdf").read_bytes().startswith(b"%PDF-")


def test_readme_shows_both_refusals(readme: str):
    assert [code for _, code in commands(readme)].count(1) == 2


def test_links_and_pictures_are_there(repository: Path, readme: str):
    targets = re.findall(r"\]\(([^)#]+)\)", readme)
    assert targets
    assert [target for target in targets if not target.startswith("http") and not (repository / target).exists()] == []


@pytest.mark.parametrize("promise", PROMISES, ids=range(len(PROMISES)))
def test_promise_is_word_for_word(readme: str, promise: str):
    assert promise in " ".join(readme.split())


def test_make_knows_what_the_documents_name(repository: Path, readme: str):
    makefile = (repository / "Makefile").read_text()
    named = re.findall(r"`make ([a-z]+)`|^make ([a-z]+)", readme + (repository / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    for target in {first or second for first, second in named}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
