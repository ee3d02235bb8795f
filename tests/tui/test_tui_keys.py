"""Keys and people: making, enrolling, rotating and revoking a key by dialog."""


from textual.widgets import Select
from tui.kit_tui import PASSPHRASE, Bench, dialog, press, settled

from govern_tui.dialogs.asking import AskDialog
from govern_tui.dialogs.keys import COMPROMISED
from govern_tui.widgets.rowtable import RowTable

SIZE = (120, 34)


async def test_a_key_is_made_enrolled_and_revoked_by_dialog(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "9", "a")
        await dialog(pilot)
        assert isinstance(app.screen, AskDialog)
        await press(pilot, "+officer", "enter", "+officer", "enter", "+" + PASSPHRASE, "enter", "+not the same", "enter")
        assert "differ" in str(app.screen.query_one("#problem").visual)
        await press(pilot, "+" + PASSPHRASE, "enter", "+" + PASSPHRASE, "enter")
        assert len(app.screen_stack) == 1
        assert app.focused.current().name == "officer", "what was made is enrolled next"
        await press(pilot, "i")
        await dialog(pilot)
        await press(pilot, "+" + PASSPHRASE, "enter", "+" + PASSPHRASE, "enter")
        await settled(pilot)
        root = bench.ws.ledger.trust_root()
        enrolled = next(keyid for keyid, key in root.keys.items() if key.holder == "officer")
        people = app.page.query_one("#people", RowTable)
        people.focus()
        people.move_to(next(n for n, row in enumerate(people.source._rows) if row.keyid == enrolled))
        await press(pilot, "k")
        await dialog(pilot)
        assert "but it has signed nothing yet." in str(app.screen.query_one("#what").visual)
        await press(pilot, "+left the company for good", "enter", "+" + PASSPHRASE, "enter")
        assert bench.ws.ledger.trust_root().keys[enrolled].void_from is not None
        reviewer = next(row for row in people.source._rows if row.holder == "reviewer")
        people.move_to(people.source._rows.index(reviewer))
        await press(pilot, "k")
        await dialog(pilot)
        assert "its 1 signature, on which 3 things rest: review/approve#12, promotion" in str(app.screen.query_one("#what").visual)
        app.screen.query_one("#how", Select).value = COMPROMISED
        await press(pilot, "+a copy lay on a shared drive", "enter", "+" + PASSPHRASE, "enter")
        assert app.commands[-1].endswith("--reason 'a copy lay on a shared drive' --compromised")
    assert bench.ws.ledger.trust_root().keys[reviewer.keyid].void_reason == "compromised: a copy lay on a shared drive"


async def test_a_key_is_rotated_and_its_passphrase_changed_by_dialog(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "9", "a")
        await dialog(pilot)
        await press(pilot, "+second-2", "enter", "+second", "enter", "+" + PASSPHRASE, "enter", "+" + PASSPHRASE, "enter")
        people, mine = app.page.query_one("#people", RowTable), app.page.query_one("#mine", RowTable)
        people.focus()
        people.move_to(next(n for n, row in enumerate(people.source._rows) if row.holder == "second"))
        old = people.current().keyid
        await press(pilot, "r")
        await dialog(pilot)
        await press(pilot, "+" + PASSPHRASE, "enter", "+" + PASSPHRASE, "enter")
        root = bench.ws.ledger.trust_root()
        fresh = bench.ws.keyring.info("second-2").keyid
        assert fresh in root.roles["approver"].keyids
        assert old not in root.roles["approver"].keyids
        mine.focus()
        mine.move_to(next(n for n, row in enumerate(mine.source._rows) if row.name == "second-2"))
        await press(pilot, "p")
        await dialog(pilot)
        await press(pilot, "+wrong", "enter", "+quite another one", "enter", "+quite another one", "enter")
        assert "does not open" in str(app.screen.query_one("#problem").visual)
        await press(pilot, "+" + PASSPHRASE, "enter", "+quite another one", "enter", "+quite another one", "enter")
        assert len(app.screen_stack) == 1
        assert app.commands[-1] == "govern key passphrase second-2"
    assert bench.ws.keyring.signer("second-2", lambda _: "quite another one").keyid == fresh
