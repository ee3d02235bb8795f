"""What may go on running: the gate before a deployment, ids used twice, stages that change, what an emergency lets pass."""

from datetime import timedelta

import pytest
from lineage.book import ONE, START, digest, replace, running

from govern.domain.facts import HookDelivery
from govern.lineage.history import check_history
from govern.lineage.nodes import node_of
from govern.lineage.permission import may_deploy, may_roll_back, may_run

GATE = "deploy"


def reasons(permission) -> str:
    return "; ".join(refusal.reason for refusal in permission.refusals)


def approved_too(book):
    """A second model that was allowed, approved and promoted, and runs nowhere yet."""
    second = book.model("scorer@2", run=book.run("again", (digest("train@1"),)))
    book.decide(second)
    book.promote(second, approvals=(book.review(second),))
    return second


def deploys_and_runs(book, model):
    """What stands against deploying a model again, and against its running."""
    first = may_deploy(book.state, model, "production", "production", book.now)
    return reasons(first), reasons(may_run(book.state, model, "production", book.now))


def test_the_gate_before_a_deployment_waits_for_the_quorum_that_its_decision_asks_for():
    book, model = running()
    book.decide(model, GATE, approvals=ONE)
    for said in deploys_and_runs(book, model):
        assert "the quorum at deploy lacks 1 approval" in said
    book.review(model, gate=GATE)
    assert deploys_and_runs(book, model) == ("", "")


def test_what_stands_against_a_model_at_two_gates_is_said_once():
    book, model = running()
    book.decide(model, "deploy", approvals=())
    book.observe(model, "D-1")
    refusals = may_run(book.state, model, "production", book.now).refusals
    assert [one.text for one in refusals].count("monitoring denied it, drift in income (#19): model/scorer@1") == 1
    assert len(set(refusals)) == len(refusals)


def test_an_objection_at_the_gate_before_a_deployment_stands_even_where_nobody_has_to_approve():
    book, model = running()
    book.decide(model, GATE, approvals=())
    assert deploys_and_runs(book, model) == ("", "")
    book.review(model, "reject", by="second", gate=GATE)
    for said in deploys_and_runs(book, model):
        assert "an objection stands at deploy" in said


def test_what_was_measured_for_the_gate_before_a_deployment_grows_too_old_for_what_runs():
    book, model = running()
    book.decide(model, GATE, approvals=(), expires=START + timedelta(days=1))
    assert may_run(book.state, model, "production", book.now).allowed
    assert "too old" in reasons(may_run(book.state, model, "production", START + timedelta(days=1)))


def test_an_id_used_twice_puts_no_other_model_into_production():
    book, first = running()
    second = approved_too(book)
    assert list(check_history(book.entries)) == []
    book.deploy(second, "staging", name="D-1", mode="shadow", traffic=0)
    (fault,) = check_history(book.entries)
    assert (fault.index, fault.because) == (book.entries[-1].index, book.state.deployments["D-1"].index)
    assert "the id D-1" in fault.reason
    assert book.state.deployments["D-1"].model == first
    assert may_run(book.state, first, "production", book.now).allowed
    assert not may_run(book.state, second, "production", book.now).allowed
    assert not may_run(book.state, second, "staging", book.now).allowed


def test_an_id_used_again_for_another_environment_or_system_moves_nothing():
    book, model = running()
    fact = book.entries[-1].fact
    for change in ({"environment": "staging"}, {"system": "loans"}):
        book.add(replace(fact, **change), by="pipeline", subject=("model", model))
        assert any("the id D-1" in one.reason and one.index == book.entries[-1].index for one in check_history(book.entries))
        assert book.state.deployments["D-1"].fact == fact
    assert not may_run(book.state, model, "staging", book.now).allowed
    assert may_run(book.state, model, "production", book.now).allowed


@pytest.mark.parametrize("mode", ["canary", "shadow", "blue-green"])
@pytest.mark.parametrize("emergency", [False, True])
def test_going_back_is_no_way_round_the_gate_of_a_canary(mode, emergency):
    book, first = running()
    second = approved_too(book)
    book.deploy(second, name="D-2", mode=mode, traffic=0)
    ask = {"keyid": "chief", "reason": "must", "emergency": emergency}
    assert "never ran" in reasons(may_roll_back(book.state, second, "production", book.now, **ask))
    book.roll_back(second, first, emergency=emergency, by="chief")
    assert [fault.index for fault in check_history(book.entries)] == [book.entries[-1].index]
    assert book.state.environments["credit", "production"].primary == ""
    assert book.state.deployments["D-2"].fact.mode == mode


def test_what_was_full_once_can_be_gone_back_to_even_where_it_takes_a_share_now():
    book, model = running()
    book.deploy(model, name="D-1", mode="canary", traffic=10)
    assert may_roll_back(book.state, model, "production", book.now, system="credit").allowed


