"""The portable verifier and the main one agree on a corpus of good and damaged proofs, bundles and packs."""

import ast
import json
import sys
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from ledger.kit_ledger import NOW, Kit, model, review, signer
from ledger.kit_portable import SOURCE, agree, both_on_proof, bundle, make_pdf, run

from govern.canonical.dsse import PAYLOAD_TYPE, Envelope, Signature, leaf_bytes, pae, parse_leaf
from govern.canonical.statement import fact_digest
from govern.canonical.values import object_bytes
from govern.domain.statement import Draft, Subject
from govern.errors import GovernError, VerificationError
from govern.ledger import tree
from govern.ledger.bundle import proofs_line, verify_bundle, verify_entry
from govern.ledger.checkpoint import sign_checkpoint
from govern.ledger.portable import verify_pack as portable
from govern.ledger.proof import write_proof
from govern.trust import changes, enrolment
from govern.trust.signer import local_signer


def test_it_is_one_short_file_of_the_standard_library_and_cryptography():
    text = SOURCE.read_text()
    assert text.count("\n") < 600
    used = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            used |= {one.name.split(".")[0] for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            used.add(node.module.split(".")[0])
    assert used <= sys.stdlib_module_names | {"cryptography"}


def test_both_accept_a_whole_bundle_and_a_part_of_it(kit, files):
    for trust in (kit.ledger.leaf(0), kit.ledger.leaf(4), object_bytes(kit.root), kit.ledger.leaf(0) + b"\n"):
        assert agree(files, trust) == 0
        assert agree(bundle(kit, {0, 3, 4}), trust) == 0
    assert agree(bundle(kit, {0, 3}), kit.ledger.leaf(0)) == 4, "a trust root without its place in the tree"


def test_a_trust_root_newer_than_the_bundle(kit, tmp_path):
    older = Kit.make(tmp_path, seeded=True)
    older.append(model(1))
    files = bundle(older)
    older.ledger.close()
    assert agree(files, kit.ledger.leaf(4)) == 0, "version 2 is signed by version 1"
    third = changes.renewed(kit.ledger.trust_root(), expires=kit.root.expires)
    assert agree(files, object_bytes(kit.ledger.trust_root())) == 4
    assert agree(files, object_bytes(third)) == 4


def test_keys_found_only_inside_are_not_believed(kit, files, tmp_path):
    theirs = Kit.make(tmp_path)
    theirs.append(model(1))
    assert agree(bundle(theirs), theirs.ledger.leaf(0)) == 0
    assert agree(bundle(theirs), kit.ledger.leaf(0)) == 1
    assert agree(files, theirs.ledger.leaf(0)) == 1
    theirs.ledger.close()


def test_what_is_no_trust_root_can_not_check_anything(kit, files):
    weak = replace(kit.root, keys={**kit.root.keys, "0" * 64: signer("x").public})
    for trust in (b"", b"{}", kit.ledger.leaf(1), files["checkpoint.txt"], object_bytes(weak)):
        assert agree(files, trust) == 4


def test_every_changed_byte_is_refused_by_both(kit, files):
    trust = kit.ledger.leaf(0)
    tried = 0
    for name, data in files.items():
        # A prime step reaches every kind of place in the files; the whole would take minutes.
        for position in range(0, len(data), 67 if name != "checkpoint.txt" else 3):
            changed = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
            if json_same(data, changed):
                continue
            assert agree({**files, name: changed}, trust) != 0, (name, position)
            tried += 1
    assert tried > 150


def json_same(one, two):
    """Say whether a change only moved white space: ``\\n`` to another one, which means the same."""
    return one.split() == two.split()


def test_lines_that_are_missing_doubled_or_swapped(kit, files):
    trust = kit.ledger.leaf(0)
    for name in ("entries.jsonl", "proofs.jsonl"):
        lines = files[name].splitlines(keepends=True)
        for changed in (lines[:-1], lines[1:], lines + lines[-1:], lines[::-1], [*lines[:2], lines[3], lines[2], *lines[4:]]):
            assert agree({**files, name: b"".join(changed)}, trust) == 1
    both = {name: b"".join(reversed(files[name].splitlines(keepends=True))) for name in ("entries.jsonl", "proofs.jsonl")}
    assert agree({**files, **both}, trust) == 1
    roots = json.loads(files["trust-root.json"])
    for changed in (roots[::-1], roots[:1] * 2, [], {}, roots[1:], [1]):
        assert agree({**files, "trust-root.json": json.dumps(changed).encode()}, trust) != 0


def test_a_dropped_trust_root_is_noticed(kit, files):
    # Without version 2 its own entry is a trust root that the chain lacks.
    roots = json.loads(files["trust-root.json"])
    assert agree({**files, "trust-root.json": json.dumps(roots[:1]).encode()}, kit.ledger.leaf(0)) == 1


def test_single_entries_with_their_proof(kit):
    trust = kit.ledger.leaf(4)
    for index in range(kit.ledger.size):
        leaf, proof = kit.ledger.leaf(index), kit.ledger.proof(index).encode()
        expected = 1 if index == 0 else 0  # the first root is another version than the one given
        assert both_on_proof(leaf, proof, trust) == expected
    leaf, proof = kit.ledger.leaf(2), kit.ledger.proof(2).encode()
    assert both_on_proof(leaf, kit.ledger.proof(1).encode(), trust) == 1
    for position in range(len(proof)):
        changed = proof[:position] + bytes([proof[position] ^ 2]) + proof[position + 1 :]
        assert both_on_proof(leaf, changed, trust) == 1, position
    for position in range(0, len(leaf), 41):
        changed = leaf[:position] + bytes([leaf[position] ^ 2]) + leaf[position + 1 :]
        assert both_on_proof(changed, proof, trust) == 1, position


def p256(holder):
    """A key such as a hardware module holds."""
    return local_signer(ec.generate_private_key(ec.SECP256R1()), holder=holder)


def test_entries_signed_with_p256_keys(tmp_path):
    kit = Kit.make(tmp_path)
    pipeline, root = p256("pipeline"), p256("second")
    new = changes.enrolled(kit.root, enrolment.ask(kit.origin, pipeline), ["recorder"])
    new = changes.enrolled(replace(new, version=1), enrolment.ask(kit.origin, root), ["root"])
    drafted = Draft(subjects=(Subject(name="trust-root@2", digest=fact_digest(new)),), fact=new)
    kit.ledger.append([drafted], signers=[kit.signers["root"], root], log_signer=kit.signers["log"], now=NOW)
    for number in range(1, 4):
        kit.ledger.append([model(number)], signers=[pipeline], log_signer=kit.signers["log"], now=NOW)
    kit.ledger.append([model(4)], signers=[pipeline, kit.signers["pipeline"]], log_signer=kit.signers["log"], now=NOW)
    assert kit.ledger.verify(trusted=kit.trusted, trust_root=kit.root).check()
    files, trust = bundle(kit), kit.ledger.leaf(0)
    assert agree(files, trust) == 0
    for index in range(1, kit.ledger.size):
        assert both_on_proof(kit.ledger.leaf(index), kit.ledger.proof(index).encode(), kit.ledger.leaf(1)) == 0
    leaf, proof = kit.ledger.leaf(3), kit.ledger.proof(3).encode()
    begins = leaf.index(b'"sig":"') + 7
    for position in range(begins, leaf.index(b'"', begins)):
        changed = leaf[:position] + bytes([leaf[position] ^ 1]) + leaf[position + 1 :]
        assert both_on_proof(changed, proof, kit.ledger.leaf(1)) == 1, position
    kit.ledger.close()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"subject":[{', b'"subject":[],"more":[{'), (b'"subject":[{', b'"subject":[{"digest":{"sha256":"00"},"name":"x"},{'),
        (b'{"sha256":"', b'{"sha512":"'), (b'"prev":', b'"previous":'), (b'"seq":', b'"seq":"1","sequel":'), (b'"seen":', b'"saw":'),
        (b'"seen":{"root":"sha256:', b'"seen":{"root":"sha512:'), (b'T09:30:00Z"', b'T09:30:61Z"'), (b'T09:30:00Z"', b'T09:30:00+00:00"'),
        (b"in-toto.io/Statement/v1", b"in-toto.io/Statement/v2"), (b"urn:govern:model/v1", b"urn:govern:model/v2"),
        (b"urn:govern:model/v1", b"urn:govern:mood/v1"), (b'"name":"credit"', b'"name":"credit","name":"credit"'),
        (b'"size":10', b'"size":1.5'), (b'"size":10', b'"size":NaN'), (b'"size":10', b'"size":90071992547409930'),
        (b'"predicateType"', b'"extra":1,"predicateType"'),
    ],
)
def test_statements_whose_frame_is_off_are_refused_by_both(kit, before, after):
    """Signed by the right key, and in the tree: only step 7 can tell."""
    payload = parse_leaf(kit.ledger.leaf(2)).payload
    assert before in payload
    leaf, proof = forged(kit, payload.replace(before, after, 1))
    assert both_on_proof(leaf, proof, kit.ledger.leaf(4)) == 1
    assert both_on_proof(*forged(kit, payload), kit.ledger.leaf(4)) == 0


def test_an_entry_taken_out_of_a_tree_that_the_log_signed_anew_is_missed_by_both(kit):
    """Every proof and signature fits: only the counter of the key that wrote it tells."""
    leaves = list(kit.ledger.leaves())
    for index in (1, 2):
        assert agree(signed_anew(kit, leaves), kit.ledger.leaf(0)) == 0
        assert agree(signed_anew(kit, [*leaves[:index], *leaves[index + 1 :]]), kit.ledger.leaf(0)) == 1


def signed_anew(kit, leaves):
    """A bundle of these leaves, with the tree that the log would have signed over them."""
    frontier, nodes = tree.Frontier(), []
    for leaf in leaves:
        nodes += frontier.extend([tree.leaf_hash(leaf)])
    paths = [tree.inclusion(index, len(leaves), lambda ids: [nodes[one] for one in ids]) for index in range(len(leaves))]
    return {
        **bundle(kit), "entries.jsonl": b"".join(leaf + b"\n" for leaf in leaves),
        "proofs.jsonl": b"".join(proofs_line(index, leaf, paths[index]) for index, leaf in enumerate(leaves)),
        "checkpoint.txt": sign_checkpoint(kit.origin, len(leaves), frontier.root(), kit.signers["log"]).note.encode(),
    }


def test_what_the_portable_file_does_not_check_it_says(kit, pack, tmp_path):
    """A field of the fact itself: the main verifier refuses it, and the short file says that it does not look."""
    payload = parse_leaf(kit.ledger.leaf(2)).payload
    leaf, proof = forged(kit, payload.replace(b'"size":10', b'"size":"ten"', 1))
    with pytest.raises(VerificationError) as caught:
        verify_entry(leaf=leaf, proof=proof, trusted_root=kit.ledger.leaf(4))
    assert caught.value.step == 7
    for name, data in (("entry", leaf), ("proof", proof), ("root", kit.ledger.leaf(4)), ("pack.pdf", make_pdf(pack))):
        (tmp_path / name).write_bytes(data)
    code, said = run("--trust", tmp_path / "root", tmp_path / "entry", tmp_path / "proof")
    assert code == 0
    assert "not checked here: what each statement says beyond its frame" in said
    assert "not checked here" in run("--trust", tmp_path / "root", tmp_path / "pack.pdf")[1]
    assert "a statement's own fields" in portable.__doc__


def forged(kit, payload):
    """Sign any payload with the pipeline's key, and prove it with the log's in a tree of this one entry."""
    pipeline, log = kit.signers["pipeline"], kit.signers["log"]
    signature = Signature(keyid=pipeline.keyid, sig=pipeline.sign(pae(PAYLOAD_TYPE, payload)))
    leaf = leaf_bytes(Envelope(payload=payload, signatures=(signature,)))
    note = sign_checkpoint(kit.origin, 1, tree.leaf_hash(leaf), log).note
    return leaf, write_proof(0, (), note).encode()


def test_a_later_revocation_is_told(tmp_path):
    kit = Kit.make(tmp_path)
    kit.append(model(1), model(2))
    kit.append(review(1), by="reviewer")
    kit.append(model(3))
    keyid = kit.signers["pipeline"].keyid
    second = changes.revoked(kit.ledger.trust_root(), keyid, void_from=2, reason="compromised")
    files = bundle(kit)
    proof = verify_bundle(
        entries=files["entries.jsonl"], proofs=files["proofs.jsonl"], checkpoint=files["checkpoint.txt"].decode(),
        trust_roots=files["trust-root.json"], trusted_root=kit.ledger.leaf(0),
    )
    assert proof.complete
    assert proof.void_later == ()
    draft = Draft(subjects=(Subject(name="trust-root@2", digest=fact_digest(second)),), fact=second)
    appended = kit.ledger.append([draft], signers=[kit.signers["root"]], log_signer=kit.signers["log"], now=NOW)
    proof = verify_bundle(
        entries=files["entries.jsonl"], proofs=files["proofs.jsonl"], checkpoint=files["checkpoint.txt"].decode(),
        trust_roots=files["trust-root.json"], trusted_root=kit.ledger.leaf(appended[0].index),
    )
    assert proof.void_later == (2, 4)
    with pytest.raises(GovernError):
        kit.append(model(9))
    kit.ledger.close()
