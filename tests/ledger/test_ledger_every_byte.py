"""Whichever single byte of an entry, a proof, a checkpoint or a trust root is changed: both verifiers refuse it."""

import random

import pytest
from ledger.kit_ledger import NOW, Kit, model, root_of, signer
from ledger.kit_portable import by_main, by_portable

from govern.canonical.statement import fact_digest
from govern.domain.statement import Draft, Subject
from govern.errors import VerificationError
from govern.ledger import tree
from govern.ledger.bundle import proofs_line, verify_entry
from govern.ledger.checkpoint import sign_checkpoint, verify_checkpoint
from govern.ledger.entries import sign_draft
from govern.ledger.portable import verify_pack as portable
from govern.trust.keys import check_ed25519


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    made = Kit.make(tmp_path_factory.mktemp("bytes"), seeded=True)
    made.append(model(1), model(2))
    yield made
    made.ledger.close()


def changes(data, *, values=None):
    """Give (position, changed) with one bit turned at every byte, or all 255 other values at some places."""
    if values is None:
        for position, byte in enumerate(data):
            yield position, data[:position] + bytes([byte ^ (1 << position % 8)]) + data[position + 1 :]
        return
    for position in random.Random(len(data)).sample(range(len(data)), values):
        for value in set(range(256)) - {data[position]}:
            yield position, data[:position] + bytes([value]) + data[position + 1 :]


@pytest.fixture(scope="module")
def refuse(kit):
    """Have both verifiers look at an entry with its proof: whether both refuse it as wrong."""
    trust = kit.ledger.leaf(0)
    root = portable.read_trust(trust)[0]  # reading it takes longer than all the rest

    def look(leaf, proof):
        try:
            verify_entry(leaf=leaf, proof=proof, trusted_root=trust)
        except VerificationError:
            pass
        else:
            return False
        try:
            portable.verify_proof(leaf, proof, root)
        except portable.Wrong:
            return True
        return False

    return look


@pytest.mark.parametrize("values", [None, 4])
def test_an_entry(kit, refuse, values):
    leaf, proof = kit.ledger.leaf(2), kit.ledger.proof(2).encode()
    assert not refuse(leaf, proof)
    for position, changed in changes(leaf, values=values):
        assert refuse(changed, proof), position


@pytest.mark.parametrize("values", [None, 4])
def test_an_entry_that_the_logs_key_takes_into_its_tree(kit, refuse, values):
    """Hash, proof and checkpoint are made for the changed bytes: only what the entry itself says is left to tell."""
    leaf = kit.ledger.leaf(2)
    assert not refuse(leaf, proved(leaf, kit.signers["log"]))
    for position, changed in changes(leaf, values=values):
        assert refuse(changed, proved(changed, kit.signers["log"])), position


def noted(leaf, log):
    """A checkpoint of a tree with this one leaf, by the log's own key."""
    return sign_checkpoint("ledger.example/tests", 1, tree.leaf_hash(leaf), log).note


def proved(leaf, log):
    """The proof of the one leaf of a tree."""
    return f"c2sp.org/tlog-proof@v1\nindex 0\n\n{noted(leaf, log)}".encode()


@pytest.mark.parametrize("values", [None, 4])
def test_a_proof(kit, refuse, values):
    leaf, proof = kit.ledger.leaf(1), kit.ledger.proof(1).encode()
    for position, changed in changes(proof, values=values):
        assert refuse(leaf, changed), position


@pytest.mark.parametrize("values", [None, 8])
def test_a_checkpoint(kit, values):
    note = kit.ledger.checkpoint().note.encode()
    given = portable.read_trust(kit.ledger.leaf(0))[0]
    verify_checkpoint(note.decode(), kit.root)
    for position, changed in changes(note, values=values):
        try:
            text = changed.decode()
        except UnicodeDecodeError:
            pass  # the main verifier takes text: what can't be text never reaches it
        else:
            with pytest.raises(VerificationError):
                verify_checkpoint(text, kit.root)
        with pytest.raises(portable.Wrong):
            portable.check_checkpoint(portable.read_checkpoint(changed), given)
        assert position < len(note)


@pytest.mark.parametrize(
    ("step", "values"), [(11, None), pytest.param(1, None, marks=pytest.mark.slow), pytest.param(1, 6, marks=pytest.mark.slow)]
)
def test_a_trust_root(step, values):
    """The trust root's own entry, with hash, proof and checkpoint made for the changed bytes.

    The portable file multiplies points in plain Python for every key: all of it takes minutes.
    """
    people = {"root": signer("root", 1), "log": signer("log", 2)}
    root = root_of(people)
    draft = Draft(subjects=(Subject(name="trust-root@1", digest=fact_digest(root)),), fact=root)
    leaf = sign_draft(draft, signers=[people["root"]], origin=root.origin, producers={}, now=NOW, seen=None).leaf

    def brought(changed):
        return {
            "entries.jsonl": changed + b"\n", "proofs.jsonl": proofs_line(0, changed, ()),
            "checkpoint.txt": noted(changed, people["log"]).encode(), "trust-root.json": b"[" + changed + b"]",
        }

    assert by_main(brought(leaf), leaf) == by_portable(brought(leaf), leaf) == 0
    for number, (position, changed) in enumerate(changes(leaf, values=values)):
        if values is None:
            assert by_main(brought(changed), leaf) != 0, position
        if number % step == 0:
            assert by_portable(brought(changed), leaf) != 0, position


def test_a_public_key():
    """Half of all changed encodings are points of the curve: those are other keys, and the rest is refused."""
    from govern.errors import SigningKeyError

    raw = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    accepted = 0
    for _, changed in changes(raw):
        try:
            check_ed25519(changed)
        except SigningKeyError:
            continue
        accepted += 1
    assert accepted < 12, "of 32, half are on the curve, and an eighth of those in the subgroup of prime order"
