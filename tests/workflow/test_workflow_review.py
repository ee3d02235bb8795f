"""Who may approve what, what an approval rests on, and what ends it."""

import threading
from datetime import timedelta

import pytest
from workflow.conftest import Story

from govern.errors import NotFoundError, Refused, UsageError, WrongPassphraseError
from govern.workflow.gate import gating
from govern.workflow.interface import Condition
from govern.workflow.place.workspace import Workspace
from govern.workflow.read import reading, waiting
from govern.workflow.record import recording
from govern.workflow.release import promoting
from govern.workflow.review import reviewing

GATE = "promote:production"


def approve(story: Story, key: str, passphrases, **how):
    return reviewing.approve(
        story.ws, how.pop("seen", None) or reviewing.dossier(story.ws, "credit@2", GATE), key=key, passphrases=passphrases, **how
    )


def test_the_whole_way_to_production(story: Story, passphrases):
    with pytest.raises(Refused, match="lacks 1 approval in the role approver"):
        promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    approve(story, "reviewer", passphrases)
    with pytest.raises(Refused, match="does not point to it"):
        promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)
    assert promoting.check(story.ws, "credit@2", to="production").allowed
    assert not promoting.check(story.ws, "credit@1", to="production").allowed
    (row,) = reading.status(story.ws).systems
    assert row.stages["production"] == row.deployments["production"] == "credit@2"
    assert row.standing == "ok"


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("developer", "is not independent of this model: recorded "),
        ("pipeline", "no role that decides"),
        ("policy-owner", "no role that decides"),
    ],
)
def test_who_had_a_hand_in_it_or_has_no_role_is_refused(story: Story, passphrases, key, says):
    from govern.workflow.custody import keys

    if key == "developer":
        # Under a second key and role it is the same person still.
        keys.new(story.ws.home, "developer-2", holder="developer", passphrases=passphrases)
        keys.enrol(story.ws, "developer-2", roles=("approver",), passphrases=passphrases)
        key = "developer-2"
    size = story.ws.ledger.size
    with pytest.raises(Refused) as caught:
        approve(story, key, passphrases)
    assert says in caught.value.message
    if key == "developer-2":
        assert "entry #" in caught.value.message
    assert story.ws.ledger.size == size


def test_a_denied_model_can_not_be_approved(story: Story, passphrases):
    with pytest.raises(Refused, match="an approval can't overrule policy"):
        approve(story, "reviewer", passphrases, seen=reviewing.dossier(story.ws, "credit@1", GATE))


def test_what_changed_since_it_was_read_is_not_approved(story: Story, passphrases):
    seen = reviewing.dossier(story.ws, "credit@2", GATE)
    story.clock.forward(hours=1)
    gating.gate(
        story.ws, "credit@2", to="production", data=story.data(threshold="0.55"), passphrases=passphrases
    )
    size = story.ws.ledger.size
    with pytest.raises(Refused, match="has changed since you read it"):
        approve(story, "reviewer", passphrases, seen=seen)
    assert story.ws.ledger.size == size


def test_a_wrong_passphrase_writes_nothing(story: Story):
    size = story.ws.ledger.size
    with pytest.raises(WrongPassphraseError):
        approve(story, "reviewer", lambda _: "wrong")
    assert story.ws.ledger.size == size


def test_a_rejection_stands_in_the_way(story: Story, passphrases):
    approve(story, "reviewer", passphrases)
    reviewing.reject(
        story.ws, reviewing.dossier(story.ws, "credit@2", GATE), reason="The proxy was not looked into.", key="second",
        passphrases=passphrases,
    )
    with pytest.raises(Refused, match="an objection stands"):
        promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)


def test_a_rejection_needs_a_reason(story: Story, passphrases):
    with pytest.raises(UsageError, match="reason"):
        reviewing.reject(
            story.ws, reviewing.dossier(story.ws, "credit@2", GATE), reason="no", key="second", passphrases=passphrases
        )


def test_one_holder_counts_once(story: Story, passphrases):
    approve(story, "reviewer", passphrases)
    with pytest.raises(Refused, match="approved this already"):
        approve(story, "reviewer", passphrases)


