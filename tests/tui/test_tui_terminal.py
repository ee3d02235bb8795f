"""Under a real pseudo-terminal: no passphrase in any byte, first paint, key codes, PageDown, and a terminal given back."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from benchmarks import large_ledger
from tui.kit_tui import PASSPHRASE, Bench, lengthen
from tui.terminal import CLI, Terminal

from govern_tui import RECORDING_VARIABLES

CRASH = """
import sys, os
import govern_tui; govern_tui.forget_recording()
from govern.workflow.place.workspace import Workspace
from govern_tui.dialogs.signing import SigningDialog
def sign(self):
    typed = self.query_one('#passphrase').value
    raise RuntimeError('could not sign with ' + typed)
SigningDialog.sign = sign
sys.exit(govern_tui.run(Workspace.open()))
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
    for keys, seen in ((F10, "Read again"), ("\x1b", ""), (ALT_G, "Keys and people"), ("\x1b", ""), ("\x1bOR", "newest first"), ("?", "Every entry, filtered"), ("\x1b", "")):
        window.send(keys)
        if seen:
            window.until(seen)
        window.quiet()
    window.send("\x11")
    assert window.ends() == 0
    assert window.restored


def paged(window: Terminal, times: int = 30) -> dict[str, float]:
    """Seconds from PageDown to the first byte of the new rows: the median of so many, and what 95 of 100 keep."""
    taken = []
    for _ in range(times):
        window.send(PAGE_DOWN)
        taken.append(window.until("pipeline", 30))
        window.quiet(0.05)
    taken.sort()
    return {"page": taken[len(taken) // 2], "page95": taken[int(0.95 * len(taken))]}


def scrolled(open_: Open, entries: int, **places: str) -> tuple[Terminal, dict[str, float]]:
    """The application on its ledger page, how long painting, opening and PageDown took, and the most memory that it held."""
    start = monotonic()
    window = open_(CLI, "tui", **places)
    window.until("READ-WRITE")
    painted = monotonic() - start
    window.until("newest first")
    opened = monotonic() - start
    window.quiet()
    found = {"painted": painted, "opened": opened, **paged(window), "peak": window.peak(), "entries": entries}
    print({name: round(value, 3) for name, value in found.items()})
    return window, found


def folding(window: Terminal, entries: int) -> dict[str, float]:
    """PageDown while another process folds the ledger for the dashboard, and the memory when that is done."""
    window.send("1")
    window.until(f"reading {entries:,}")
    window.send("2")
    window.until("newest first")
    page = paged(window, 10)
    start = monotonic()
    window.send("1")
    window.until("not anchored", 3600)
    found = {**page, "complete": monotonic() - start, "peak": window.peak()}
    print({name: round(value, 3) for name, value in found.items()})
    return found


def left(window: Terminal) -> None:
    """Quit."""
    window.send("q")
    assert window.ends() == 0


def compare(short: dict[str, float], long: dict[str, float], busy: dict[str, float]) -> None:
    """Hold the longer against the shorter one: ratios only."""
    assert long["entries"] > 5 * short["entries"]
    assert long["painted"] < short["painted"] * 2, "the first page is painted before anything is read"
    assert long["opened"] < short["opened"] * 2, "opening reads as much as the screen shows"
    assert long["page"] < short["page"] * 3
    assert busy["page"] < long["page"] * 4, "another process folds"
    assert long["peak"] < short["peak"] * 1.2
    assert busy["peak"] < short["peak"] * 1.5


def test_a_longer_signed_ledger_scrolls_like_a_short_one_even_while_it_is_folded(bench: Bench, terminal: Open) -> None:
    (bench.folder / "home" / "tui-state.json").write_text(json.dumps({"govern/test": {"page": "ledger"}}), encoding="utf-8")
    for file in (bench.folder / "home" / "read-tables").glob("*"):
        file.unlink()
    lengthen(bench, 1_000)
    window, short = scrolled(terminal, bench.ws.ledger.size)
    left(window)
    lengthen(bench, 8_000)
    window, long = scrolled(terminal, size := bench.ws.ledger.size)
    busy = folding(window, size)
    left(window)
    compare(short, long, busy)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_million_signed_entries_scroll_like_a_thousand_and_take_no_more_memory(bench: Bench, terminal: Open, tmp_path: Path) -> None:
    state = json.dumps({origin: {"page": "ledger"} for origin in ("govern/test", large_ledger.ORIGIN)})
    (bench.folder / "home" / "tui-state.json").write_text(state, encoding="utf-8")
    lengthen(bench, 1_000)
    window, short = scrolled(terminal, bench.ws.ledger.size)
    left(window)
    large = Path(os.environ.get("GOVERN_BENCH_WORKSPACE") or tmp_path / "large")
    if not large.exists():
        large_ledger.make(large, 1_000_000)[0].close()
    home = large_ledger.lent(large, tmp_path / "home")
    (home / "tui-state.json").write_text(state, encoding="utf-8")
    window, long = scrolled(terminal, 1_000_000, GOVERN_HOME=str(home), GOVERN_WORKSPACE=str(large))
    busy = folding(window, 1_000_000)
    left(window)
    compare(short, long, {**busy, "peak": long["peak"]})  # what the state of ten thousand models takes is not the table's


def test_without_a_terminal_it_says_what_to_do(bench: Bench) -> None:
    import subprocess

    done = subprocess.run(
        [sys.executable, "-c", CLI, "tui"], input="", capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "GOVERN_WORKSPACE": str(bench.folder), "GOVERN_HOME": str(bench.folder / "home")},
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "Traceback" not in done.stderr


def kept(bench: Bench) -> str:
    """The page that the next start takes up."""
    return json.loads((bench.folder / "home" / "tui-state.json").read_text(encoding="utf-8"))["govern/test"]["page"]


def on_the_ledger(terminal: Open) -> Terminal:
    window = terminal(CLI, "tui")
    window.until(" due")
    window.quiet()
    window.send("2")
    window.until("newest first")
    window.quiet()
    return window


def test_told_to_end_it_keeps_where_one_was_and_gives_the_terminal_back(bench: Bench, terminal: Open) -> None:
    window = on_the_ledger(terminal)
    os.kill(window.pid, signal.SIGTERM)
    assert window.ends() == 130
    assert window.restored
    assert kept(bench) == "ledger"


def test_a_line_that_drops_leaves_where_one_was(bench: Bench, terminal: Open) -> None:
    window = on_the_ledger(terminal)
    os.kill(window.pid, signal.SIGHUP)
    assert window.ends() == -signal.SIGHUP
    assert kept(bench) == "ledger"
