"""stdout is data, stderr is talk; nobody's going away, no full disk and no odd terminal turns an answer around."""

import os
import re
from pathlib import Path

import pytest
from cli.runner import finished, govern, process

READING = [
    ["status"], ["log"], ["show", "#0"], ["verify"], ["proof", "0"], ["checkpoint"], ["key", "list"], ["trust", "show"], ["review", "list"],
    ["policy", "show"], ["schema"], ["schema", "model"], ["doctor"],
]


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_json_is_one_document_and_nothing_else(place: Path, words: list[str]):
    ran = govern(*words, "--json")
    assert ran.code in {0, 4} if words == ["doctor"] else ran.code == 0
    assert ran.document["schema"].startswith("govern/")


@pytest.mark.parametrize("words", READING, ids=" ".join)
def test_people_get_no_escape_codes_where_stdout_is_no_terminal(place: Path, words: list[str]):
    ran = govern(*words)
    assert "\x1b" not in ran.out + ran.err
    assert ran.out.strip()


def test_the_order_of_words_does_not_matter_to_the_workspace(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert govern("--workspace", place, "checkpoint").ended(0).out == govern("checkpoint", "--workspace", place).ended(0).out


def test_a_reader_that_goes_away_is_no_error(place: Path):
    reading, writing = os.pipe()
    os.close(reading)
    started = process("log", folder=place, stdout=writing)
    os.close(writing)
    ran = finished(started).ended(0)
    assert ran.err == ""


def test_a_full_disk_below_stdout_is_an_error(place: Path):
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        ran = finished(process("log", folder=place, stdout=full)).ended(4)
    assert "No space left" in ran.err
    assert "Exception ignored" not in ran.err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_the_glyphs_gets_escapes(place: Path, encoding: str):
    ran = finished(process("verify", folder=place, environment={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})).ended(0)
    assert "\\u2713" in ran.out


def test_no_colour_where_nobody_wants_it(place: Path):
    import pty

    def shown(**more: str) -> str:
        leader, follower = pty.openpty()
        started = process("log", folder=place, stdout=follower, environment={"TERM": "xterm", **more})
        os.close(follower)
        text = b""
        while True:
            try:
                part = os.read(leader, 4096)
            except OSError:
                break
            if not part:
                break
            text += part
        started.wait(timeout=60)
        os.close(leader)
        finished(started)
        return text.decode()

    assert re.search("\x1b\\[", shown())
    assert "\x1b" not in shown(NO_COLOR="1")
    assert "\x1b" not in shown(TERM="dumb")


def test_the_application_needs_a_terminal(place: Path):
    ran = govern("tui").ended(2)
    assert "needs a terminal" in ran.err
