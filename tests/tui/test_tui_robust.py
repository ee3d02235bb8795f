"""What goes wrong in a day: a lost database, a job that is stopped, a bad settings file, sizes, a read-only workspace."""

import shutil
import sqlite3
import threading
from pathlib import Path
from time import sleep

import pytest
from textual.widgets import ContentSwitcher
from textual.worker import WorkerFailed
from tui.kit_tui import PASSPHRASE, Bench, asks, dialog, press, review, settled

from govern.errors import DocumentError, Interrupted
from govern.workflow.read import waiting
from govern.workflow.review import reviewing
from govern_tui.actions import PAGES
from govern_tui.crash import account
from govern_tui.desk import Wanted
from govern_tui.settings import read_settings, read_state
from govern_tui.text import LOOK, VERDICTS
from govern_tui.widgets.rowtable import RowTable

SIZE = (120, 34)


@pytest.mark.parametrize("size", [(60, 16), (70, 24), (80, 24), (100, 30), (300, 80)])
async def test_every_page_can_be_drawn_at_every_size(bench: Bench, size: tuple[int, int]) -> None:
    app = bench.app()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        for page in PAGES:
            await app.go(page.id)
            await settled(pilot)
            assert app.page is not None
            assert app.page.region.width == size[0]
            assert app.page.panes(), page.id
            assert app.query_one("#banner").region.height == 1


async def test_a_terminal_that_is_too_small_says_so_and_comes_back(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=(50, 12)) as pilot:
        await settled(pilot)
        assert app.query_one("#too-small").region.area > 0
        assert app.query_one("#pages").region.area == 0
        await pilot.resize_terminal(*SIZE)
        await settled(pilot)
        assert app.query_one("#too-small").region.area == 0
        assert app.query_one("#pages", ContentSwitcher).region.area > 0


