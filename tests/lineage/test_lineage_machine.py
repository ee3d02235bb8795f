"""A machine that tries to get a model deployed by any sequence of commands, watched by an oracle that knows no fold.

The oracle (`oracle.py`) reads the raw entries again for every deployment that was let through; it shares no code with the rooms.
"""

from contextlib import contextmanager
from datetime import timedelta
from itertools import takewhile

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from lineage.book import ROLES, START, Book, digest
from lineage.oracle import GATE, complaint, mended, unforgivable, voided

from govern.domain.decision import Quorum
from govern.domain.facts import Attestation, RetirementFact, ReviewFact
from govern.lineage.folding import Folding, fold
from govern.lineage.history import check_history
from govern.lineage.permission import may_deploy, may_promote, may_roll_back, may_run

PEOPLE = st.sampled_from(sorted(ROLES))
TRIAL = st.tuples(
    st.sampled_from(["canary", "blue-green", "shadow"]),
    st.sampled_from([("before", False), ("never", False), ("since", False), ("since", True), ("since", True)]),
)
"""In which mode; when the gate `deploy` was asked, and whether a rollback ended it."""
WAIVED = st.tuples(
    st.sampled_from(["pipeline", "pipeline", "reviewer", "author"]), st.sampled_from(["second", "third", "third", "reviewer", None]),
    st.sampled_from([("author", "second"), ("reviewer",), ("second",)]), st.sampled_from([5, 5, 4, 0]),
)
"""Who asks for a waiver of five days, who approves it, who approves the model, and how many days are relied on it."""
END = st.sampled_from(["revoked", "revoked", "retired", "system retired"])
FIRST = st.sampled_from([None, ("trial", TRIAL), ("waived_approved_and_deployed", WAIVED), ("waived_approved_and_deployed", WAIVED), ("ended_and_wanted_back", END)]).flatmap(
    lambda one: st.none() if one is None else st.tuples(st.just(one[0]), one[1])
)


