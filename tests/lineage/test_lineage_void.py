"""What a key signed from where it is void makes nothing lighter, whatever kind of entry it is; nor does what was taken back."""

from datetime import timedelta

import pytest
from lineage.book import START, Book, digest, furnished, root_fact, running

from govern.domain.facts import Attestation, ReviewFact, SystemFact
from govern.domain.text import Digest
from govern.lineage.history import check_history
from govern.lineage.people import EMERGENCY, holds_role
from govern.lineage.permission import may_deploy, may_promote, may_roll_back, may_run
from govern.lineage.stale import stale

RULE = "FAIR-001"


def reasons(permission) -> str:
    return "; ".join(one.text for one in permission.refusals)


def attest(book: Book, model, *, by: str = "third", supersedes: int | None = None, beside: Digest | None = None) -> int:
    """An attestation of the rule, given beside a decision or not, or, with `supersedes`, the comment that takes one back."""
    given = None if supersedes is not None else Attestation(
        rule=RULE, policy=book.state.policies["fairness"].digest, statement="read"
    )
    fact = ReviewFact(
        action="attest" if given else "comment", system="credit", gate="promote:production", role="validator",
        attestation=given, supersedes=supersedes, decision=beside,
    )
    return book.add(fact, by=by, subject=("model", model)).index


# ----- an attestation that is taken away after the decision


def attested_and_running() -> tuple[Book, object, int, int]:
    book, model = furnished()
    word = attest(book, model)
    book.decide(model)
    approval = book.review(model)
    book.promote(model, approvals=(approval,))
    book.deploy(model, name="D-1")
    assert may_run(book.state, model, "production", book.now).allowed
    return book, model, word, approval


def test_an_attestation_taken_back_ends_the_decision_and_the_approval_with_the_path():
    book, model, word, approval = attested_and_running()
    taken = attest(book, model, supersedes=word)
    paths = stale(book.state, approval, book.now)
    assert [(one.index, [node.key for node in one.path]) for one in paths] == [
        (taken, [approval, book.state.reviews[approval].decision, word])
    ]
    assert "third took back what FAIR-001 was attested by" in paths[0].text
    for asked in (may_run(book.state, model, "production", book.now), may_promote(book.state, model, "production", book.now)):
        assert f"(#{taken})" in reasons(asked)


def test_a_decision_rests_on_a_word_given_beside_the_denial_before_it():
    """As people work: denied for want of a word, the word is given, the next decision allows."""
    book, model = furnished()
    book.decide(model, outcome="deny")
    word = attest(book, model, beside=book.state.latest_decision(model, "promote:production").digest)
    book.decide(model)
    approval = book.review(model)
    assert book.state.latest_decision(model, "promote:production").attested == (word,)
    assert may_promote(book.state, model, "production", book.now).allowed
    assert stale(book.state, approval, book.now) == ()


def test_somebody_elses_comment_takes_no_attestation_back():
    book, model, word, approval = attested_and_running()
    attest(book, model, by="reviewer", supersedes=word)
    assert stale(book.state, approval, book.now) == ()


def test_an_attestation_by_a_key_declared_void_from_before_it_ends_the_decision():
    book, model, word, _ = attested_and_running()
    book.revoke_key("third", word, "lost")
    assert "void" in reasons(may_run(book.state, model, "production", book.now))


def test_a_decision_made_after_the_attestation_was_taken_back_does_not_rest_on_it():
    book, model = furnished()
    attest(book, model, supersedes=attest(book, model))
    assert book.decide(model).index in book.state.decisions
    assert book.state.latest_decision(model, "promote:production").attested == ()


# ----- moves of a finding by a key that is void


@pytest.mark.parametrize("lighter", [
    {"due": START + timedelta(days=300)}, {"severity": "low"}, {"state": "verified-closed"},
], ids=["later", "milder", "closed"])
@pytest.mark.parametrize("void", [False, True])
def test_a_void_key_makes_no_finding_lighter(lighter, void):
    book, model = running()
    book.finding(model)
    if "state" in lighter:
        book.finding(model, state="remediated", by="third")
    moved = book.finding(model, by="second", **lighter)
    later = START + timedelta(days=20)
    assert may_run(book.state, model, "production", later).allowed
    if void:
        book.revoke_key("second", moved.index, "compromised")
        assert "overdue" in reasons(may_run(book.state, model, "production", later))
    else:
        book.revoke_key("second", moved.index + 1, "compromised")
        assert may_run(book.state, model, "production", later).allowed


