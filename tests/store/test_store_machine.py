"""A state machine against a naive model: append, batch, crash, reopen, prove, verify, rotate, revoke, redact, in any order."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ledger.kit_ledger import NOW, Kit, model, review, signer

from govern.canonical.statement import fact_digest
from govern.domain.facts import RedactionFact
from govern.domain.statement import Draft, Subject
from govern.errors import Refused
from govern.ledger import tree
from govern.ledger.checkpoint import digest_bytes
from govern.ledger.mark import MarkStore
from govern.store.side import SideStore
from govern.trust import changes, enrolment


def naive_root(leaves):
    """RFC 6962 by its words, over plain lists."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


class Crash(BaseException):
    """The process ends here."""


class Crashing:
    """A signer whose process ends before it has signed."""

    def __init__(self, inner):
        self.keyid, self.public = inner.keyid, inner.public

    def sign(self, message):
        raise Crash


class Machine(RuleBasedStateMachine):
    """The ledger, beside a list of the leaves that it acknowledged and of the heads it had."""

    @initialize()
    def begin(self):
        self.folder = Path(tempfile.mkdtemp())
        self.kit = Kit.make(self.folder)
        self.mark = MarkStore(self.folder / "marks", self.kit.origin)
        self.side = SideStore(self.folder / "details")
        self.details = {}
        self.root = self.kit.root
        self.retired = []
        self.leaves = [self.kit.ledger.leaf(0)]
        self.heads = {1: self.kit.ledger.checkpoint().root}

    def wrote(self, entries):
        assert [entry.index for entry in entries] == list(range(len(self.leaves), len(self.leaves) + len(entries)))
        self.leaves += [self.kit.ledger.leaf(entry.index) for entry in entries]
        self.heads[len(self.leaves)] = self.kit.ledger.checkpoint().root

    @rule(count=st.integers(1, 6))
    def append(self, count):
        self.wrote(self.kit.append(*(model(len(self.leaves) + one) for one in range(count))))

    @rule(model_number=st.integers(0, 9))
    def approve(self, model_number):
        self.wrote(self.kit.append(review(model_number), by="reviewer"))

    @rule(count=st.integers(1, 4), who=st.sampled_from(["pipeline", "log"]))
    def crash(self, count, who):
        signers = {**self.kit.signers, who: Crashing(self.kit.signers[who])}
        try:
            self.kit.ledger.append(
                [model(one) for one in range(count)], signers=[signers["pipeline"]], log_signer=signers["log"], now=NOW,
                trusted=self.kit.trusted,
            )
        except Crash:
            self.kit.reopen()
        else:
            raise AssertionError("the crash did not happen")

    @rule()
    def reopen(self):
        self.kit.reopen()

    def change_root(self, root, *, log=None):
        self.root = root
        if log is not None:
            self.kit.signers["log"] = log
        draft = Draft(subjects=(Subject(name=f"trust-root@{root.version}", digest=fact_digest(root)),), fact=root)
        self.wrote(self.kit.append(draft, by="root"))

    @rule(name=st.sampled_from(["pipeline", "reviewer", "log"]))
    def rotate(self, name):
        fresh, old = signer(name), self.kit.signers[name]
        root = changes.rotated(
            self.root, old.keyid, enrolment.ask(self.kit.origin, fresh), void_from=len(self.leaves) + 1
        )
        self.change_root(root, log=fresh if name == "log" else None)
        self.kit.signers[name] = fresh
        if name != "log":
            self.retired.append(old)

    @rule()
    def revoke_an_approver(self):
        extra = signer("extra")
        self.change_root(changes.enrolled(self.root, enrolment.ask(self.kit.origin, extra), ["approver"]))
        self.change_root(changes.revoked(self.root, extra.keyid, void_from=len(self.leaves) + 1, reason="left"))
        self.retired.append(extra)

    @precondition(lambda self: getattr(self, "retired", None))
    @rule(data=st.data())
    def use_a_retired_key(self, data):
        old = data.draw(st.sampled_from(self.retired))
        for draft in (model(1), review(1)):
            try:
                self.kit.ledger.append([draft], signers=[old], log_signer=self.kit.signers["log"], now=NOW)
            except Refused:
                continue
            raise AssertionError("a retired key was accepted")

    @rule(text=st.binary(min_size=1, max_size=20))
    def keep_and_redact(self, text):
        commitment = self.side.put(text)
        fact = RedactionFact(commitment=commitment, reason="asked for")
        self.wrote(self.kit.append(Draft(subjects=(Subject(name="detail", digest=commitment),), fact=fact), by="root"))
        self.side.erase(commitment)

    @rule(data=st.data())
    def prove(self, data):
        size = data.draw(st.sampled_from(sorted(self.heads)))
        index = data.draw(st.integers(0, size - 1))
        root = digest_bytes(self.heads[size])
        assert naive_root(self.leaves[:size]) == root
        tree.verify_inclusion(
            index, size, tree.leaf_hash(self.leaves[index]), self.kit.ledger.inclusion(index, size), root
        )
        later = data.draw(st.sampled_from([one for one in sorted(self.heads) if one >= size]))
        tree.verify_consistency(
            size, later, self.kit.ledger.consistency(size, later), root, digest_bytes(self.heads[later])
        )

    @rule(full=st.booleans())
    def verify(self, full):
        result = self.kit.ledger.verify(trusted=self.kit.trusted, trust_root=self.kit.root, full=full, mark=self.mark).check()
        assert result.size == len(self.leaves)

    @invariant()
    def it_is_what_was_acknowledged(self):
        if hasattr(self, "kit"):
            assert list(self.kit.ledger.leaves()) == self.leaves
            assert self.kit.trusted.head().size == len(self.leaves)

    def teardown(self):
        if hasattr(self, "kit"):
            assert self.kit.ledger.verify(trusted=self.kit.trusted, trust_root=self.kit.root).check()
            self.kit.ledger.close()
            shutil.rmtree(self.folder)


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
