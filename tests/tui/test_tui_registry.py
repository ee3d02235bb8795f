"""The registry of actions: everything is in a menu, in help and in the palette, and no two share a key where both hold."""

import re
from itertools import combinations

import pytest
from textual.widgets import OptionList
from tui.kit_tui import Bench, press, settled

from govern_tui.actions import ACTIONS, BY_ID, FORBIDDEN_KEYS, MENUS, PAGES, of_menu, of_scope
from govern_tui.chrome.palette import ActionProvider
from govern_tui.chrome.popups import Menu, Reader
from govern_tui.globals import GlobalActions
from govern_tui.pages.every import page_class
from govern_tui.widgets.rowtable import RowTable

SCOPES = tuple(page.id for page in PAGES)


def test_ids_are_unique_and_every_page_has_a_class_and_a_key() -> None:
    assert len(BY_ID) == len(ACTIONS)
    assert tuple(page_class(scope).NAME for scope in SCOPES) == SCOPES
    assert [BY_ID[f"go.{page}"].keys[0] for page in SCOPES] == [str(number) for number in range(1, 10)]


@pytest.mark.parametrize("scope", SCOPES)
def test_no_two_actions_share_a_key_where_both_hold(scope: str) -> None:
    for one, other in combinations((*of_scope("app"), *of_scope(scope)), 2):
        assert not set(one.keys) & set(other.keys), (one.id, other.id)


def test_no_widget_takes_a_key_away_from_an_action() -> None:
    taken = {key.strip() for binding in RowTable.BINDINGS for key in binding.key.split(",")}
    for action in ACTIONS:
        assert not taken & set(action.keys), action.id


@pytest.mark.parametrize("scope", SCOPES)
def test_every_action_is_in_exactly_one_menu_of_its_page(scope: str) -> None:
    shown = [action.id for menu in MENUS for action in of_menu(menu, scope)]
    assert sorted(shown) == sorted(action.id for action in (*of_scope("app"), *of_scope(scope)))


def test_no_menu_begins_with_f_or_b_and_no_key_is_one_that_a_terminal_takes_for_another() -> None:
    assert not {menu[0] for menu in MENUS} & {"F", "B"}
    assert len({menu[0] for menu in MENUS}) == len(MENUS)
    for action in ACTIONS:
        assert not set(action.keys) & FORBIDDEN_KEYS, action.id
        assert action.keys, action.id


def test_f10_and_ctrl_p_have_plain_twins() -> None:
    for action in ACTIONS:
        for taken in {"f10", "ctrl+p"} & set(action.keys):
            assert len(action.keys) > 1, (action.id, taken)


def test_every_action_has_code_and_a_sentence() -> None:
    for action in ACTIONS:
        owner = GlobalActions if action.scope == "app" else page_class(action.scope)
        name = action.id.replace(".", "_") if action.scope == "app" else action.id.split(".")[1]
        if not action.id.startswith("go.") or action.id in {"go.back", "go.entry"}:
            assert callable(getattr(owner, f"do_{name}", None)), action.id
        assert action.help.endswith("."), action.id


def test_no_deciding_action_is_on_the_key_that_confirms() -> None:
    assert not [action.id for action in ACTIONS if action.writes and "enter" in action.keys]


async def test_help_names_every_action_of_the_page_with_its_key(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=(120, 34)) as pilot:
        await settled(pilot)
        for page in PAGES:
            await app.go(page.id)
            await settled(pilot)
            await press(pilot, "question_mark")
            assert isinstance(app.screen, Reader)
            text = app.screen._body.plain
            for action in (*of_scope("app"), *of_scope(page.id)):
                assert action.title.rstrip("…") in text
                assert action.help in text
                assert action.id in text, "a key map names actions by it"
            await press(pilot, "escape")


async def test_the_menu_lists_what_the_registry_says_and_does_it(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=(120, 34)) as pilot:
        await settled(pilot)
        await press(pilot, "f10", "right", "right")
        assert isinstance(app.screen, Menu)
        lines = app.screen.query_one(OptionList)
        ids = [lines.get_option_at_index(number).id for number in range(lines.option_count)]
        assert ids == [action.id for action in of_menu("Go", "dashboard")]
        await press(pilot, "down", "enter")
        await settled(pilot)
        assert app.page_name == "ledger"
        await press(pilot, "alt+r")
        assert [line.id for line in app.screen.query_one(OptionList).options] == ["go.review"], "no menu is an empty box"
        await press(pilot, "enter")
        await settled(pilot)
        assert app.page_name == "review"