def test_who_ever_owned_a_finding_does_not_close_it_whoever_owns_it_by_then():
    book, model = running()
    book.finding(model)
    entry = book.finding(model, state="remediated", by="third")
    given = book.replace_owner(entry, "second")
    assert book.state.findings["F-1"].fact.owner == "second"
    book.replace_owner(given, "somebody")
    book.finding(model, state="verified-closed", by="second")
    assert book.state.findings["F-1"].state == "remediated"


# ----- every other kind of entry


def test_what_a_void_key_calls_active_again_stays_ended():
    book, model = running()
    book.dataset("raw@1", state="withdrawn", reason="consent")
    book.model(state="revoked", reason="leak")
    book.model(by="second")
    back = book.dataset("raw@1", by="second")
    assert book.state.datasets[back].state == book.state.models[model].state == "active"
    book.revoke_key("second", len(book.entries) - 2, "compromised")
    assert (book.state.datasets[back].state, book.state.models[model].state) == ("withdrawn", "revoked")
    assert "consent" in reasons(may_run(book.state, model, "production", book.now))
    book.revoke_key("third", 0, "nothing of his is there")
    book.dataset("raw@1")
    assert book.state.datasets[back].state == "active"


def test_a_system_last_revised_by_a_void_key_lets_nothing_through():
    book, model = furnished()
    fact = SystemFact(name="credit", purpose="credit", task="binary-classification", tier="low", owner="lending")
    revised = book.add(fact, by="second", subject=("system/credit", digest("low")))
    book.decide(model)
    approval = book.review(model)
    assert may_promote(book.state, model, "production", book.now).allowed
    book.revoke_key("second", revised.index, "lost")
    assert "void" in reasons(may_promote(book.state, model, "production", book.now))
    assert [one.path[-1].kind for one in stale(book.state, approval, book.now)] == ["system"]
    book.add(fact, by="pipeline", subject=("system/credit", digest("low")))
    assert may_promote(book.state, model, "production", book.now).allowed


def test_an_old_policy_put_back_by_a_void_key_lets_nothing_through():
    book, model = furnished()
    book.policy("2")
    back = len(book.entries)
    book.policy("1", by="second")
    book.decide(model)
    approval = book.review(model)
    assert may_promote(book.state, model, "production", book.now).allowed
    book.revoke_key("second", back, "lost")
    assert "void" in reasons(may_promote(book.state, model, "production", book.now))
    assert [one.path[-1].kind for one in stale(book.state, approval, book.now)] == ["policy"]


def test_nothing_new_moves_while_a_void_key_says_what_binds():
    book, model = furnished()
    other = book.policy("1", name="deployment")
    book.binding(other, name="deploying")
    book.decide(model)
    book.review(model)
    book.add(book.state.bindings["deploying"].fact.__class__(
        name="deploying", version="2", policy=other, gates=()
    ), by="second", subject=("binding/deploying", digest("binding deploying 2")))
    book.revoke_key("second", len(book.entries) - 1, "lost")
    for asked in (may_promote, lambda *a: may_deploy(*a[:2], "production", *a[2:])):
        assert "binding deploying@2 was put in force with a void key" in reasons(asked(book.state, model, "production", book.now))


def test_a_promotion_a_deployment_and_a_rollback_by_a_void_key_count_for_nothing():
    book, model = furnished()
    book.decide(model)
    approval = book.review(model)
    promoted = book.promote(model, approvals=(approval,), by="chief")
    book.deploy(model, name="D-1")
    book.revoke_key("chief", promoted.index, "lost")
    assert "the promotion was signed with a void key" in reasons(may_deploy(book.state, model, "production", "production", book.now))
    assert "the promotion was signed with a void key" in reasons(may_run(book.state, model, "production", book.now))
    book.promote(model, approvals=(approval,))
    running_by = book.deploy(model, name="D-1")
    assert may_run(book.state, model, "production", book.now).allowed
    book.revoke_key("pipeline", running_by.index, "lost")
    assert "the deployment was signed with a void key" in reasons(may_run(book.state, model, "production", book.now))


