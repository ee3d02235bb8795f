"""Proposed trust roots: every byte of the file counts, and a root that expired can be renewed."""

import base64
import json
from datetime import timedelta

import pytest
from ledger.kit_ledger import NOW, Kit, model, signer

from govern.errors import GovernError, Refused, SigningKeyError, UsageError, VerificationError
from govern.trust import changes, enrolment, proposal


@pytest.fixture
def kit(tmp_path):
    made = Kit.make(tmp_path)
    yield made
    made.ledger.close()


def proposed(kit, new, *signers, now=NOW):
    drawn = proposal.draw_up(
        kit.ledger.trust_root(), new, producer=kit.ledger.next_producer(signers[0].keyid), now=now, seen=None
    )
    for one in signers:
        drawn = proposal.signed(drawn, one)
    return drawn


def test_what_is_written_is_read_again(kit):
    more = signer("more")
    new = changes.enrolled(kit.root, enrolment.ask(kit.origin, more), ["root"])
    drawn = proposed(kit, new, kit.signers["root"], more)
    assert proposal.read(proposal.write(drawn)) == drawn
    assert drawn.lacking == ()
    assert set(drawn.holders) == {"root", "more"}
    (index,) = kit.ledger.submit([drawn.leaf], log_signer=kit.signers["log"], trusted=kit.trusted)
    assert index == 1
    assert kit.ledger.trust_root() == new


def test_every_byte_of_the_file_counts(kit):
    """Wherever a bit is turned, the file is refused, or it proposes the same under the same signatures."""
    drawn = proposed(kit, changes.renewed(kit.root, expires=kit.root.expires + timedelta(days=1)), kit.signers["root"])
    data = proposal.write(drawn)
    refused = 0
    for position in range(0, len(data), 7):
        changed = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
        try:
            found = proposal.read(changed)
        except GovernError:
            refused += 1
            continue
        # Version N stands beside what is signed: who knows it from elsewhere sees the difference.
        assert (found.payload, found.signatures) == (drawn.payload, drawn.signatures)
        if found.root != drawn.root:
            with pytest.raises(VerificationError, match="not the one known here"):
                proposal.compare(found, kit.root)
    assert refused > len(data) // 14


def test_signatures_that_do_not_belong_there(kit):
    drawn = proposed(kit, changes.renewed(kit.root, expires=kit.root.expires), kit.signers["root"])
    file = json.loads(proposal.write(drawn))
    stranger, owner = signer("stranger"), kit.signers["owner"]
    message = b"DSSEv1 28 application/vnd.in-toto+json %d " % len(drawn.payload) + drawn.payload
    for one, why in ((stranger, "in neither version"), (owner, "no root key")):
        more = {"keyid": one.keyid, "sig": base64.b64encode(one.sign(message)).decode()}
        both = sorted([*file["signatures"], more], key=lambda each: each["keyid"])
        with pytest.raises(VerificationError, match=why):
            proposal.read(json.dumps({**file, "signatures": both}, separators=(",", ":")).encode())
        with pytest.raises(Refused, match="no root key"):
            proposal.signed(drawn, one)
    twice = file["signatures"] * 2
    with pytest.raises(VerificationError, match="twice"):
        proposal.read(json.dumps({**file, "signatures": twice}, separators=(",", ":")).encode())
    for other in ({**file, "schema": "x"}, {**file, "payload": "e30="}, []):
        with pytest.raises(UsageError):
            proposal.read(json.dumps(other, separators=(",", ":")).encode())


def test_a_step_that_no_threshold_could_allow_is_never_drawn_up(kit):
    for new in (
        changes.renewed(changes.renewed(kit.root, expires=NOW), expires=NOW),  # two versions at once
        kit.root,
    ):
        with pytest.raises(VerificationError, match="step by one"):
            proposal.draw_up(kit.root, new, producer=kit.ledger.next_producer("0" * 64), now=NOW, seen=None)
    with pytest.raises(SigningKeyError):
        changes.enrolled(kit.root, enrolment.ask("other", signer("x")), ["root"])


def test_a_trust_root_that_expired_can_be_renewed_and_verifies(kit):
    late = kit.root.expires + timedelta(days=3)
    kit.append(model(1))
    drawn = proposed(kit, changes.renewed(kit.root, expires=late + timedelta(days=100)), kit.signers["root"], now=late)
    kit.ledger.submit([drawn.leaf], log_signer=kit.signers["log"], trusted=kit.trusted)
    kit.ledger.append([model(2)], signers=[kit.signers["pipeline"]], log_signer=kit.signers["log"], now=late)
    assert kit.ledger.verify(trusted=kit.trusted, trust_root=kit.root, now=late).check()
