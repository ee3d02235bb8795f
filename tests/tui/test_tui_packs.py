"""Evidence packs from the reports page: every kind, with progress, stopped without a trace, and recorded when written."""

import asyncio

import pytest
from textual.pilot import Pilot
from textual.widgets import Select
from tui.kit_tui import PASSPHRASE, Bench, dialog, press, settled

from govern.cli.rendering import PackWriter
from govern.domain.text import digest_of
from govern.errors import UsageError
from govern_tui.app import GovernApp
from govern_tui.dialogs.packs import file_name, order_of, period_of
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
        await press(pilot, SECRET)
        await pilot.press("enter")
        while app.jobs.running or len(app.screen_stack) > 1:
            if app.jobs.standing is not None:
                parts.add(app.jobs.standing.part)
            await asyncio.sleep(0.01)
        await settled(pilot)
        file = bench.folder / "exports" / "credit-3.pdf"
        assert str(file) in str(app.page.query_one("#pack-text").visual).replace("\n", "")
        assert app.commands[-1] == f"govern export credit@3 -o {file}"
        assert app.page.query_one("#packs").current().subject == "credit-3.pdf"
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
    values = {"kind": "system", "about": "credit", "from": "", "to": "", "file": ""}
    order = order_of(values, bench.folder, str)
    assert (order.about.kind, order.about.ref, order.out.name) == ("system", "credit", "system-credit.pdf")
    assert order_of({**values, "kind": "ledger"}, bench.folder, str).about.ref == ""
    (bench.folder / "system-credit.pdf").write_bytes(b"")
    for wrong in ({}, {"about": ""}, {"file": "x.pdf", "from": "2026-11-01"}, {"file": "x.pdf", "from": "2026-11-02", "to": "2026-11-01"}):
        with pytest.raises(UsageError):
            order_of({**values, **wrong}, bench.folder, str)
    assert period_of("2026-11-01", "2026-11-30") is not None
    assert file_name("control", "nist-ai-rmf") == "control-nist-ai-rmf.pdf"
