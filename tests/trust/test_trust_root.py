"""The trust root: what makes a version valid, thresholds over people, roles, expiry, rotation, revocation, enrolment."""

from dataclasses import replace
from datetime import timedelta

import pytest
from ledger.kit_ledger import NOW, ORIGIN, model, review, root_of, signer

from govern.domain.facts import FACTS, Role, TrustedKey, WaiverFact
from govern.errors import Refused, SigningKeyError, UsageError, VerificationError
from govern.trust import changes, enrolment
from govern.trust.roles import ROLES, SIGNS, may_sign
from govern.trust.root import RootChain, RootError, check_first, check_roles, check_root, check_successor


@pytest.fixture
def people():
    return {name: signer(name) for name in ("root1", "root2", "root3", "log", "pipeline", "reviewer")}


@pytest.fixture
def root(people):
    return root_of(people, threshold=2)


def ids(people, *names):
    return [people[name].keyid for name in names]


def test_the_first_version_is_signed_by_its_own_threshold(root, people):
    check_first(root, ids(people, "root1", "root3"), origin=ORIGIN)
    for signers in ([], ids(people, "root1"), ids(people, "root1", "root1"), ids(people, "root1", "pipeline")):
        with pytest.raises(RootError, match="of 2 signatures"):
            check_first(root, signers, origin=ORIGIN)
    with pytest.raises(RootError, match="another ledger"):
        check_first(root, ids(people, "root1", "root2"), origin="other")
    with pytest.raises(RootError, match="version 2"):
        check_first(replace(root, version=2), ids(people, "root1", "root2"), origin=ORIGIN)


def test_two_keys_of_one_person_count_once(people):
    people["root2"] = replace(people["root2"], public=replace(people["root2"].public, holder="root1"))
    people["root3"] = replace(people["root3"], public=replace(people["root3"].public, holder="root1"))
    with pytest.raises(RootError, match="asks for 2 of 1"):
        check_root(root_of(people, threshold=2), origin=ORIGIN)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda r, p: replace(r, keys={**r.keys, "0" * 64: p["root1"].public}),
        lambda r, p: replace(r, keys={p["root2"].keyid: p["root1"].public, **{k: v for k, v in r.keys.items() if k != p["root2"].keyid}}),
        lambda r, p: replace(r, keys={**r.keys, p["log"].keyid: replace(p["log"].public, holder="")}),
        lambda r, p: replace(r, keys={**r.keys, p["log"].keyid: replace(p["log"].public, void_from=-1)}),
        lambda r, p: replace(r, roles={**r.roles, "king": Role(keyids=())}),
        lambda r, p: replace(r, roles={**r.roles, "log": Role(keyids=())}),
        lambda r, p: replace(r, roles={k: v for k, v in r.roles.items() if k != "root"}),
        lambda r, p: replace(r, roles={**r.roles, "policy": Role(keyids=("0" * 64,))}),
        lambda r, p: replace(r, roles={**r.roles, "policy": Role(keyids=(p["reviewer"].keyid,) * 2)}),
        lambda r, p: replace(r, roles={**r.roles, "policy": Role(keyids=(p["reviewer"].keyid,), threshold=0)}),
        lambda r, p: replace(r, roles={**r.roles, "policy": Role(keyids=(p["reviewer"].keyid,), threshold=2)}),
        lambda r, p: replace(r, roles={**r.roles, "policy": Role(keyids=(p["pipeline"].keyid,))}),
        lambda r, p: replace(r, roles={**r.roles, "approver": Role(keyids=(p["log"].keyid,))}),
        lambda r, p: replace(r, version=0),
    ],
)
def test_roots_that_are_not_valid(root, people, break_it):
    check_root(root, origin=ORIGIN)
    with pytest.raises(RootError):
        check_root(break_it(root, people), origin=ORIGIN)


def test_a_root_with_a_low_order_key_is_refused(root):
    import hashlib

    weak = "01" + "00" * 31
    keyid = hashlib.sha256(bytes.fromhex(weak)).hexdigest()
    with pytest.raises(RootError, match="low order"):
        check_root(
            replace(root, keys={**root.keys, keyid: TrustedKey(scheme="ed25519", public=weak, holder="x")}), origin=ORIGIN
        )


def test_the_next_version_needs_both_thresholds(root, people):
    fresh = {name: signer(name) for name in ("root4", "root5")}
    later = root_of({**fresh, **{k: v for k, v in people.items() if not k.startswith("root")}}, threshold=2)
    later = replace(later, version=2)
    old, new = ids(people, "root1", "root2"), ids(fresh, "root4", "root5")
    check_successor(root, later, old + new, index=5)
    for signers in (old, new, old[:1] + new, old + new[:1], []):
        with pytest.raises(RootError, match="signatures"):
            check_successor(root, later, signers, index=5)
    for version in (1, 3):
        with pytest.raises(RootError, match="step by one"):
            check_successor(root, replace(later, version=version), old + new, index=5)


def test_holders_and_revocations_stay(root, people):
    signers = ids(people, "root1", "root2")
    moved = replace(people["reviewer"].public, holder="somebody")
    with pytest.raises(RootError, match="another holder"):
        check_successor(
            root, replace(root, version=2, keys={**root.keys, people["reviewer"].keyid: moved}), signers, index=1
        )
    second = changes.revoked(root, people["reviewer"].keyid, void_from=4, reason="lost")
    check_successor(root, second, signers, index=1)
    for void_from in (None, 5):
        key = replace(second.keys[people["reviewer"].keyid], void_from=void_from)
        back = replace(second, version=3, keys={**second.keys, people["reviewer"].keyid: key})
        with pytest.raises(RootError, match="takes back"):
            check_successor(second, back, signers, index=2)


