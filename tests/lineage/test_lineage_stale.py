"""What ends an approval: exactly what it relied on, through any number of hops, with the path why."""

from datetime import timedelta

import pytest
from lineage.book import START, Book, digest, furnished, running

from govern.errors import NotFoundError
from govern.lineage.graph import Graph
from govern.lineage.permission import may_promote
from govern.lineage.refs import resolve
from govern.lineage.stale import stale


def two_models() -> tuple[Book, int, int]:
    """One model three hops below `raw@1`, another that shares only system, policy and binding."""
    book, one = furnished()
    apart = book.dataset("apart@1")
    other = book.model("other@1", run=book.run("other", (apart,)))
    book.decide(one)
    first = book.review(one)
    book.decide(other, evidence=(book.evidence(other, "elsewhere"),))
    return book, first, book.review(other)


def texts(book: Book, review: int, now=None) -> list[str]:
    return [path.text for path in stale(book.state, review, now or book.now)]


def test_a_live_approval_has_no_reason_against_it():
    book, first, second = two_models()
    assert texts(book, first) == texts(book, second) == []


@pytest.mark.parametrize("word", ["withdrawn", "superseded"])
def test_a_dataset_three_hops_up_ends_exactly_what_rests_on_it_and_says_the_way(word):
    book, first, second = two_models()
    book.dataset("raw@1", state=word, reason="labels were wrong", by="second")
    paths = stale(book.state, first, book.now)
    assert {path.index for path in paths} == {book.entries[-1].index}
    assert word in paths[0].reason
    assert "labels were wrong" in paths[0].reason
    labels = [node.label for node in paths[0].path]
    assert labels[1:] == ["model/scorer@1", "run/fit", "dataset/train@1", "dataset/clean@1", "dataset/raw@1"]
    assert texts(book, second) == []


def test_other_contents_under_the_same_name_and_version_are_a_revision():
    book, first, second = two_models()
    book.dataset("raw@1", contents="raw cut again")
    assert "superseded" in texts(book, first)[0]
    assert texts(book, second) == []


def test_another_version_of_a_dataset_ends_nothing():
    book, first, _ = two_models()
    book.dataset("raw@2")
    assert texts(book, first) == []


GROWN = "more of what it was made from was recorded"


def test_what_turns_out_to_rest_on_more_than_was_approved_is_no_longer_approved():
    book, first, second = two_models()
    book.dataset("raw@1", sources=("bought@1",))
    (path,) = stale(book.state, first, book.now)
    assert (path.index, path.reason, path.path[-1].label) == (len(book.entries) - 1, GROWN, "dataset/raw@1")
    assert texts(book, second) == []
    model = book.state.reviews[first].model
    assert not may_promote(book.state, model, "production", book.now).allowed
    book.decide(model)
    assert texts(book, book.review(model)) == []
    book.dataset("raw@1", sources=("bought@1",), by="second")
    assert texts(book, book.entries[-2].index) == [], "the same once more adds nothing"


def test_a_model_recorded_again_from_another_run_is_no_longer_approved():
    book, first, second = two_models()
    book.model(run=digest("run other"))
    assert [GROWN in text for text in texts(book, first)] == [True]
    assert texts(book, second) == []


def test_what_was_only_named_and_turns_out_to_be_made_from_something_ends_what_rests_on_it():
    book, model = furnished()
    book.dataset("train@1", sources=("named@1",))
    book.decide(model)
    first = book.review(model)
    book.dataset("named@1")
    assert texts(book, first) == [], "that it was recorded says nothing new"
    book.dataset("named@1", sources=("bought@1",))
    assert GROWN in texts(book, first)[0]


def test_the_data_that_was_measured_counts_too():
    book, first, second = two_models()
    book.dataset("test", state="withdrawn")
    assert "withdrawn" in texts(book, first)[0]
    assert texts(book, second) == []


def test_a_reactivated_dataset_does_not_revive_what_was_approved_before():
    book, first, _ = two_models()
    book.dataset("raw@1", state="withdrawn")
    model = book.state.reviews[first].model
    during = book.review(model)
    book.dataset("raw@1", state="active")
    assert texts(book, first)
    assert texts(book, during) == []
    assert texts(book, book.review(model, by="second")) == []


def test_policy_and_binding_end_with_their_next_version():
    for kind in ("policy", "binding"):
        book, first, second = two_models()
        if kind == "policy":
            book.policy("2", change="tightened")
        else:
            book.binding(digest("policy fairness 1"), "2")
        assert [kind in text for text in texts(book, first)] == [True]
        assert texts(book, second)


def test_a_policy_that_goes_back_to_an_older_version_was_changed_all_the_same():
    book, first, _ = two_models()
    book.policy("2", change="loosened")
    book.policy("1", change="tightened")
    assert "replaced" in texts(book, first)[0]


def test_another_policy_ends_nothing():
    book, first, _ = two_models()
    book.policy("1", name="robustness")
    assert texts(book, first) == []


def test_evidence_grows_old_by_the_clock_alone():
    book, model = furnished()
    book.decide(model, expires=START + timedelta(days=90))
    review = book.review(model)
    assert texts(book, review, START + timedelta(days=89)) == []
    (text,) = texts(book, review, START + timedelta(days=90))
    assert "too old or has ended, since 2026-04-01" in text


def test_a_fresh_decision_that_says_the_same_renews_the_age():
    book, model = furnished()
    decided = book.decide(model, expires=START + timedelta(days=90))
    review = book.review(model)
    book.decide(model, evidence=decided.fact.evidence, expires=START + timedelta(days=180))
    assert texts(book, review, START + timedelta(days=100)) == []
    assert texts(book, review, START + timedelta(days=181))


