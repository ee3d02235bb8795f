"""Signers by URI: files, environment, and whatever securesystemslib opens."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from govern.errors import SigningKeyError, WrongPassphraseError
from govern.trust.keys import load_public, signature_is_by
from govern.trust.signer import local_signer
from govern.trust.uris import signer_from_uri

SECRET = "a long enough passphrase"


def pem(private, encrypted=True):
    how = BestAvailableEncryption(SECRET.encode()) if encrypted else NoEncryption()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


@pytest.fixture(params=["ed25519", "ecdsa"])
def private(request):
    return Ed25519PrivateKey.generate() if request.param == "ed25519" else ec.generate_private_key(ec.SECP256R1())


def test_keys_behind_uris_sign(private, tmp_path, monkeypatch):
    public = local_signer(private, holder="operator").public
    (tmp_path / "key.pem").write_bytes(pem(private))
    (tmp_path / "plain.pem").write_bytes(pem(private, encrypted=False))
    monkeypatch.setenv("A_KEY", pem(private).decode())
    monkeypatch.setenv("CRYPTO_SIGNER_PATH_PREFIX", str(tmp_path))
    for uri in (f"file:{tmp_path}/key.pem", "env:A_KEY", "file2:plain.pem"):
        signer = signer_from_uri(uri, public, lambda _: SECRET)
        assert signer.public == public
        signature_is_by(load_public(public.scheme, public.public), signer.sign(b"m"), b"m")
    for uri in (f"file:{tmp_path}/key.pem", "env:A_KEY"):
        with pytest.raises(WrongPassphraseError):
            signer_from_uri(uri, public, lambda _: "wrong")


def test_what_can_not_sign_is_one_clear_error(private, tmp_path, monkeypatch):
    public = local_signer(private, holder="operator").public
    other = local_signer(Ed25519PrivateKey.generate(), holder="operator").public
    (tmp_path / "key.pem").write_bytes(pem(private))
    (tmp_path / "plain.pem").write_bytes(pem(private, encrypted=False))
    monkeypatch.setenv("CRYPTO_SIGNER_PATH_PREFIX", str(tmp_path))
    for uri, key in (
        (f"file:{tmp_path}/nothing.pem", public), (f"file:{tmp_path}/plain.pem", public), ("env:NOT_THERE", public),
        (f"file:{tmp_path}/key.pem", other), ("nothing:x", public), ("", public), ("file2:nothing.pem", public),
    ):
        with pytest.raises(SigningKeyError):
            signer_from_uri(uri, key, lambda _: SECRET)


def test_a_service_that_signs_with_another_key_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setenv("CRYPTO_SIGNER_PATH_PREFIX", str(tmp_path))
    (tmp_path / "plain.pem").write_bytes(pem(Ed25519PrivateKey.generate(), encrypted=False))
    public = local_signer(Ed25519PrivateKey.generate(), holder="operator").public
    with pytest.raises(SigningKeyError):
        signer_from_uri("file2:plain.pem", public, lambda _: SECRET).sign(b"m")
