"""Files made to part the two verifiers, to stop the short one with a traceback, or to keep it busy for ever."""

import base64
import json
from dataclasses import replace

import pytest
from ledger.kit_ledger import NOW, Kit
from ledger.kit_portable import agree, both_on_proof, bundle, make_pdf, run
from ledger.test_ledger_portable import forged

from govern.canonical.dsse import parse_leaf
from govern.canonical.statement import fact_digest
from govern.canonical.values import object_bytes
from govern.domain.statement import Draft, Subject
from govern.ledger.portable import verify_pack as portable
from govern.trust import changes


def changed(document, *path, to):
    """Return a document with one member set, or left out where `to` is `...`."""
    made = json.loads(json.dumps(document))
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    if to is ...:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return json.dumps(made, sort_keys=True, separators=(",", ":")).encode()


def roots_to_refuse(kit):
    root = json.loads(object_bytes(kit.root))
    keyid = kit.signers["owner"].keyid
    yield from (changed(root, "roles", "root", "threshold", to=to) for to in ("1", [], None, True, 1.0))
    yield from (changed(root, "roles", "approver", "keyids", to=to) for to in ([[]], [{}], "x", {}, [None]))
    yield from (changed(root, "keys", keyid, "holder", to=to) for to in (["owner"], {}, 1, None))
    yield from (changed(root, "keys", keyid, "void_from", to=to) for to in (True, "1", [], -1))
    yield from (changed(root, "expires", to=to) for to in ("2027-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "2027-01-01T24:00:00Z", 1))
    yield from (changed(root, *path, to=1) for path in (("more",), ("keys", keyid, "more"), ("roles", "root", "more"), ("log",)))
    yield from (changed(root, *path, to=...) for path in (("version",), ("keys", keyid, "scheme"), ("roles", "root", "keyids")))


def test_trust_roots_of_another_shape_are_used_by_neither(kit):
    leaf, proof = kit.ledger.leaf(2), kit.ledger.proof(2).encode()
    for given in roots_to_refuse(kit):
        assert both_on_proof(leaf, proof, given) == 4, given


def test_a_trust_root_that_leaves_out_what_has_a_default_is_the_same(kit, files):
    root = json.loads(object_bytes(kit.root))
    for key in root["keys"].values():
        del key["void_from"], key["void_reason"]
    assert agree(files, json.dumps(root).encode()) == 0


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("subject",), []), (("predicate", "time"), "2027-02-29T09:30:00Z"), (("predicate", "time"), "2026-11-31T09:30:00Z"),
    ],
)
def test_statements_about_nothing_or_of_no_day(kit, path, to):
    statement = json.loads(parse_leaf(kit.ledger.leaf(2)).payload)
    assert both_on_proof(*forged(kit, changed(statement, *path, to=to)), kit.ledger.leaf(4)) == 1


@pytest.mark.parametrize("to", [{}, ["approve"], 1, None])
def test_an_action_that_is_no_word_ends_in_an_answer(kit, to):
    """It is a field of the fact, which the short file does not judge; it asks only whether it is `comment` or `propose`."""
    statement = json.loads(parse_leaf(kit.ledger.leaf(2)).payload)
    leaf, proof = forged(kit, changed(statement, "predicate", "action", to=to))
    assert portable.verify_proof(leaf, proof, portable.read_trust(kit.ledger.leaf(4))[0])


def test_proofs_that_only_one_of_them_took(kit):
    leaf, proof, trust = kit.ledger.leaf(2), kit.ledger.proof(2).encode(), kit.ledger.leaf(4)
    first, rest = proof.split(b"\n", 1)
    assert both_on_proof(leaf, first + b"\nextra AA==\n" + rest, trust) == 0
    for extra in (b"AB==", b"====", b"AA", b"A A=", b"\xff"):
        assert both_on_proof(leaf, first + b"\nextra " + extra + b"\n" + rest, trust) == 1, extra
    stranger = base64.b64encode(b"abcd" + b"s" * 64)
    assert both_on_proof(leaf, proof + "— stränger ".encode() + stranger + b"\n", trust) == 0
    assert both_on_proof(leaf, proof + "— str".encode() + b"\xff " + stranger + b"\n", trust) == 1


def test_a_key_that_was_left_out_for_a_while_is_still_whose_it_was(tmp_path):
    """Two steps may not do what one may not: hand a key on, or take a revocation back."""
    kit = Kit.make(tmp_path)
    keyid = kit.signers["pipeline"].keyid
    second = changes.revoked(kit.root, keyid, void_from=2, reason="compromised")
    third = replace(second, version=3, keys={one: key for one, key in second.keys.items() if one != keyid})
    for root in (second, third):
        drafted = Draft(subjects=(Subject(name=f"trust-root@{root.version}", digest=fact_digest(root)),), fact=root)
        kit.append(drafted, by="root")
    assert kit.ledger.verify(trusted=kit.trusted).check()
    back = replace(third, version=4, keys={**third.keys, keyid: kit.root.keys[keyid]})
    other = replace(third, version=4, keys={**third.keys, keyid: replace(second.keys[keyid], holder="somebody")})
    for root, said in ((back, "takes back"), (other, "another holder")):
        drafted = Draft(subjects=(Subject(name="trust-root@4", digest=fact_digest(root)),), fact=root)
        with pytest.raises(Exception, match=said):
            kit.append(drafted, by="root")
        assert agree(forced(kit, drafted), kit.ledger.leaf(0)) == 1
    same = replace(third, version=4, keys={**third.keys, keyid: second.keys[keyid]})
    kit.append(Draft(subjects=(Subject(name="trust-root@4", digest=fact_digest(same)),), fact=same), by="root")
    assert agree(bundle(kit), kit.ledger.leaf(0)) == 0
    kit.ledger.close()


