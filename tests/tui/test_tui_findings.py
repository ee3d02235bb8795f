"""Findings by dialog: opened, remediated, verified closed by another; approvals on conditions; where each is shown."""

from textual.pilot import Pilot
from textual.widgets import Input, Select
from tui.kit_tui import PASSPHRASE, Bench, dialog, press, review, settled

from govern.workflow.read import reading
from govern.workflow.review import reviewing
from govern_tui.widgets.rowtable import RowTable

SIZE = (120, 40)
SECRET = "+" + PASSPHRASE


async def signing(pilot: Pilot, key: str, *typed: str) -> None:
    """Open a dialog of the dossier, fill it in, and sign."""
    await press(pilot, key)
    await dialog(pilot)
    await press(pilot, *typed)


async def focus(pilot: Pilot, field: str) -> None:
    pilot.app.screen.query_one(f"#{field}").focus()
    await pilot.pause()


def problem(app: object) -> str:
    return str(app.screen.query_one("#problem").visual)


async def test_a_finding_is_opened_remediated_and_closed_by_another(bench: Bench) -> None:
    app = bench.app(key="reviewer")
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await press(pilot, "m", "k")
        assert len(app.screen_stack) == 1, "nothing is open, so nothing can be remediated or closed"
        await signing(pilot, "f", "+income is rounded by branch", "tab", "tab")
        app.screen.query_one("#days", Input).value = "20"
        app.screen.query_one("#severity", Select).value = "high"
        await focus(pilot, "passphrase")
        await press(pilot, SECRET, "enter")
        row = next(row for row in reading.findings(bench.ws) if row.model == "credit@3")
        assert (row.state, row.severity, row.owner, row.due.date().isoformat()) == ("open", "high", "model-risk", "2026-11-25")
        assert app.commands[-1].startswith("govern finding open credit@3 --title 'income is rounded by branch' --owner model-risk --due 2026-11-25")
        app.page.query_one("#tabs").active = "tab-findings"
        await settled(pilot)
        assert row.id in str(app.page.query_one("#text-findings").visual)
        await press(pilot, "a")
        await dialog(pilot)
        against = str(app.screen.query_one("#what").visual)
        assert f"! open   {row.id}, high, due 2026-11-25: income is rounded by branch" in against, "an approval is given knowing it"
        await press(pilot, "escape")
        await signing(pilot, "m", "+rounded the same way everywhere now", "tab", SECRET, "enter")
        assert next(one for one in reading.findings(bench.ws) if one.id == row.id).state == "remediated"
        await signing(pilot, "k", "+looked at the new branch files", "tab")
        assert "“rounded the same way everywhere now”" in str(app.screen.query_one("#what").visual)
        app.screen.query_one("#signer", Select).value = "reviewer"
        await focus(pilot, "passphrase")
        await press(pilot, SECRET, "enter")
        assert "can't verify it" in problem(app)
        app.screen.query_one("#signer", Select).value = "second"
        await press(pilot, SECRET, "enter")
        assert app.commands[-1].startswith(f"govern finding close {row.id} --reason")
        assert next(one for one in reading.findings(bench.ws) if one.id == row.id).state == "verified-closed"
        assert "CLOSED" in str(app.page.query_one("#text-findings").visual)


async def test_an_approval_on_conditions_opens_a_finding_for_each(bench: Bench) -> None:
    app, before = bench.app(key="reviewer"), bench.leaves()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await signing(pilot, "A", "+Even outcomes on the test months", "tab", "+retrain on the new branch files", "ctrl+n")
        assert "retrain on the new branch files" in str(app.screen.query_one("#what").visual)
        assert app.screen.query_one("#condition", Input).value == ""
        await focus(pilot, "passphrase")
        await press(pilot, "shift+tab", "shift+tab", "shift+tab", "shift+tab", "+watch outcomes by branch for a month")
        await focus(pilot, "passphrase")
        await press(pilot, SECRET, "enter")
        assert app.commands[-1].count("--condition") == 2
        titles = {row.title for row in reading.findings(bench.ws) if row.model == "credit@3"}
        assert titles == {"retrain on the new branch files", "watch outcomes by branch for a month"}
        facts = [bench.ws.ledger.entry(index).fact for index in range(len(before), bench.ws.ledger.size)]
        assert [fact.KIND for fact in facts] == ["review", "finding", "finding"]
        assert {fact.condition_of for fact in facts[1:]} == {len(before)}
        assert not reviewing.dossier(bench.ws, "credit@3", "promote:production").missing
        await press(pilot, "1")
        found = app.page.query_one("#findings", RowTable)
        assert {row.title for row in found.source._rows} >= titles
        assert "open" in str(found.border_title)
        found.focus()
        found.move_to(next(n for n, row in enumerate(found.source._rows) if row.title in titles))
        await press(pilot, "enter")
        assert app.page_name == "review"
        assert app.page.dossier.name == "credit@3"
        assert app.page.query_one("#tabs").active == "tab-findings"


async def test_an_approval_on_conditions_needs_one_and_a_day(bench: Bench) -> None:
    app, before = bench.app(key="reviewer"), bench.leaves()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await signing(pilot, "A", "+Even outcomes on the test months")
        await focus(pilot, "passphrase")
        await press(pilot, SECRET, "enter")
        assert "without any" in problem(app)
        app.screen.query_one("#condition", Input).value = "retrain on the new branch files"
        app.screen.query_one("#days", Input).value = "0"
        await focus(pilot, "passphrase")
        await press(pilot, "enter")
        assert "1 to 365" in problem(app)
    assert bench.leaves() == before
