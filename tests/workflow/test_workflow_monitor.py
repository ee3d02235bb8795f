"""Windows of live data: a quiet one changes nothing, a drifted one opens a finding and ends the approval."""

import pytest
from workflow.conftest import Story

from govern.errors import UsageError
from govern.workflow import monitoring, promoting, reading, reviewing

GATE = "promote:production"


@pytest.fixture
def deployed(story: Story, passphrases) -> Story:
    reviewing.approve(
        story.ws, reviewing.dossier(story.ws, "credit@2", GATE), key="reviewer", passphrases=passphrases
    )
    promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)
    return story


def window(story: Story, name: str, tmp_path, **other):
    scored = story.trainer.score_file(story.candidates[1].model, story.sample / name, tmp_path / name)
    return story.data("2", data=scored, reference=None, **other)


def test_a_quiet_window_leaves_the_approval_alone(deployed: Story, passphrases, tmp_path):
    found = monitoring.monitor(
        deployed.ws, "credit@2", data=window(deployed, "window_stable.csv", tmp_path), environment="production",
        passphrases=passphrases,
    )
    assert (found.drifted, found.findings) == ((), ())
    assert promoting.check(deployed.ws, "credit@2", to="production").allowed


def test_a_drifted_window_opens_a_finding_and_reopens_the_review(deployed: Story, passphrases, tmp_path):
    found = monitoring.monitor(
        deployed.ws, "system/credit", data=window(deployed, "window_drifted.csv", tmp_path), passphrases=passphrases
    )
    assert set(found.drifted) >= {"income", "debt_ratio"}
    assert found.findings
    assert "stale" in found.sentence
    assert not promoting.check(deployed.ws, "credit@2", to="production").allowed
    (item,) = reading.queue(deployed.ws)
    assert item.why == "stale"
    (row,) = reading.drift(deployed.ws)
    assert row.standing == "bad"
    assert {finding.state for finding in reading.findings(deployed.ws)} == {"open"}
    again = monitoring.monitor(
        deployed.ws, "system/credit", data=window(deployed, "window_drifted.csv", tmp_path), passphrases=passphrases
    )
    assert again.findings == (), "the same problem is not opened twice"


def test_what_does_not_run_is_not_monitored(story: Story, passphrases, tmp_path):
    with pytest.raises(UsageError, match="runs in 0 places"):
        monitoring.monitor(
            story.ws, "credit@2", data=window(story, "window_stable.csv", tmp_path), passphrases=passphrases
        )
