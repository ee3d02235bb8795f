"""The conformance client does what it promises, op by op, in a process of its own."""

import base64
import hashlib
import importlib.util
import io
import json
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from ledger.kit_ledger import signer

from govern.canonical.dsse import PAYLOAD_TYPE, pae
from govern.ledger.checkpoint import sign_checkpoint
from govern.ledger.note import NoteKey
from govern.trust.keys import public_text
from govern.trust.signer import local_signer


@pytest.fixture
def run(repository, monkeypatch, capfdbinary):
    """Run the client's own main in this process: a process a case takes a second each."""
    spec = importlib.util.spec_from_file_location("conformance_client", repository / "tests/conformance/client.py")
    client = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(client)

    def run(op, case):
        data = case if isinstance(case, bytes) else json.dumps(case).encode()
        monkeypatch.setattr(sys, "argv", ["client.py", op])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        code = client.main()
        sys.stdout.flush()
        assert code in {0, 1}
        return code, capfdbinary.readouterr().out

    return run


def test_in_a_process_of_its_own(repository):
    for data, code in ((b'{"b":1.0,"a":[1e3]}', 0), (b'{"a":1,"a":1}', 1)):
        done = subprocess.run(
            [sys.executable, repository / "tests/conformance/client.py", "jcs"], input=data, capture_output=True, timeout=60
        )
        assert done.returncode == code, done.stderr.decode()
        assert done.stdout == (b'{"a":[1000],"b":1}' if code == 0 else b"")


def b64(data):
    return base64.b64encode(data).decode()


def test_notes_and_checkpoints(run):
    log = signer("log", 3)
    text = sign_checkpoint("log.example", 5, b"r" * 32, log).note.encode()
    vkey = NoteKey(name="log.example", public=bytes.fromhex(log.public.public)).vkey()
    code, out = run("checkpoint", {"note": b64(text), "vkeys": [vkey]})
    assert code == 0
    assert json.loads(out) == {"origin": "log.example", "size": 5, "root": b64(b"r" * 32)}
    assert run("note", {"note": b64(text), "vkeys": [vkey]})[0] == 0
    assert run("note", {"note": b64(text), "vkeys": []})[0] == 1
    assert run("checkpoint", {"note": b64(text.replace(b"5", b"6")), "vkeys": [vkey]})[0] == 1


def test_jcs(run):
    assert run("jcs", b'{"b":1.0,"a":[1e3]}') == (0, b'{"a":[1000],"b":1}')
    assert run("jcs", b'{"a":1,"a":1}')[0] == 1


def test_keys_and_signatures(run):
    one = signer("a", 4)
    public = one.public.public
    assert run("enrol-key", {"ed25519": public})[0] == 0
    assert run("enrol-key", {"ed25519": "01" + "00" * 31})[0] == 1
    assert run("enrol-key", {"ed25519": "zz"})[0] == 1
    case = {"public": public, "message": b"m".hex(), "signature": one.sign(b"m").hex()}
    assert run("ed25519", case)[0] == 0
    assert run("ed25519", {**case, "message": b"n".hex()})[0] == 1


def test_envelopes(run):
    key = local_signer(ec.generate_private_key(ec.SECP256R1()), holder="a")
    payload = b'{"a":0.5}'
    sig = {"keyid": "of no meaning", "sig": b64(key.sign(pae(PAYLOAD_TYPE, payload)))}
    envelope = {"payload": b64(payload), "payloadType": PAYLOAD_TYPE, "signatures": [sig]}
    case = {"envelope": envelope, "public": key.public.public}
    assert run("dsse", case)[0] == 0
    assert run("dsse", {**case, "envelope": json.dumps(envelope)})[0] == 0
    other = public_text(ec.generate_private_key(ec.SECP256R1()).public_key())[1]
    assert run("dsse", {**case, "public": other})[0] == 1
    assert run("dsse", {**case, "envelope": {**envelope, "payloadType": "text/plain"}})[0] == 1
    twice = b'{"a":1,"a":2}'
    sig = {"keyid": "", "sig": b64(key.sign(pae(PAYLOAD_TYPE, twice)))}
    assert run("dsse", {**case, "envelope": {**envelope, "payload": b64(twice), "signatures": [sig]}})[0] == 1


GOOD = {
    "inclusion": {"leafIdx": 0, "treeSize": 1, "root": b64(b"r" * 32), "leafHash": b64(b"r" * 32), "proof": None},
    "consistency": {"size1": 1, "size2": 1, "root1": b64(b"r" * 32), "root2": b64(b"r" * 32), "proof": []},
    "note": {"note": b64(b"n"), "vkeys": []}, "checkpoint": {"note": b64(b"n"), "vkeys": ["a"]},
    "enrol-key": {"ed25519": "00" * 32}, "ed25519": {"public": "00" * 32, "message": "", "signature": "00" * 64},
    "dsse": {"envelope": {"payload": "AA==", "payloadType": PAYLOAD_TYPE, "signatures": [{"sig": "AA=="}]}, "public": ""},
}


@pytest.mark.parametrize("op", GOOD)
def test_whatever_stands_in_a_case_it_is_accepted_or_rejected(run, op):
    odd = (None, True, 0, -1, 1.5, 2**64, 10**400, "", "x", "é", [], [None], [1], ["x"], {}, {"a": 1}, [[]], "A" * 5)
    for name in GOOD[op]:
        for value in odd:
            run(op, {**GOOD[op], name: value})
        assert run(op, {key: value for key, value in GOOD[op].items() if key != name})[0] == 1
    for case in (b"", b"[]", b"null", b"1", b"{}", b"{", b"\xff", b'{"a":1,"a":1}', b"[" * 100_000):
        assert run(op, case)[0] == 1


def test_sizes_beyond_what_a_double_holds(run):
    leaf, others = b"l" * 32, [bytes([number]) * 32 for number in range(63)]
    root = leaf
    for other in others:
        root = hashlib.sha256(b"\x01" + root + other).digest()
    case = {"leafIdx": 0, "treeSize": 2**63, "root": b64(root), "leafHash": b64(leaf), "proof": [b64(one) for one in others]}
    assert run("inclusion", case)[0] == 0
    assert run("inclusion", {**case, "treeSize": 2**62})[0] == 1
    assert run("inclusion", {**case, "leafIdx": 1})[0] == 1


def test_proofs(run, shared_folder):
    for op, name in (("inclusion", "1/happy-path.json"), ("consistency", "1/happy-path.json")):
        case = json.loads((shared_folder / "vectors/merkle" / op / name).read_text())
        assert run(op, case)[0] == 0
        wrong = "leafHash" if op == "inclusion" else "root1"
        assert run(op, {**case, wrong: b64(b"x" * 32)})[0] == 1
