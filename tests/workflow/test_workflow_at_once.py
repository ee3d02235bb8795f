"""Several people at once, in processes of their own: nobody is lost, and nobody signs what changed while they looked."""

import multiprocessing
from datetime import datetime
from pathlib import Path

import pytest
from workflow.conftest import Story, asks, enrol

from govern.errors import LedgerMovedError, Refused
from govern.lineage.stale import stale
from govern.trust.home import Home
from govern.workflow.place import workspace
from govern.workflow.place.workspace import Workspace, settled
from govern.workflow.prove.verifying import verify
from govern.workflow.record import recording
from govern.workflow.release import promoting
from govern.workflow.review import reviewing

GATE = "promote:production"


def act(folder: Path, who: str, now: datetime, ready, start, answers) -> None:
    """One person in one process: read, wait for the others, then sign, or withdraw what it all rests on."""
    ws = Workspace.open(folder, home=Home.at(folder / "home"), clock=lambda: now)
    seen = reviewing.dossier(ws, "credit@2", GATE)
    ready.release()
    start.wait()
    try:
        if who == "pipeline":
            written = recording.end_existence(ws, "credit-train@1", state="withdrawn", reason="The licence ended.", passphrases=asks)
        else:
            written = reviewing.approve(ws, seen, key=who, reason="Read and found good.", passphrases=asks)
        answers.put((who, written.index, ""))
    except Refused as refusal:
        answers.put((who, None, refusal.message))


def all_at_once(story: Story, people: list[str]) -> dict[str, tuple[int | None, str]]:
    """What became of each person who acted in the same moment."""
    context = multiprocessing.get_context("spawn")
    ready, start, answers = context.Semaphore(0), context.Event(), context.Queue()
    folder = story.ws.folder.parent
    processes = [
        context.Process(target=act, args=(folder, who, story.clock(), ready, start, answers), daemon=True) for who in people
    ]
    for process in processes:
        process.start()
    for _ in processes:
        assert ready.acquire(timeout=120)
    start.set()
    found = {who: (index, said) for who, index, said in (answers.get(timeout=120) for _ in processes)}
    for process in processes:
        process.join(60)
    return found


def test_reviewers_who_sign_in_the_same_second_all_come_through_and_each_counts_once(story: Story):
    enrol(story.ws, "third", "approver")
    found = all_at_once(story, ["reviewer", "second", "third"])
    assert [said for _, said in found.values()] == ["", "", ""]
    assert len({index for index, _ in found.values()}) == 3
    rows = reviewing.dossier(story.ws, "credit@2", GATE).reviews
    assert [(row.holder, row.standing) for row in sorted(rows, key=lambda row: row.holder)] == [
        ("reviewer", "live"), ("second", "live"), ("third", "live"),
    ]
    assert verify(story.ws, full=True).outcome == "verified"


def test_who_approves_while_the_data_is_withdrawn_signs_nothing_that_holds(story: Story):
    found = all_at_once(story, ["reviewer", "pipeline"])
    withdrawn, said = found["pipeline"]
    assert withdrawn is not None, said
    approved, refused = found["reviewer"]
    assert ("has changed since you read it" in refused or "was withdrawn" in refused) if approved is None else approved < withdrawn
    state, now = story.ws.state(), story.clock()
    assert all(stale(state, one, now) for one in state.reviews.values() if one.fact.action == "approve")
    with pytest.raises(Refused):
        promoting.promote(story.ws, "credit@2", to="production", passphrases=asks)
    assert verify(story.ws, full=True).outcome == "verified"


def test_what_was_decided_on_a_ledger_that_grew_is_decided_again_until_patience_ends(monkeypatch):
    monkeypatch.setattr(workspace, "LONGEST_PAUSE", 0.001)
    tries: list[int] = []

    def attempt() -> str:
        tries.append(1)
        if len(tries) < 40:
            raise LedgerMovedError("it grew", "Look.")
        return "written"

    assert settled(attempt) == "written"
    assert len(tries) == 40
    tries.clear()
    monkeypatch.setattr(workspace, "PATIENCE", 0.0)
    with pytest.raises(LedgerMovedError):
        settled(attempt)
    assert len(tries) == 1
