"""Kept states: read key by key they are the fold from scratch, whatever was kept when, now and at any past time."""

import os
import shutil
import threading
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lineage.book import START, Book, digest, running
from lineage.test_lineage_machine import Lifecycle

from govern import lineage
from govern.domain.kept import Kept
from govern.domain.text import Digest
from govern.errors import StorageError
from govern.lineage import snapshot
from govern.lineage.codec import code_of, fingerprint, table_codec
from govern.lineage.folding import Folding, fold
from govern.lineage.permission import may_run
from govern.lineage.refs import resolve
from govern.lineage.snapshot import latest, load, made, stored
from govern.lineage.state import State
from govern.store.read_tables import ReadTables


class Source:
    """A ledger of entries whose root is a digest over their leaves."""

    def __init__(self, entries) -> None:
        self.list = list(entries)
        self.read = 0

    @property
    def size(self) -> int:
        return len(self.list)

    def entries(self, start=0, stop=None):
        for entry in self.list[start:stop]:
            self.read += 1
            yield entry

    def root(self, size) -> Digest:
        return digest("".join(f"{entry.leaf_hash}{entry.fact!r}" for entry in self.list[:size]))


def wandered(seed: int) -> Book:
    """A book that a machine wrote at random."""
    import random

    rng = random.Random(seed)
    machine = Lifecycle()
    machine.begin(rng.choice([1, 2]), rng.choice([0, 0, 1, 2]), None)
    for _ in range(rng.randint(5, 25)):
        n = rng.randint(0, 1)
        rng.choice([
            lambda n=n: machine.gate(n, rng.choice(["allow", "deny"]), rng.random() < 0.5, rng.choice([None, 20])),
            lambda n=n: machine.approve_and_deploy(n, rng.choice(["reviewer", "second"])),
            lambda: machine.dataset(rng.choice(["raw@1", "train@1"]), rng.choice(["withdrawn", "active"])),
            machine.policy, lambda n=n: machine.waiver(n, "author"), lambda n=n: machine.finding(n, "open"),
            lambda: machine.wait(rng.randint(1, 9)), lambda n=n: machine.speak(n, "second", "reject"),
            lambda: machine.revoke(rng.choice(["second", "third"]), rng.randint(0, 12), rng.choice(["compromised", "lost"])),
            lambda n=n: machine.attest(n, "third"), lambda n=n: machine.take_back(n, "third"),
            lambda n=n: machine.gate_deploy(n, rng.choice(["allow", "deny"])),
        ])()
        if machine.deployed and rng.random() < 0.3:
            machine.observe(n, rng.choice(["allow", "deny"]))
        if machine.deployed and rng.random() < 0.1:
            machine.roll_back(n)
    return machine.book


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32), batch=st.integers(1, 40), steps=st.lists(st.integers(1, 30), max_size=4),
    together=st.integers(1, 4), held=st.integers(1, 60),
)
def test_kept_in_any_portions_is_the_fold_from_scratch_now_and_at_any_past_time(
    tmp_path_factory, seed, batch, steps, together, held,
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "TOGETHER", together)
        patch.setattr(snapshot, "HELD", held)
        in_portions(tmp_path_factory, wandered(seed).entries, batch, steps)