def test_going_back_moves_nothing_where_it_names_another_system_than_the_models_own():
    book, model = running()
    book.system("loans")
    other = book.model("lender@1", system="loans")
    book.decide(other)
    book.promote(other, approvals=(book.review(other),))
    book.deploy(other, name="D-L")
    assert list(check_history(book.entries)) == []
    assert may_roll_back(book.state, other, "production", book.now, system="loans").allowed
    assert "another system" in reasons(may_roll_back(book.state, other, "production", book.now, system="credit"))
    before = book.state.environments["credit", "production"]
    book.roll_back(other, model)
    assert ["another system" in fault.reason for fault in check_history(book.entries)] == [True]
    assert book.state.environments["credit", "production"] == before
    assert may_run(book.state, model, "production", book.now).allowed


@pytest.mark.parametrize("back", [False, True])
def test_an_environment_serves_one_stage_for_ever(back):
    book, first = running()
    if back:
        book.roll_back(first, first)
    second = book.model("scorer@2", run=book.run("again", (digest("train@1"),)))
    book.decide(second, "promote:trial", approvals=())
    book.promote(second, "trial")
    assert may_deploy(book.state, second, "trial", "trial", book.now).allowed
    assert reasons(may_deploy(book.state, second, "production", "trial", book.now)) == "production serves the stage production, not trial"
    book.deploy(second, stage="trial")
    assert ["serves the stage" in fault.reason for fault in check_history(book.entries)] == [True]
    book.deploy(second, stage="trial")
    assert len(list(check_history(book.entries))) == 2


def forced(**decided):
    """Version 1 runs again by an emergency rollback, though monitoring denied it."""
    book, first = running()
    if decided:
        latest = book.state.latest_decision(first, "promote:production")
        book.decide(first, evidence=latest.fact.evidence, **decided)
    second = approved_too(book)
    book.deploy(second, name="D-2")
    book.observe(first, "D-1")
    book.finding(first, due=START + timedelta(days=1))
    book.roll_back(first, second, emergency=True, by="chief")
    assert list(check_history(book.entries)) == []
    granted = may_run(book.state, first, "production", book.now)
    assert granted.allowed, reasons(granted)
    assert any("drift in income" in note for note in granted.notes)
    return book, first


def test_what_an_emergency_found_is_noted_and_what_the_clock_ends_later_refuses():
    book, model = forced(expires=START + timedelta(days=3))
    assert "overdue" in reasons(may_run(book.state, model, "production", START + timedelta(days=2)))
    said = reasons(may_run(book.state, model, "production", START + timedelta(days=4)))
    assert "too old" in said
    assert "overdue" in said


def test_what_was_overdue_when_an_emergency_put_the_model_back_is_only_noted():
    book, first = running()
    second = approved_too(book)
    book.deploy(second, name="D-2")
    book.finding(first, due=START + timedelta(minutes=1))
    book.roll_back(first, second, emergency=True, by="chief")
    granted = may_run(book.state, first, "production", START + timedelta(days=9))
    assert granted.allowed, reasons(granted)
    assert any("overdue" in note for note in granted.notes)


def test_a_quorum_that_is_lost_after_an_emergency_refuses():
    book, first = running()
    second = approved_too(book)
    book.deploy(second, name="D-2")
    book.roll_back(first, second, emergency=True, by="chief")
    assert may_run(book.state, first, "production", book.now).allowed
    book.revoke_key("reviewer", 0, "lost")
    assert "the quorum at promote:production lacks 1" in reasons(may_run(book.state, first, "production", book.now))


def test_whom_a_window_was_told_is_no_other_window_and_denies_nothing_again():
    book, model = running()
    seen = book.observe(model, "D-1")
    book.decide(model)
    approval = book.review(model)
    book.promote(model, approvals=(approval,))
    told = replace(
        seen.fact, follows=seen.index, deliveries=(HookDelivery(hook="alert", event="e", delivered=True, attempts=1),)
    )
    book.add(told, by="pipeline", subject=("model", model))
    assert may_run(book.state, model, "production", book.now).allowed
    assert [one.index for one in book.state.observations_in("D-1")] == [seen.index]
    assert [one.hook for one in book.state.observations[seen.index].deliveries] == ["alert"]
    assert node_of(book.state, book.entries[-1].index).index == seen.index


@pytest.mark.parametrize("other", [{"outcome": "deny"}, {"drifted": ("age",)}, {"follows": 3}])
def test_what_says_otherwise_than_the_window_it_follows_is_a_window_of_its_own(other):
    book, model = running()
    seen = book.observe(model, "D-1", outcome="allow")
    book.add(replace(seen.fact, **{"follows": seen.index} | other), by="pipeline", subject=("model", model))
    assert len(book.state.observations_in("D-1")) == 2
    assert may_run(book.state, model, "production", book.now).allowed is ("outcome" not in other)
