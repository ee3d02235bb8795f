"""The row table and its sources: right rows at every position, few of them in memory, columns that stay aligned."""

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from govern.errors import StorageError
from govern_tui.text import clean, fit
from govern_tui.themes import DEFAULTS
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import PAGE, PAGES_KEPT, AnchoredSource, ListSource, RangeSource


@given(size=st.integers(1, 5000), newest_first=st.booleans(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_range_source_gives_the_row_of_each_position_and_back(size: int, newest_first: bool, data: st.DataObject) -> None:
    source = RangeSource(lambda start, limit: list(range(start, min(start + limit, size))), size, newest_first=newest_first)
    position = data.draw(st.integers(0, size - 1))
    key = source.row(position)
    assert key == (size - 1 - position if newest_first else position)
    assert source.position(key) == position


def test_a_range_source_reads_a_page_once_and_keeps_few() -> None:
    reads: list[int] = []

    def read(start: int, limit: int) -> list[int]:
        reads.append(start)
        return list(range(start, start + limit))

    source = RangeSource(read, 10_000_000)
    for _ in range(3):
        for position in range(PAGE):
            source.row(position)
    assert reads == [0]
    for page in range(PAGES_KEPT + 5):
        source.row(page * PAGE)
    source.row(0)
    assert reads[-1] == 0
    assert len(source._cache._pages) <= PAGES_KEPT


@given(keys=st.sets(st.integers(0, 20_000), max_size=2000), newest_first=st.booleans())
@settings(max_examples=30, deadline=None)
def test_an_anchored_source_holds_exactly_the_matches_in_order(keys: set[int], newest_first: bool) -> None:
    ordered = sorted(keys)

    def read(start: int, limit: int) -> list[int]:
        return [key for key in ordered if key >= start][:limit]

    source: AnchoredSource[int] = AnchoredSource(read, lambda row: row)
    source.newest_first = newest_first
    source.scan(lambda: False, source.extend)
    shown = [source.row(position) for position in range(len(source))]
    assert shown == (ordered[::-1] if newest_first else ordered)
    for position, key in enumerate(shown[:50]):
        assert source.position(key) == position


@given(text=st.text(max_size=80), width=st.integers(0, 60))
def test_any_text_fills_exactly_its_width_once_cleaned(text: str, width: int) -> None:
    assert cell_len(fit(clean(text), width)) == width


class TableApp(App[None]):
    """A table of text rows."""

    def __init__(self, rows: list[str]) -> None:
        super().__init__()
        self.rows = rows

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(DEFAULTS)

    def compose(self) -> ComposeResult:
        table = RowTable([Column(title="text", width=12, cell=lambda row: (row, "")), Column(title="end", width=3, cell=lambda _: ("end", ""))])
        yield table

    def on_mount(self) -> None:
        self.query_one(RowTable).show(ListSource(self.rows))


async def test_hostile_and_wide_rows_keep_the_next_column_in_its_place() -> None:
    rows = ["plain", "漢字漢字漢字漢字漢字", "\x1b[31mred", "a\u0301\u0301\u0301\u0301", "🏳️‍🌈 flag", "\u202eltr", "[b]x[/b]", "\t\ttabs"]
    app = TableApp(rows)
    async with app.run_test(size=(40, 12)) as pilot:
        table = app.query_one(RowTable)
        for line in range(1, len(rows) + 1):
            strip = table.render_line(line)
            assert strip.cell_length == table.scrollable_content_region.width
            text = strip.text
            assert cell_len(text[: text.index("end")]) == 14, repr(text)
        await pilot.pause()


async def test_keys_mouse_and_wheel_move_the_cursor() -> None:
    app = TableApp([str(number) for number in range(1000)])
    async with app.run_test(size=(40, 12)) as pilot:
        table = app.query_one(RowTable)
        table.focus()
        await pilot.press("end")
        assert table.cursor == 999
        assert "999" in table.render_line(11).text
        await pilot.press("home", "down", "down")
        assert table.cursor == 2
        await pilot.press("pagedown")
        assert table.cursor == 12
        await pilot.press("home")
        await pilot.click(RowTable, offset=(4, 6))
        assert table.cursor == 5


async def test_rows_that_cannot_be_read_are_said_and_do_not_crash() -> None:
    def read(start: int, limit: int) -> list[str]:
        raise StorageError("the database is gone", "Bring it back.")

    app = TableApp([])
    async with app.run_test(size=(60, 12)) as pilot:
        table = app.query_one(RowTable)
        table.show(RangeSource(read, 5000))
        await pilot.pause()
        assert "can't be read" in table.render_line(1).text
        await pilot.press("pagedown")
