"""References, drawn rows, and states as of a time."""

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lineage.book import START, Book, digest, furnished, running

from govern.errors import CorruptStoreError, NotFoundError
from govern.lineage.folding import extended, fold
from govern.lineage.graph import Graph
from govern.lineage.layout import draw, layout
from govern.lineage.refs import resolve
from govern.lineage.state import State


@pytest.mark.parametrize(("ref", "kind", "name"), [
    ("system/credit", "system", "credit"), ("scorer@1", "model", "scorer@1"), ("model/scorer@1", "model", "scorer@1"),
    ("train@1", "dataset", "train@1"), ("fairness@1", "policy", "fairness@1"), ("run/fit", "run", "fit"),
    ("D-1", "deployment", "D-1"), ("#0", "trust-root", "trust-root@1"),
])
def test_what_people_write_names_one_thing(ref, kind, name):
    book, _ = running()
    node = resolve(book.state, ref)
    assert (node.kind, node.name) == (kind, name)


def test_every_entry_and_every_digest_prefix_leads_to_its_node():
    book, model = running()
    for entry in book.entries:
        assert resolve(book.state, f"#{entry.index}").kind == entry.kind
    assert resolve(book.state, model[:15]).digest == model
    decided = book.state.decisions_of(model)[0]
    assert resolve(book.state, decided.digest).index == decided.index
    measured = book.state.evidence_of(model)[0]
    assert resolve(book.state, measured.digest[:20]).index == measured.index
    assert resolve(book.state, digest("code")).kind == "code"


@pytest.mark.parametrize("ref", ["", "#99", "#-1", "#x", "sha256:0123456", "sha256:zzzzzzzz", "scorer", "scorer@9", "ﬁ@1", "#²"])
def test_what_names_nothing_is_not_found(ref):
    book, _ = running()
    with pytest.raises(NotFoundError):
        resolve(book.state, ref)


def test_a_name_that_means_two_things_is_not_guessed():
    book, _ = furnished()
    book.model("scorer@1", contents="another file")
    with pytest.raises(NotFoundError, match="more than one"):
        resolve(book.state, "scorer@1")
    with pytest.raises(NotFoundError, match="names no dataset"):
        resolve(book.state, "scorer@1", ("dataset",))


def test_rows_show_a_chain_and_where_it_forks():
    rows = draw(["d", "b", "c", "a"], {"d": ["b", "c"], "b": ["a"], "c": ["a"], "a": []}.__getitem__)
    assert [lanes for _, lanes in rows] == ["●─╮", "● │", "├─●", "●"]


def test_every_node_gets_one_row_below_what_rests_on_it():
    book, model = running()
    graph = Graph(book.state)
    rows = layout(graph, resolve(book.state, "scorer@1"))
    places = {row.node.key: number for number, row in enumerate(rows)}
    assert len(places) == len(rows)
    for key, place in places.items():
        assert all(places[parent] > place for parent in graph.parents(key) if parent in places)
    assert next(row for row in rows if row.node.key == model).depth == 0
    kinds = {row.node.kind for row in layout(graph, resolve(book.state, "raw@1"), direction="impact")}
    assert kinds == {"dataset", "model", "review", "promotion", "deployment"}


@given(st.integers(0, 2**32), st.integers(2, 60), st.integers(1, 4))
def test_drawn_rows_lead_from_each_node_to_each_of_its_parents(seed, size, most):
    """Follow the lines as an eye would: every parent's row is reached from below its child's dot."""
    rng = random.Random(seed)
    near = {n: sorted(rng.sample(range(n + 1, size), min(rng.randint(0, most), size - n - 1))) for n in range(size)}
    rows = [lanes for _, lanes in draw(list(range(size)), near.__getitem__)]
    reached: list[set[int]] = []
    lanes: dict[int, set[int]] = {}
    for number, row in enumerate(rows):
        cells = row.ljust(2 * size + 2)
        dot = cells.index("●") // 2
        turning = _turning(cells, dot)
        arrived = lanes.get(dot, set()).union(*(lanes.get(p, set()) for p in turning if cells[2 * p] in "╯┴"))
        reached.append(arrived)
        after = {p: held for p, held in lanes.items() if cells[2 * p] in "│┼┤├"}
        after |= {p: after.get(p, set()) | {number} for p in turning if cells[2 * p] in "╮┬┤├┼"}
        after[dot] = {number}
        lanes = after
    for child, parents in near.items():
        for parent in parents:
            assert child in reached[parent], "\n".join(rows)


def _turning(cells: str, dot: int) -> list[int]:
    places = []
    for step in (1, -1):
        place = dot
        while 0 <= place + step < len(cells) // 2 and cells[2 * min(place, place + step) + 1] == "─":
            place += step
            if cells[2 * place] in "╯╮┤├┴┬┼":
                places.append(place)
    return places


def test_entries_out_of_order_or_with_gaps_are_refused():
    book, _ = furnished()
    for wrong in (book.entries[1:], [book.entries[0], book.entries[2]], [*book.entries, book.entries[-1]]):
        with pytest.raises(CorruptStoreError):
            fold(wrong)


def test_as_of_is_a_prefix_whatever_times_are_claimed():
    book = Book()
    book.system()
    book.dataset("a@1")
    fact = book.entries[-1].fact
    book.add(fact, by="pipeline", subject=("late", digest("late")), at=START + timedelta(days=5))
    book.add(fact, by="pipeline", subject=("early", digest("early")), at=START + timedelta(days=1))
    for days, size in ((0, 0), (1, 3), (4, 3), (5, 5)):
        state = fold(book.entries, as_of=START + timedelta(days=days))
        assert state.size == size
        assert state == fold(book.entries[:size])


def test_an_older_state_never_changes():
    book, model = furnished()
    states, copies = [State()], []
    for entry in book.entries:
        states.append(extended(states[-1], (entry,)))
    copies = [fold(book.entries[:size]) for size in range(len(states))]
    assert states == copies
    book.decide(model)
    grown = extended(states[-1], book.entries[states[-1].size:])
    assert states == copies
    assert grown == fold(book.entries)
    with pytest.raises(TypeError):
        grown.models.put(model, grown.models[model])