def forced(kit, draft):
    """The bundle of the ledger as if it had taken what it refused."""
    from govern.ledger import tree
    from govern.ledger.bundle import proofs_line
    from govern.ledger.checkpoint import sign_checkpoint
    from govern.ledger.entries import sign_draft

    root = kit.signers["root"]
    due = kit.ledger.next_producer(root.keyid)
    leaf = sign_draft(
        draft, signers=[root], origin=kit.origin, producers={root.keyid: (due.seq - 1, due.prev)}, now=NOW, seen=None
    ).leaf
    leaves = [*kit.ledger.leaves(), leaf]
    frontier = tree.Frontier()
    nodes = frontier.extend(tree.leaf_hash(one) for one in leaves)
    size = len(leaves)
    return {
        "entries.jsonl": b"".join(one + b"\n" for one in leaves),
        "proofs.jsonl": b"".join(
            proofs_line(index, one, tree.inclusion(index, size, lambda ids: [nodes[at] for at in ids]))
            for index, one in enumerate(leaves)
        ),
        "checkpoint.txt": sign_checkpoint(kit.origin, size, frontier.root(), kit.signers["log"]).note.encode(),
        "trust-root.json": b"[" + b",".join([*(one for _, one in kit.ledger.root_leaves()), leaf]) + b"]",
    }


@pytest.fixture
def written(kit, tmp_path):
    """Write the trust root and one file, and run the short verifier on them, alone and not for long."""
    (tmp_path / "root").write_bytes(kit.ledger.leaf(4))

    def run_on(data):
        (tmp_path / "file").write_bytes(data)
        return run("--trust", tmp_path / "root", tmp_path / "file")

    return run_on


def test_what_would_keep_a_parser_busy_for_ever(kit, files, pack, tmp_path, written):
    """Escaped quotes without an end, and comments without a line: each took time with the square, or worse, of its length."""
    quotes = b'["' + b'\\"' * 400_000
    assert written(make_pdf({**pack, "proofs.jsonl": quotes}))[0] == 1
    (tmp_path / "long").write_bytes(quotes + b'"payloadType"')
    assert run("--trust", tmp_path / "long", tmp_path / "file")[0] == 4
    data = make_pdf(pack)
    assert written(data + b"\n1 0 obj\n%s\n)\nstartxref\n%d\n%%%%EOF\n" % (b"%" * 200, len(data) + 1))[0] == 1


@pytest.mark.parametrize("columns", [b"99999999999999", b"9" * 40, b"0", b"-5", b"/Name"])
def test_predictions_that_no_memory_holds(written, columns):
    body = b"%PDF-1.7\n"
    rows = b"x\x9c" + b"\x03\x00\x00\x00\x00\x01"
    stream = b"1 0 obj\n<</Type/XRef/Size 1/W[1 1 1]/Root 1 0 R/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns %b>>/Length %d>>\nstream\n%b\nendstream\nendobj\n"
    data = body + stream % (columns, len(rows), rows) + b"startxref\n%d\n%%%%EOF\n" % len(body)
    assert written(data)[0] == 1


def test_no_name_paints_a_verdict(pack, written):
    code, said = written(make_pdf({**pack, "x\x1b[2J\nVERIFIED\u202e": b"1"}))
    assert code == 1
    assert not any(line.startswith("VERIFIED") for line in said.splitlines())
    assert said.removesuffix("\n").isprintable()


def test_manifests_that_are_none(pack, written):
    manifest = json.loads(pack["manifest.json"])
    for bad in (
        changed(manifest, "files", 0, "size", to=[]), changed(manifest, "files", 0, "name", to={}), b"[]", b"{}",
        changed(manifest, "files", 0, "sha256", to=1), changed(manifest, "files", to=[*manifest["files"], manifest["files"][0]]),
    ):
        assert written(make_pdf({**pack, "manifest.json": bad}))[0] == 1, bad
    assert written(make_pdf({name: data for name, data in pack.items() if name != "manifest.json"}))[0] == 4
    assert written(make_pdf(pack))[0] == 0


def test_attachments_that_unpack_to_more_than_a_limit_together(monkeypatch):
    """Each fits, all of them don't: five of a thousand bytes where 4,800 may be unpacked."""
    files = {f"file-{number}.txt": bytes([65 + number]) * 1000 for number in range(5)}
    data = make_pdf(files)
    assert portable.attachments(data).keys() == files.keys()
    monkeypatch.setattr(portable, "MAX_OBJECT", 1200)
    with pytest.raises(portable.Wrong, match="attachments are too large"):
        portable.attachments(data)