def waived() -> tuple[Book, int]:
    book, model = furnished()
    proposal = book.waiver(model, by="author")
    book.waiver(model, "approve", by="reviewer")
    book.decide(model, waivers=(proposal.leaf_hash,))
    return book, book.review(model)


def test_a_waiver_ends_by_the_clock_or_by_revocation():
    book, review = waived()
    assert texts(book, review, START + timedelta(days=29)) == []
    assert "waiver W-1 expired" in texts(book, review, START + timedelta(days=30))[0]
    book, review = waived()
    book.waiver(book.state.reviews[review].model, "revoke", by="second")
    assert "revoked" in texts(book, review)[0]


def test_drift_of_the_deployed_model_ends_its_approvals_and_a_clean_window_does_not():
    book, model = running()
    review = book.state.reviews_of(model)[0].index
    book.observe(model, "D-1", outcome="allow")
    assert texts(book, review) == []
    book.observe(model, "D-1")
    assert "drift in income" in texts(book, review)[0]
    assert texts(book, book.review(model, by="second")) == []


def test_a_grave_finding_ends_approvals_once_it_is_overdue_and_until_it_is_verified_closed():
    book, first, _ = two_models()
    model = book.state.reviews[first].model
    due = START + timedelta(days=10)
    book.finding(model, severity="high", due=due)
    assert texts(book, first, due - timedelta(seconds=1)) == []
    assert "overdue" in texts(book, first, due)[0]
    book.finding(model, severity="high", due=due, state="remediated")
    assert texts(book, first, due)
    book.finding(model, severity="high", due=due, state="verified-closed", by="second")
    assert texts(book, first, due) == []


def test_a_slight_finding_ends_only_the_approval_whose_condition_it_is():
    book, first, _ = two_models()
    model = book.state.reviews[first].model
    other = book.review(model, by="second")
    due = START + timedelta(days=10)
    book.finding(model, severity="low", due=due, condition_of=first)
    assert "its condition F-1 is overdue" in texts(book, first, due)[0]
    assert texts(book, other, due) == []


@pytest.mark.parametrize(("change", "note"), [
    ({"due": START + timedelta(days=99)}, "later due date"), ({"severity": "low"}, "lower severity"),
    ({"state": "verified-closed"}, "closing"),
])
def test_nobody_but_a_reviewer_makes_a_finding_lighter(change, note):
    book, first, _ = two_models()
    model = book.state.reviews[first].model
    book.finding(model)
    book.finding(model, **change)
    assert note in book.state.findings["F-1"].note
    assert texts(book, first, START + timedelta(days=10))
    book.finding(model, **change, by="second")
    assert book.state.findings["F-1"].note == ""
    assert texts(book, first, START + timedelta(days=10)) == []


def test_who_remediated_a_finding_does_not_close_it():
    book, first, _ = two_models()
    model = book.state.reviews[first].model
    book.finding(model)
    book.finding(model, state="remediated", by="second")
    book.finding(model, state="verified-closed", by="second")
    assert book.state.findings["F-1"].state == "remediated"
    book.finding(model, state="verified-closed")
    book.finding(model, state="verified-closed", by="second")
    assert book.state.findings["F-1"].state == "remediated"
    book.finding(model, state="verified-closed", by="third")
    assert book.state.findings["F-1"].state == "verified-closed"


def test_a_compromised_key_puts_all_it_signed_in_doubt_and_another_revocation_only_what_comes_after():
    for reason, doubted in (("compromised: found in a build log", True), ("left the house", False)):
        book, first, second = two_models()
        book.revoke_key("pipeline", len(book.entries), reason)
        assert bool(texts(book, first)) is doubted
        assert bool(texts(book, second)) is doubted


def test_a_void_key_ends_what_stands_at_or_after_its_index_even_if_revoked_later():
    book, first, second = two_models()
    book.revoke_key("reviewer", second, "left the house")
    assert texts(book, first) == []
    assert "void" in texts(book, second)[0]


def test_a_revised_system_ends_its_approvals_and_the_same_words_again_do_not():
    book, first, _ = two_models()
    book.system()
    assert texts(book, first) == []
    book.system(tier="low")
    assert "revised" in texts(book, first)[0]


def test_an_unknown_review_is_said_to_be_one():
    book, _, _ = two_models()
    with pytest.raises(NotFoundError):
        stale(book.state, 0, book.now)


def test_the_blast_radius_names_all_that_rests_on_a_thing_and_nothing_else():
    book, model = running()
    apart = book.dataset("apart@1")
    book.model("other@1", run=book.run("other", (apart,)))
    graph = Graph(book.state)
    hit = [reached.node.label for reached in graph.impact(resolve(book.state, "raw@1"))]
    approval = book.state.reviews_of(model)[0].index
    promotion = book.state.promotions_of(model)[0].index
    assert sorted(hit) == sorted([
        "model/scorer@1", f"review/approve#{approval}", f"promotion/production#{promotion}", "deployment/D-1",
    ])
    assert [reached.node.name for reached in graph.impact(resolve(book.state, "apart@1"))] == ["other@1"]
    way = graph.path(resolve(book.state, "raw@1"), resolve(book.state, "D-1"))
    assert [node.kind for node in way] == ["deployment", "model", "run", "dataset", "dataset", "dataset"]
    assert graph.path(resolve(book.state, "D-1"), resolve(book.state, "raw@1")) == ()