async def test_pages_are_mounted_when_first_opened_and_only_one_is_enabled(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert len(app.query("#pages > *")) == 1
        for page in PAGES:
            await app.go(page.id)
        await settled(pilot)
        pages = list(app.query("#pages > *"))
        assert len(pages) == len(PAGES)
        assert [page.NAME for page in pages if not page.disabled] == [PAGES[-1].id]


async def test_a_lost_database_is_said_in_the_banner_and_nothing_can_be_signed(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        bench.ws.close()
        bench.ws.__dict__.pop("ledger", None)
        bench.ws._state = None
        shutil.move(bench.folder / ".govern" / "ledger.db", bench.folder / "elsewhere.db")
        for aside in (bench.folder / ".govern").glob("ledger.db-*"):
            aside.unlink()
        await press(pilot, "f11")
        await settled(pilot)
        assert "DATABASE LOST" in str(app.query_one("#banner").visual)
        assert app.can_write
        assert len(app._notifications) == 1, "said once, however many readings it stopped"
        await press(pilot, "9", "2")
        await settled(pilot)
        shutil.move(bench.folder / "elsewhere.db", bench.folder / ".govern" / "ledger.db")
        await press(pilot, "f11")
        await settled(pilot)
        assert "READ-WRITE" in str(app.query_one("#banner").visual)
        assert len(app.page.table.source) == bench.ws.ledger.size
        await press(pilot, "9")
        assert len(app.page.query_one("#people", RowTable).source), "what could not be read is read when it is shown again"


async def test_a_ledger_that_moved_on_is_seen_and_one_that_went_back_is_refused(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await press(pilot, "2")
        size = len(app.page.table.source)
        aside = bench.folder / "aside.db"
        with sqlite3.connect(bench.folder / ".govern" / "ledger.db") as before, sqlite3.connect(aside) as copy:
            before.backup(copy)
        seen = reviewing.dossier(bench.ws, "credit@3", "promote:production")
        reviewing.comment(bench.ws, seen, reason="a second reader was here", key="second", passphrases=asks)
        await press(pilot, "f11")
        assert len(app.page.table.source) == size + 1
        bench.ws.close()
        bench.ws.__dict__.pop("ledger", None)
        bench.ws._state = None
        for file in (bench.folder / ".govern").glob("ledger.db*"):
            file.unlink()
        shutil.copy(aside, bench.folder / ".govern" / "ledger.db")
        await press(pilot, "1", "f11")
        assert any("was put back" in note.message for note in app._notifications)


async def test_a_crash_keeps_where_one_was(bench: Bench) -> None:
    app = bench.app()

    def crash() -> None:
        raise RuntimeError

    async def crashing() -> None:
        async with app.run_test(size=SIZE) as pilot:
            await settled(pilot)
            await press(pilot, "2")
            app.page.set_filter("kind:model")
            await settled(pilot)
            app.call_later(crash)
            await pilot.pause(0.2)

    with pytest.raises(RuntimeError):
        await crashing()
    kept = read_state(bench.folder / "home" / "tui-state.json", "govern/test")
    assert (kept.page, kept.filter) == ("ledger", "kind:model")


def test_a_crash_in_a_thread_names_the_place_and_not_the_worker() -> None:
    def inside() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        inside()
    text = account(WorkerFailed(caught.value))
    assert "ZeroDivisionError" in text
    assert "in inside" in text


async def test_escape_stops_a_verification_and_nothing_is_half_done(bench: Bench) -> None:
    app = bench.app()
    stopped = []

    def slow(progress: object) -> None:
        for step in range(10_000):
            try:
                progress("leaf hashes", step, 10_000)
            except Interrupted:
                stopped.append(step)
                raise
            sleep(0.002)

    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "8")
        app.start_job("verifying", slow)
        await pilot.pause(0.4)
        assert "verifying" in str(app.query_one("#keybar").visual)
        assert "a second" in str(app.page.query_one("#progress").visual)
        await pilot.press("2")
        await pilot.pause(0.1)
        assert app.page_name == "ledger"
        await pilot.press("8", "escape")
        while app.jobs.running:
            await pilot.pause(0.02)
        assert stopped
        assert stopped[0] < 9_999


async def test_leaving_while_a_job_runs_asks_first(bench: Bench) -> None:
    app = bench.app()

    def slow(progress: object) -> None:
        for step in range(10_000):
            progress("part", step, None)
            sleep(0.002)

    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        app.start_job("a long job", slow)
        await pilot.press("q")
        await pilot.pause()
        assert "Stop it and leave" in str(app.screen.query("Static").first().visual)
        await pilot.press("n")
        await pilot.pause()
        assert app.is_running
        app.jobs.stop()
        while app.jobs.running:
            await pilot.pause(0.02)


async def test_the_next_start_takes_up_page_theme_filter_and_order(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "ctrl+t", "2", "s")
        app.page.set_filter("kind:model")
        await settled(pilot)
        await press(pilot, "q")
    state = (bench.folder / "home" / "tui-state.json").read_text(encoding="utf-8")
    assert "correct horse" not in state
    again = bench.app()
    async with again.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert again.page_name == "ledger"
        assert again.theme == "govern-light"
        assert {row.kind for row in map(again.page.table.source.row, range(len(again.page.table.source)))} == {"model"}
        assert not again.remembered.newest_first
        due = len(waiting.queue(bench.ws))
        assert str(again.query_one("#banner").visual).endswith(f"{due} due"), "whatever page one begins on"
        await press(pilot, "ctrl+c")
        assert [note.message for note in again._notifications] == ["q leaves. Ctrl+C copies what is selected."]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"govern/test": []}', '{"govern/test": {"page": 3, "cursor": "x", "bad": 1}}', "\x00\xff"])
def test_state_that_is_not_ours_is_forgotten(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tui-state.json"
    file.write_text(text, encoding="utf-8")
    assert read_state(file, "govern/test").page == "dashboard"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("theme = ", "Invalid value"), ("colour = 1", "unknown key"), ('[keys]\n"review.aprove" = "f12"', "no action"),
        ('[keys]\n"review.approve" = "ctrl+m"', "can't be bound"), ('[themes.mine]\ncolor = "red"', "not one"),
    ],
)
def test_settings_that_are_wrong_say_where_and_what(tmp_path: Path, text: str, word: str) -> None:
    file = tmp_path / "tui.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        read_settings(file)
    assert word in str(caught.value)
    assert "tui.toml" in str(caught.value)