class Lifecycle(RuleBasedStateMachine):
    """Commands that the workflow would let through; reviews, decisions and withdrawals by anyone at any time."""

    @initialize(count=st.sampled_from([1, 1, 2]), ran=st.integers(0, 2), first=FIRST)
    def begin(self, count, ran, first):
        """A furnished ledger; `ran` models had all traffic before, so that what comes after a deployment is tried as often.

        What takes many steps to come about is also tried `first`, while nothing stands against anything yet.
        """
        self.count = count
        self.deployed = 0
        self.book = Book()
        self.book.system()
        self.book.dataset("raw@1", by="pipeline")
        train = self.book.dataset("train@1", sources=("raw@1",), by="trainer")
        self.book.binding(self.book.policy())
        run = self.book.run("fit", (train,))
        self.models = [self.book.model(f"scorer@{n}", run=run) for n in (1, 2)]
        self.book.dataset("test")
        self.policies = 1
        for model in self.models:
            self.book.decide(model, approvals=(Quorum(role="approver", count=count),))
        for n in range(ran):
            self.approve(n, "reviewer", "approver")
            self.approve(n, "second", "approver")
            self.promote(n)
            self.deploy(n, "full")
        assert self.deployed == ran
        if first is not None:
            getattr(self, first[0])(n=0, how=first[1])

    models_ = st.integers(0, 1)

    @rule(n=models_, outcome=st.sampled_from(["allow", "allow", "allow", "deny"]), same=st.booleans(), days=st.sampled_from([None, 20]))
    def gate(self, n, outcome, same, days):
        model = self.models[n]
        latest = self.book.state.latest_decision(model, GATE)
        evidence = latest.fact.evidence if same and latest else (self.book.evidence(model, "test"),)
        self.book.decide(
            model, outcome=outcome, evidence=evidence, approvals=(Quorum(role="approver", count=self.count),),
            expires=self.book.now + timedelta(days=days) if days else None,
        )

    @rule(n=models_, who=PEOPLE, role=st.sampled_from(["approver", "approver", "validator"]))
    def approve(self, n, who, role):
        self.book.review(self.models[n], by=who, role=role)

    @rule(n=models_, who=st.sampled_from(["reviewer", "second", "trainer", "author"]))
    def approve_and_deploy(self, n, who):
        self.book.review(self.models[n], by=who)
        self.promote(n)
        self.deploy(n, "full")

    @rule(n=models_, who=PEOPLE, action=st.sampled_from(["reject", "comment", "comment", "comment"]))
    def speak(self, n, who, action):
        self.book.review(self.models[n], action, by=who)

    @rule(name=st.sampled_from(["raw@1", "train@1", "test"]), word=st.sampled_from(["withdrawn", "active"]))
    def dataset(self, name, word):
        self.book.dataset(name, state=word, by="second" if word != "active" else "pipeline",
                          sources=("raw@1",) if name == "train@1" else ())

    @rule(name=st.sampled_from(["raw@1", "train@1", "test"]), more=st.sampled_from(["bought@1", "test"]))
    def dataset_turns_out_to_rest_on_more(self, name, more):
        self.book.dataset(name, sources=(more,))

    @rule()
    def policy(self):
        self.policies += 1
        self.book.binding(self.book.policy(str(self.policies)), str(self.policies))

    @rule(n=models_, who=PEOPLE)
    def waiver(self, n, who):
        self.book.waiver(self.models[n], by=who, name=f"W-{who}-{n}")

    @rule(n=models_, action=st.sampled_from(["approve", "approve", "revoke"]), asked=PEOPLE, by=PEOPLE)
    def waiver_goes_on(self, n, action, asked, by):
        if f"W-{asked}-{n}" in self.book.state.waivers:
            self.book.waiver(self.models[n], action, by=by, name=f"W-{asked}-{n}")

    @rule(n=models_, how=WAIVED)
    def waived_approved_and_deployed(self, n, how):
        """The short way with a waiver of five days: asked for by one, approved by another, the same or nobody, and relied on for so long."""
        who, by, signs, after = how
        self.data_again()
        model = self.models[n]
        asked = self.book.waiver(model, by=who, name=f"W-{who}-{n}", expires=self.book.now + timedelta(days=5))
        if by is not None:
            self.book.waiver(model, "approve", by=by, name=f"W-{who}-{n}")
        self.book.decide(model, waivers=(asked.leaf_hash,), approvals=(Quorum(role="approver", count=self.count),))
        for one in signs:
            self.approve(n, one, "approver")
        self.promote(n)
        self.deploy(n, "full")
        self.book.now += timedelta(days=after)

    @rule(n=models_, state=st.sampled_from(["open", "remediated", "verified-closed"]))
    def finding(self, n, state):
        self.book.finding(self.models[n], name=f"F-{n}", state=state, by="second" if state == "verified-closed" else "third",
                          due=START + timedelta(days=30))

    @rule(days=st.integers(1, 15))
    def wait(self, days):
        self.book.now += timedelta(days=days)

    @rule(who=st.sampled_from(["reviewer", "second", "third", "trainer", "chief"]), back=st.integers(0, 12),
          reason=st.sampled_from(["compromised", "lost", "lost"]))
    def revoke(self, who, back, reason):
        """A key turns out to be void, from now on or from some entries ago."""
        if all(one.fact.keys[who].void_from is None for one in self.book.entries if one.kind == "trust-root"):
            self.book.revoke_key(who, max(1, len(self.book.entries) - back), reason)

    @rule(days=st.integers(1, 40))
    def clock_jumps_back(self, days):
        self.book.now -= timedelta(days=days)

    @rule(n=models_, who=st.sampled_from(["third", "second"]))
    def attest(self, n, who):
        given = Attestation(rule="FAIR-001", policy=self.book.state.policies["fairness"].digest, statement="read")
        self.said(n, who, action="attest", attestation=given)

    @rule(n=models_, who=st.sampled_from(["third", "second"]))
    def take_back(self, n, who):
        mine = [
            one.index for one in self.book.entries
            if one.kind == "review" and one.fact.action == "attest" and one.holder == who
            and one.statement.subjects[0].digest == self.models[n]
        ]
        if mine:
            self.said(n, who, action="comment", supersedes=mine[-1])

    def said(self, n, who, **words):
        fact = ReviewFact(system="credit", gate=GATE, role="validator", **words)
        self.book.add(fact, by=who, subject=("model", self.models[n]))

    @rule(n=models_, outcome=st.sampled_from(["allow", "allow", "deny"]))
    def gate_deploy(self, n, outcome):
        self.book.decide(self.models[n], "deploy", outcome=outcome, approvals=())

    @precondition(lambda self: self.deployed)
    @rule(n=models_, who=st.sampled_from(["chief", "chief", "pipeline"]))
    def emergency(self, n, who):
        """Only the role `emergency` goes back to what is stale, and never to what is revoked, retired, or never ran."""
        runs = self.book.state.environments.get(("credit", "production"))
        left = self.book.state.deployments.get(runs.primary) if runs else None
        now = self.book.now + timedelta(minutes=1)
        if may_roll_back(self.book.state, self.models[n], "production", now, keyid=who, reason="fire", emergency=True).allowed:
            assert unforgivable(self.book.entries, self.models[n], who) == ""
            if left is not None:
                self.book.roll_back(self.models[n], left.model, emergency=True, by=who)

    @precondition(lambda self: self.deployed)
    @rule(n=models_, how=END)
    def ended_and_wanted_back(self, n, how):
        """What was ended is gated, approved and asked for again in every way: none may lead back to it."""
        with self.aside():
            if how == "revoked":
                self.book.model(f"scorer@{n + 1}", state="revoked", reason="it is wrong")
            elif how == "retired":
                self.book.retire(self.models[n])
            else:
                fact = RetirementFact(system="credit", environment="", reason="replaced")
                self.book.add(fact, by="pipeline", subject=("system/credit", digest("credit high")))
            self.approved_anew(n)
            self.promote(n)
            self.deploy(n, "full")
            self.roll_back(n)
            self.emergency(n, "chief")
            self.running_is_justified()

    @contextmanager
    def aside(self):
        """What is tried inside is tried on a copy of the book: the book itself goes on as if it had not been."""
        book, deployed, self.book = self.book, self.deployed, self.copied()
        yield
        self.book, self.deployed = book, deployed

    @precondition(lambda self: self.deployed)
    @rule(n=models_, environment=st.sampled_from(["", "production", "staging"]))
    def retire(self, n, environment):
        self.book.retire(self.models[n], environment)

    @precondition(lambda self: self.deployed > 1)
    @rule(n=models_)
    def revoke_model(self, n):
        self.book.model(f"scorer@{n + 1}", state="revoked", reason="it is wrong")

    def approved_anew(self, n):
        """Gated on fresh evidence and approved: what is tried next shall not fail by what went before."""
        self.data_again()
        self.gate(n, "allow", same=False, days=None)
        for who in ("reviewer", "second", "author"):
            self.approve(n, who, "approver")

    def data_again(self):
        """Whatever was withdrawn is good again."""
        for name in ("raw@1", "train@1", "test"):
            if self.book.state.datasets[digest(name)].state != "active":
                self.dataset(name, "active")

    @rule(n=models_, how=TRIAL)
    def trial(self, n, how):
        """A trial asks for all traffic: judged before it began, since, or never; and perhaps ended by going back, and promoted again."""
        mode, (asked, back) = how
        if back:
            self.approved_anew(1 - n)
            self.promote(1 - n)
            self.deploy(1 - n, "full")
        self.approved_anew(n)
        if asked == "before":
            self.gate_deploy(n, "allow")
        self.promote(n)
        self.deploy(n, mode)
        if asked == "since":
            self.gate_deploy(n, "allow")
        if back:
            self.roll_back(1 - n)
            self.promote(n)
        self.deploy(n, "full")

    @rule(n=models_)
    def promote(self, n):
        granted = may_promote(self.book.state, self.models[n], "production", self.book.now + timedelta(minutes=1))
        if granted.allowed:
            # What is retired in one environment may still stand at the stage.
            assert complaint(self.book.entries, self.models[n], self.book.now, "") == ""
            self.book.promote(self.models[n], approvals=granted.approvals)

    @rule(n=models_, mode=st.sampled_from(["full", "canary", "blue-green", "shadow"]))
    def deploy(self, n, mode):
        now = self.book.now + timedelta(minutes=1)
        granted = may_deploy(self.book.state, self.models[n], "production", "production", now, mode=mode)
        if granted.allowed:
            assert complaint(self.book.entries, self.models[n], self.book.now) == ""
            if mode == "full":
                assert mended(self.book.entries, self.models[n]) == ""
            self.book.deploy(self.models[n], name=self.running_as(n) or "", mode=mode, traffic=100 if mode == "full" else 10)
            self.deployed += 1

    def running_as(self, n) -> str | None:
        """The id of the model's deployment that is in service."""
        ids = [one.fact.id for one in self.book.state.deployments_of(self.models[n]) if one.ended is None]
        return ids[-1] if ids else None

    @precondition(lambda self: self.deployed)
    @rule(n=models_, outcome=st.sampled_from(["allow", "deny"]))
    def observe(self, n, outcome):
        self.book.observe(self.models[n], self.running_as(n) or "D-gone", outcome=outcome)

    @precondition(lambda self: self.deployed)
    @rule(n=models_)
    def roll_back(self, n):
        runs = self.book.state.environments.get(("credit", "production"))
        left = self.book.state.deployments.get(runs.primary) if runs else None
        if left is not None and may_roll_back(self.book.state, self.models[n], "production", self.book.now + timedelta(minutes=1)).allowed:
            assert complaint(self.book.entries, self.models[n], self.book.now) == ""
            self.book.roll_back(self.models[n], left.model)

    def copied(self) -> Book:
        """The book once more, for what shall leave no trace in it."""
        book = Book(root=False)
        book.entries = list(self.book.entries)
        book.folding = Folding(self.book.folding.close())
        book.now = self.book.now
        return book

    @rule(n=models_)
    def forge(self, n):
        """Whoever writes a promotion that nothing allows is found by verification, and nothing runs by it."""
        before = self.book.state
        if not may_promote(before, self.models[n], "production", self.book.now + timedelta(minutes=1)).allowed:
            book = self.copied()
            book.promote(self.models[n])
            book.deploy(self.models[n])
            assert [fault.index for fault in check_history(book.entries)]
            assert not may_run(book.state, self.models[n], "production", book.now).allowed

    @precondition(lambda self: self.deployed)
    @rule(n=models_)
    def forge_going_back(self, n):
        """Whoever writes a rollback that nothing allows is found by verification, and nothing new runs by it."""
        before, model = self.book.state, self.models[n]
        if may_roll_back(before, model, "production", self.book.now + timedelta(minutes=1)).allowed:
            return
        book = self.copied()
        ran = may_run(before, model, "production", book.now).allowed
        book.roll_back(model, model)
        assert book.entries[-1].index in [fault.index for fault in check_history(book.entries)]
        assert ran or not may_run(book.state, model, "production", book.now).allowed

    @invariant()
    def running_is_justified(self):
        if not hasattr(self, "book"):
            return
        for model in self.models:
            asked = may_run(self.book.state, model, "production", self.book.now)
            if asked.allowed and not any(note.startswith("emergency rollback by chief") for note in asked.notes):
                assert complaint(self.book.entries, model, self.book.now) == ""
            if asked.allowed and asked.notes:
                forced = [one for one in self.book.entries if one.kind == "rollback"][-1]
                assert forced.fact.emergency
                assert forced.index < voided(self.book.entries, "chief")

    def teardown(self):
        if hasattr(self, "book"):
            assert list(check_history(self.book.entries)) == []
            middle = len(self.book.entries) // 2
            at = max(entry.time for entry in self.book.entries[: middle + 1])
            upto = list(takewhile(lambda entry: entry.time <= at, self.book.entries))
            assert fold(self.book.entries, as_of=at) == fold(upto)
            assert digest("x") not in self.book.state.models


Lifecycle.TestCase.settings = settings(max_examples=45, stateful_step_count=25, deadline=None)
TestLifecycle = Lifecycle.TestCase


def test_the_oracle_lets_the_straight_way_through_and_knows_each_fault():
    book = Book()
    book.system()
    train = book.dataset("raw@1")
    book.binding(book.policy())
    model = book.model(run=book.run("fit", (train,)))
    assert complaint(book.entries, model, book.now) == "no allowing decision"
    book.decide(model)
    assert complaint(book.entries, model, book.now) == "0 good approvals of 1"
    book.review(model)
    assert complaint(book.entries, model, book.now) == ""
    book.dataset("raw@1", sources=("bought@1",))
    assert complaint(book.entries, model, book.now) == "0 good approvals of 1"
    book.review(model)
    assert complaint(book.entries, model, book.now) == ""
    book.dataset("raw@1", state="withdrawn", by="second")
    assert complaint(book.entries, model, book.now) == "0 good approvals of 1"
