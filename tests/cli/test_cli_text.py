"""Words for a terminal: what is shown never says another thing than what is meant."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from govern.cli.text import GLYPHS, Cell, clean, figure, paragraph, state, table, width

decimals = st.decimals(min_value=-10, max_value=10, places=12).map(lambda d: format(d, "f"))


@given(decimals, decimals)
def test_a_shortened_number_stays_on_its_side_of_the_limit(observed: str, limit: str):
    shown, near = Decimal(figure(observed, limit)), Decimal(limit)
    assert (shown > near) == (Decimal(observed) > near)
    assert (shown < near) == (Decimal(observed) < near)


@pytest.mark.parametrize(
    ("given_", "against", "shown"),
    [
        ("0.358023516", "0.8", "0.3580"), ("0.79999999", "0.8", "0.79999999"), ("0.8", "0.8", "0.8000"), ("12", "", "12"),
        ("0.00000123", "", "1.23e-6"), ("low", "", "low"), ("3E+2", "", "300"),
    ],
)
def test_numbers_for_people(given_: str, against: str, shown: str):
    assert figure(given_, against) == shown


def test_a_number_that_is_not_there_is_a_dash():
    assert figure(None) == "–"


@pytest.mark.parametrize("hostile", ["\x1b[2Jcleared", "a\u202eb", "one\rtwo", "a\u2066b", "bell\x07", "\x9b31m", "\u2028", "\ud800"])
def test_nothing_from_a_ledger_moves_the_terminal(hostile: str):
    shown = clean(hostile)
    assert shown.isprintable()
    assert "\\u" in shown


def test_ordinary_words_of_any_language_stay():
    assert clean("Prüfung 審査 – “ok” é") == "Prüfung 審査 – “ok” é"


def test_columns_align_by_cells_not_by_characters():
    lines = table([("審査", "x"), ("ab", "y")])
    assert [width(line[: line.index(end)]) for line, end in zip(lines, "xy", strict=True)] == [6, 6]


def test_numbers_align_on_the_right():
    assert table([("a", "5"), ("b", "1234")], right=(1,)) == ["a     5", "b  1234"]


def test_colour_does_not_move_a_column():
    plain = table([(state("pass"), "x"), (state("inconclusive"), "y")])
    painted = table([(state("pass"), "x"), (state("inconclusive"), "y")], colour=True)
    assert [line.replace("\033[32m", "").replace("\033[33m", "").replace("\033[0m", "") for line in painted] == plain
    assert painted != plain


def test_the_last_column_wraps_on_a_terminal_and_nowhere_else():
    row = [("key", "word " * 40)]
    assert len(table(row)) == 1
    wrapped = table(row, columns=60)
    assert len(wrapped) > 3
    assert all(width(line) <= 60 for line in wrapped)


def test_every_state_has_a_glyph_and_a_word():
    for glyph, _ in GLYPHS.values():
        mark, word = glyph.split(" ", 1)
        assert len(mark) == 1
        assert word


def test_a_sentence_keeps_its_indent():
    assert paragraph("one two", columns=None, indent="  ") == ["  one two"]
    assert all(line.startswith("    ") for line in paragraph("word " * 60, columns=60, indent="    "))


def test_a_cell_is_cleaned_when_it_is_made():
    assert Cell("a\x1bb") == "a\\u001bb"
