"""Who may not approve: makers, judges and askers, under whatever name, each with the entry that disqualifies them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from lineage.book import START, digest, furnished, root_fact

from govern.domain.facts import Input, ModelFact
from govern.lineage.permission import may_promote
from govern.lineage.review import conflicts, developers, quorum


def refusal(book, model, by: str, role: str = "approver"):
    book.review(model, by=by, role=role)
    (one,) = quorum(book.state, model, "promote:production", None, book.now).refused
    assert not may_promote(book.state, model, "production", book.now).allowed
    return one


def test_who_ran_the_model_is_refused_with_the_entry():
    book, model = furnished(by="trainer")
    book.decide(model)
    against = refusal(book, model, "trainer")
    run = book.state.runs[book.state.models[model].runs[0]]
    assert against.because == run.index
    assert "recorded run/fit" in against.reason


def test_who_recorded_data_three_hops_up_is_refused_with_the_entry():
    book, model = furnished(training_by="trainer")
    book.decide(model)
    assert refusal(book, model, "trainer").because == book.state.datasets[digest("raw@1")].index


@pytest.mark.parametrize(("change", "verb"), [("new", "signed"), ("loosened", "loosened")])
def test_who_signed_or_loosened_the_policy_is_refused_with_the_entry(change, verb):
    book, model = furnished()
    policy = book.policy("2", by=("owner", "author"), change=change)
    book.decide(model)
    against = refusal(book, model, "author")
    assert against.because == book.state.policy_versions[policy].index
    assert f"{verb} the policy fairness@2" in against.reason


def test_who_asked_for_a_waiver_is_refused_with_the_entry():
    book, model = furnished()
    asked = book.waiver(model, by="second")
    book.decide(model, waivers=(asked.leaf_hash,))
    against = refusal(book, model, "second")
    assert against.because == asked.index
    assert "asked for waiver W-1" in against.reason


def test_two_names_of_one_key_are_one_person():
    book, model = furnished(by="trainer")
    renamed = root_fact(2, novice=("approver",))
    keys = dict(renamed.keys)
    keys["trainer"] = type(keys["trainer"])(scheme="ed25519", public="00" * 32, holder="novice")
    book.add(type(renamed)(version=2, origin="test", expires=renamed.expires, keys=keys, roles=renamed.roles), by="root",
             subject=("root", digest("r2")))
    book.decide(model)
    assert "recorded" in refusal(book, model, "novice").reason


def test_a_second_recording_adds_its_signer_and_its_data_but_withdrawing_makes_nobody_a_maker():
    book, model = furnished()
    fact = book.state.models[model].fact
    again = ModelFact(
        name=fact.name, version=fact.version, system=fact.system, media_type=fact.media_type, size=1,
        datasets=(Input(name="more", digest=digest("more")),),
    )
    book.add(again, by="trainer", subject=("scorer@1", model))
    assert developers(book.state, model) == {"pipeline", "trainer"}
    assert digest("more") in {one.digest for one in book.state.models[model].datasets}
    book.dataset("raw@1", state="withdrawn", by="second")
    book.dataset("raw@1", state="active", by="pipeline")
    assert conflicts(book.state, model, "second") == ()


def test_an_unknown_signer_counts_for_nothing():
    book, model = furnished()
    book.decide(model)
    against = refusal(book, model, "stranger")
    assert "does not hold the role" in against.reason


def test_a_given_quorum_adds_to_what_the_decision_asks_for_and_never_takes_from_it():
    book, model = furnished()
    book.decide(model)
    assert quorum(book.state, model, "promote:production", (), book.now).missing


@pytest.mark.parametrize("action", ["approve", "comment"])
def test_a_void_key_takes_no_objection_back(action):
    book, model = furnished()
    book.decide(model)
    objection = book.review(model, "reject", by="second")
    later = book.review(model, action, by="second", supersedes=objection)
    book.review(model)
    assert may_promote(book.state, model, "production", book.now).allowed
    book.revoke_key("second", later, "lost")
    book.review(model)
    assert quorum(book.state, model, "promote:production", None, book.now).objections == (objection,)


def test_an_approval_that_could_never_count_replaces_no_objection():
    book, model = furnished()
    book.decide(model)
    objection = book.review(model, "reject", by="second")
    book.review(model, by="second", closure_digest=digest("what was on the screen"))
    book.review(model)
    assert quorum(book.state, model, "promote:production", None, book.now).objections == (objection,)


@pytest.mark.parametrize("change", [
    {"rule": "FAIR-002"}, {"policy": digest("policy fairness 0")}, {"environment": "promote:staging"},
    {"expires": START + timedelta(days=1)}, {"void_if_worse_than": "0.5"},
])
def test_who_signed_other_terms_has_not_approved_the_waiver(change):
    book, model = furnished()
    book.waiver(model, by="author")
    right = book.waiver(model, "approve", by="second")
    book.add(replace(right.fact, **change), by="reviewer", subject=("model", model))
    assert [step.holder for step in book.state.waivers["W-1"].approvals] == ["second"]
