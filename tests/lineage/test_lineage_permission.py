"""What may run: the whole path allowed, and every way of leaving a part of it out refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from lineage.book import ONE, START, digest, furnished, root_fact, running

from govern.domain.decision import Quorum
from govern.lineage.history import check_history
from govern.lineage.permission import may_deploy, may_promote, may_roll_back, may_run


def reasons(permission) -> str:
    return "; ".join(refusal.reason for refusal in permission.refusals)


def test_the_whole_path_is_allowed_and_its_history_has_no_fault():
    book, model = running()
    permission = may_run(book.state, model, "production", book.now)
    assert permission.allowed, reasons(permission)
    assert permission.approvals
    assert list(check_history(book.entries)) == []


def test_without_a_decision_there_is_no_promotion():
    book, model = furnished()
    assert "no decision" in reasons(may_promote(book.state, model, "production", book.now))


def test_a_denied_model_is_not_promoted_whoever_approves():
    book, model = furnished()
    book.decide(model, outcome="deny")
    book.review(model)
    assert "denies" in reasons(may_promote(book.state, model, "production", book.now))


def test_a_later_denial_counts_more_than_an_earlier_permission():
    book, model = furnished()
    book.decide(model)
    book.review(model)
    book.decide(model, outcome="deny")
    assert not may_promote(book.state, model, "production", book.now).allowed


def test_the_same_answer_on_the_same_grounds_keeps_the_approval():
    book, model = furnished()
    first = book.decide(model)
    book.review(model)
    book.decide(model, evidence=first.fact.evidence)
    assert may_promote(book.state, model, "production", book.now).allowed


def test_the_same_answer_on_other_evidence_ends_the_approval():
    book, model = furnished()
    book.decide(model)
    book.review(model)
    book.decide(model, evidence=(book.evidence(model, "other"),))
    permission = may_promote(book.state, model, "production", book.now)
    assert "rests on something else" in reasons(permission)


def test_a_quorum_takes_distinct_people():
    book, model = furnished()
    book.decide(model, approvals=(Quorum(role="approver", count=2),))
    book.review(model)
    book.review(model)
    assert "lacks 1 approval in the role approver" in reasons(may_promote(book.state, model, "production", book.now))
    book.review(model, by="second")
    assert may_promote(book.state, model, "production", book.now).allowed


def test_one_person_fills_one_place_even_in_two_roles_and_places_are_given_so_that_most_are_filled():
    book, model = furnished()
    book.decide(model, approvals=(Quorum(role="validator", count=1), Quorum(role="approver", count=1)))
    book.review(model, by="second", role="validator")
    book.review(model, by="second", role="approver")
    assert "lacks 1" in reasons(may_promote(book.state, model, "production", book.now))
    book.review(model, by="third", role="validator")
    assert may_promote(book.state, model, "production", book.now).allowed


def test_a_role_that_the_trust_root_does_not_give_counts_for_nothing():
    book, model = furnished()
    book.decide(model, approvals=(Quorum(role="validator", count=1),))
    book.review(model, by="reviewer", role="validator")
    permission = may_promote(book.state, model, "production", book.now)
    assert "does not hold the role validator" in reasons(permission)


def test_who_asked_for_the_gate_is_refused_where_the_policy_says_so():
    book, model = furnished()
    wanted = (Quorum(role="approver", count=1, distinct_from=("developers", "requester")),)
    book.decide(model, approvals=wanted, by="reviewer")
    book.review(model, by="reviewer")
    assert not may_promote(book.state, model, "production", book.now).allowed
    book.review(model, by="second")
    assert may_promote(book.state, model, "production", book.now).allowed


def test_an_approval_of_something_that_changed_meanwhile_never_counts():
    book, model = furnished()
    book.decide(model)
    book.review(model, closure_digest=digest("what was on the screen"))
    assert "something else" in reasons(may_promote(book.state, model, "production", book.now))


def test_an_objection_stands_until_its_author_takes_it_back_however_often_the_gate_is_asked():
    book, model = furnished()
    book.decide(model)
    objection = book.review(model, "reject", by="second")
    book.review(model)
    assert "objection" in reasons(may_promote(book.state, model, "production", book.now))
    book.decide(model)
    book.review(model)
    assert "objection" in reasons(may_promote(book.state, model, "production", book.now))
    book.review(model, "comment", by="second", supersedes=objection)
    assert may_promote(book.state, model, "production", book.now).allowed


def test_nobody_takes_back_the_objection_of_another():
    book, model = furnished()
    book.decide(model)
    objection = book.review(model, "reject", by="second")
    book.review(model, supersedes=objection)
    assert not may_promote(book.state, model, "production", book.now).allowed


def test_a_policy_recorded_after_the_decision_that_names_it_allows_nothing():
    book, model = furnished()
    late = digest("policy late 1")
    decided = book.decide(model)
    book.add(replace(decided.fact, policies=(*decided.fact.policies, late), decision=digest("d")), by="pipeline",
             subject=("model", model))
    book.review(model)
    assert "was not in the ledger before it" in reasons(may_promote(book.state, model, "production", book.now))


@pytest.mark.parametrize(("approver", "allowed"), [("second", True), ("reviewer", False), ("pipeline", False), (None, False)])
def test_a_waiver_helps_only_if_another_reviewer_approved_it_before(approver, allowed):
    book, model = furnished()
    asked = book.waiver(model, by="reviewer")
    if approver:
        book.waiver(model, "approve", by=approver)
    book.decide(model, waivers=(asked.leaf_hash,))
    book.waiver(model, "approve", by="third")
    book.review(model, by="second")
    permission = may_promote(book.state, model, "production", book.now)
    assert permission.allowed is allowed, reasons(permission)


@pytest.mark.parametrize(("holder", "allowed"), [("alias", False), ("second", True)])
def test_a_waiver_is_not_approved_by_another_name_of_who_asked_for_it(holder, allowed):
    book, model = furnished()
    people = root_fact(2)
    keys = {name: replace(key, holder={"author": "alias", "second": holder}.get(name, name)) for name, key in people.keys.items()}
    asked = book.waiver(model, by="author")
    book.add(replace(people, keys=keys), by="root", subject=("root", digest("2")))  # one key that had two names
    fact = replace(asked.fact, action="approve", role="approver")
    book.add(fact, by="second", holder=holder, subject=("model", model))
    book.decide(model, waivers=(asked.leaf_hash,))
    book.review(model)
    granted = may_promote(book.state, model, "production", book.now)
    assert granted.allowed is allowed
    assert allowed or "had no approval of another person" in reasons(granted)


def test_a_waiver_that_the_ledger_does_not_hold_or_of_another_model_helps_nobody():
    book, model = furnished()
    other = book.model("other@1")
    theirs = book.waiver(other, by="author")
    book.waiver(other, "approve", by="second")
    for leaf in (digest("no such waiver"), theirs.leaf_hash):
        book.decide(model, waivers=(leaf,))
        book.review(model)
        assert "not the one in the ledger" in reasons(may_promote(book.state, model, "production", book.now))


def test_deploying_needs_the_stage_and_the_digest():
    book, model = furnished()
    book.decide(model)
    approval = book.review(model)
    assert "does not point to it" in reasons(may_deploy(book.state, model, "production", "production", book.now))
    book.promote(model, approvals=(approval,))
    assert may_deploy(book.state, model, "production", "production", book.now).allowed
    assert "does not know" in reasons(may_deploy(book.state, digest("x"), "production", "production", book.now))
    assert "not deployed in production" in reasons(may_run(book.state, model, "production", book.now))
    book.deploy(model)
    assert may_run(book.state, model, "production", book.now).allowed
    assert not may_run(book.state, model, "staging", book.now).allowed


def test_a_revoked_model_does_not_run():
    book, model = running()
    book.model(state="revoked", reason="trained on the wrong target", by="second")
    assert "revoked" in reasons(may_run(book.state, model, "production", book.now))


@pytest.mark.parametrize("environment", ["", "production"])
def test_a_retired_model_neither_runs_nor_comes_back(environment):
    book, model = running()
    book.retire(model, environment)
    assert "retired" in reasons(may_run(book.state, model, "production", book.now))
    for emergency in (False, True):
        permission = may_roll_back(
            book.state, model, "production", book.now, keyid="chief", reason="must", emergency=emergency,
        )
        assert "retired" in reasons(permission)


def replaced():
    """Version 1 ran, version 2 runs."""
    book, first = running()
    second = book.model("scorer@2", run=book.run("again", (digest("train@1"),)))
    book.decide(second)
    book.promote(second, approvals=(book.review(second),))
    book.deploy(second, name="D-2")
    return book, first, second


def test_going_back_to_a_live_closure_is_allowed_and_runs_again():
    book, first, second = replaced()
    assert not may_run(book.state, first, "production", book.now).allowed
    assert may_roll_back(book.state, first, "production", book.now).allowed
    book.roll_back(first, second)
    assert may_run(book.state, first, "production", book.now).allowed
    assert not may_run(book.state, second, "production", book.now).allowed
    assert book.state.deployments["D-2"].ended_by == "rolled back"
    assert list(check_history(book.entries)) == []


def test_going_back_to_a_stale_closure_needs_the_emergency_role_and_a_reason_that_stays():
    book, first, second = replaced()
    book.observe(first, "D-1")
    assert "drift in income" in reasons(may_roll_back(book.state, first, "production", book.now))
    ask = {"now": book.now, "emergency": True}
    assert not may_roll_back(book.state, first, "production", keyid="pipeline", reason="must", **ask).allowed
    assert not may_roll_back(book.state, first, "production", keyid="chief", reason=" ", **ask).allowed
    assert may_roll_back(book.state, first, "production", keyid="chief", reason="must", **ask).allowed
    book.roll_back(first, second, emergency=True, by="chief", reason="version 2 refuses everybody")
    permission = may_run(book.state, first, "production", book.now)
    assert permission.allowed
    assert "version 2 refuses everybody" in permission.notes[0]
    assert list(check_history(book.entries)) == []
    book.dataset("raw@1", state="withdrawn", by="second")
    assert "withdrawn" in reasons(may_run(book.state, first, "production", book.now))


def test_a_canary_becomes_full_only_by_its_own_gate():
    book, _ = running()
    second = book.model("scorer@2", run=book.run("again", (digest("train@1"),)))
    book.decide(second)
    book.promote(second, approvals=(book.review(second),))
    assert may_deploy(book.state, second, "production", "production", book.now, mode="canary").allowed
    book.deploy(second, name="D-2", mode="canary", traffic=10)
    assert may_run(book.state, second, "production", book.now).allowed
    assert book.state.environments["credit", "production"].primary == "D-1"
    assert "moves to full only" in reasons(may_deploy(book.state, second, "production", "production", book.now))
    book.decide(second, "deploy", outcome="deny", approvals=())
    assert not may_deploy(book.state, second, "production", "production", book.now).allowed
    book.decide(second, "deploy", approvals=())
    assert may_deploy(book.state, second, "production", "production", book.now).allowed
    book.deploy(second, name="D-2")
    assert book.state.environments["credit", "production"].primary == "D-2"
    assert book.state.deployments["D-1"].ended_by == "replaced"


def test_a_canary_may_take_more_traffic_but_a_green_one_not_become_full_without_its_gate():
    book, _ = running()
    second = book.model("scorer@2", run=book.run("again", (digest("train@1"),)))
    book.decide(second)
    book.promote(second, approvals=(book.review(second),))
    book.deploy(second, name="D-2", mode="blue-green", traffic=0)
    assert may_deploy(book.state, second, "production", "production", book.now, mode="canary").allowed
    assert not may_deploy(book.state, second, "production", "production", book.now, mode="full").allowed


@pytest.mark.parametrize("mode", ["canary", "blue-green", "shadow"])
def test_a_trial_that_a_rollback_ended_has_to_be_begun_again_before_it_becomes_full(mode):
    book, first = running()
    second = book.model("scorer@2", run=book.run("again", (digest("train@1"),)))
    book.decide(second)
    approval = book.review(second)
    book.promote(second, approvals=(approval,))
    book.deploy(second, name="D-2", mode=mode, traffic=10)
    book.decide(second, "deploy", approvals=())
    assert may_deploy(book.state, second, "production", "production", book.now).allowed
    ended = book.roll_back(first, first).index
    book.promote(second, approvals=(approval,))
    refused = may_deploy(book.state, second, "production", "production", book.now)
    assert [(one.reason, one.index) for one in refused.refusals] == [(f"{mode} D-2 was rolled back", ended)]
    assert refused.next == "begin another, which the gate deploy then judges"
    book.decide(second, "deploy", approvals=())
    assert not may_deploy(book.state, second, "production", "production", book.now).allowed
    assert may_deploy(book.state, second, "production", "production", book.now, mode=mode).allowed

    book.deploy(second, name="D-2", mode=mode, traffic=10)
    assert ["the id D-2" in fault.reason for fault in check_history(book.entries)] == [True], "an ended trial goes on under no id"
    assert book.state.deployments["D-2"].ended == ended
    book.deploy(second, name="D-3", mode=mode, traffic=10)
    assert "moves to full only" in reasons(may_deploy(book.state, second, "production", "production", book.now))
    book.decide(second, "deploy", approvals=())
    assert may_deploy(book.state, second, "production", "production", book.now).allowed
    book.deploy(second, name="D-3")
    assert book.state.environments["credit", "production"].primary == "D-3"


def test_what_had_all_traffic_before_its_trial_may_have_it_again_after_going_back_to_it():
    book, first = running()
    second = book.model("scorer@2", run=book.run("again", (digest("train@1"),)))
    book.decide(second)
    book.promote(second, approvals=(book.review(second),))
    book.deploy(second, name="D-2")
    book.promote(first, approvals=tuple(one.index for one in book.state.reviews_of(first)))
    book.deploy(first, name="D-3", mode="canary", traffic=10)
    book.roll_back(first, second)
    assert book.state.environments["credit", "production"].primary == "D-1"
    assert may_deploy(book.state, first, "production", "production", book.now).allowed
    assert list(check_history(book.entries)) == []


def test_history_names_each_step_that_nothing_allowed():
    book, model = furnished()
    book.promote(model)
    book.deploy(model)
    kinds = [fault.kind for fault in check_history(book.entries)]
    assert "promotion" in kinds
    assert "deployment" in kinds
    assert all("scorer@1" in fault.touches[0] for fault in check_history(book.entries))


def test_history_sees_a_promotion_that_claims_what_it_does_not_rest_on():
    book, model = furnished()
    book.decide(model)
    comment = book.review(model, "comment", by="second")
    book.review(model)
    book.promote(model, approvals=(comment,))
    assert [fault.because for fault in check_history(book.entries)] == [comment]


@pytest.mark.parametrize(("claim", "said"), [
    ({"closure": digest("another")}, "its closure"), ({"decision": digest("another")}, "another decision"),
    ({"system": "loans"}, "belongs to another system"),
])
def test_history_holds_a_promotion_to_what_the_ledger_held(claim, said):
    book, model = furnished()
    book.decide(model)
    approval = book.review(model)
    honest = book.promote(model, approvals=(approval,))
    assert list(check_history(book.entries)) == []
    book.add(replace(honest.fact, **claim), by="pipeline", subject=("model", model))
    (fault,) = check_history(book.entries)
    assert said in fault.reason
    assert fault.index == book.entries[-1].index


def test_a_clock_that_runs_backwards_revives_nothing():
    book, model = furnished()
    book.decide(model, expires=START + timedelta(days=2))
    book.review(model)
    early = book.now
    assert may_promote(book.state, model, "production", early).allowed
    book.dataset("later@1", by="pipeline")
    book.add(book.entries[-1].fact, by="pipeline", subject=("later@1", digest("later@1")), at=START + timedelta(days=3))
    assert not may_promote(book.state, model, "production", early).allowed


def test_an_approval_is_needed_at_all():
    book, model = furnished()
    book.decide(model, approvals=ONE)
    assert not may_promote(book.state, model, "production", book.now).allowed
