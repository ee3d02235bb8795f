"""Everything by mouse too: menus, footer, tabs, rows, wheel, buttons; and what a menu says of what can't be done."""

from textual import events
from textual.pilot import Pilot
from textual.widgets import OptionList, Select, Tab, TabbedContent
from tui.kit_tui import PASSPHRASE, Bench, dialog, press, review, settled

from govern_tui.chrome.popups import Menu, Prompt
from govern_tui.dialogs.decide import DecideDialog
from govern_tui.widgets.rowtable import RowTable

SIZE = (120, 40)


async def test_a_menu_is_opened_and_an_action_chosen_by_mouse(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await pilot.click("#menu-go")
        await settled(pilot)
        assert isinstance(app.screen, Menu)
        lines = app.screen.query_one(OptionList)
        at = next(number for number in range(lines.option_count) if lines.get_option_at_index(number).id == "go.policies")
        await pilot.click(OptionList, offset=(4, at + 1))
        await settled(pilot)
        assert app.page_name == "policies"
        await pilot.click("#menu-review")
        await settled(pilot)
        await pilot.click(offset=(100, 30))
        await settled(pilot)
        assert not isinstance(app.screen, Menu), "a click beside a menu closes it"


async def test_a_menu_greys_what_cannot_be_done_now(bench: Bench) -> None:
    app, before = bench.app(), bench.leaves()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "4", "alt+r")
        lines = app.screen.query_one(OptionList)
        disabled = {lines.get_option_at_index(number).id for number in range(lines.option_count) if lines.get_option_at_index(number).disabled}
        assert {"review.approve", "review.waive", "review.close_finding"} <= disabled
        assert "review.open" not in disabled
        at = next(number for number in range(lines.option_count) if lines.get_option_at_index(number).id == "review.approve")
        await pilot.click(OptionList, offset=(4, at + 1))
        await settled(pilot)
        assert not isinstance(app.screen, DecideDialog)
    assert bench.leaves() == before


async def test_rows_open_by_double_click_and_scroll_by_wheel(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=(120, 24)) as pilot:
        await settled(pilot)
        await press(pilot, "2")
        table = app.page.table
        await pilot.click(table, offset=(10, 4))
        await settled(pilot)
        assert table.cursor == table.scroll_offset.y + 2
        top = table.scroll_offset.y
        wheel = events.MouseScrollDown(table, 10, 5, 0, 1, 0, shift=False, meta=False, ctrl=False)
        for _ in range(3):
            table.post_message(wheel)
            await pilot.pause(0.05)
        assert table.scroll_offset.y > top
        await pilot.click(table, offset=(10, 5), times=2)
        await settled(pilot)
        assert type(app.screen).__name__ == "Reader"


async def test_an_approval_signed_by_mouse_alone_but_for_the_passphrase(bench: Bench) -> None:
    app, size = bench.app(), bench.ws.ledger.size
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await pilot.click("#menu-review")
        await settled(pilot)
        lines = app.screen.query_one(OptionList)
        at = next(number for number in range(lines.option_count) if lines.get_option_at_index(number).id == "review.approve")
        await pilot.click(OptionList, offset=(4, at + 1))
        await settled(pilot)
        await dialog(pilot)
        await pilot.click("#sign")
        await settled(pilot)
        assert "passphrase" in str(app.screen.query_one("#problem").visual).lower()
        app.screen.query_one("#passphrase").value = PASSPHRASE
        assert app.screen.query_one("#signer", Select).value == "reviewer"
        await pilot.click("#sign")
        await settled(pilot)
        assert not isinstance(app.screen, DecideDialog)
    assert bench.ws.ledger.size == size + 1


async def test_cancel_by_mouse_writes_nothing(bench: Bench) -> None:
    app, before = bench.app(), bench.leaves()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await press(pilot, "a")
        await dialog(pilot)
        app.screen.query_one("#passphrase").value = PASSPHRASE
        await pilot.click("#cancel")
        await settled(pilot)
        assert len(app.screen_stack) == 1
    assert bench.leaves() == before


async def test_jumping_goes_to_the_pane_of_the_letter_and_zoom_shows_it_alone(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "semicolon", "d")
        assert app.focused is app.current_panes()[2]
        assert isinstance(app.focused, RowTable)
        await press(pilot, "z")
        assert app.focused.region.width == app.query_one("#banner").region.right == SIZE[0], "the banner stays above it"
        assert "READ-WRITE" in str(app.query_one("#banner").visual)
        await press(pilot, "z")
        assert app.screen.maximized is None
        await press(pilot, "z", "2")
        assert app.page.table.region.area > 0, "a zoomed pane hides no page that one goes to"


async def test_a_key_of_the_footer_is_clicked_and_one_that_cannot_be_done_does_nothing(bench: Bench) -> None:
    app, before = bench.app(), bench.leaves()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "2")
        await click_key(pilot, "Filter")
        assert isinstance(app.screen, Prompt)
        await press(pilot, "escape")
        await click_key(pilot, "Menu")
        assert isinstance(app.screen, Menu)
        await press(pilot, "escape", "4")
        await click_key(pilot, "Approve")
        assert len(app.screen_stack) == 1, "no dossier is open"
        assert not app._notifications, "a grey word is no button"
        await review(pilot, bench, "credit@3")
        await click_key(pilot, "Approve")
        assert isinstance(app.screen, DecideDialog)
    assert bench.leaves() == before


async def click_key(pilot: Pilot, word: str) -> None:
    """Click on a word of the footer."""
    line = str(pilot.app.screen_stack[0].query_one("#keybar").visual)
    await pilot.click("#keybar", offset=(1 + line.index(word), 0))
    await settled(pilot)


async def test_each_tab_of_the_dossier_is_opened_by_mouse(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        tabs = list(app.screen.query(Tab))
        assert len(tabs) >= 6
        for tab in tabs[1:5]:
            await pilot.click(tab)
            await settled(pilot)
            assert app.screen.query_one(TabbedContent).active_pane.region.area > 0
            assert app.screen.query_one(TabbedContent).get_tab(app.screen.query_one(TabbedContent).active) is tab
