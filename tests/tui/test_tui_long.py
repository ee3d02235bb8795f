"""A ledger so long that reading it takes a while: nothing is claimed meanwhile, and another process reads it."""

import subprocess
import sys
import threading
from time import sleep

import pytest
from tui.kit_tui import Bench, lengthen, press, settled

from govern.errors import StorageError
from govern.lineage.snapshot import BATCH, TOGETHER, latest
from govern.store.read_tables import ReadTables
from govern.workflow.place.folded import LedgerSource, rows_path
from govern.workflow.read import ahead
from govern.workflow.read.ahead import Ahead
from govern_tui.widgets.rowtable import RowTable

SIZE = (120, 34)


def kept(bench: Bench) -> int:
    """Entries folded into kept rows."""
    found = latest(ReadTables(rows_path(bench.ws.home, bench.ws.config.origin)))
    return 0 if found is None else found.size


def forget(bench: Bench) -> None:
    """A machine on which this ledger was never read."""
    for file in rows_path(bench.ws.home, bench.ws.config.origin).parent.glob("*"):
        file.unlink()


def first_lines(app: object) -> list[str]:
    """What stands where the first row would."""
    return [table.render_line(1).text.strip() for table in app.screen.query(RowTable)]


def ledger_tile(app: object) -> RowTable:
    """What the dashboard says of the ledger, a line a fact."""
    return app.screen.query_one("#ledger-tile", RowTable)


async def test_until_it_is_read_no_page_says_that_there_is_nothing(bench: Bench) -> None:
    app, go_on = bench.app(), threading.Event()
    status = app.desk.status

    def slow() -> object:
        assert go_on.wait(60)
        return status()

    app.desk.status = slow
    async with app.run_test(size=SIZE) as pilot:
        while not len(app.screen.query("#ledger-tile")) or not len(ledger_tile(app).source):
            await pilot.pause(0.02)
        assert "last append" in ledger_tile(app).render_line(1).text
        assert {line for line in first_lines(app) if "last append" not in line} == {"Reading …"}
        assert "… due" in str(app.screen.query_one("#banner").visual)
        go_on.set()
        await settled(pilot)
        assert "Reading …" not in first_lines(app)
        assert "… due" not in str(app.screen.query_one("#banner").visual)


async def test_what_could_not_be_read_is_not_called_empty(bench: Bench) -> None:
    app = bench.app()

    def lost() -> object:
        raise StorageError("the disk is gone", "Bring it back.")

    app.desk.status = lost
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert {line for line in first_lines(app) if "last append" not in line} == {"Not read: the disk is gone"}
        assert "DATABASE LOST" in str(app.screen.query_one("#banner").visual), "that the end of the ledger could be read is not enough"
        assert "… due" in str(app.screen.query_one("#banner").visual)


async def test_a_long_ledger_is_folded_and_indexed_by_other_processes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(bench)
    monkeypatch.setattr("govern_tui.app.LOOK_EVERY", 0.01)  # so few entries are read in a moment
    app, here = bench.app(), []
    app.desk._folding, app.desk._indexing = Ahead("state", few=0), Ahead("entries", few=0)

    def entries(source: LedgerSource, start: int = 0, stop: int | None = None) -> object:
        here.extend(range(start, source.size if stop is None else stop))
        return iter(())

    monkeypatch.setattr(LedgerSource, "entries", entries)
    async with app.run_test(size=SIZE) as pilot:
        seen = ""
        while app.page is None or app.page.status is None:
            seen += str(app.screen.query_one("#keybar").visual)
            await pilot.pause(0.02)
        assert f"reading {bench.ws.ledger.size} entries" in seen
        assert f"{bench.ws.ledger.size}" in ledger_tile(app).render_line(0).text
        assert kept(bench) == bench.ws.ledger.size
        await press(pilot, "2")
        app.page.set_filter("kind:model")
        await settled(pilot)
        assert len(app.page.table.source) == 3
        assert "reading" not in str(app.screen.query_one("#keybar").visual)
    assert not here


async def test_where_no_process_can_be_started_the_ledger_is_read_here(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(bench)
    app = bench.app()
    app.desk._folding = Ahead("state", few=0)
    monkeypatch.setattr(ahead.sys, "executable", "/nowhere/python")
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert app.page.status.size == bench.ws.ledger.size


@pytest.mark.slow
def test_a_process_that_is_killed_on_its_way_is_followed_by_another(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    size = TOGETHER * BATCH + 1_000  # something is kept on the way only where there is more than is written at once
    lengthen(bench, size)
    forget(bench)
    started, popen = [], subprocess.Popen

    def start(*words: object, **how: object) -> "subprocess.Popen[bytes]":
        started.append(popen(*words, **how))
        if len(started) == 1:
            while not kept(bench) and started[0].poll() is None:
                sleep(0.005)
            started[0].kill()
        return started[-1]

    monkeypatch.setattr(ahead.subprocess, "Popen", start)
    Ahead("state", few=0).catch_up(bench.ws)
    assert [one.returncode for one in started] == [-9, 0]
    assert kept(bench) == size


def test_a_process_that_reads_nothing_is_not_followed_by_others(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(bench)
    started, popen = [], subprocess.Popen

    def start(*_: object, **how: object) -> "subprocess.Popen[bytes]":
        started.append(popen([sys.executable, "-c", "raise SystemExit(3)"], **how))
        return started[-1]

    monkeypatch.setattr(ahead.subprocess, "Popen", start)
    Ahead("state", few=0).catch_up(bench.ws)
    assert len(started) == 1


def test_the_process_ends_with_whoever_started_it(bench: Bench) -> None:
    forget(bench)
    home = bench.ws.home
    command = [sys.executable, "-m", "govern.workflow.read.ahead", "state", *map(str, (bench.ws.folder, home.keys, home.checkpoint_folder))]
    assert subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 1
    assert kept(bench) == 0
