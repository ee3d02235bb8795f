"""The ledger as a filtered list: the same as looking at every entry, found without looking at every entry."""

import base64
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govern.errors import VerificationError
from govern.ledger.tree import append_nodes, leaf_hash
from govern.store.entry_index import EntryIndex
from govern.trust.home import Home
from govern.workflow.place.folded import LedgerSource, index_path, rows_path
from govern.workflow.place.workspace import Workspace
from govern.workflow.read import logbook
from govern.workflow.read.summaries import entry_row
from govern.workflow.record import recording

from .conftest import START, Story, asks


@pytest.fixture(scope="module")
def read_only(_gated: Path, tmp_path_factory) -> Workspace:
    folder = tmp_path_factory.mktemp("log") / "work"
    shutil.copytree(_gated, folder)
    return Workspace.open(folder, home=Home.at(folder / "home"))


KINDS = st.lists(st.sampled_from(["model", "evidence", "decision", "trust-root", "nothing"]), max_size=2).map(tuple)
TIMES = st.one_of(st.none(), st.integers(-1, 4).map(lambda hours: START + timedelta(minutes=30 * hours)))


@settings(max_examples=60, deadline=None)
@given(
    kinds=KINDS, text=st.sampled_from(["", "CREDIT", "impact", "é", "developer", "%"]), subject=st.sampled_from(["", "credit@1", "credit"]),
    holder=st.sampled_from(["", "developer", "pipeline", "nobody"]), standings=st.sampled_from([(), ("ok",), ("ok", "bad"), ("none",)]),
    since=TIMES, until=TIMES, limit=st.integers(1, 8), newest=st.booleans(), part=st.integers(0, 20),
)
def test_a_filter_finds_what_looking_at_every_entry_finds(
    read_only, kinds, text, subject, holder, standings, since, until, limit, newest, part
):
    ws = read_only
    size = ws.ledger.size
    start = part % size
    order = range(start, -1, -1) if newest else range(start, size)
    wanted = []
    for row in (entry_row(ws.ledger.entry(index)) for index in order):
        words = f"{row.subject} {row.holder} {row.summary} {row.kind}".casefold()
        if (
            (not kinds or row.kind in kinds) and text.casefold() in words and subject in {"", row.subject}
            and holder in {"", row.holder} and (not standings or row.standing in standings)
            and (since is None or row.time >= since) and (until is None or row.time <= until)
        ):
            wanted.append(row)
    found = logbook.log(
        ws, start, limit, kinds=kinds, text=text, subject=subject, holder=holder, standings=standings, since=since,
        until=until, newest_first=newest,
    )
    assert found == tuple(wanted[:limit])
    if found:  # the last row's index is the key to go on from
        again = logbook.log(
            ws, found[-1].index + (-1 if newest else 1), limit, kinds=kinds, text=text, subject=subject, holder=holder,
            standings=standings, since=since, until=until, newest_first=newest,
        ) if not (newest and found[-1].index == 0) else ()
        assert again == tuple(wanted[limit : 2 * limit])


def test_a_subject_is_found_by_its_digest(read_only):
    model = logbook.log(read_only, kinds=("model",), limit=1)[0]
    digest = read_only.ledger.entry(model.index).statement.subjects[0].digest
    found = logbook.log(read_only, subject=digest)
    assert {row.kind for row in found} == {"model", "evidence", "decision"}


def test_the_index_grows_with_the_ledger_and_is_made_anew_for_another_one(story: Story):
    before = logbook.log(story.ws, kinds=("dataset",))
    recording.record_dataset(story.ws, story.sample / "test.csv", name="credit-test", key="developer", passphrases=asks)
    after = logbook.log(story.ws, kinds=("dataset",))
    assert [row.index for row in after] == [*(row.index for row in before), story.ws.ledger.size - 1]
    path = index_path(story.ws.home, story.ws.config.origin)
    with closing(sqlite3.connect(path)) as own, own:
        own.execute("update reached set root = 'sha256:other'")
        own.execute("update entries set kind = 'dataset'")
    assert logbook.log(story.ws, kinds=("dataset",)) == after


def test_two_at_once_index_every_entry_once(story: Story):
    index = EntryIndex(index_path(story.ws.home, story.ws.config.origin))
    rows = [logbook._row(entry) for entry in LedgerSource(story.ws.ledger, None).entries()]
    index.add(rows[:5], at=0, size=5, root="sha256:x")
    for _ in range(2):  # the second one read the same start before the first had written
        index.add(rows[5:], at=5, size=len(rows), root="sha256:x")
    assert index.reached()[0] == len(rows)


def rewritten(leaf: bytes) -> bytes:
    """The same envelope, with a denial turned into what nobody signed."""
    envelope = json.loads(leaf)
    payload = base64.b64decode(envelope["payload"]).replace(b'"outcome":"deny"', b'"outcome":"allow"')
    return json.dumps(envelope | {"payload": base64.b64encode(payload).decode()}, separators=(",", ":"), sort_keys=True).encode()


@pytest.mark.parametrize("tree_too", [False, True])
@pytest.mark.parametrize("kept", [False, True])
def test_an_entry_that_the_checkpoint_does_not_cover_is_believed_by_nobody(story: Story, tree_too, kept):
    """Whoever owns the ledger's file turns a denial into what was never signed, and the tree with it: nothing rests on it."""
    ws = story.ws
    if kept:
        ws.state()
    target = next(row.index for row in logbook.log(ws) if row.kind == "decision" and row.standing == "bad")
    leaves = list(ws.ledger.leaves())
    leaves[target] = rewritten(leaves[target])
    ws.close()
    if not kept:
        for file in rows_path(ws.home, ws.config.origin).parent.iterdir():
            file.unlink()
    with closing(sqlite3.connect(ws.folder / "ledger.db")) as own, own:
        for (name,) in own.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            own.execute(f"drop trigger {name}")
        own.execute("update entry set leaf = ? where idx = ?", (leaves[target], target))
        if tree_too:
            nodes, _ = append_nodes(0, [leaf_hash(leaf) for leaf in leaves], lambda _: [])
            own.executemany("update node set hash = ? where id = ?", [(one, number) for number, one in enumerate(nodes)])
    ws = Workspace.open(ws.folder, home=ws.home, clock=story.clock)
    if kept and not tree_too:
        state = ws.state()  # what was folded before is not read again
        assert state.latest_decision(state.decisions[target].model, "promote:production").fact.outcome == "deny"
        return
    with pytest.raises(VerificationError, match="not those that the tree holds" if not tree_too else "newest checkpoint"):
        ws.state()
