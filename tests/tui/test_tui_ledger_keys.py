"""Going through the ledger by time and by what is bad."""

from datetime import timedelta

import pytest
from tui.kit_tui import Bench, lengthen, press, settled

SIZE = (120, 34)
STEPS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


@pytest.mark.parametrize("newest_first", [True, False])
async def test_minute_hour_and_day_go_on_and_back_and_over_gaps(bench: Bench, newest_first: bool) -> None:
    for gap in (*[timedelta(seconds=25)] * 8, *[timedelta(minutes=25)] * 8, *[timedelta(hours=10)] * 8):
        bench.clock.now += gap
        lengthen(bench, bench.ws.ledger.size + 1)
    app = bench.app()
    app.remembered.newest_first = newest_first
    every = [bench.ws.ledger.entry(index) for index in range(bench.ws.ledger.size)]
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        for start in (6, len(every) - 23, len(every) - 15, len(every) - 7):
            app.page.goto(str(start)) if app.page_name == "ledger" else await app.go("ledger", str(start))
            await settled(pilot)
            for key, step in STEPS.items():
                at = app.page.table.current().index
                wanted = next((one.index for one in every if one.time >= every[at].time + step), len(every) - 1)
                await press(pilot, key)
                assert app.page.table.current().index == wanted, key
            for key, step in reversed(STEPS.items()):
                at = app.page.table.current().index
                wanted = min(next(one.index for one in every if one.time >= every[at].time - step), at - 1)
                await press(pilot, key.upper())
                assert app.page.table.current().index == wanted, key


@pytest.mark.parametrize("newest_first", [True, False])
async def test_brackets_go_from_one_bad_entry_to_the_next_among_those_shown(bench: Bench, newest_first: bool) -> None:
    app = bench.app()
    app.remembered.newest_first = newest_first
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        bad = [row.index for row in app.desk.log(0, bench.ws.ledger.size) if row.standing == "bad"]
        kinds = {bench.ws.ledger.entry(index).kind for index in bad}
        assert kinds == {"decision", "observation"}
        await app.go("ledger", "0")
        await settled(pilot)
        down, up = ("left_square_bracket", "right_square_bracket") if newest_first else ("right_square_bracket", "left_square_bracket")
        for index in bad:
            await press(pilot, down)
            assert app.page.table.current().index == index
        await press(pilot, down)
        assert app.page.table.current().index == bad[-1]
        assert "No bad entry" in list(app._notifications)[-1].message
        await press(pilot, up)
        assert app.page.table.current().index == bad[-2]
        app.page.set_filter("kind:observation")
        await settled(pilot)
        only = [index for index in bad if bench.ws.ledger.entry(index).kind == "observation"]
        app.page.goto("0")
        await settled(pilot)
        await press(pilot, down)
        assert app.page.table.current().index == only[0]
        app.page.set_filter("status:ok")
        await settled(pilot)
        here = app.page.table.current().index
        await press(pilot, down)
        assert app.page.table.current().index == here
