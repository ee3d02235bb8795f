"""The ledger as it stood: verified under the checkpoint of that time, with proofs against it."""

from datetime import timedelta
from pathlib import Path

import pytest
from workflow.conftest import START, Clock, asks

from govern.domain.facts import SystemFact
from govern.domain.statement import TreeHead
from govern.domain.text import digest_of
from govern.errors import NotFoundError
from govern.ledger import tree
from govern.ledger.bundle import verify_entry
from govern.ledger.portable import verify_pack as portable
from govern.ledger.proof import parse_proof
from govern.trust.home import Home
from govern.workflow import demo
from govern.workflow.custody import keys
from govern.workflow.packs import exporting
from govern.workflow.place import moments
from govern.workflow.place.workspace import Workspace
from govern.workflow.prove import verifying
from govern.workflow.read import reading
from govern.workflow.record import recording


@pytest.fixture
def ws(tmp_path: Path):
    clock = Clock()
    made = Workspace.create(tmp_path, passphrases=asks, home=Home.at(tmp_path / "home"), origin="govern/test", clock=clock)
    for number in range(5):
        clock.forward(days=1)
        fact = SystemFact(name=f"system-{number}", purpose="p", task="regression", tier="low", owner="o")
        recording.record_system(made, fact, passphrases=asks)
    clock.forward(days=1)
    keys.revoke(made, "pipeline", reason="compromised: a copy was found", void_from=2, passphrases=asks)
    yield made
    made.close()


def outcome(view):
    return view.outcome, view.size, view.problem


def test_a_time_and_an_entry_name_the_same_checkpoint(ws: Workspace):
    third = ws.ledger.entry(3)
    by_entry, by_time = moments.moment_of(ws.ledger, 3), moments.moment_of(ws.ledger, third.time + timedelta(hours=2))
    assert by_entry.checkpoint == by_time.checkpoint
    assert by_time.checkpoint.head == ws.ledger.root_at(4)
    assert ws.state(as_of=third.time).size == by_time.checkpoint.size, "the fold stops at the same entry"
    assert moments.moment_of(ws.ledger, START + timedelta(days=300)).checkpoint == ws.ledger.checkpoint()
    for nothing in (START - timedelta(days=1), -1, 99):
        with pytest.raises(NotFoundError):
            moments.moment_of(ws.ledger, nothing)


def test_the_kept_state_names_the_same_checkpoint_without_reading_every_entry(ws: Workspace, monkeypatch):
    times = [ws.ledger.entry(index).time + timedelta(hours=hours) for index in range(7) for hours in (-1, 0, 1)]
    asked = [*(when for when in times if when >= START), 0, 3, 6]
    read = [moments.moment_of(ws.ledger, when) for when in asked]
    monkeypatch.setattr(moments, "decode", None)
    assert [moments.moment_kept(ws, when) for when in asked] == read
    for nothing in (START - timedelta(days=1), -1, 99):
        with pytest.raises(NotFoundError):
            moments.moment_kept(ws, nothing)


def test_a_past_state_is_folded_once_and_anew_when_the_ledger_grew(ws: Workspace):
    past, later = ws.ledger.entry(3).time, START + timedelta(days=300)
    assert ws.state(as_of=past) is ws.state(as_of=past)
    assert ws.state(as_of=past).size == 4
    before = ws.state(as_of=later)
    keys.revoke(ws, "policy-owner", reason="retired", passphrases=asks)
    assert ws.state(as_of=later).size == before.size + 1


def test_the_status_of_one_system_is_that_of_no_other(ws: Workspace):
    whole = reading.status(ws)
    one = reading.status(ws, system="system-1")
    assert one.systems == tuple(row for row in whole.systems if row.name == "system-1")
    then = reading.status(ws, system="system-1", as_of=ws.ledger.entry(3).time)
    assert [row.name for row in then.systems] == ["system-1"]
    with pytest.raises(NotFoundError, match="no system “system-4”"):
        reading.status(ws, system="system-4", as_of=ws.ledger.entry(3).time)


def test_what_stood_then_verifies_and_what_came_since_continues_it(ws: Workspace):
    for when in (3, ws.ledger.entry(3).time):
        view = verifying.verify_as_of(ws, when)
        assert outcome(view) == ("verified", 4, "")
        assert view.root == ws.ledger.root_at(4).root
        assert "those of size 7 continue it" in view.steps[2].detail
        assert "version 1 of 1" in view.steps[0].detail, "what was revoked later was not known then"
        assert "later declared void" not in view.steps[4].detail
    assert "later declared void" in verifying.verify(ws).steps[4].detail
    assert verifying.verify_as_of(ws, 6).outcome == "verified"


def test_a_proof_against_the_checkpoint_of_that_time(ws: Workspace):
    moment = moments.moment_of(ws.ledger, 4)
    trust = ws.ledger.leaf(0)
    for index in range(5):
        proof = moments.proof_at(ws.ledger, index, moment).encode()
        assert verify_entry(leaf=ws.ledger.leaf(index), proof=proof, trusted_root=trust).head == moment.checkpoint.head
        assert portable.verify_proof(ws.ledger.leaf(index), proof, portable.read_trust(trust)[0])
        assert parse_proof(proof).checkpoint == moment.checkpoint.note
    with pytest.raises(NotFoundError, match="not there yet"):
        moments.proof_at(ws.ledger, 5, moment)
    # What is proved today rests on a later trust root; what was proved then still is what it was.
    assert exporting.trust_root_file(ws) != trust


def test_what_is_wrong_then_is_found_and_what_is_wrong_later_is_not_then(ws: Workspace):
    database = ws.folder / "ledger.db"
    ws.close()
    demo.flip_one_byte(database, index=4)
    again = Workspace.open(ws.folder, home=ws.home, clock=ws.now)
    assert verifying.verify_as_of(again, 3).outcome == "verified"
    view = verifying.verify_as_of(again, 5)
    assert (view.outcome, view.index) == ("wrong", 4)
    again.close()


def test_a_past_that_is_not_the_beginning_of_what_is_trusted_is_a_fork(ws: Workspace):
    store, note = ws.trusted, ws.ledger.checkpoint().note
    for size in (3, 7):
        store.reset(TreeHead(size=size, root=digest_of(b"another tree")), note)
        view = verifying.verify_as_of(ws, 3)
        assert (view.outcome, view.kind) == ("wrong", "fork")
    store.reset(TreeHead(size=70, root=digest_of(b"another tree")), note)
    view = verifying.verify_as_of(ws, 3)
    assert (view.outcome, view.kind) == ("wrong", "rollback")


def test_the_tree_of_every_past_size_is_the_one_that_was_signed(ws: Workspace):
    for size, note in ws.ledger.checkpoints():
        moment = moments.moment_of(ws.ledger, size - 1)
        assert moment.checkpoint.note == note
        tree.verify_consistency(
            size, 7, ws.ledger.consistency(size, 7), bytes.fromhex(moment.checkpoint.root[7:]),
            bytes.fromhex(ws.ledger.checkpoint().root[7:]),
        )
