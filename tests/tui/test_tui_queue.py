"""The queue: for me, in several orders, with deadlines beside it; a quorum of two signed at one desk."""

from dataclasses import replace
from datetime import timedelta

from tui.kit_tui import PASSPHRASE, Bench, dialog, press, review, settled

from govern.workflow.read import reading, waiting
from govern.workflow.review import reviewing
from govern_tui.dialogs.decide import DecideDialog, fitting
from govern_tui.pages.dashboard import emergencies_text
from govern_tui.pages.dossier_text import history_text
from govern_tui.pages.review import ORDERS
from govern_tui.widgets.rowtable import RowTable

SIZE = (120, 40)
SECRET = "+" + PASSPHRASE


async def test_for_me_leaves_out_what_i_have_signed(bench: Bench) -> None:
    app = bench.app(key="reviewer")
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await press(pilot, "a")
        await dialog(pilot)
        await press(pilot, SECRET, "enter")
        assert "credit@3" in {item.name for item in app.page.items}
        await press(pilot, "i")
        assert {item.name for item in app.page.items} == {item.name for item in waiting.queue(bench.ws, "reviewer")}
        assert "credit@3" not in {item.name for item in app.page.items}
        assert "for reviewer" in str(app.page.queue.border_title)
        assert "govern review list --holder reviewer" in app.commands
        await press(pilot, "i")
        assert "credit@3" in {item.name for item in app.page.items}


async def test_for_me_asks_who_i_am_first(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "4", "i")
        assert any("which key is yours" in note.message for note in app._notifications)


async def test_the_queue_goes_through_its_orders(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "4")
        first = waiting.queue(bench.ws)[0]
        assert first.headline in str(app.page.query_one("#dossier-head").visual), "why it waits is read whole before it is opened"
        for order in (*list(ORDERS)[1:], "due"):
            await press(pilot, "s")
            assert app.page.items == tuple(sorted(app.page.items, key=ORDERS[order])), order
    late = replace(first, name="zz@1", due=first.due - timedelta(days=1), tier="critical", failed=9)
    undated = replace(first, name="aa@1", due=None, tier="low", failed=0)
    names = {order: [item.name for item in sorted((first, late, undated), key=key)] for order, key in ORDERS.items()}
    assert names["due"] == ["zz@1", first.name, "aa@1"]
    assert names["tier"] == ["zz@1", first.name, "aa@1"]
    assert names["model"] == ["aa@1", first.name, "zz@1"]
    assert names["worst"][0] == "zz@1"


async def test_deadlines_stand_beside_the_queue_and_on_the_dashboard_and_lead_to_what_they_are_about(bench: Bench) -> None:
    bench.clock.forward(days=20)
    status = reading.status(bench.ws)
    assert any(row.overdue for row in status.deadlines)
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        tile = app.page.query_one("#deadlines", RowTable)
        assert tile.source._rows == status.deadlines
        assert "over" in str(tile.border_title)
        tile.focus()
        tile.move_to(next(n for n, row in enumerate(status.deadlines) if row.kind == "finding"))
        await press(pilot, "enter")
        assert app.page.query_one("#tabs").active == "tab-findings"
        beside = app.page.query_one("#deadlines", RowTable)
        assert len(beside.source) == len(status.deadlines)
        assert "OVERDUE" in str(app.page.query_one("#text-findings").visual)


def test_emergencies_are_said_where_everybody_looks(bench: Bench) -> None:
    said = "2026-11-03 officer (#31): the service refused everybody"
    status = replace(reading.status(bench.ws), emergencies=(said,))
    assert said in emergencies_text(status).plain
    assert said in history_text(reviewing.dossier(bench.ws, "credit@3", "promote:production"), (said,)).plain


async def test_a_second_signer_at_one_desk_is_offered_once_the_first_has_signed(bench: Bench) -> None:
    app = bench.app(key="reviewer")
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await press(pilot, "a")
        await dialog(pilot)
        assert app.screen.query_one("#signer").value == "reviewer"
        await press(pilot, SECRET, "enter")
        await press(pilot, "a")
        await dialog(pilot)
        assert isinstance(app.screen, DecideDialog)
        assert app.screen.query_one("#signer").value == "second"
        await press(pilot, SECRET, "enter")
    signed = [row.holder for row in reviewing.dossier(bench.ws, "credit@3", "promote:production").reviews if row.standing == "live"]
    assert signed == ["reviewer", "second"]


def test_who_the_quorum_lacks_stands_in_front_and_who_is_barred_last(bench: Bench) -> None:
    app = bench.app()
    dossier = reviewing.dossier(bench.ws, "credit@3", "promote:production")
    names = [one.name for one in fitting(app.desk.signers(), dossier, "approve")]
    assert names[:2] == ["reviewer", "second"]
    assert "pipeline" not in names
    assert "pipeline" in [one.name for one in fitting(app.desk.signers(), dossier, "remediate")]
