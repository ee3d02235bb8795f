"""A document that is lost or was changed: said where it belongs, never shown as fine, and everything else is there."""

from datetime import timedelta
from pathlib import Path

import pytest
from cli.runner import govern
from tui.kit_tui import START, Bench, asks, settled

from govern.domain.text import Digest, short
from govern.workflow.packs import packing
from govern.workflow.policies import waivers
from govern.workflow.read import performing, reading, waiting
from govern.workflow.review import reviewing
from govern_tui.pages.dashboard import Dashboard
from govern_tui.widgets.rowtable import RowTable

GATE = "promote:production"
SIZE = (120, 34)
FIRST_WINDOW = START + timedelta(days=1, hours=5)


def windows(bench: Bench) -> list:
    return sorted(bench.ws.state().observations.values(), key=lambda record: record.index)


def lose(bench: Bench, digest: Digest) -> str:
    """Take a document away; what names it."""
    bench.ws.objects.path_of(digest).unlink()
    return short(digest)


def on_the_first_window(bench: Bench) -> reading.StatusView:
    return reading.status(bench.ws, as_of=FIRST_WINDOW)


def test_a_lost_document_of_a_window_is_said_of_its_deployment_and_the_rest_is_shown(bench: Bench) -> None:
    before = on_the_first_window(bench)
    assert (before.drift[0].standing, before.drift[0].unread, before.systems[0].standing) == ("ok", (), "ok")
    lost = lose(bench, windows(bench)[0].fact.decision)
    after = on_the_first_window(bench)
    (row,) = after.drift
    assert row.standing == "warn"
    assert row.values == ()
    assert row.unread == (f"the object {lost} is not in the workspace/objects",)
    assert lost in row.sentence
    assert "within" not in row.sentence
    assert (after.systems[0].standing, lost in after.systems[0].headline) == ("warn", True)
    assert (after.results, after.due, after.size, after.past) == (before.results, before.due, before.size, before.past)


def test_what_drifted_stays_bad_and_a_changed_document_is_called_so(bench: Bench) -> None:
    last = windows(bench)[-1].fact
    bench.ws.objects.path_of(last.decision).write_bytes(b"{}")
    (row,) = reading.status(bench.ws).drift
    assert row.standing == "bad"
    assert "was changed on disk" in row.sentence
    assert last.drifted[0] in row.sentence
    assert len(row.values) == 1


def test_performance_without_a_document_is_no_performance_that_is_fine(bench: Bench) -> None:
    fine = performing.performance(bench.ws)
    assert [row.standing for row in fine] == ["ok"]
    lost = lose(bench, windows(bench)[0].fact.evidence)
    for row, before in zip(performing.performance(bench.ws), fine, strict=True):
        assert row.standing in {"warn", "bad"}
        assert lost in row.sentence
        assert row.points == before.points[1:]
    lose(bench, windows(bench)[1].fact.evidence)
    (row,) = performing.performance(bench.ws)
    assert (row.metric, row.standing, len(row.unread)) == ("", "warn", 2)


def test_the_queue_says_which_document_a_decision_lost(bench: Bench) -> None:
    item = next(one for one in waiting.queue(bench.ws) if one.name == "credit@3")
    assert "not there" not in item.headline
    lost = lose(bench, bench.ws.state().latest_decision(item.model, GATE).fact.evidence[0])
    again = next(one for one in waiting.queue(bench.ws) if one.name == "credit@3")
    assert f"the object {lost}" in again.headline
    assert lost in govern("--workspace", bench.folder, "review", "list").ended(0).out.replace("\n", " ")


def test_what_runs_by_a_lost_decision_is_not_shown_as_fine(bench: Bench) -> None:
    running = reviewing.dossier(bench.ws, "credit@1", GATE)
    assert running.decision is not None
    lost = lose(bench, running.decision.digest)
    (row,) = on_the_first_window(bench).systems
    assert (row.standing, lost in row.headline) == ("warn", True)


def test_a_waiver_whose_policy_is_lost_waives_nothing_and_is_listed(bench: Bench) -> None:
    seen = reviewing.dossier(bench.ws, "credit@2", GATE)
    assert seen.decision is not None
    rule = next(one for one in seen.decision.decision.rules if one.denies)
    waivers.propose_waiver(
        bench.ws, seen, rule=rule.rule, reason="while the next model is trained", expires=bench.ws.now() + timedelta(days=7),
        key="second", passphrases=asks,
    )
    assert [row.state for row in waivers.waivers(bench.ws)] == ["proposed"]
    lost = lose(bench, rule.policy)
    (row,) = waivers.waivers(bench.ws)
    assert (row.state, lost in row.why) == ("unchecked", True)
    assert any(item.why == "waiver" and lost in item.headline for item in waiting.queue(bench.ws))
    assert "unchecked" in str(reading.status(bench.ws, as_of=bench.ws.now()))


@pytest.fixture
def at_home(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("GOVERN_HOME", str(bench.folder / "home"))
    return bench


def test_the_command_line_shows_everything_else_and_names_it(at_home: Bench) -> None:
    lost = {lose(at_home, windows(at_home)[0].fact.decision), lose(at_home, windows(at_home)[0].fact.evidence)}
    ran = govern("--workspace", at_home.folder, "status").ended(0)
    assert all(one in ran.out.replace("\n", " ") for one in lost)
    for part in ("credit@1", "Waits for people", "Findings", "Deadlines", "Drift", "Performance", "unanchored tail"):
        assert part in ran.out
    document = govern("--workspace", at_home.folder, "status", "--json").ended(0).document
    assert document["status"]["drift"][0]["unread"]
    assert all(row["unread"] for row in document["performance"])


async def test_the_dashboard_shows_everything_else_and_names_it(bench: Bench) -> None:
    lost = lose(bench, windows(bench)[-1].fact.decision)
    app = bench.app()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        page = app.page
        assert isinstance(page, Dashboard)
        assert page.status is not None
        for name in ("systems", "due", "deadlines", "findings", "drift"):
            assert len(page.query_one(f"#{name}", RowTable).source), name
        assert "DATABASE LOST" not in str(app.query_one("#banner").visual)
        (system,) = page.status.systems
        assert system.standing != "ok"
        await app.go("monitoring")
        await settled(pilot)
        shown = "\n".join(str(widget.visual) for widget in app.page.query("Static"))
        assert lost in shown


def test_a_pack_says_what_is_lost_without_saying_where_the_workspace_lies(bench: Bench, tmp_path: Path) -> None:
    lost = lose(bench, windows(bench)[0].fact.decision)
    status = packing.pack_data(bench.ws, "credit@3").status
    assert lost in status.drift[0].sentence
    assert str(tmp_path) not in repr(status)