def two_models() -> tuple[Book, object, object]:
    """The first ran in production; the second runs there now."""
    book, first = running()
    second = book.model("scorer@2", run=book.state.models[first].runs[0])
    book.decide(second)
    approval = book.review(second)
    book.promote(second, approvals=(approval,))
    book.deploy(second, name="D-2")
    return book, first, second


@pytest.mark.parametrize("by", ["chief", "pipeline"])
def test_an_emergency_counts_only_while_the_key_held_that_role(by):
    book, first, second = two_models()
    book.dataset("raw@1", state="withdrawn", reason="consent")
    forced = book.roll_back(first, second, emergency=True, by=by)
    assert may_run(book.state, first, "production", book.now).allowed is (by == "chief")
    book.revoke_key("chief", forced.index, "lost")
    assert not may_run(book.state, first, "production", book.now).allowed
    assert not holds_role(book.state, "chief", EMERGENCY, forced.index)


def test_a_waiver_approved_by_a_key_that_was_compromised_holds_no_longer():
    book, model = furnished()
    proposed = book.waiver(model)
    book.waiver(model, "approve", by="second")
    book.decide(model, waivers=(proposed.leaf_hash,))
    book.review(model)
    assert may_promote(book.state, model, "production", book.now).allowed
    book.revoke_key("second", len(book.entries), "compromised")
    assert "revoked as compromised" in reasons(may_promote(book.state, model, "production", book.now))


# ----- going back asks the gate `deploy` as going forward does


def test_going_back_asks_the_gate_deploy_of_the_model_it_goes_back_to():
    book, first, second = two_models()
    assert may_roll_back(book.state, first, "production", book.now).allowed
    denied = book.decide(first, "deploy", outcome="deny", approvals=())
    asked = may_roll_back(book.state, first, "production", book.now)
    assert f"the latest decision at deploy denies it (#{denied.index})" in reasons(asked)
    forced = may_roll_back(book.state, first, "production", book.now, keyid="chief", reason="fire", emergency=True)
    assert forced.allowed
    assert f"the latest decision at deploy denies it (#{denied.index})" in forced.notes
    book.roll_back(first, second)
    assert [fault.kind for fault in check_history(book.entries)] == ["rollback"]


# ----- the very instant of expiry


@pytest.mark.parametrize("what", ["evidence", "waiver", "finding", "condition", "trust root"])
def test_at_the_instant_of_expiry_it_is_over_everywhere(what):
    end = START + timedelta(days=9)
    book = Book(root=False)
    fact = root_fact()
    book.add(book.renewed(fact, end if what == "trust root" else fact.expires), by="root", subject=("root", digest("root 1")))
    furnish(book)
    model = book.model(run=book.run("fit", (book.dataset("train@1"),)))
    waivers = ()
    if what == "waiver":
        proposed = book.waiver(model, expires=end)
        book.waiver(model, "approve", by="second")
        waivers = (proposed.leaf_hash,)
    book.decide(model, expires=end if what == "evidence" else None, waivers=waivers)
    approval = book.review(model)
    if what in {"finding", "condition"}:
        book.finding(model, due=end, severity="high" if what == "finding" else "low",
                     condition_of=approval if what == "condition" else None)
        book.decide(model, evidence=book.state.latest_decision(model, "promote:production").fact.evidence)
        if what == "finding":
            book.review(model)
    book.promote(model, approvals=(approval,))
    book.deploy(model, name="D-1")

    def answers(now):
        return [
            may_promote(book.state, model, "production", now).allowed,
            may_deploy(book.state, model, "production", "production", now).allowed,
            may_run(book.state, model, "production", now).allowed,
            may_roll_back(book.state, model, "production", now).allowed,
        ]

    assert answers(end - timedelta(seconds=1)) == [True] * 4, reasons(may_run(book.state, model, "production", end - timedelta(seconds=1)))
    assert answers(end) == [False] * 4


def furnish(book: Book) -> None:
    book.system()
    book.dataset("test")
    book.binding(book.policy())
