"""Keys that lie elsewhere: in a file, in the environment, behind securesystemslib's signers, in a hardware module."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cli.runner import PASSPHRASE, REPOSITORY, govern
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

SYSTEM = ("--purpose", "p", "--owner", "o")
PIN = "71940628"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")


def pem(private, passphrase: str | None = PASSPHRASE) -> bytes:
    how = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def public(private) -> bytes:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(params=["ed25519", "ecdsa-sha2-nistp256"])
def private(request: pytest.FixtureRequest):
    return Ed25519PrivateKey.generate() if request.param == "ed25519" else ec.generate_private_key(ec.SECP256R1())


def works(name: str) -> None:
    """Enrol a linked key, record with it, and verify the entry: in the ledger, and by the portable file alone."""
    govern("key", "enrol", name, "--role", "recorder").ended(0)
    written = govern("record", "system", "x", *SYSTEM, "--as", name, "--json").ended(0).document["entries"]
    govern("verify", "--full").ended(0)
    govern("trust", "show", "-o", "root.json").ended(0)
    govern("proof", str(written[0]["index"]), "-o", "entry").ended(0)
    source = REPOSITORY / "govern" / "ledger" / "portable" / "verify_pack.py"
    arguments = [sys.executable, "-I", source, "--trust", "root.json", "entry.dsse.json", "entry.tlog-proof"]
    assert subprocess.run(arguments, capture_output=True).returncode == 0
    leaf = Path("entry.dsse.json").read_bytes()
    Path("entry.dsse.json").write_bytes(leaf.replace(b'"sig":"', b'"sig":"A', 1))
    assert subprocess.run(arguments, capture_output=True).returncode == 1


def test_a_key_in_a_file_or_the_environment_signs_entries(place: Path, private, monkeypatch: pytest.MonkeyPatch):
    (place / "key.pem").write_bytes(pem(private))
    monkeypatch.setenv("ELSEWHERE", pem(private).decode())
    made = govern("key", "new", "elsewhere", "--uri", f"file:{place}/key.pem", "--holder", "ops", "--json").ended(0)
    assert made.document["key"]["uri"] == f"file:{place}/key.pem"
    works("elsewhere")
    listed = govern("key", "list").ended(0).out
    assert f"file:{place}/key.pem" in listed
    govern("key", "new", "same", "--uri", "env:ELSEWHERE", "--holder", "ops").ended(0)
    govern("record", "system", "y", *SYSTEM, "--as", "same").ended(0)
    (place / "key.pem").unlink()
    assert "can’t be read" in govern("record", "system", "z", *SYSTEM, "--as", "elsewhere").ended(4).err


def test_a_key_of_securesystemslib_signs_entries(place: Path, private, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CRYPTO_SIGNER_PATH_PREFIX", str(place))
    (place / "plain.pem").write_bytes(pem(private, None))
    (place / "public.pem").write_bytes(public(private))
    assert "--public" in govern("key", "new", "kms", "--uri", "file2:plain.pem").ended(2).err
    govern("key", "new", "kms", "--uri", "file2:plain.pem", "--public", "public.pem").ended(0)
    works("kms")
    (place / "plain.pem").write_bytes(pem(Ed25519PrivateKey.generate(), None))
    assert govern("record", "system", "y", *SYSTEM, "--as", "kms").code == 4, "another key behind the same URI"
    govern("verify", "--full").ended(0)


def test_the_wrong_half_is_found_when_the_key_is_linked(place: Path, private, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CRYPTO_SIGNER_PATH_PREFIX", str(place))
    (place / "plain.pem").write_bytes(pem(private, None))
    (place / "public.pem").write_bytes(public(Ed25519PrivateKey.generate()))
    govern("key", "new", "kms", "--uri", "file2:plain.pem", "--public", "public.pem").ended(4)
    assert "kms" not in govern("key", "list").out


def test_what_can_not_be_linked(place: Path, private):
    (place / "key.pem").write_bytes(pem(private))
    (place / "plain.pem").write_bytes(pem(private, None))
    for uri, code, word in (
        (f"file:{place}/plain.pem", 4, "no encrypted private key"), ("env:NOT_THERE", 4, "environment"),
        ("hsm:2?label=x&pin-value=1234", 2, "holds a secret"), ("hv:http://me:word@vault/x", 2, "holds a secret"),
        ("awskms:alias/x", 2, "--public"), ("nothing", 2, "--public"), ("", 2, "empty"),
    ):
        assert word in govern("key", "new", "k", "--uri", uri).ended(code).err, uri
    govern("key", "new", "k", "--public", "plain.pem").ended(2)
    govern("key", "new", "k", "--uri", f"file:{place}/key.pem").ended(0)
    assert "already" in govern("key", "new", "k", "--uri", f"file:{place}/key.pem").ended(4).err
    assert "lies at" in govern("key", "passphrase", "k").ended(4).err


def test_the_passphrase_shows_nowhere(place: Path, private, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (place / "key.pem").write_bytes(pem(private, "another secret"))
    said = govern("key", "new", "k", "--uri", f"file:{place}/key.pem").ended(1)
    assert PASSPHRASE not in said.out + said.err
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != "passphrase")
    assert b"another secret" not in kept


@pytest.fixture
def token(place: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A hardware module in software: a token of its own with one P-256 key; its URI."""
    module = next((one for one in MODULES if Path(one).exists()), None)
    if module is None or not shutil.which("softhsm2-util"):
        pytest.skip("SoftHSM is not installed (Debian: apt-get install softhsm2)")
    if importlib.util.find_spec("pkcs11") is None:
        pytest.skip("python-pkcs11 is not installed (pip install 'securesystemslib[hsm]')")
    folder = place.parent / "tokens"
    folder.mkdir()
    (folder / "conf").write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(folder / "conf"))
    monkeypatch.setenv("PYKCS11LIB", module)
    (folder / "key.pem").write_bytes(pem(ec.generate_private_key(ec.SECP256R1()), None))
    for words in (
        ["--init-token", "--free", "--label", "govern", "--so-pin", "12345678", "--pin", PIN],
        ["--import", str(folder / "key.pem"), "--token", "govern", "--label", "signing", "--id", "07", "--pin", PIN],
    ):
        subprocess.run(["softhsm2-util", *words], check=True, capture_output=True, env={**os.environ})
    (folder / "key.pem").unlink()
    return "hsm:7?label=govern"


def test_a_key_in_a_hardware_module_signs_entries(token: str, place: Path, monkeypatch: pytest.MonkeyPatch):
    secrets = place.parent / "passphrase"
    secrets.write_text(
        "".join(f"{name}: {PASSPHRASE}\n" for name in ("root", "pipeline", "policy-owner")) + f"token: {PIN}\nwrong: 99999999\n"
    )
    refused = govern("key", "new", "wrong", "--uri", token).ended(1)
    assert "PIN" in refused.err
    assert "99999999" not in refused.err
    govern("key", "new", "token", "--uri", token).ended(0)
    works("token")
    assert PIN not in "".join(path.read_text(errors="replace") for path in (place.parent / "home").rglob("*") if path.is_file())
