"""What falls due and when, and what an emergency leaves behind."""

from datetime import timedelta

import pytest
from lineage.book import START, digest, furnished, replace, root_fact, running

from govern.lineage.deadlines import deadlines, emergencies
from govern.lineage.permission import may_promote

DAY = timedelta(days=1)


def with_a_finding_a_waiver_and_an_age():
    book, model = furnished()
    book.decide(model, expires=START + 90 * DAY)
    book.promote(model, approvals=(book.review(model),))
    book.waiver(model, by="author", expires=START + 40 * DAY)
    book.waiver(model, "approve", by="second")
    book.finding(model, due=START + 10 * DAY)
    return book


def test_what_falls_due_is_listed_in_order_and_turns_overdue_on_its_day():
    book = with_a_finding_a_waiver_and_an_age()
    assert [one.kind for one in deadlines(book.state, START)] == ["finding"]
    assert [one.kind for one in deadlines(book.state, START + 10 * DAY)] == ["finding", "waiver"]
    found = deadlines(book.state, START + 61 * DAY)
    assert [(one.kind, one.overdue) for one in found] == [("finding", True), ("waiver", True), ("revalidation", False)]
    assert [one.what.split(",")[0] for one in found if one.kind == "waiver"] == ["waiver W-1 of FAIR-001 expired"]
    assert deadlines(book.state, START + 90 * DAY)[-1].overdue
    assert "F-1 (high)" in found[0].what


def test_of_one_system_only_its_own_falls_due():
    book = with_a_finding_a_waiver_and_an_age()
    book.system("credit-2")
    other = book.model("other@1", system="credit-2")
    book.decide(other, expires=START + 80 * DAY)
    book.promote(other, approvals=(book.review(other),))
    late = START + 70 * DAY
    kinds = {name: [one.kind for one in deadlines(book.state, late, system=name)] for name in ("credit", "credit-2", "credi", None)}
    mine = ["finding", "waiver", "revalidation"]
    assert kinds == {"credit": mine, "credit-2": ["revalidation"], "credi": [], None: [*mine[:2], "revalidation", "revalidation"]}


def test_what_is_closed_revoked_unapproved_or_went_nowhere_falls_due_no_more():
    book, model = furnished()
    book.decide(model, expires=START + DAY)
    book.waiver(model, by="author", name="W-unapproved")
    book.waiver(model, by="author", name="W-revoked")
    book.waiver(model, "approve", by="second", name="W-revoked")
    book.waiver(model, "revoke", by="second", name="W-revoked")
    book.finding(model)
    book.finding(model, state="verified-closed", by="second")
    assert deadlines(book.state, START + 99 * DAY) == ()


def test_every_emergency_stays():
    book, first = running()
    second = book.model("scorer@2", run=book.run("again", (digest("train@1"),)))
    book.decide(second)
    book.promote(second, approvals=(book.review(second),))
    book.deploy(second, name="D-2")
    book.observe(first, "D-1")
    book.roll_back(first, second, emergency=True, by="chief", reason="it refuses everybody")
    book.roll_back(second, first)
    assert [one.fact.reason for one in emergencies(book.state, "credit")] == ["it refuses everybody"]
    assert emergencies(book.state, "other") == ()


@pytest.mark.parametrize(("reach", "open_again"), [(0, True), (1, False)])
def test_a_finding_is_open_again_where_the_key_that_closed_it_is_void_since_before(reach, open_again):
    book, model = furnished()
    book.decide(model)
    book.finding(model, due=START + DAY)
    closed = book.finding(model, state="verified-closed", by="second", due=START + DAY)
    book.review(model)
    later = START + 2 * DAY
    assert may_promote(book.state, model, "production", later).allowed
    book.revoke_key("second", closed.index + reach, "lost")
    assert (book.state.findings["F-1"].state == "open") is open_again
    assert [one.overdue for one in deadlines(book.state, later) if one.kind == "finding"] == [True] * open_again
    assert may_promote(book.state, model, "production", later).allowed is not open_again
    if open_again:
        assert "is overdue" in may_promote(book.state, model, "production", later).refusals[0].reason
        assert book.state.findings["F-1"].note .startswith("the key that signed #13 is void")
        book.finding(model, state="verified-closed", by="reviewer", due=START + DAY)
        assert book.state.findings["F-1"].state == "verified-closed"


def test_a_finding_closed_by_two_reviewers_stays_closed_while_one_of_them_stands():
    book, model = furnished()
    opened = book.finding(model)
    closed = book.add(
        replace(opened.fact, state="verified-closed"), by=("second", "reviewer"), subject=("model", model),
    )
    book.revoke_key("second", closed.index, "lost")
    assert book.state.findings["F-1"].state == "verified-closed"
    book.add(
        root_fact(3, {"second": (closed.index, "lost"), "reviewer": (closed.index, "lost")}), by="root",
        subject=("root", digest("root 3")),
    )
    assert book.state.findings["F-1"].state == "open"


def test_a_condition_stays_that_of_the_approval_it_was_set_for():
    book, model = furnished()
    book.decide(model)
    mine = book.review(model)
    book.finding(model, severity="low", condition_of=mine)
    other = book.review(model, by="second")
    book.finding(model, severity="low", condition_of=other)
    assert book.state.findings["F-1"].condition_of == mine