@pytest.mark.parametrize("scope", SCOPES)
async def test_the_palette_holds_every_action_that_can_be_done_on_the_page(scope: str, bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=(120, 34)) as pilot:
        await settled(pilot)
        await app.go(scope)
        await settled(pilot)
        offered = [hit.display async for hit in ActionProvider(app.screen).discover()]
        able = [action for action in (*of_scope("app"), *of_scope(scope)) if not app.why_not(action)]
        assert sorted(offered) == sorted(action.title.rstrip("…") for action in able)
        assert len(able) > 20


async def test_the_palette_finds_everything_and_says_what_can_not_be_done_now(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=(120, 34)) as pilot:
        await settled(pilot)
        await press(pilot, "colon")
        await press(pilot, *"verif")
        await pilot.pause(0.5)
        await settled(pilot)
        listed = app.screen.query_one("CommandList")
        shown = " ".join(str(listed.get_option_at_index(number).prompt) for number in range(listed.option_count))
        assert "Verify (Go)  8" in shown
        assert "Approve" not in shown
        await press(pilot, *("backspace",) * 5, *"revoke wai")
        await pilot.pause(0.5)
        await settled(pilot)
        told = str(listed.get_option_at_index(0).prompt)
        assert "Revoke waiver (Review)  V" in told
        assert "Not now: on the page Review." in told


async def test_a_key_map_moves_an_action_and_its_old_key_is_dead(bench: Bench) -> None:
    app = bench.app(keys={"go.ledger": "f12"})
    async with app.run_test(size=(120, 34)) as pilot:
        await settled(pilot)
        await press(pilot, "2")
        assert app.page_name == "dashboard"
        await press(pilot, "f12")
        assert app.page_name == "ledger"


async def test_the_footer_and_the_banner_are_there_on_every_page(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=(120, 34)) as pilot:
        await settled(pilot)
        for page in PAGES:
            await app.go(page.id)
            await settled(pilot)
            assert app.query_one("#keybar").region.height == 1
            banner = str(app.query_one("#banner").visual)
            assert "READ-WRITE" in banner
            assert re.search(r"\d due", banner)


def test_commands_in_the_registry_are_commands_of_the_command_line() -> None:
    from govern.cli.commands import __path__ as places

    names = {file.stem for place in places for file in __import__("pathlib").Path(place).glob("*.py")}
    for action in ACTIONS:
        words = action.cli.split()
        assert not words or words[0].startswith("--") or (words[0] == "govern" and words[1] in names), action.id


async def test_a_key_that_can_not_be_used_now_says_why_and_escape_stays_silent(bench: Bench) -> None:
    app, before = bench.app(), bench.leaves()
    async with app.run_test(size=(120, 34)) as pilot:
        await settled(pilot)
        await press(pilot, "4", "a")
        assert "Approve: " in list(app._notifications)[-1].message
        assert len(app.screen_stack) == 1
        told = len(app._notifications)
        await press(pilot, "2", "escape")
        assert len(app._notifications) == told
    assert bench.leaves() == before


async def test_at_80_columns_banner_and_what_holds_everywhere_are_whole(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        for tile, words in (("#ledger-tile", f"entries {bench.ws.ledger.size}"), ("#results", f"PASS {app.page.status.results['pass']}")):
            lines = [app.page.query_one(tile).render_line(y).text for y in range(3)]
            assert words in " ".join(" ".join(lines).split()), tile
            assert "…" not in "".join(lines), tile
        for page in PAGES:
            await app.go(page.id)
            await settled(pilot)
            shown = [str(app.screen_stack[0].query_one(name).render_line(0).text) for name in ("#banner", "#keybar")]
            assert "READ-WRITE" in shown[0]
            assert shown[0].rstrip().endswith(" due"), page.id
            assert shown[1].rstrip().endswith("F10 Menu"), page.id