def test_settings_give_themes_and_keys(tmp_path: Path) -> None:
    file = tmp_path / "tui.toml"
    file.write_text('theme = "mine"\nascii = true\n[keys]\n"go.ledger" = "f12"\n[themes.mine]\nprimary = "#ff0000"\ndark = false\n', encoding="utf-8")
    settings = read_settings(file)
    assert settings.themes[0].name == "mine"
    assert settings.keys == {"go.ledger": "f12"}
    assert settings.ascii


def test_verdicts_differ_by_word_and_not_by_colour_alone() -> None:
    for state, (glyph, plain, word, _) in VERDICTS.items():
        assert glyph, state
        assert plain.isascii(), state
        assert word, state
    good = {(glyph, word) for glyph, _, word, tone in VERDICTS.values() if tone == "good"}
    bad = {(glyph, word) for glyph, _, word, tone in VERDICTS.values() if tone == "bad"}
    assert not {glyph for glyph, _ in good} & {glyph for glyph, _ in bad}
    assert LOOK.verdict("pass")[0] != LOOK.verdict("fail")[0]


async def test_a_workspace_that_cannot_be_written_is_read_only(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("govern_tui.placed.os.access", lambda *_: False)
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        assert "READ-ONLY" in str(app.query_one("#banner").visual)
        await press(pilot, "a")
        assert len(app.screen_stack) == 1


async def test_a_file_that_was_moved_under_an_open_page_is_lost_on_every_page_until_it_is_back(bench: Bench) -> None:
    file, aside = bench.folder / ".govern" / "ledger.db", bench.folder / "aside.db"
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        for page in ("dashboard", "review", "policies", "keys"):
            await app.go(page)
            await settled(pilot)
            file.rename(aside)
            await press(pilot, "f11")
            assert "DATABASE LOST" in str(app.query_one("#banner").visual), page
            aside.rename(file)
            await press(pilot, "f11")
            assert "READ-WRITE" in str(app.query_one("#banner").visual), page
            assert not [line for table in app.page.query(RowTable) if "Not read" in (line := table.render_line(1).text)]


async def test_a_file_in_the_place_of_the_open_one_is_not_signed_into_unseen(bench: Bench) -> None:
    file, aside = bench.folder / ".govern" / "ledger.db", bench.folder / "aside.db"
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await press(pilot, "c")
        await dialog(pilot)
        file.rename(aside)
        shutil.copy(aside, file)
        before = aside.read_bytes()
        await press(pilot, "+this is read twice", "tab", f"+{PASSPHRASE}", "enter")
        assert "another file" in "\n".join(str(one.visual) for one in app.screen.query("Static"))
        assert aside.read_bytes() == before
        await press(pilot, "escape", "f11")
        assert "READ-WRITE" in str(app.query_one("#banner").visual)


def test_to_read_again_waits_for_nobody_who_reads(bench: Bench) -> None:
    desk = bench.app().desk
    held, go_on = threading.Event(), threading.Event()

    def filtering() -> None:
        with desk._filters.turn(), desk._folded():
            held.set()
            assert go_on.wait(60)

    thread = threading.Thread(target=filtering)
    thread.start()
    assert held.wait(60)
    asking = threading.Thread(target=desk.reopen, daemon=True)
    asking.start()
    asking.join(10)
    waited = asking.is_alive()
    go_on.set()
    thread.join()
    assert not waited
    assert desk.log(0, 1, Wanted(kinds=("model",)))