def test_a_withdrawn_dataset_ends_the_approval_and_says_the_way(story: Story, passphrases):
    approve(story, "reviewer", passphrases)
    promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)
    recording.end_existence(
        story.ws, "credit-train@1", state="withdrawn", reason="consent was withdrawn", key="developer",
        passphrases=passphrases,
    )
    assert not promoting.check(story.ws, "credit@2", to="production").allowed
    (review,) = [row for row in reviewing.dossier(story.ws, "credit@2", GATE).reviews if row.action == "approve"]
    assert review.standing == "stale"
    assert "credit-train@1" in review.note
    assert "withdrawn" in review.note
    (item,) = waiting.queue(story.ws)
    assert item.why == "stale"
    (row,) = reading.status(story.ws).systems
    assert row.standing == "bad"
    with pytest.raises(Refused):
        promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)


def test_two_reviewers_at_once_are_both_recorded(story: Story, passphrases):
    """Each decides on a state of its own; the one that loses the race decides again and is not lost."""
    seen = reviewing.dossier(story.ws, "credit@2", GATE)
    problems: list[BaseException] = []

    def run(key: str) -> None:
        ws = Workspace.open(story.ws.folder, home=story.ws.home, clock=story.clock)
        try:
            reviewing.approve(ws, seen, key=key, passphrases=passphrases)
        except BaseException as error:  # noqa: BLE001 - reported below
            problems.append(error)
        finally:
            ws.close()

    threads = [threading.Thread(target=run, args=(key,)) for key in ("reviewer", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    rows = reviewing.dossier(story.ws, "credit@2", GATE).reviews
    assert sorted(row.holder for row in rows if row.standing == "live") == ["reviewer", "second"]


def test_the_queue_shows_what_waits_and_not_what_one_signed(story: Story, passphrases):
    (item,) = waiting.queue(story.ws)
    assert (item.name, item.why, [(q.role, q.count) for q in item.missing]) == ("credit@2", "review", [("approver", 1)])
    approve(story, "reviewer", passphrases)
    assert waiting.queue(story.ws, holder="reviewer") == ()
    assert "ready to promote" in waiting.queue(story.ws, holder="second")[0].headline


def test_an_unknown_model_is_named(story: Story):
    with pytest.raises(NotFoundError):
        reviewing.dossier(story.ws, "nobody@1", GATE)


@pytest.mark.parametrize(("gate", "said"), [
    ("promote:moon", "“moon” is not a stage here"), ("moon", "“moon” is not a gate here"), ("promote:", "“” is not a stage here"),
])
def test_a_gate_that_nobody_can_ask_is_no_gate_to_review(story: Story, gate, said):
    with pytest.raises(UsageError, match=said):
        reviewing.dossier(story.ws, "credit@2", gate)
    for known in ("promote:staging", "deploy", "monitor"):
        assert reviewing.dossier(story.ws, "credit@2", known).decision is None


def test_no_reason_is_longer_than_people_read(story: Story, passphrases):
    seen = reviewing.dossier(story.ws, "credit@2", "promote:production")
    before = story.ws.ledger.size
    for sign in (reviewing.approve, reviewing.comment):
        with pytest.raises(UsageError, match="the reason has 2,001 characters"):
            sign(story.ws, seen, reason="x" * 2001, key="reviewer", passphrases=passphrases)
    assert story.ws.ledger.size == before
    reviewing.approve(story.ws, seen, reason="x" * 2000, key="reviewer", passphrases=passphrases)


def test_a_stale_approval_beside_one_that_carries_the_quorum_is_no_alarm(story: Story, passphrases):
    gate = "promote:production"
    first = reviewing.approve(
        story.ws, reviewing.dossier(story.ws, "credit@2", gate), key="reviewer", passphrases=passphrases,
        conditions=[Condition(title="Look into the area feature", owner="developer", due=story.clock() + timedelta(days=5))],
    )
    promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)
    reviewing.approve(story.ws, reviewing.dossier(story.ws, "credit@2", gate), key="second", passphrases=passphrases)
    story.clock.forward(days=6)
    rows = {row.index: row.standing for row in reviewing.dossier(story.ws, "credit@2", gate).reviews}
    assert rows[first.index] == "stale"
    assert promoting.check(story.ws, "credit@2", to="production").allowed
    view = reading.status(story.ws)
    assert (view.systems[0].standing, view.systems[0].stale_approvals, view.due) == ("warn", 0, ())
    reviewing.take_back(
        story.ws, reviewing.dossier(story.ws, "credit@2", gate), max(rows), reason="I overlooked a table", key="second",
        passphrases=passphrases,
    )
    view = reading.status(story.ws)
    assert (view.systems[0].standing, view.systems[0].headline) == ("bad", "runs on 1 stale approval: review it again")
    assert [item.why for item in view.due] == ["stale"]
    reviewing.take_back(
        story.ws, reviewing.dossier(story.ws, "credit@2", gate), first.index, reason="The condition was not met", key="reviewer",
        passphrases=passphrases,
    )
    assert [(item.why, item.headline) for item in waiting.queue(story.ws)] == [("stale", "promoted, but nobody’s approval of it stands")]


def test_where_nobody_has_to_approve_ones_last_word_counts_or_anybodys(story: Story, passphrases):
    gate = "promote:staging"
    gating.gate(story.ws, "credit@2", to="staging", data=None, passphrases=passphrases)
    promoting.promote(story.ws, "credit@2", to="staging", passphrases=passphrases)
    for key in ("reviewer", "second"):
        reviewing.approve(
            story.ws, reviewing.dossier(story.ws, "credit@2", gate), key="reviewer", passphrases=passphrases,
            conditions=[Condition(title="Look into the area feature", owner="developer", due=story.clock() + timedelta(days=5))],
        )
        story.clock.forward(days=6)
        assert [item.why for item in waiting.queue(story.ws) if item.gate == gate] == ["stale"]
        reviewing.approve(story.ws, reviewing.dossier(story.ws, "credit@2", gate), key=key, passphrases=passphrases)
        assert not [item for item in waiting.queue(story.ws) if item.gate == gate], "somebody looked at it again"
        if key == "reviewer":
            mine = max(row.index for row in reviewing.dossier(story.ws, "credit@2", gate).reviews)
            reviewing.take_back(
                story.ws, reviewing.dossier(story.ws, "credit@2", gate), mine, reason="I want to look again", key=key, passphrases=passphrases,
            )


def test_nobody_approves_on_what_was_withdrawn_while_they_read(story: Story, passphrases):
    seen, size = reviewing.dossier(story.ws, "credit@2", GATE), story.ws.ledger.size
    recording.end_existence(story.ws, "credit-train@1", state="withdrawn", reason="The licence ended.", passphrases=passphrases)
    assert reviewing.dossier(story.ws, "credit@2", GATE).closure == seen.closure
    with pytest.raises(Refused, match=r"rests on credit-train@1, which was withdrawn in entry #\d+: The licence ended"):
        approve(story, "reviewer", passphrases, seen=seen)
    assert story.ws.ledger.size == size + 1


def test_a_clock_that_was_turned_back_makes_nothing_younger_and_is_said(story: Story, passphrases):
    seen = reviewing.dossier(story.ws, "credit@2", GATE)
    story.clock.forward(days=400)
    reviewing.comment(story.ws, seen, reason="a year went by", key="reviewer", passphrases=passphrases)
    story.clock.forward(days=-400)
    with pytest.raises(Refused, match="passed its age"):
        reviewing.approve(story.ws, reviewing.dossier(story.ws, "credit@2", GATE), key="reviewer", passphrases=passphrases)
    view = reading.status(story.ws)
    assert view.clock_behind_minutes == 400 * 24 * 60
    assert view.unanchored_minutes >= 400 * 24 * 60


def test_a_gate_asked_again_on_the_same_grounds_asks_nobody_to_approve_again(story: Story, passphrases):
    def lacking() -> list[tuple[str, int]]:
        found = gating.gate(story.ws, "credit@2", to="production", data=None, passphrases=passphrases)
        return [(one.role, one.count) for one in found.missing]

    assert lacking() == [("approver", 1)]
    approve(story, "reviewer", passphrases)
    assert lacking() == []
