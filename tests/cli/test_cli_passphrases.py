"""Where passphrases come from, and that they never come from the command's words."""

import os
import pty
import select
import signal
import sys
import time
from pathlib import Path

import pytest
from cli.runner import PASSPHRASE, finished, govern, process, variables

from govern.cli.passphrases import LIMIT, source
from govern.errors import SigningKeyError, UsageError


def descriptor(content: bytes) -> int:
    """A descriptor from which `content` can be read."""
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    return reading


def test_one_line_is_for_every_key():
    ask = source(descriptor(b"open sesame\n"))
    assert (ask("root"), ask("pipeline")) == ("open sesame", "open sesame")


def test_lines_with_names_are_for_those_keys():
    ask = source(descriptor(b"root: one\npipeline: two: three \n"))
    assert (ask("root"), ask("pipeline")) == ("one", "two: three ")
    with pytest.raises(SigningKeyError, match="“other”"):
        ask("other")


@pytest.fixture
def kept():
    """The real `keyring` package over a memory of our own instead of a desktop's: what it keeps for govern."""
    keyring = pytest.importorskip("keyring", reason="keyring is not installed (pip install 'govern[keyring]')")
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        priority = 1

        def __init__(self):
            super().__init__()
            self.passwords = {}

        def get_password(self, service, username):
            if username == "locked":
                raise keyring.errors.KeyringLocked
            return self.passwords.get((service, username))

        def set_password(self, service, username, password):
            self.passwords[service, username] = password

        def delete_password(self, service, username):
            del self.passwords[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    yield keyring
    keyring.set_keyring(before)


def test_the_keyring_of_the_system_opens_keys(kept, place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("GOVERN_PASSPHRASE_FILE")
    for name in ("pipeline", "root"):
        kept.set_password("govern", name, PASSPHRASE)
    govern("record", "system", "x", "--purpose", "p", "--owner", "o").ended(0)
    ask = source(None)
    assert ask("root") == PASSPHRASE
    for name in ("unknown", "locked"):
        with pytest.raises(SigningKeyError, match="no terminal"):
            ask(name)
    with pytest.raises(SigningKeyError, match="no terminal"):
        source(None, creating=lambda _: True)("root")
    assert source(descriptor(b"handed in\n"))("root") == "handed in"


def test_the_file_of_the_environment_is_read_when_a_key_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GOVERN_PASSPHRASE_FILE", str(tmp_path / "later"))
    ask = source(None)
    (tmp_path / "later").write_text("from the file\n")
    assert ask("root") == "from the file"


def test_the_descriptor_comes_before_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "file").write_text("from the file\n")
    monkeypatch.setenv("GOVERN_PASSPHRASE_FILE", str(tmp_path / "file"))
    assert source(descriptor(b"from the descriptor"))("root") == "from the descriptor"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "holds no passphrase"), (b"root: one\nnot so\n", "line 2"), (b"\xff\xfe\n", "UTF-8"),
        (b"x" * (LIMIT + 1), "more than"),
    ],
)
def test_what_is_not_a_list_of_passphrases_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, says: str):
    (tmp_path / "file").write_bytes(content)
    monkeypatch.setenv("GOVERN_PASSPHRASE_FILE", str(tmp_path / "file"))
    with pytest.raises(UsageError, match=says):
        source(None)("root")


def test_a_descriptor_that_is_not_open_is_named():
    with pytest.raises(UsageError, match="descriptor 987"):
        source(987)("root")


def test_an_empty_passphrase_makes_no_key():
    with pytest.raises(UsageError, match="empty"):
        source(descriptor(b"root: \n"), creating=lambda _: True)("root")


def test_without_a_terminal_it_says_where_else_they_come_from(place: Path):
    started = process(
        "record", "system", "x", "--purpose", "p", "--owner", "o", folder=place, environment={"GOVERN_PASSPHRASE_FILE": ""},
        stdin=None, start_new_session=True,
    )
    ran = finished(started).ended(4)
    assert "--passphrase-fd" in ran.err
    assert "GOVERN_PASSPHRASE_FILE" in ran.err
    govern("verify").ended(0)


def on_terminal(words: list[str], answers: list[str], folder: Path) -> tuple[int, str]:
    """Run a command on a terminal of its own and answer its questions; return its exit code and all it showed."""
    child, terminal = pty.fork()
    if child == 0:  # pragma: no cover - the child
        os.chdir(folder)
        os.execve(sys.executable, [sys.executable, "-m", "govern", *words], variables({"GOVERN_PASSPHRASE_FILE": ""}))
    shown = ""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        ready, _, _ = select.select([terminal], [], [], 1)
        if not ready:
            continue
        try:
            part = os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            break
        shown += part
        if part.rstrip(" ").endswith((":", "[y/N]")) and answers:
            os.write(terminal, answers.pop(0).encode() + b"\n")
    else:
        os.kill(child, signal.SIGKILL)  # it waits for an answer that nobody gives
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown


def test_the_prompt_asks_twice_for_a_new_key_and_shows_nothing(place: Path):
    code, shown = on_terminal(["key", "new", "mine"], ["secret-word", "secret-word"], place)
    assert code == 0, shown
    assert "secret-word" not in shown
    code, shown = on_terminal(["key", "new", "other"], ["secret-word", "another-word"], place)
    assert code == 2
    assert "differ" in shown
    assert "other" not in govern("key", "list").out


def test_the_prompt_asks_once_for_a_known_key(place: Path):
    words = ["record", "system", "x", "--purpose", "p", "--owner", "o"]
    code, shown = on_terminal(words, [PASSPHRASE], place)
    assert code == 0, shown
    assert shown.count("Passphrase of the key “pipeline”") == 1


def test_a_wrong_passphrase_is_refused_and_writes_nothing(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = govern("checkpoint").out
    (tmp_path / "wrong").write_text("not it\n")
    monkeypatch.setenv("GOVERN_PASSPHRASE_FILE", str(tmp_path / "wrong"))
    ran = govern("record", "system", "x", "--purpose", "p", "--owner", "o").ended(1)
    assert "passphrase" in ran.err
    assert govern("checkpoint").out == before


