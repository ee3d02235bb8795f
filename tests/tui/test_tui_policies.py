"""Policies: what was signed is shown, and what loosens takes two."""

import shutil

from textual.widgets import Select, Static
from tui.kit_tui import HERE, PASSPHRASE, Bench, asks, dialog, press, settled

from govern.workflow.custody import keys
from govern_tui.widgets.rowtable import RowTable

SIZE = (120, 34)


def text_of(app: object, selector: str) -> str:
    return str(app.page.query_one(selector, Static).visual)


async def test_policies_show_the_document_that_was_signed(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "5", "tab")
        assert "apiVersion: govern/v1" in text_of(app, "#policy-text")
        await press(pilot, "e")
        digest = app.page.query_one("#policies", RowTable).current().digest
    saved = next((bench.folder / "exports").glob("policy-*.yaml"))
    assert saved.read_bytes() == bench.ws.objects.get(digest)


async def test_a_policy_that_loosens_takes_two_signatures_at_one_desk(bench: Bench) -> None:
    keys.new(bench.ws.home, "owner-2", holder="owner-2", passphrases=asks)
    keys.enrol(bench.ws, "owner-2", roles=("policy",), passphrases=asks)
    folder = bench.folder / "looser"
    shutil.copytree(HERE / "policy", folder)
    policy = folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    assert "version: 1.0.0" in text
    policy.write_text(text.replace("version: 1.0.0", "version: 1.1.0").replace('default: "0.8"', 'default: "0.7"'), encoding="utf-8")
    binding = folder / "binding.yaml"
    binding.write_text(binding.read_text(encoding="utf-8").replace("version: 1.0.0", "version: 1.1.0"), encoding="utf-8")
    app, size = bench.app(), bench.ws.ledger.size
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "5", "i")
        await dialog(pilot)
        await press(pilot, f"+{folder}", "enter")
        app.screen.query_one("#first", Select).value = "policy-owner"
        app.screen.query_one("#secret-0").focus()
        await pilot.pause()
        await press(pilot, "+" + PASSPHRASE, "enter", "enter")
        assert "two holders" in str(app.screen.query_one("#problem").visual)
        assert bench.ws.ledger.size == size
        app.screen.query_one("#second", Select).value = "owner-2"
        app.screen.query_one("#secret-0").focus()
        await pilot.pause()
        await press(pilot, "+" + PASSPHRASE, "enter", "+" + PASSPHRASE, "enter")
        assert len(app.screen_stack) == 1
        assert "--also-as owner-2" in app.commands[-1]
    written = next(entry for entry in (bench.ws.ledger.entry(i) for i in range(size, bench.ws.ledger.size)) if entry.kind == "policy")
    assert {signed.holder for signed in written.signed_by} == {"policy-owner", "owner-2"}
