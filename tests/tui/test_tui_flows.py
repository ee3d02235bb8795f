"""What a reviewer does, key by key and counted, and what the ledger's bytes say afterwards."""

import base64
import json

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input, Select
from tui.kit_tui import PASSPHRASE, Bench, asks, dialog, press, review, settled

from govern.workflow.custody import keys
from govern.workflow.read import waiting
from govern.workflow.review import reviewing
from govern_tui.dialogs import signing
from govern_tui.dialogs.decide import DecideDialog

SIZE = (120, 34)
SECRET = "+" + PASSPHRASE


def last(bench: Bench) -> dict:
    """The predicate of the newest leaf, read from its bytes."""
    leaf = json.loads(bench.leaves()[-1])
    return json.loads(base64.b64decode(leaf["payload"]))


async def to_dialog(pilot: Pilot, *keys_pressed: str) -> int:
    await settled(pilot)
    await press(pilot, *keys_pressed)
    await dialog(pilot)
    assert isinstance(pilot.app.screen, DecideDialog)
    return len(keys_pressed)


async def test_approving_takes_four_keys_and_signs_what_was_shown(bench: Bench) -> None:
    app, before = bench.app(), bench.leaves()
    async with app.run_test(size=SIZE) as pilot:
        pressed = await to_dialog(pilot, "4", "enter", "a")
        first = waiting.queue(bench.ws)[0]
        closure = reviewing.dossier(bench.ws, first.model, first.gate).closure
        assert closure in str(app.screen.query_one("#what").visual)
        await press(pilot, SECRET, "enter")
        pressed += 1
        assert not isinstance(app.screen, DecideDialog)
    after = bench.leaves()
    statement = last(bench)
    assert pressed == 4
    assert after[:-1] == before
    assert statement["predicateType"] == "urn:govern:review/v1"
    assert statement["predicate"]["action"] == "approve"
    assert statement["predicate"]["closure"] == closure
    assert statement["predicate"]["shown"] == ["summary"]
    assert bench.ws.ledger.entry(len(after) - 1).holder == "reviewer"