def test_a_void_root_key_no_longer_counts(root, people):
    second = changes.revoked(root, people["root3"].keyid, void_from=3, reason="lost")
    third = replace(second, version=3)
    with pytest.raises(RootError, match="1 of 2"):
        check_successor(second, third, ids(people, "root1", "root3"), index=3)


def test_each_entry_is_judged_by_the_root_in_force(root, people):
    chain = RootChain.begin(root, ids(people, "root1", "root2"), origin=ORIGIN)
    second = changes.revoked(root, people["pipeline"].keyid, void_from=8, reason="lost")
    chain = chain.extended(second, ids(people, "root1", "root2"), index=5)
    keyid = people["pipeline"].keyid
    assert [chain.in_force(index).version for index in (0, 1, 5, 6, 100)] == [1, 1, 1, 2, 2]
    assert chain.key_in_force(5, keyid)
    assert chain.key_in_force(7, keyid)
    assert not chain.key_in_force(8, keyid)
    assert "recorder" in chain.roles_of(keyid, 5)
    assert chain.roles_of(keyid, 6) == ()
    assert chain.void_later(keyid, 8)
    assert not chain.void_later(keyid, 7)
    with pytest.raises(VerificationError, match="revoked"):
        check_roles(model().fact, (keyid,), chain, index=8)


def test_a_role_says_what_it_may_sign(root, people):
    chain = RootChain.begin(root, ids(people, "root1", "root2"), origin=ORIGIN)
    check_roles(model().fact, tuple(ids(people, "pipeline")), chain, index=1)
    check_roles(review().fact, tuple(ids(people, "reviewer")), chain, index=1)
    for fact, who in ((model().fact, "reviewer"), (review().fact, "pipeline"), (model().fact, "root1"), (model().fact, "log")):
        with pytest.raises(VerificationError) as caught:
            check_roles(fact, tuple(ids(people, who)), chain, index=1)
        assert (caught.value.step, caught.value.kind) == (5, "role")


def test_every_kind_has_a_role_and_the_log_signs_nothing():
    assert set().union(*SIGNS.values()) == set(FACTS)
    for kind in FACTS:
        assert kind not in SIGNS["log"] | SIGNS["witness"]
    proposal = WaiverFact(
        action="propose", id="W-1", system="s", rule="R", policy="sha256:" + "0" * 64, environment="g", reason="r", expires=NOW
    )
    comment = replace(review().fact, action="comment")
    for role in set(ROLES) - {"log", "witness"}:
        assert may_sign(role, proposal)
        assert may_sign(role, comment)
    for role in ("log", "witness"):
        assert not may_sign(role, proposal)
    assert not may_sign("recorder", replace(proposal, action="approve"))
    assert not may_sign("recorder", review().fact)


def test_enrolment_asks_for_possession_and_the_right_ledger(root, people):
    fresh = signer("newcomer")
    request = enrolment.ask(ORIGIN, fresh)
    assert enrolment.read(enrolment.write(request)) == request
    second = changes.enrolled(root, request, ["approver"])
    assert second.roles["approver"].keyids == tuple(sorted([*root.roles["approver"].keyids, fresh.keyid]))
    check_successor(root, second, ids(people, "root1", "root2"), index=1)
    other = signer("other")
    for forged in (
        replace(request, holder="root1"), replace(request, origin="other"), replace(request, public=other.public.public),
        replace(request, proof=other.sign(b"x").hex()), replace(request, proof=""), replace(request, proof="zz"),
    ):
        with pytest.raises(SigningKeyError):
            changes.enrolled(root, forged, ["approver"])
    with pytest.raises(SigningKeyError):
        enrolment.read(b"{}")
    with pytest.raises(UsageError, match="no role"):
        changes.enrolled(root, request, ["king"])
    with pytest.raises(RootError, match="both roles"):
        changes.enrolled(changes.enrolled(root, request, ["evaluator"]), request, ["policy"])


def test_a_key_never_changes_hands_and_never_comes_back(root, people):
    again = enrolment.ask(ORIGIN, people["reviewer"], holder="somebody")
    with pytest.raises(SigningKeyError, match="hands"):
        changes.enrolled(root, again, ["approver"])
    gone = changes.revoked(root, people["reviewer"].keyid, void_from=2, reason="lost")
    with pytest.raises(SigningKeyError, match="revoked"):
        changes.enrolled(gone, enrolment.ask(ORIGIN, people["reviewer"]), ["approver"])
    with pytest.raises(Refused):
        changes.revoked(gone, people["reviewer"].keyid, void_from=9, reason="again")
    with pytest.raises(UsageError):
        changes.revoked(root, people["reviewer"].keyid, void_from=2, reason="")
    with pytest.raises(UsageError):
        changes.revoked(root, "0" * 64, void_from=2, reason="x")


def test_rotation_keeps_the_holder_and_the_roles(root, people):
    fresh = signer("reviewer")
    second = changes.rotated(root, people["reviewer"].keyid, enrolment.ask(ORIGIN, fresh), void_from=7)
    assert second.roles["approver"].keyids == (fresh.keyid,)
    assert second.keys[people["reviewer"].keyid].void_from == 7
    with pytest.raises(SigningKeyError, match="keeps the holder"):
        changes.rotated(root, people["reviewer"].keyid, enrolment.ask(ORIGIN, signer("other")), void_from=7)


def test_renewal_moves_the_expiry_and_thresholds(root):
    later = changes.renewed(root, expires=NOW + timedelta(days=2000), thresholds={"root": 3})
    assert (later.version, later.roles["root"].threshold) == (2, 3)
    with pytest.raises(RootError, match="asks for 4 of 3"):
        changes.renewed(root, expires=root.expires, thresholds={"root": 4})
