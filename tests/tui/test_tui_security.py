"""The seven cases of the design that were reproduced on Textual 8.2.8, and what follows from them."""

import os
import subprocess
import sys

import pytest
from textual.widgets import Input
from tui.kit_tui import PASSPHRASE, Bench, dialog, press, review, settled

import govern_tui
from govern.domain.facts import SystemFact
from govern.workflow.record import recording
from govern_tui.actions import of_scope
from govern_tui.crash import account
from govern_tui.dialogs.decide import DecideDialog
from govern_tui.picture import picture_of
from govern_tui.text import clean, fit

SIZE = (120, 34)


class BoomError(Exception):
    """An exception whose text and rendering hold a secret."""

    def __rich__(self) -> str:
        return str(self)


async def test_1_a_crash_names_places_and_no_value(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    app = bench.app()

    def crash() -> None:
        passphrase = PASSPHRASE
        raise BoomError(f"could not use {passphrase}")

    async def crashing() -> None:
        async with app.run_test(size=SIZE) as pilot:
            await review(pilot, bench, "credit@3")
            await press(pilot, "a")
            await dialog(pilot)
            await press(pilot, "+" + PASSPHRASE)
            app.call_later(crash)
            await pilot.pause(0.2)

    with pytest.raises(BoomError):
        await crashing()
    shown = "".join(str(part) for part in app._exit_renderables) + "".join(capsys.readouterr())
    assert PASSPHRASE not in shown
    assert app.return_code == 4


def test_1_the_account_of_a_crash_holds_type_and_place_only() -> None:
    def crash(secret: str) -> None:
        raise BoomError(secret)

    with pytest.raises(BoomError) as caught:
        crash(PASSPHRASE)
    text = account(caught.value)
    assert PASSPHRASE not in text
    assert "BoomError" in text
    assert "test_tui_security.py" in text


def test_2_variables_that_record_keys_are_dropped_before_textual_is_imported() -> None:
    code = (
        "import sys, govern_tui; assert 'textual' not in sys.modules; govern_tui.forget_recording(); import os, textual.constants as c;"
        "assert c.LOG_FILE is None, c.LOG_FILE; assert not c.DEBUG; assert not c.PRESS; assert not os.environ.get('TEXTUAL')"
    )
    recording_ = dict.fromkeys(govern_tui.RECORDING_VARIABLES, "1")
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **recording_, "PYTHONPATH": os.pathsep.join(sys.path)}, capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stderr


async def test_3_a_typed_passphrase_can_be_neither_copied_nor_cut(bench: Bench) -> None:
    app = bench.app()
    copied: list[str] = []
    app.copy_to_clipboard = copied.append  # type: ignore[method-assign]
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await press(pilot, "a")
        await dialog(pilot)
        await press(pilot, "+" + PASSPHRASE, "shift+home", "ctrl+c", "ctrl+x", "ctrl+a", "ctrl+c", "super+c")
        assert app.screen.query_one("#passphrase", Input).value == PASSPHRASE
        assert app.clipboard == ""
        assert PASSPHRASE not in picture_of(app)
    assert not copied


async def test_4_a_page_that_is_not_shown_takes_no_key(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await press(pilot, "1")
        assert app.query_one("#page-review").disabled
        await press(pilot, "a", "enter", "a", "x", "w")
        assert not isinstance(app.screen, DecideDialog)


async def test_4_nothing_can_be_decided_before_a_dossier_was_opened(bench: Bench) -> None:
    app, before = bench.app(), bench.leaves()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "enter", "a")
        assert not isinstance(app.screen, DecideDialog)
        await app.go("review")
        await settled(pilot)
        for key in ("a", "x", "w", "r", "t", "c", "p"):
            await press(pilot, key)
            assert not isinstance(app.screen, DecideDialog)
    assert bench.leaves() == before


@pytest.mark.parametrize("size", [(70, 24), (79, 40), (120, 23), (60, 16), (40, 10)])
async def test_5_below_80_by_24_nothing_can_be_written(bench: Bench, size: tuple[int, int]) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await review(pilot, bench, "credit@3")
        await pilot.resize_terminal(*size)
        await settled(pilot)
        for action in of_scope("review"):
            if action.writes:
                assert app.why_not(action), action.id
        await press(pilot, "a")
        assert not isinstance(app.screen, DecideDialog)
        banner = str(app.screen_stack[0].query_one("#banner").visual)
        assert banner.startswith(("READ-ONLY ", "RO "))


HOSTILE = "[red]x[/red] [@click=app.quit]y[/] \x1b[31mred\x1b]52;c;aGk=\x07 \u202egnp.exe \u200b 漢字 a\u0301\u0301\u0301\u0301\u0301\u0301 \x9b5n\rZ\nnext"


@pytest.mark.parametrize("width", [1, 5, 20, 80])
def test_6_cleaned_text_has_no_control_and_keeps_its_columns(width: int) -> None:
    from rich.cells import cell_len

    cleaned = clean(HOSTILE)
    assert not {"\x1b", "\x07", "\r", "\n", "\u202e", "\u200b", "\x9b"} & set(cleaned)
    assert cleaned.count("\u0301") == 2
    assert cell_len(fit(cleaned, width)) == width


async def test_6_ledger_text_is_data_wherever_it_is_shown(bench: Bench) -> None:
    recording.record_system(
        bench.ws,
        SystemFact(
            name="evil", title=HOSTILE, purpose="credit", task="binary-classification", tier="high", owner="[@click=app.quit]me[/]",
            description=HOSTILE,
        ),
        passphrases=lambda _: PASSPHRASE,
    )
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        for keys in (("1",), ("2", "enter"), ("escape", "3"), ("9",)):
            await press(pilot, *keys)
            picture = picture_of(app)
            assert "\x1b" not in picture
            assert "\u202e" not in picture
        await press(pilot, "2", "home")
        detail = str(app.page.query_one("#entry-text").visual)
        assert "[red]x[/red]" in detail


async def test_7_a_picture_refers_to_nothing_on_the_web(bench: Bench) -> None:
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        assert "cdnjs" in app.export_screenshot()
        picture = picture_of(app)
        await press(pilot, "ctrl+s")
    saved = list((bench.folder / "exports").glob("*.svg"))
    assert len(saved) == 1
    for text in (picture, saved[0].read_text(encoding="utf-8")):
        assert "@font-face" not in text
        assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
