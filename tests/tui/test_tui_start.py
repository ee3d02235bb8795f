"""Starting: the first page is painted before what reads a ledger is loaded; keys are kept, and nothing is claimed meanwhile."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from textual.widgets import Input
from tui.kit_tui import Bench, press, settled
from tui.terminal import CLI, ROOTS, Terminal

from govern.errors import StorageError
from govern_tui.app import GovernApp
from govern_tui.desk import Desk
from govern_tui.late_desk import LateDesk
from govern_tui.widgets.rowtable import RowTable
from govern_tui.workflow_desk import WorkflowDesk

SIZE = (120, 34)
LATER = (
    "govern.store.ledger", "govern.lineage.folding", "govern.policy", "govern.workflow.read.reading", "govern.workflow.packs.packing",
    "govern_tui.workflow_desk", "govern_tui.pages.review", "govern_tui.dialogs", "sqlalchemy", "textual_plotext", "numpy",
)
"""What reads, decides and draws charts, and what no page shows at first."""


class Slow:
    """A desk that is made when `go` is set."""

    def __init__(self, bench: Bench) -> None:
        self.go, self.asked = threading.Event(), threading.Event()
        self.late = LateDesk(bench.ws, self.make)
        self._ws = bench.ws
        self.app = GovernApp(self.late, state_file=bench.folder / "home" / "tui-state.json", painted=self.late.painted)

    def make(self) -> Desk:
        self.asked.set()
        assert self.go.wait(60)
        return WorkflowDesk(self._ws)


def test_what_paints_loads_nothing_that_reads() -> None:
    said = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {ROOTS!r}; import govern_tui.start, json; print(json.dumps(sorted(sys.modules)))"],
        capture_output=True, text=True, check=True,
    )
    assert set(LATER) & set(json.loads(said.stdout)) == set()


async def test_nothing_is_loaded_before_the_first_page_is_painted(bench: Bench) -> None:
    slow, seen = Slow(bench), []
    painted = slow.late.painted

    def note() -> None:
        seen.append((slow.asked.is_set(), [table.region.area > 0 for table in slow.app.screen.query(RowTable)][:1]))
        painted()

    slow.app._painted = note
    slow.go.set()
    async with slow.app.run_test(size=SIZE) as pilot:
        await settled(pilot)
    assert seen == [(False, [True])]


async def test_until_it_is_loaded_nothing_is_claimed_and_keys_are_kept(bench: Bench) -> None:
    slow = Slow(bench)
    async with slow.app.run_test(size=SIZE) as pilot:
        while not slow.asked.is_set():
            await pilot.pause(0.01)
        lines = {table.render_line(1).text.strip() for table in slow.app.screen.query(RowTable)}
        assert lines - {""} == {"Reading …"}
        banner = str(slow.app.screen.query_one("#banner").visual)
        assert "… due" in banner
        assert "not verified" in banner
        for key in ("f11", "4", "a", "2", "slash"):
            await pilot.press(key)
        assert isinstance(slow.app.focused, Input)
        for letter in "kind:model":
            await pilot.press("colon" if letter == ":" else letter)
        await pilot.press("enter")
        slow.go.set()
        await settled(pilot)
        assert slow.app.page_name == "ledger"
        assert len(slow.app.page.table.source) == 3
        await press(pilot, "4")
        assert "Reading" not in str(slow.app.screen.query_one("#banner").visual)
        assert len(slow.app.page.query_one("#queue", RowTable).source)
        assert len(slow.app.screen_stack) == 1, "no key was kept for a dialog that nobody saw"


async def test_a_desk_that_could_not_be_made_is_said_and_made_again(bench: Bench) -> None:
    gone = threading.Event()
    gone.set()

    def make() -> Desk:
        if gone.is_set():
            raise StorageError("the disk is gone", "Bring it back.")
        return WorkflowDesk(bench.ws)

    late = LateDesk(bench.ws, make)
    late.painted()
    app = GovernApp(late)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert "DATABASE LOST" in str(app.query_one("#banner").visual)
        gone.clear()
        await press(pilot, "f11")
        assert "READ-WRITE" in str(app.query_one("#banner").visual)


def test_before_it_is_loaded_it_says_what_the_loaded_one_says(bench: Bench) -> None:
    def never() -> Desk:
        raise AssertionError

    late, desk = LateDesk(bench.ws, never), WorkflowDesk(bench.ws)
    for name in ("title", "stages", "writable"):
        assert getattr(late, name) == getattr(desk, name)
    for name in ("now", "place", "exports", "catching_up", "reopen", "close"):
        assert getattr(late, name)() == getattr(desk, name)()


@pytest.mark.parametrize(("text", "says"), [("", b"is missing"), ('schema = "govern/config/v1"\norigin = 3', b"origin"), ("not toml", b"config.toml")])
def test_a_workspace_that_is_none_ends_before_the_screen_changes(bench: Bench, text: str, says: bytes) -> None:
    config = bench.folder / ".govern" / "config.toml"
    config.write_text(text, encoding="utf-8") if text else config.unlink()
    window = started(bench.folder, bench.folder / "home")
    try:
        assert window.ends() == 2
        assert says in window.output
        assert b"\x1b[?1049h" not in window.output
    finally:
        window.close()


def test_who_leaves_at_once_leaves_at_once(bench: Bench) -> None:
    window = started(bench.folder, bench.folder / "home")
    try:
        window.until("READ-WRITE")
        window.send("q")
        assert window.ends() == 0
        assert window.restored
    finally:
        window.close()


def started(folder: Path, home: Path) -> Terminal:
    return Terminal(CLI, "tui", environment={"GOVERN_HOME": str(home), "GOVERN_WORKSPACE": str(folder)})
