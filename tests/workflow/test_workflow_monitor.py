"""Windows of live data: a quiet one changes nothing, a drifted one opens a finding and ends the approval."""

from dataclasses import replace

import pytest
from workflow.conftest import Story

from govern.domain.evidence import Evidence, Measurement, MeasureRequest
from govern.errors import Refused, UsageError
from govern.workflow.monitor import monitoring, windowing
from govern.workflow.monitor.baselines import suffices
from govern.workflow.read import reading, waiting
from govern.workflow.release import promoting
from govern.workflow.review import reviewing

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
    (item,) = waiting.queue(deployed.ws)
    assert item.why == "stale"
    (row,) = reading.drift(deployed.ws)
    assert row.standing == "bad"
    assert {finding.state for finding in reading.findings(deployed.ws)} == {"open"}
    assert {" not met: " in finding.title for finding in reading.findings(deployed.ws)} == {True}, "a rule's title says what should be"
    again = monitoring.monitor(
        deployed.ws, "system/credit", data=window(deployed, "window_drifted.csv", tmp_path), passphrases=passphrases
    )
    assert again.findings == (), "the same problem is not opened twice"
    assert reading.status(deployed.ws).systems[0].headline.startswith("runs on 1 stale approval")
    reviewing.approve(deployed.ws, reviewing.dossier(deployed.ws, "credit@2", "promote:production"), key="reviewer", passphrases=passphrases)
    row = reading.status(deployed.ws).systems[0]
    refused = promoting.check(deployed.ws, "credit@2", to="production").refusals[0].reason
    assert (row.standing, row.headline) == ("bad", f"credit@2 may not run in production: {refused}"), "approved anew, and the gate not asked anew"


def test_what_does_not_run_is_not_monitored(story: Story, passphrases, tmp_path):
    data = window(story, "window_stable.csv", tmp_path)
    for words, said in (
        ({}, "credit@2 runs nowhere"), ({"environment": "staging"}, "credit@2 does not run in staging"),
        ({"environment": "moon"}, "“moon” is not an environment here"),
    ):
        with pytest.raises(UsageError, match=said):
            monitoring.monitor(story.ws, "credit@2", data=data, passphrases=passphrases, **words)


def test_what_runs_is_named_by_its_system_its_model_or_its_deployment(deployed: Story):
    state = deployed.ws.state()
    (known,) = state.deployments.values()
    for ref in ("credit", "system/credit", "credit@2", known.fact.id, f"deployment/{known.fact.id}", f"#{known.index}"):
        assert monitoring.running(state, ref, None) == known
    assert monitoring.running(state, "credit", "production") == known


def test_windows_in_one_call_are_recorded_in_order_against_the_stored_histograms(deployed: Story, passphrases, tmp_path):
    """The reference's rows are not needed: its file may be gone."""
    files = [
        deployed.trainer.score_file(deployed.candidates[1].model, deployed.sample / name, tmp_path / name)
        for name in ("window_drifted.csv", "window_stable.csv")
    ]
    parts = windowing.windows(deployed.data("2", data=files[0], reference=None), files)
    seen = list(windowing.monitor_each(deployed.ws, "credit@2", parts, passphrases=passphrases))
    assert [(window, bool(one.drifted)) for window, one in seen] == [("window_drifted.csv", True), ("window_stable.csv", False)]
    (drift,) = (one for one in seen[1][1].evidence.measures if one.measure == "covariate_drift@1")
    assert drift.parameters["measured_against"] == "histograms"
    state = deployed.ws.state()
    observed = [one.fact.window.name for one in state.observations_of(seen[0][1].decision.subject)]
    assert observed == ["window_drifted.csv", "window_stable.csv"]
    gate, first = (one.fact for one in (state.evidence_of(seen[0][1].decision.subject)[i] for i in (0, 1)))
    assert first.reference == gate.reference
    assert first.command["baseline"] == gate.evidence


def test_the_baseline_does_not_move_with_the_windows(deployed: Story, passphrases, tmp_path):
    last_month = deployed.trainer.score_file(deployed.candidates[1].model, deployed.sample / "window_drifted.csv", tmp_path / "last.csv")
    moved = replace(window(deployed, "window_drifted.csv", tmp_path), reference=last_month)
    before = deployed.ws.state().size
    with pytest.raises(Refused, match="a baseline that moves by itself hides a slow drift"):
        monitoring.monitor(deployed.ws, "credit@2", data=moved, passphrases=passphrases)
    assert deployed.ws.state().size == before


def test_the_same_reference_may_be_named_and_is_then_read_again(deployed: Story, passphrases, tmp_path):
    named = replace(window(deployed, "window_stable.csv", tmp_path), reference=deployed.data("2").reference)
    found = monitoring.monitor(deployed.ws, "credit@2", data=named, passphrases=passphrases)
    (drift,) = (one for one in found.evidence.measures if one.measure == "covariate_drift@1")
    assert drift.parameters["measured_against"] == "rows"


def test_stored_statistics_suffice_only_where_they_hold_what_is_asked():
    def kept(*names: str) -> Evidence:
        return Evidence(rows=1, measures=tuple(Measurement(measure=f"{name}@1", statistics={"n": 1}) for name in names))

    def asked(name: str, **parameters: object) -> list[MeasureRequest]:
        return [MeasureRequest(measure=f"{name}@1", parameters=parameters)]  # type: ignore[arg-type]

    assert suffices(asked("covariate_drift"), kept("covariate_drift"))
    assert suffices(asked("performance_drift"), kept("performance"))
    assert suffices(asked("impact_ratio"), kept())
    assert not suffices(asked("performance_drift"), kept("covariate_drift"))
    assert not suffices(asked("covariate_drift", joint=["mmd"]), kept("covariate_drift"))
    assert not suffices(asked("train_test_overlap"), kept("covariate_drift", "performance"))
