"""What falls due and when, and what an emergency leaves behind."""

from datetime import timedelta

from lineage.book import START, digest, furnished, running

from govern.lineage.deadlines import deadlines, emergencies

DAY = timedelta(days=1)


def test_what_falls_due_is_listed_in_order_and_turns_overdue_on_its_day():
    book, model = furnished()
    book.decide(model, expires=START + 90 * DAY)
    book.promote(model, approvals=(book.review(model),))
    book.waiver(model, by="author", expires=START + 40 * DAY)
    book.waiver(model, "approve", by="second")
    book.finding(model, due=START + 10 * DAY)
    assert [one.kind for one in deadlines(book.state, START)] == ["finding"]
    assert [one.kind for one in deadlines(book.state, START + 10 * DAY)] == ["finding", "waiver"]
    found = deadlines(book.state, START + 61 * DAY)
    assert [(one.kind, one.overdue) for one in found] == [("finding", True), ("waiver", True), ("revalidation", False)]
    assert deadlines(book.state, START + 90 * DAY)[-1].overdue
    assert "F-1 (high)" in found[0].what


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
