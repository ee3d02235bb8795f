"""Filter, next, previous, clear on every table; where Enter leads; what the panes say of rules, packs and keys."""

import json
from time import sleep

import pytest
from textual.widgets import Static
from tui.kit_tui import PASSPHRASE, Bench, dialog, press, review, settled

from govern.domain.text import digest_of
from govern_tui.actions import PAGES, of_scope
from govern_tui.chrome.popups import Prompt
from govern_tui.dialogs.decide import DecideDialog
from govern_tui.widgets.rowtable import RowTable

SIZE = (120, 40)
SECRET = "+" + PASSPHRASE
WORDS = {"dashboard": "credit", "review": "CREDIT@", "policies": "fair house", "monitoring": "credit@1 production", "keys": "approver", "lineage": "evidence"}


def text_of(app: object, selector: str) -> str:
    return str(app.page.query_one(selector, Static).visual)


async def filtered(pilot: object, words: str) -> list:
    """The rows of the table that has the keys, once filtered."""
    await press(pilot, "slash")
    assert isinstance(pilot.app.screen, Prompt)
    pilot.app.screen.query_one("#prompt").value = words
    await press(pilot, "enter")
    source = pilot.app.page.rows.source
    return [source.row(place) for place in range(len(source))]


@pytest.mark.parametrize("page", list(WORDS))
async def test_a_filter_leaves_matches_and_n_goes_round_among_them(page: str, bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await app.go(page)
        await settled(pilot)
        table = app.page.rows
        every = list(table.source._rows)
        await press(pilot, "n")
        assert "no filter" in list(app._notifications)[-1].message
        rows = await filtered(pilot, WORDS[page])
        told = [" ".join(column.cell(row)[0] for column in table.columns if column.title) for row in every]
        assert rows == [row for row, text in zip(every, told, strict=True) if all(word in text.casefold() for word in WORDS[page].casefold().split())]
        assert rows
        assert f"{len(rows)} of {len(every)}" in table.render_line(0).text
        for key, step in (("n", 1), ("n", 1), ("N", -1), ("N", -1), ("N", -1)):
            at = table.cursor
            await press(pilot, key)
            assert table.cursor == (at + step) % len(rows)
        chosen = table.current()
        await press(pilot, "f11")
        assert len(table.source) == len(rows), "what is read again is filtered as before"
        chosen = table.current()
        await press(pilot, "escape")
        assert len(table.source) == len(every)
        assert table.current() == chosen, "the cursor stays on its row"
        assert await filtered(pilot, "nothing has these words") == []
        assert table.current() is None
        await press(pilot, "escape")


async def test_each_table_of_a_page_has_a_filter_of_its_own(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "9", "tab")
        assert app.focused.id == "mine"
        rows = await filtered(pilot, "recorder")
        assert {row.name for row in rows} == {"developer", "pipeline"}
        assert len(app.page.query_one("#people", RowTable).source) > 2


async def test_on_reports_escape_stops_a_job_before_it_clears_a_filter(bench: Bench) -> None:
    app = bench.app()

    def slow(progress: object) -> None:
        for step in range(100_000):
            progress("part", step, None)
            sleep(0.002)

    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "7", "tab")
        rows = await filtered(pilot, "model credit@")
        assert len(rows) == 3
        app.start_job("a long job", slow)
        await pilot.press("escape")
        while app.jobs.running:
            await pilot.pause(0.02)
        assert len(app.page.rows.source) == 3
        await press(pilot, "escape")
        assert len(app.page.rows.source) > 3


async def test_a_ledger_filter_says_of_how_many(bench: Bench) -> None:
    app, size = bench.app(), bench.ws.ledger.size
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "2")
        app.page.set_filter("kind:model")
        await settled(pilot)
        assert f"kind:model · 3 of {size}" in str(app.page.table.border_title)
        await press(pilot, "n", "n", "n")
        assert app.page.table.cursor == 0


async def test_each_tile_of_the_dashboard_leads_on_with_its_filter(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        results = app.page.query_one("#results", RowTable)
        results.focus()
        results.move_to(1)
        assert results.current().status == "fail"
        await press(pilot, "enter")
        await settled(pilot)
        assert app.page_name == "ledger"
        rows = [app.page.table.source.row(place) for place in range(len(app.page.table.source))]
        assert rows
        assert all(row.kind == "decision" and row.standing == "bad" for row in rows)
        await press(pilot, "escape", "1")
        ledger = app.page.query_one("#ledger-tile", RowTable)
        labels = [row.label for row in ledger.source._rows]
        assert labels == ["entries", "last append", "last verify", "not anchored", "root", "origin"]
        ledger.focus()
        ledger.move_to(labels.index("last verify"))
        assert ledger.current().text == "never here"
        await press(pilot, "enter", "F")
        while app.jobs.running:
            await settled(pilot)
        await press(pilot, "1", "f11")
        assert "✓ OK" in app.page.query_one("#ledger-tile", RowTable).source._rows[2].text


async def test_enter_on_a_rule_opens_the_dossier_that_it_judged_last(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "5")
        row = app.page.rows.current()
        assert row.rule == "DRIFT-001"
        rows = await filtered(pilot, "fair-001")
        text = text_of(app, "#policy-text")
        assert "at least 0.8" in text
        assert "✗ FAIL  1" in text
        assert "credit@2  promote:production" in text
        await press(pilot, "enter")
        assert app.page_name == "review"
        assert app.page.dossier.name == rows[0].latest[0].model == "credit@3", "what was gated last"
        assert app.page.query_one("#tabs").active == "tab-rules"
        await press(pilot, "5", "r")
        assert "apiVersion: govern/v1" in app.screen._body.plain


async def test_a_model_that_was_denied_waits_in_no_queue_and_can_be_waived_all_the_same(bench: Bench) -> None:
    app, before = bench.app(), bench.leaves()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "4", "o")
        app.screen.query_one("#prompt").value = "credit@2"
        await press(pilot, "enter")
        assert "credit@2" not in {item.name for item in app.page.items}
        assert app.page.dossier.name == "credit@2"
        await press(pilot, "w")
        await dialog(pilot)
        assert isinstance(app.screen, DecideDialog)
        await press(pilot, "escape", "o")
        app.screen.query_one("#prompt").value = "nothing@1"
        await press(pilot, "enter")
        assert app.page.dossier.name == "credit@2"
        assert app._notifications
    assert bench.leaves() == before


