"""The keyring: encrypted files, wrong passphrases, damaged files, and what is asked for when."""

import os
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from govern.errors import SigningKeyError, WrongPassphraseError
from govern.trust.home import Home
from govern.trust.keyring import Keyring
from govern.trust.keys import load_public, signature_is_by

SECRET = "a long enough passphrase"


def never(name):
    raise AssertionError(f"the passphrase of {name} was asked for")


@pytest.fixture
def ring(tmp_path):
    ring = Keyring(tmp_path / "keys")
    ring.create("reviewer", holder="reviewer-1", passphrase=SECRET)
    return ring


def test_a_key_signs_after_its_passphrase(ring):
    asked = []
    signer = ring.signer("reviewer", lambda name: asked.append(name) or SECRET)
    assert asked == ["reviewer"]
    assert ring.info("reviewer").holder == signer.public.holder == "reviewer-1"
    signature_is_by(load_public(signer.public.scheme, signer.public.public), signer.sign(b"m"), b"m")
    assert ring.by_keyid(signer.keyid) == ring.info("reviewer")


def test_private_files_are_the_owners_alone_and_encrypted(ring):
    for path in ring.folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(ring.folder.stat().st_mode) == 0o700
    assert b"ENCRYPTED PRIVATE KEY" in (ring.folder / "reviewer.pem").read_bytes()


@pytest.mark.parametrize("wrong", ["", "x", SECRET + " ", SECRET.upper()])
def test_a_wrong_passphrase_is_one_clear_error(ring, wrong):
    with pytest.raises(WrongPassphraseError, match="reviewer"):
        ring.signer("reviewer", lambda _: wrong)


def test_unattended_keys_are_never_asked_for(ring):
    ring.create("log", holder="log", unattended=True)
    assert ring.signer("log", never).sign(b"m")
    assert ring.names() == ("log", "reviewer")


def test_names_are_taken_once_and_safe(ring):
    with pytest.raises(SigningKeyError, match="already"):
        ring.create("reviewer", holder="b", passphrase=SECRET)
    for name in ("../a", "a/b", "", "A", ".a", "a" * 65, "a\n"):
        with pytest.raises(SigningKeyError):
            ring.create(name, holder="b", passphrase=SECRET)
        with pytest.raises(SigningKeyError):
            ring.info(name)
    for holder, passphrase in (("", SECRET), ("b", ""), ("b", None)):
        with pytest.raises(SigningKeyError):
            ring.create("other", holder=holder, passphrase=passphrase)
    assert ring.names() == ("reviewer",)


def test_unknown_keys_are_named(ring):
    with pytest.raises(SigningKeyError, match="no key “nobody”"):
        ring.signer("nobody", never)
    with pytest.raises(SigningKeyError):
        ring.by_keyid("0" * 64)
    assert Keyring(ring.folder / "nothing").names() == ()


def test_damaged_files_are_named(ring):
    pem, public = ring.folder / "reviewer.pem", ring.folder / "reviewer.json"
    kept = public.read_bytes()
    for damage in (b"", b"{}", kept[:-1], kept.replace(b"ed25519", b"ed25518"), b"x" * 100_000):
        public.write_bytes(damage)
        with pytest.raises(SigningKeyError):
            ring.info("reviewer")
    public.write_bytes(kept)
    pem.write_bytes(b"-----BEGIN PRIVATE KEY-----\n")
    with pytest.raises(SigningKeyError, match=r"reviewer\.pem"):
        ring.signer("reviewer", lambda _: SECRET)
    pem.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(SigningKeyError, match="not encrypted"):
        ring.signer("reviewer", lambda _: SECRET)


def test_halves_that_do_not_belong_together_are_refused(ring):
    ring.create("other", holder="other", passphrase=SECRET)
    (ring.folder / "reviewer.pem").write_bytes((ring.folder / "other.pem").read_bytes())
    with pytest.raises(SigningKeyError, match="belong together"):
        ring.signer("reviewer", lambda _: SECRET)
    (ring.folder / "other.json").write_bytes(
        (ring.folder / "reviewer.json").read_bytes().replace(b'"public":"', b'"public":"00')
    )
    with pytest.raises(SigningKeyError):
        ring.info("other")


def test_ecdsa_keys_sign_too(ring):
    info = ring.add("hsm", ec.generate_private_key(ec.SECP256R1()), holder="a", passphrase=SECRET)
    signer = ring.signer("hsm", lambda _: SECRET)
    assert info.scheme == "ecdsa-sha2-nistp256"
    signature_is_by(load_public(info.scheme, info.public), signer.sign(b"m"), b"m")


def test_home_moves_with_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("GOVERN_HOME", str(tmp_path))
    assert Home.default() == Home.at(tmp_path)
    monkeypatch.delenv("GOVERN_HOME")
    assert tmp_path not in Home.default().keys.parents
    assert os.fspath(Home.default().keys) != os.fspath(Home.default().checkpoint_folder)


def test_another_passphrase_opens_the_same_key_and_the_old_one_no_longer_does(ring):
    before = ring.signer("reviewer", lambda _: SECRET).keyid
    ring.change_passphrase("reviewer", old=lambda _: SECRET, new="quite another one")
    assert ring.signer("reviewer", lambda _: "quite another one").keyid == before
    with pytest.raises(WrongPassphraseError):
        ring.signer("reviewer", lambda _: SECRET)
    assert stat.S_IMODE((ring.folder / "reviewer.pem").stat().st_mode) == 0o600


def test_a_passphrase_is_changed_only_by_who_knows_it_and_never_to_none(ring):
    before = (ring.folder / "reviewer.pem").read_bytes()
    for old, new, wrong in (("x", "quite another one", WrongPassphraseError), (SECRET, "", SigningKeyError)):
        with pytest.raises(wrong):
            ring.change_passphrase("reviewer", old=lambda _, given=old: given, new=new)
    ring.create("log", holder="log", unattended=True)
    with pytest.raises(SigningKeyError, match="unattended"):
        ring.change_passphrase("log", old=never, new="quite another one")
    assert (ring.folder / "reviewer.pem").read_bytes() == before
