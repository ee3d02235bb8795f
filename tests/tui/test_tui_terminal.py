"""Under a real pseudo-terminal: no passphrase in any byte, first paint, key codes, PageDown, and a terminal given back."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tui.kit_tui import PASSPHRASE, Bench
from tui.terminal import CLI, Terminal

from govern_tui import RECORDING_VARIABLES

CRASH = """
import sys, os
import govern_tui; govern_tui.forget_recording()
from govern.workflow.workspace import Workspace
from govern_tui.dialogs.signing import SigningDialog
def sign(self):
    typed = self.query_one('#passphrase').value
    raise RuntimeError('could not sign with ' + typed)
SigningDialog.sign = sign
sys.exit(govern_tui.run(Workspace.open()))
"""
LONG = """
import sys, os, resource
import govern_tui; govern_tui.forget_recording()
from dataclasses import replace
from govern.workflow.workspace import Workspace
from govern_tui.app import GovernApp
from govern_tui.workflow_desk import WorkflowDesk
class LongDesk(WorkflowDesk):
    def size(self): return int(sys.argv[1])
    def log(self, start, limit, *, kinds=(), text=''):
        row = super().log(0, 1)[0]
        return tuple(replace(row, index=index) for index in range(start, min(start + limit, self.size())))
    def entry(self, index): return super().entry(0)
app = GovernApp(LongDesk(Workspace.open()))
app.remembered.page = 'ledger'
app.run()
print('peak', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
F10, PAGE_DOWN, ALT_G, SHIFT_HOME, CTRL_C = "\x1b[21~", "\x1b[6~", "\x1bg", "\x1b[1;2H", "\x03"
OSC_52 = b"\x1b]52;"

Open = Callable[..., Terminal]


@pytest.fixture
def terminal(bench: Bench) -> Iterator[Open]:
    opened: list[Terminal] = []

    def start(code: str, *arguments: str, **environment: str) -> Terminal:
        bench.ws.close()
        places = {"GOVERN_HOME": str(bench.folder / "home"), "GOVERN_WORKSPACE": str(bench.folder)}
        opened.append(Terminal(code, *arguments, environment={**places, **environment}))
        return opened[-1]

    yield start
    for one in opened:
        one.close()


def sign(window: Terminal, passphrase: str) -> None:
    """Open the first dossier and type into the dialog, with the keys that once copied a password."""
    window.until("READ-WRITE")
    window.until(" due")
    window.quiet()
    window.send("4")
    window.until("Queue")
    window.send("\r")
    window.until("Summary")
    window.quiet()
    window.send("a")
    window.until("Passphrase")
    window.quiet(0.8)
    for letter in passphrase:
        window.send(letter)
    window.quiet()
    window.send(SHIFT_HOME + CTRL_C)
    window.quiet()


def test_a_canary_passphrase_is_in_no_byte_that_leaves_the_process(bench: Bench, terminal: Open, tmp_path: Path) -> None:
    log = tmp_path / "textual.log"
    window = terminal(CLI, "tui", **dict.fromkeys(RECORDING_VARIABLES, "1") | {"TEXTUAL_LOG": str(log), "TEXTUAL": "debug,devtools"})
    sign(window, PASSPHRASE)
    window.send("\r")
    window.until("Signed")
    window.quiet()
    window.send("@")
    window.until("govern review approve")
    window.send("\x1b")
    window.quiet()
    window.send("q")
    assert window.ends() == 0
    assert PASSPHRASE.encode() not in window.output
    assert OSC_52 not in window.output
    assert not log.exists()
    for file in (bench.folder).rglob("*"):
        if file.is_file() and file.stat().st_size < 10_000_000:
            assert PASSPHRASE.encode() not in file.read_bytes(), file
    assert bench.ws.ledger.entry(bench.ws.ledger.size - 1).fact.action == "approve"
    assert window.restored


def test_after_a_crash_the_terminal_is_given_back_and_nothing_typed_is_shown(terminal: Open) -> None:
    window = terminal(CRASH)
    sign(window, PASSPHRASE)
    window.send("\r")
    assert window.ends() == 4
    assert b"RuntimeError" in window.output
    assert PASSPHRASE.encode() not in window.output
    assert b"could not sign" not in window.output
    assert window.restored


def test_key_codes_of_a_terminal_arrive(terminal: Open) -> None:
    window = terminal(CLI, "tui")
    window.until("READ-WRITE")
    window.quiet()
    for keys, seen in ((F10, "Read again"), ("\x1b", ""), (ALT_G, "Keys and people"), ("\x1b", ""), ("\x1bOR", "newest first"), ("?", "Everywhere"), ("\x1b", "")):
        window.send(keys)
        if seen:
            window.until(seen)
        window.quiet()
    window.send("\x11")
    assert window.ends() == 0
    assert window.restored


@pytest.mark.slow
@pytest.mark.parametrize("size", ["1000000"])
def test_a_million_entries_scroll_like_a_thousand_and_take_no_more_memory(terminal: Open, size: str) -> None:
    figures = {}
    for rows in ("1000", size):
        window = terminal(LONG, rows)
        painted = window.until("newest first")
        window.quiet()
        taken = []
        for _ in range(30):
            window.send(PAGE_DOWN)
            taken.append(window.until("trust-root", 10))
            window.quiet(0.05)
        window.send("q")
        window.ends()
        peak = int(window.output.split(b"peak ")[1].split()[0])
        figures[rows] = (painted, sorted(taken)[len(taken) // 2], peak)
    (painted, paged, peak), (painted_long, paged_long, peak_long) = figures["1000"], figures[size]
    assert painted_long < painted * 3 + 1
    assert paged_long < paged * 4 + 0.05
    assert peak_long < peak * 1.2


def test_without_a_terminal_it_says_what_to_do(bench: Bench) -> None:
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", CLI, "tui"], input="", capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "GOVERN_WORKSPACE": str(bench.folder), "GOVERN_HOME": str(bench.folder / "home")},
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "Traceback" not in done.stderr
