"""What one person may and must act on: their roles, what bars them, what they own, and when it falls due."""

from datetime import timedelta

from govern.workflow.custody import keys
from govern.workflow.interface import Condition
from govern.workflow.read.for_me import for_me
from govern.workflow.review import findings, reviewing

from .conftest import Story, asks


def test_each_sees_what_their_role_may_sign_and_what_bars_them(story: Story):
    ws = story.ws
    (mine,) = for_me(ws, "reviewer")
    assert (mine.kind, mine.ref, mine.gate, mine.role, mine.must, mine.barred) == (
        "review", "credit@2", "promote:production", "approver", False, "",
    )
    assert mine.due is not None
    assert for_me(ws, "developer") == for_me(ws, "nobody") == ()
    reviewing.approve(ws, reviewing.dossier(ws, "credit@2", "promote:production"), key="reviewer", passphrases=asks)
    assert for_me(ws, "reviewer") == ()


def test_who_had_a_hand_in_it_sees_the_entry_that_bars_them(story: Story):
    keys.enrol(story.ws, "developer", roles=("approver",), passphrases=asks)
    (barred,) = for_me(story.ws, "developer")
    assert "recorded dataset/credit-train@1 (#" in barred.barred or "recorded model/credit@2 (#" in barred.barred


def test_an_owner_must_remediate_and_another_may_close_and_overdue_is_said(story: Story):
    ws, clock = story.ws, story.clock
    due = clock() + timedelta(days=10)
    seen = reviewing.dossier(ws, "credit@2", "promote:production")
    condition = Condition(title="Write down the limits", owner="developer", due=due)
    reviewing.approve(ws, seen, conditions=(condition,), key="reviewer", passphrases=asks)
    (mine,) = for_me(ws, "developer")
    assert (mine.kind, mine.must, mine.due, mine.overdue) == ("finding", True, due, False)
    clock.now = due
    assert for_me(ws, "developer")[0].overdue
    findings.remediate(ws, mine.ref, reason="They are written down now.", key="pipeline", passphrases=asks)
    assert [one for one in for_me(ws, "developer") if one.kind == "finding"] == []
    closing = next(one for one in for_me(ws, "second") if one.kind == "finding")
    assert (closing.must, closing.barred) == (False, "")
    reopened = next(one for one in for_me(ws, "reviewer") if one.kind == "review")
    assert "is overdue" in reopened.what  # the condition that was not met ended the approval