async def test_a_pack_is_shown_with_its_path_and_whether_the_file_still_has_its_hash(bench: Bench) -> None:
    from govern.cli.rendering import PackWriter
    from govern_tui.app import GovernApp
    from govern_tui.settings import Settings
    from govern_tui.workflow_desk import WorkflowDesk

    app = GovernApp(WorkflowDesk(bench.ws, PackWriter(None)), Settings())
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "7", "n")
        await dialog(pilot)
        await press(pilot, SECRET, "enter")
        while app.jobs.running:
            await pilot.pause(0.05)
        await settled(pilot)
        file = bench.folder / "exports" / "credit-3.pdf"
        await press(pilot, "enter")
        text = text_of(app, "#pack-text")
        assert str(file) in text
        assert digest_of(file.read_bytes()) in text
        assert "✓ the file hashes to it" in text
        assert app.commands[-1] == f"govern show '#{bench.ws.ledger.size - 1}'"
        with file.open("ab") as more:
            more.write(b"x")
        await press(pilot, "enter")
        assert f"✗ the file there hashes to {digest_of(file.read_bytes())}" in text_of(app, "#pack-text")
        file.unlink()
        await press(pilot, "enter")
        assert "not in the folder for exports" in text_of(app, "#pack-text")
        await press(pilot, "e")
    assert "not in the folder" in next((bench.folder / "exports").glob("pack-*.txt")).read_text(encoding="utf-8")


async def test_a_key_says_since_when_and_how_often_it_was_used(bench: Bench) -> None:
    app = bench.app()
    entries = [bench.ws.ledger.entry(index) for index in range(bench.ws.ledger.size)]
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "9")
        for holder in ("pipeline", "reviewer", "second"):
            people = app.page.query_one("#people", RowTable)
            people.move_to(next(n for n, row in enumerate(people.source._rows) if row.holder == holder))
            await settled(pilot)
            mine = [entry for entry in entries if entry.holder == holder]
            text = text_of(app, "#person-text")
            assert f"used      {len(mine)}×" in text
            assert "since     2026-11-02" in text
            for entry in mine[-3:]:
                assert f"#{entry.index}" in text
        await press(pilot, "e")
    saved = json.loads(next((bench.folder / "exports").glob("keys-*.json")).read_text(encoding="utf-8"))
    assert {row["holder"] for row in saved} == {entry.holder for entry in entries} | {"log", "root", "second", "validator"}


async def test_lineage_says_how_much_is_up_and_down_and_how_many_go_in_and_out(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await app.go("lineage", "credit@1")
        await settled(pilot)
        rows = app.desk.lineage("credit@1", "both", None)
        up, down = (sum(1 for row in rows if row.depth * sign > 0) for sign in (1, -1))
        assert min(up, down) > 0
        deepest = max(abs(row.depth) for row in rows)
        assert f"up {up} nodes, down {down} · depth {deepest}" in str(app.page.table.border_title)
        centre = next(row for row in rows if row.depth == 0)
        outputs = sum(1 for row in rows if rows.index(centre) in row.parents)
        assert f"inputs {len(centre.parents)} · outputs {outputs}" in text_of(app, "#node-text")
        await press(pilot, "u")
        assert f"up {up} nodes" in str(app.page.table.border_title)
        assert "down" not in str(app.page.table.border_title)
        await press(pilot, "minus")
        assert "depth 1" in str(app.page.table.border_title) or deepest == 1


async def test_y_copies_the_cell_or_the_text_of_the_pane(bench: Bench) -> None:
    app = bench.app()
    copied: list[str] = []
    app.copy_to_clipboard = copied.append  # type: ignore[method-assign]
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "2")
        await pilot.pause(0.1)
        await settled(pilot)
        await press(pilot, "y", "Y", "tab", "y")
        assert json.loads(copied[1])["kind"] == app.page.table.current().kind
        assert copied[2] == text_of(app, "#entry-text")


@pytest.mark.parametrize("width", [30, 40, 50, 59, 60, 70])
async def test_the_banner_keeps_its_last_word_however_narrow_the_terminal(width: int, bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=(width, 20)) as pilot:
        await settled(pilot)
        shown = str(app.screen_stack[0].query_one("#banner").render_line(0).text)
        assert shown.rstrip().endswith(" due"), shown


def test_every_page_with_a_table_has_a_filter_and_e_exports_on_every_page() -> None:
    for page in PAGES:
        keys = {key: action.id for action in of_scope(page.id) for key in action.keys}
        assert "e" in keys, page.id
        assert ("slash" in keys) == (page.id != "verify"), page.id
        assert "export" in keys["e"] or keys["e"] == "verify.save", keys["e"]


async def test_the_dossier_of_another_is_looked_at_from_the_top(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        app.page.query_one("#tabs").active = "tab-basis"
        await settled(pilot)
        assert {"summary", "basis"} <= app.page.shown
        await review(pilot, bench, "credit@2")
        assert app.page.shown == {"summary"}
