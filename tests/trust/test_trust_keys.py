"""Public keys: the encodings that are refused, ids, and signatures."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from govern.errors import SigningKeyError
from govern.trust.keys import (
    _add,
    _decode,
    check_ed25519,
    check_ed25519_for_verifying,
    keyid_of,
    load_pem,
    load_public,
    public_text,
    signature_is_by,
)
from govern.trust.signer import local_signer

P = 2**255 - 19
# The eight points whose order divides 8, and the six further encodings of them that a lax decoder accepts.
LOW_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]


@pytest.mark.parametrize("text", LOW_ORDER)
def test_low_order_keys_are_refused_everywhere(text):
    raw = bytes.fromhex(text)
    Ed25519PublicKey.from_public_bytes(raw)  # the library sees nothing wrong with it
    for check in (check_ed25519, check_ed25519_for_verifying):
        with pytest.raises(SigningKeyError):
            check(raw)
    with pytest.raises(SigningKeyError):
        load_public("ed25519", text)


def test_under_the_neutral_key_one_signature_would_fit_every_message():
    signature = bytes.fromhex(LOW_ORDER[0]) + bytes(32)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(LOW_ORDER[0]))
    for message in (b"grant", b"refuse"):
        key.verify(signature, message)  # which is why the key has to be refused


@pytest.mark.parametrize("y", range(19))
def test_encodings_beyond_the_field_are_refused(y):
    for sign in (0, 1):
        raw = (P + y + (sign << 255)).to_bytes(32, "little")
        with pytest.raises(SigningKeyError):
            check_ed25519(raw)


def test_points_off_the_curve_are_refused():
    refused = 0
    for y in range(2, 60):
        raw = y.to_bytes(32, "little")
        try:
            check_ed25519(raw)
        except SigningKeyError:
            refused += 1
    assert refused > 20


def test_points_outside_the_prime_order_subgroup_are_refused():
    good = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    mixed = _add(_decode(good), _decode(bytes.fromhex(LOW_ORDER[4])))
    inverse = pow(mixed[2], -1, P)
    x, y = mixed[0] * inverse % P, mixed[1] * inverse % P
    raw = (y + ((x & 1) << 255)).to_bytes(32, "little")
    check_ed25519_for_verifying(raw)
    with pytest.raises(SigningKeyError, match="prime-order"):
        check_ed25519(raw)


@given(st.binary(min_size=32, max_size=32))
def test_keys_that_tools_make_are_accepted(seed):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    check_ed25519(key.public_key().public_bytes_raw())


@pytest.mark.parametrize("length", [0, 31, 33])
def test_other_lengths_are_refused(length):
    for check in (check_ed25519, check_ed25519_for_verifying):
        with pytest.raises(SigningKeyError):
            check(bytes(length))


def test_one_key_has_one_spelling():
    ed = local_signer(Ed25519PrivateKey.generate(), holder="a")
    p256 = local_signer(ec.generate_private_key(ec.SECP256R1()), holder="a")
    for signer in (ed, p256):
        assert keyid_of(signer.public.scheme, signer.public.public) == signer.keyid
        signature_is_by(load_public(signer.public.scheme, signer.public.public), signer.sign(b"m"), b"m")
    for scheme, public in (
        ("ed25519", ed.public.public.upper()), ("ed25519", " " + ed.public.public), ("ed25519", "zz"),
        ("ecdsa-sha2-nistp256", p256.public.public + "\n"), ("ecdsa-sha2-nistp256", p256.public.public.replace("\n", "\r\n")),
        ("ecdsa-sha2-nistp256", "x"), ("rsa", "x"), ("ecdsa-sha2-nistp256", ed.public.public),
    ):
        with pytest.raises(SigningKeyError):
            load_public(scheme, public)


def test_only_two_kinds_of_pem_are_read():
    p384 = public_text(ec.generate_private_key(ec.SECP384R1()).public_key())[1]
    with pytest.raises(SigningKeyError, match="another kind"):
        load_pem(p384)
    with pytest.raises(SigningKeyError):
        load_pem("-----BEGIN PUBLIC KEY-----\nxxxx\n-----END PUBLIC KEY-----\n")


def test_every_changed_bit_of_a_signature_is_noticed():
    signer = local_signer(Ed25519PrivateKey.generate(), holder="a")
    key, good = load_public(signer.public.scheme, signer.public.public), signer.sign(b"m")
    for bit in range(512):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        with pytest.raises(InvalidSignature):
            signature_is_by(key, bytes(bad), b"m")
    for bad in (good[:-1], good + b"\0", b""):
        with pytest.raises(InvalidSignature):
            signature_is_by(key, bad, b"m")


def test_a_signer_does_not_show_its_key():
    private = Ed25519PrivateKey.generate()
    assert private.private_bytes_raw().hex() not in repr(local_signer(private, holder="reviewer"))
