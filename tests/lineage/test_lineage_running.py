"""What may go on running: the gate before a deployment, ids used twice, stages that change, what an emergency lets pass."""

from datetime import timedelta

from lineage.book import ONE, START, running

from govern.lineage.permission import may_deploy, may_run

GATE = "deploy"


def reasons(permission) -> str:
    return "; ".join(refusal.reason for refusal in permission.refusals)


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