def in_portions(tmp_path_factory, entries, batch, steps):
    rows = ReadTables(tmp_path_factory.mktemp("rows") / "rows.db")
    size = 0
    for step in [*steps, len(entries)]:
        size = min(size + step, len(entries))
        assert load(rows, Source(entries[:size]), batch=batch) == fold(entries[:size])
    whole = Source(entries)
    again = load(rows, whole)
    assert whole.read == 0
    assert again == fold(entries)
    for entry in entries[:: max(1, len(entries) // 5)]:
        assert load(rows, whole, as_of=entry.time) == fold(entries, as_of=entry.time)
        assert load(rows, whole, stop=entry.index) == fold(entries[: entry.index])
    for kept in [*rows.kept()][:: max(1, len(entries) // batch // 5)]:
        assert stored(rows, kept) == fold(entries[: kept.size])
    assert load(rows, whole, as_of=START - timedelta(days=1)) == State()


@settings(max_examples=40, deadline=None)
@given(
    minutes=st.lists(st.integers(-90, 90), min_size=1, max_size=30), batch=st.integers(1, 5),
    asked=st.lists(st.tuples(st.integers(-100, 100), st.none() | st.integers(0, 40)), min_size=1, max_size=8),
)
def test_clocks_that_run_backwards_leave_the_search_by_key_right(tmp_path_factory, minutes, batch, asked):
    entries = running()[0].entries[: len(minutes)]
    entries = [
        replace(entry, statement=replace(entry.statement, header=replace(entry.statement.header, time=START + timedelta(minutes=one))))
        for entry, one in zip(entries, minutes, strict=False)
    ]
    rows, source = ReadTables(tmp_path_factory.mktemp("rows") / "rows.db"), Source(entries)
    load(rows, source, batch=batch)
    everything = list(rows.kept())
    assert len(everything) == -(-len(entries) // batch)
    for minute, most in [(one, None) for one in minutes] + asked:
        # The same moment, told by clocks elsewhere.
        moment = (START + timedelta(minutes=minute)).astimezone(timezone(timedelta(hours=minute % 5 - 2)))
        fitting = [one for one in everything if one.clock <= moment and (most is None or one.size <= most)]
        assert latest(rows, as_of=moment, most=most) == max(fitting, key=lambda one: one.size, default=None)
        assert load(rows, source, as_of=moment) == fold(entries, as_of=moment)
    assert latest(rows) == everything[0]
    assert latest(rows, most=0) is None


def test_a_past_moment_is_found_without_looking_at_every_state_kept(tmp_path):
    rows = ReadTables(tmp_path / "rows.db")
    states = [
        (Kept(size=size, clock=START + timedelta(minutes=size), root=digest(""), head=b"{}", form=fingerprint()), [])
        for size in range(1, 3000)
    ]
    rows.keep(states)
    steps = []
    with rows._file.asked() as connection:
        connection.set_progress_handler(lambda: steps.append(1), 10)
        for size in (1, 40, 1500, 2990):
            assert latest(rows, as_of=START + timedelta(minutes=size, seconds=5)).size == size
        connection.set_progress_handler(None, 0)
    assert len(steps) < 100, "SQLite's own steps, in tens: a scan takes thousands"


def test_a_kept_state_answers_without_reading_what_is_not_asked(tmp_path):
    book, model = running()
    rows = ReadTables(tmp_path / "rows.db")
    load(rows, Source(book.entries))
    kept = latest(rows)
    asked = []

    class Watched:
        def __getattr__(self, name):
            return getattr(rows, name)

        def value(self, table, key, size):
            asked.append((table, key))
            return rows.value(table, key, size)

    state = stored(Watched(), kept)
    assert may_run(state, model, "production", book.now).allowed
    assert resolve(state, model[:20]).name == "scorer@1"
    few = len(asked)
    for number in range(200):
        book.model(f"other@{number}")
    load(rows, Source(book.entries))
    asked.clear()
    state = stored(Watched(), latest(rows))
    assert may_run(state, model, "production", book.now).allowed
    assert resolve(state, model[:20]).name == "scorer@1"
    assert len(asked) == few


def test_rows_of_another_past_or_of_another_fold_are_made_again(tmp_path, monkeypatch):
    book, _ = running()
    rows = ReadTables(tmp_path / "rows.db")
    load(rows, Source(book.entries))
    other = Source(book.entries[:-1])
    other.list[-1] = Book().entries[0]
    other.list = [*book.entries[:3]]
    assert load(rows, other) == fold(other.list)
    assert other.read == 3
    twin, _ = running()
    twin.system(tier="low")
    load(rows, Source(book.entries))
    changed = Source(twin.entries)
    changed.root = lambda size: digest("another past")
    assert load(rows, changed) == fold(twin.entries)
    assert changed.read == len(twin.entries)
    monkeypatch.setattr("govern.lineage.codec.code_of", lambda _: "another fold")
    fingerprint.cache_clear()
    changed.read = 0
    assert load(rows, changed) == fold(twin.entries)
    assert changed.read == len(twin.entries)
    fingerprint.cache_clear()


def test_any_change_of_the_folding_code_makes_other_rows(tmp_path):
    folder = Path(lineage.__file__).parent
    copy = shutil.copytree(folder, tmp_path / "lineage", ignore=shutil.ignore_patterns("__pycache__"))
    assert code_of(copy) == code_of(folder)
    for path in sorted(copy.rglob("*.py")):
        before, text = code_of(copy), path.read_text()
        path.write_text(text + "\n")
        assert code_of(copy) != before, path
    (copy / "__pycache__").mkdir()
    before = code_of(copy)
    (copy / "__pycache__" / "folding.cpython-311.pyc").write_bytes(b"compiled")
    assert code_of(copy) == before


def test_whoever_reads_rows_that_were_made_anew_is_told(tmp_path):
    book, model = running()
    rows = ReadTables(tmp_path / "rows.db")
    load(rows, Source(book.entries))
    state = stored(rows, latest(rows))
    ReadTables(tmp_path / "rows.db").clear()
    with pytest.raises(StorageError, match="made the read tables anew"):
        assert model in state.models


def test_a_file_that_is_no_database_is_said_to_be_one(tmp_path):
    (tmp_path / "rows.db").write_bytes(b"x" * 4096)
    with pytest.raises(StorageError, match="can't be used"):
        ReadTables(tmp_path / "rows.db")
    assert (tmp_path / "rows.db").read_bytes() == b"x" * 4096


def test_threads_and_forks_read_the_same(tmp_path):
    book, model = running()
    state = load(ReadTables(tmp_path / "rows.db"), Source(book.entries))
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(model in state.models)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [True] * 4
    child = os.fork()
    if child == 0:
        os._exit(0 if may_run(state, model, "production", book.now).allowed else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_two_who_keep_the_same_state_leave_one(tmp_path):
    book, _ = running()
    one, two = ReadTables(tmp_path / "rows.db"), ReadTables(tmp_path / "rows.db")
    for rows in (one, two):
        folding = Folding()
        folding.run(book.entries)
        rows.keep([made(folding.state, digest("root"))])
    assert stored(two, latest(two)) == fold(book.entries)
    assert len(list(one.kept())) == 1


def test_every_table_has_a_codec():
    for name, _ in State().tables():
        assert table_codec(name)