async def test_rejecting_takes_five_keys_beside_the_reason(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        pressed = await to_dialog(pilot, "4", "enter", "x")
        await press(pilot, "+outcomes differ too much", "tab", SECRET, "enter")
        pressed += 2
    fact = last(bench)["predicate"]
    assert pressed == 5
    assert (fact["action"], fact["reason"]) == ("reject", "outcomes differ too much")


async def test_waiving_takes_six_keys_beside_the_reason(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@2")
        await press(pilot, "w")
        await dialog(pilot)
        await press(pilot, "+small portfolio under watch", "tab", "tab", SECRET, "enter")
    fact = last(bench)["predicate"]
    assert (fact["action"], fact["rule"], fact["environment"]) == ("propose", "FAIR-001", "promote:production")
    assert fact["expires"] == "2026-12-05T09:00:00Z"


async def test_attesting_is_refused_to_a_key_without_the_role_and_signed_by_one_that_has_it(bench: Bench) -> None:
    app = bench.app()
    size = bench.ws.ledger.size
    async with app.run_test(size=SIZE) as pilot:
        await to_dialog(pilot, "4", "enter", "t")
        await press(pilot, SECRET, "enter")
        assert bench.ws.ledger.size == size
        app.screen.query_one("#signer", Select).value = "validator"
        await press(pilot, SECRET, "enter")
    fact = last(bench)["predicate"]
    assert fact["attestation"]["rule"] == "SAY-001"
    assert fact["role"] == "validator"


async def test_a_comment_and_a_request_for_changes_are_signed(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        for key, action in (("c", "comment"), ("r", "request-changes")):
            await press(pilot, key)
            await dialog(pilot)
            await press(pilot, "+please say where the data came from", "tab", SECRET, "enter")
            assert last(bench)["predicate"]["action"] == action


async def test_after_a_decision_the_cursor_waits_on_the_queue(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await to_dialog(pilot, "4", "enter", "a")
        await press(pilot, SECRET, "enter")
        await settled(pilot)
        assert app.focused is app.page.query_one("#queue")
        assert "approve" in app.commands[-1]
        assert PASSPHRASE not in "".join(app.commands)


async def test_a_wrong_passphrase_writes_nothing_and_empties_the_field(bench: Bench) -> None:
    app, before = bench.app(), bench.leaves()
    async with app.run_test(size=SIZE) as pilot:
        await to_dialog(pilot, "4", "enter", "a")
        await press(pilot, "+wrong horse", "enter")
        assert isinstance(app.screen, DecideDialog)
        assert app.screen.query_one("#passphrase", Input).value == ""
        assert "passphrase" in str(app.screen.query_one("#problem").visual)
        await press(pilot, "escape")
    assert bench.leaves() == before


async def test_three_wrong_passphrases_make_one_wait(bench: Bench) -> None:
    app, before = bench.app(), bench.leaves()
    async with app.run_test(size=SIZE) as pilot:
        await to_dialog(pilot, "4", "enter", "a")
        for _ in range(3):
            await press(pilot, "+wrong", "enter")
        await press(pilot, SECRET, "enter")
        assert "wait" in str(app.screen.query_one("#problem").visual)
        assert app.screen.query_one("#passphrase", Input).value == ""
    assert bench.leaves() == before


async def test_what_moves_while_the_dialog_is_open_is_shown_and_nothing_is_signed(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await to_dialog(pilot, "4", "enter", "a")
        first = waiting.queue(bench.ws)[0]
        seen = reviewing.dossier(bench.ws, first.model, first.gate)
        reviewing.decide_against(
            bench.ws, seen, action="reject", reason="the other reviewer was quicker", key="second", passphrases=asks,
        )
        size = bench.ws.ledger.size
        await press(pilot, SECRET, "enter")
        assert isinstance(app.screen, DecideDialog)
        assert "moved" in str(app.screen.query_one("#problem").visual)
        assert bench.ws.ledger.size == size


async def test_keys_typed_before_the_dialog_can_be_seen_are_swallowed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "TYPE_AHEAD", 60.0)
    app, before = bench.app(), bench.leaves()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "4", "enter")
        await pilot.press("a")
        await pilot.press("x", "enter", "enter", "y", "tab", "tab", "z")
        assert app.focused is None
        dialog_screen = app.screen
        assert isinstance(dialog_screen, DecideDialog)
        assert dialog_screen.query_one("#passphrase", Input).value == ""
    assert bench.leaves() == before


async def test_a_developer_of_the_model_is_told_why_they_may_not_approve(bench: Bench) -> None:
    keys.enrol(bench.ws, "developer", roles=("approver",), passphrases=asks)
    app = bench.app(key="developer")
    size = bench.ws.ledger.size
    async with app.run_test(size=SIZE) as pilot:
        await to_dialog(pilot, "4", "enter", "a")
        assert "developer may not approve" in str(app.screen.query_one("#what").visual)
        await press(pilot, SECRET, "enter")
        assert "independent" in str(app.screen.query_one("#problem").visual)
    assert bench.ws.ledger.size == size


async def test_promotion_is_refused_without_and_written_with_the_quorum(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await press(pilot, "p")
        await dialog(pilot)
        await press(pilot, SECRET, "enter")
        assert "promoted" in str(app.screen.query_one("#problem").visual)
        await press(pilot, "escape")
        await press(pilot, "a")
        await dialog(pilot)
        await press(pilot, SECRET, "enter")
        await press(pilot, "p")
        await dialog(pilot)
        await press(pilot, SECRET, "enter")
    fact = last(bench)["predicate"]
    assert fact["stage"] == "production"




async def test_a_waiver_is_proposed_by_one_and_approved_by_another(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@2")
        await press(pilot, "v")
        assert len(app.screen_stack) == 1
        await press(pilot, "w")
        await dialog(pilot)
        await press(pilot, "+small portfolio under watch", "tab", "tab", SECRET, "tab", "+a person looks at each refusal", "shift+tab", "enter")
        proposed = last(bench)["predicate"]["id"]
        summary = str(app.page.query_one("#text-summary").visual)
        assert f"PROPOSED {proposed} waives FAIR-001 until 2026-12-05, asked by reviewer" in summary
        await press(pilot, "v")
        await dialog(pilot)
        told = str(app.screen.query_one("#what").visual)
        assert "“small portfolio under watch”" in told, "who signs reads what it was asked for with"
        assert "a person looks at each refusal" in told
        assert app.screen.query_one("#signer", Select).value == "second", "who asked is not offered first"
        app.screen.query_one("#signer", Select).value = "reviewer"
        await press(pilot, "+agreed for this quarter", "tab", SECRET, "enter")
        assert proposed in str(app.screen.query_one("#problem").visual)
        app.screen.query_one("#reason", Input).value = "agreed for this quarter"
        app.screen.query_one("#signer", Select).value = "second"
        app.screen.query_one("#passphrase").focus()
        await press(pilot, SECRET, "enter")
    fact = last(bench)["predicate"]
    assert (fact["action"], fact["id"]) == ("approve", proposed)


async def test_a_review_is_taken_back_by_a_new_entry(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await press(pilot, "a")
        await dialog(pilot)
        await press(pilot, SECRET, "enter")
        index = bench.ws.ledger.size - 1
        await press(pilot, "u")
        await dialog(pilot)
        await press(pilot, "+I read the wrong test month", "tab", SECRET, "enter")
    assert last(bench)["predicate"]["supersedes"] == index
    assert reviewing.dossier(bench.ws, "credit@3", "promote:production").missing


async def test_what_is_typed_at_once_behind_tab_or_enter_goes_into_the_next_field(bench: Bench) -> None:
    """A password manager types faster than messages go: a passphrase must not land in the reason, which is signed."""
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        for step in ("tab", "enter"):
            await press(pilot, "x")
            await dialog(pilot)
            for key in (*"outcomes differ", step, *"secret"):
                app.post_message(events.Key({" ": "space"}.get(key, key), key if len(key) == 1 else None))
            await settled(pilot)
            assert app.screen.query_one("#reason", Input).value == "outcomes differ"
            assert app.screen.query_one("#passphrase", Input).value == "secret"
            await press(pilot, "escape")
        await press(pilot, "x")
        await dialog(pilot)
        for key in (*"outcomes differ", "tab", *PASSPHRASE, "enter"):
            app.post_message(events.Key({" ": "space"}.get(key, key), key if len(key) == 1 else None))
        await settled(pilot)
    assert last(bench)["predicate"]["reason"] == "outcomes differ"
