"""Evidence packs from the reports page: every kind, with progress, stopped without a trace, and recorded when written."""

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Select
from tui.kit_tui import PASSPHRASE, Bench, dialog, press, settled

from govern.cli.rendering import PackWriter
from govern.domain.text import digest_of
from govern.errors import UsageError
from govern.exchange.pdf import page_count, read_attachments
from govern.workflow.printed import Printed
from govern_tui.app import GovernApp
from govern_tui.dialogs.packs import blank, command_of, file_name, order_of
from govern_tui.settings import Settings
from govern_tui.workflow_desk import WorkflowDesk

SIZE = (120, 40)
SECRET = "+" + PASSPHRASE


def app_of(bench: Bench) -> GovernApp:
    return GovernApp(WorkflowDesk(bench.ws, PackWriter(None)), Settings())


async def finished(pilot: Pilot) -> None:
    while pilot.app.jobs.running:
        await pilot.pause(0.05)
    await settled(pilot)


async def test_a_pack_is_written_with_progress_and_its_entry_names_the_file(bench: Bench) -> None:
    app, size = app_of(bench), bench.ws.ledger.size
    parts: set[str] = set()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "7", "n")
        await dialog(pilot)
        # File is before the passphrase, and before it the four boxes, the last of them for the whole ledger.
        await press(pilot, "shift+tab", "shift+tab", "space", *["shift+tab"] * 3, "space")
        assert app.screen.focused.id == "pages-lineage"
        await pilot.click("#preview")
        await finished(pilot)
        shown = str(app.page.query_one("#pack-text").visual)
        assert "left off the pages, though attached: lineage" in shown
        assert f"{size} entries, all of them on the pages" in shown
        assert "Policies" in shown
        assert "Lifecycle" not in shown
        await press(pilot, "n")
        await dialog(pilot)
        await press(pilot, SECRET)
        await pilot.press("enter")
        while app.jobs.running or len(app.screen_stack) > 1:
            if app.jobs.standing is not None:
                parts.add(app.jobs.standing.part)
            await asyncio.sleep(0.01)
        await settled(pilot)
        file = bench.folder / "exports" / "credit-3.pdf"
        assert str(file) in str(app.page.query_one("#pack-text").visual).replace("\n", "")
        assert app.commands[-1] == f"govern export credit@3 --without lineage --full-ledger -o {file}"
        packs = app.page.query_one("#packs")
        assert packs.current().entry.subject == "credit-3.pdf"
        assert f"{page_count(file)} p ✓ as sent" in packs.render_line(1).text
    html = read_attachments(file)["report.html"].decode()
    assert 'id="register"' in html
    assert 'id="lineage"' not in html
    assert parts
    written = bench.ws.ledger.entry(size)
    assert bench.ws.ledger.size == size + 1
    assert (written.kind, written.fact.kind) == ("export", "model")
    assert written.statement.subjects[0].digest == digest_of(file.read_bytes())


async def test_a_pack_that_is_stopped_leaves_no_file_and_no_entry(bench: Bench) -> None:
    app, size = app_of(bench), bench.ws.ledger.size
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "7", "n")
        await dialog(pilot)
        app.screen.query_one("#secret-0").value = PASSPHRASE
        await pilot.press("enter")
        while not app.jobs.running:
            await pilot.pause(0.01)
        await pilot.press("escape")
        await finished(pilot)
        assert any("stopped" in note.message for note in app._notifications)
    assert bench.ws.ledger.size == size
    assert not list((bench.folder / "exports").glob("*.pdf"))


@pytest.mark.parametrize(("kind", "words"), [("system", "all models"), ("decision", "decision on"), ("control", "Controls of"), ("ledger", "The whole ledger")])
async def test_every_kind_of_pack_can_be_previewed(bench: Bench, kind: str, words: str) -> None:
    app = app_of(bench)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "7")
        models = app.page.query_one("#models")
        rows = models.source._rows
        models.move_to(next(n for n, row in enumerate(rows) if row.kind == kind))
        await press(pilot, "enter")
        await finished(pilot)
        text = str(app.page.query_one("#pack-text").visual)
        assert words in text
        assert f"kind {kind}" in text
        assert "checkpoint.txt" in text
        await press(pilot, "n")
        await dialog(pilot)
        assert app.screen.query_one("#kind", Select).value == kind


def test_an_order_is_checked_before_anything_is_gathered(bench: Bench) -> None:
    values = {**blank("system", "credit"), "pages": "lineage decisions"}
    order = order_of(values, bench.folder, str)
    assert (order.about.kind, order.about.ref, order.out.name) == ("system", "credit", "system-credit.pdf")
    assert order.about.printed == Printed(without=("policies",))
    assert order_of({**values, "kind": "ledger"}, bench.folder, str).about.ref == ""
    (bench.folder / "system-credit.pdf").write_bytes(b"")
    for wrong in ({}, {"about": ""}, *({"file": "x.pdf", "period": period} for period in ("2026-11-01", "2026-Q5", "2026-13", "2026-11-02..2026-11-01", "2026..", "0000"))):
        with pytest.raises(UsageError):
            order_of({**values, **wrong}, bench.folder, str)
    assert file_name("control", "nist-ai-rmf") == "control-nist-ai-rmf.pdf"


@pytest.mark.parametrize(("text", "ends"), [
    ("2026", "--from 2026-01-01 --to 2027-01-01"), ("2026-q4", "--from 2026-10-01 --to 2027-01-01"), ("2026-02", "--from 2026-02-01 --to 2026-03-01"),
    ("2026-09-01..2026-09-15", "--from 2026-09-01 --to 2026-09-16"), ("2026-09-01 .. 2026-09-15T12:00:00Z", "--from 2026-09-01 --to 2026-09-15T12:00:00Z"),
])
def test_a_period_is_a_year_a_quarter_a_month_or_two_days_the_last_of_them_whole(text: str, ends: str, tmp_path: Path) -> None:
    order = order_of({**blank("ledger", ""), "period": text}, tmp_path, str)
    assert command_of(order) == f"govern export --kind ledger {ends} -o {tmp_path / 'ledger.pdf'}"
