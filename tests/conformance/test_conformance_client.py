"""The conformance client does what it promises, op by op, in a process of its own."""

import base64
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


def test_proofs(run, shared_folder):
    for op, name in (("inclusion", "1/happy-path.json"), ("consistency", "1/happy-path.json")):
        case = json.loads((shared_folder / "vectors/merkle" / op / name).read_text())
        assert run(op, case)[0] == 0
        wrong = "leafHash" if op == "inclusion" else "root1"
        assert run(op, {**case, wrong: b64(b"x" * 32)})[0] == 1
