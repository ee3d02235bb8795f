"""Approvals on conditions, findings that somebody has to close, and reviews taken back."""

from datetime import timedelta

import pytest
from workflow.conftest import Story

from govern.errors import Refused, UsageError
from govern.workflow.custody import keys
from govern.workflow.interface import Condition
from govern.workflow.read import reading
from govern.workflow.release import promoting
from govern.workflow.review import findings, reviewing

GATE = "promote:production"


@pytest.fixture
def conditional(story: Story, passphrases) -> Story:
    due = story.clock() + timedelta(days=30)
    reviewing.approve(
        story.ws, reviewing.dossier(story.ws, "credit@2", GATE), key="reviewer", passphrases=passphrases,
        reason="Good enough for a month", conditions=[Condition(title="Look into the area feature", owner="developer", due=due)],
    )
    promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)
    return story


def runs(story: Story) -> bool:
    return promoting.check(story.ws, "credit@2", to="production").allowed


def test_an_overdue_condition_ends_the_approval(conditional: Story):
    assert runs(conditional)
    (row,) = reading.findings(conditional.ws)
    assert (row.state, row.overdue) == ("open", False)
    conditional.clock.forward(days=31)
    assert not runs(conditional)
    assert reading.findings(conditional.ws)[0].overdue
    (review,) = [r for r in reviewing.dossier(conditional.ws, "credit@2", GATE).reviews if r.action == "approve"]
    assert review.standing == "stale"


def test_a_condition_met_in_time_and_verified_by_another_keeps_it(conditional: Story, passphrases):
    (row,) = reading.findings(conditional.ws)
    with pytest.raises(Refused, match="is open"):
        findings.close(conditional.ws, row.id, reason="looks fine to me", key="second", passphrases=passphrases)
    findings.remediate(conditional.ws, row.id, reason="area was taken out of the data", passphrases=passphrases)
    findings.close(conditional.ws, row.id, reason="checked the training code", key="second", passphrases=passphrases)
    conditional.clock.forward(days=31)
    assert runs(conditional)


def test_who_remediated_does_not_verify(conditional: Story, passphrases):
    (row,) = reading.findings(conditional.ws)
    findings.remediate(
        conditional.ws, row.id, reason="area was taken out of the data", key="second", passphrases=passphrases
    )
    with pytest.raises(Refused, match="can't verify it"):
        findings.close(conditional.ws, row.id, reason="checked it myself", key="second", passphrases=passphrases)


def test_who_owned_it_does_not_verify_it_by_any_key_and_no_clock_set_back_makes_it_less_overdue(conditional: Story, passphrases):
    (row,) = reading.findings(conditional.ws)
    assert row.condition_of is not None
    for name, holder in (("other-second", "second"), ("other-developer", "developer")):
        keys.new(conditional.ws.home, name, holder=holder, passphrases=passphrases)
        keys.enrol(conditional.ws, name, roles=("validator",), passphrases=passphrases)
    findings.remediate(conditional.ws, row.id, reason="area was taken out of the data", key="second", passphrases=passphrases)
    for name, said in (("other-second", "second remediated"), ("other-developer", "developer owns")):
        with pytest.raises(Refused, match=said):
            findings.close(conditional.ws, row.id, reason="checked it myself", key=name, passphrases=passphrases)
    conditional.clock.forward(days=31)
    reviewing.comment(
        conditional.ws, reviewing.dossier(conditional.ws, "credit@2", GATE), reason="a month is over", key="second", passphrases=passphrases
    )
    conditional.clock.forward(days=-40)
    assert reading.findings(conditional.ws)[0].overdue
    assert [one.overdue for one in reading.falling_due(conditional.ws.state(), conditional.clock()) if one.kind == "finding"] == [True]


def test_a_condition_without_time_to_meet_it_is_refused(story: Story, passphrases):
    with pytest.raises(UsageError, match="overdue at once"):
        reviewing.approve(
            story.ws, reviewing.dossier(story.ws, "credit@2", GATE), key="reviewer", passphrases=passphrases,
            conditions=[Condition(title="Look into the area feature", owner="developer", due=story.clock())],
        )


def test_a_review_is_taken_back_by_its_signer_only(story: Story, passphrases):
    written = reviewing.approve(
        story.ws, reviewing.dossier(story.ws, "credit@2", GATE), key="reviewer", passphrases=passphrases
    )
    seen = reviewing.dossier(story.ws, "credit@2", GATE)
    with pytest.raises(Refused, match="is reviewer's"):
        reviewing.take_back(story.ws, seen, written.index, reason="not mine to take back", key="second", passphrases=passphrases)
    reviewing.take_back(story.ws, seen, written.index, reason="I overlooked a table", key="reviewer", passphrases=passphrases)
    with pytest.raises(Refused, match="lacks 1 approval"):
        promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
