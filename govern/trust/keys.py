"""Public keys: which are refused, how they are named, and the one place where a signature is verified."""

import hashlib
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from govern.errors import SigningKeyError

ED25519: Final = "ed25519"
ECDSA_P256: Final = "ecdsa-sha2-nistp256"
SCHEMES: Final = frozenset({ED25519, ECDSA_P256})
_ED25519_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64

# Curve25519 in Edwards form (RFC 8032, section 5.1).
_P: Final = 2**255 - 19
_D: Final = -121665 * pow(121666, -1, _P) % _P
_L: Final = 2**252 + 27742317777372353535851937790883648493
_ROOT_OF_MINUS_ONE: Final = pow(2, (_P - 1) // 4, _P)

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey
_Point = tuple[int, int, int, int]


def check_ed25519(raw: bytes) -> None:
    """Refuse an Ed25519 public key that a careful ledger must not enrol. Raises `SigningKeyError`.

    Refused are other lengths, encodings with y >= p or of -0, points off the curve, the points of order 1, 2, 4 and 8
    in all their 14 encodings (under the neutral element one signature verifies any message), and points outside the
    subgroup of prime order, about whose signatures verifiers disagree. `cryptography` loads every one of them.
    """
    if len(raw) != _ED25519_BYTES:
        raise SigningKeyError(f"an Ed25519 key of {len(raw)} bytes", "An Ed25519 public key has 32 bytes.")
    point = _decode(raw)
    if _is_neutral(_times(8, point)):
        raise SigningKeyError("an Ed25519 key of low order", "Make a new key: under this one anybody can sign.")
    if not _is_neutral(_times(_L, point)):
        raise SigningKeyError("an Ed25519 key outside the prime-order subgroup", "Make a new key with a sound tool.")


def check_ed25519_for_verifying(raw: bytes) -> None:
    """Refuse low-order and non-canonical keys only, as any strict verifier does. Raises `SigningKeyError`."""
    if len(raw) != _ED25519_BYTES:
        raise SigningKeyError(f"an Ed25519 key of {len(raw)} bytes", "An Ed25519 public key has 32 bytes.")
    if _is_neutral(_times(8, _decode(raw))):
        raise SigningKeyError("an Ed25519 key of low order", "Make a new key: under this one anybody can sign.")


def _decode(raw: bytes) -> _Point:
    number = int.from_bytes(raw, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        raise SigningKeyError("an Ed25519 key that is not canonically encoded", "Make a new key with a sound tool.")
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if (v * x * x - u) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if (v * x * x - u) % _P:
        raise SigningKeyError("an Ed25519 key that is no point of the curve", "Make a new key with a sound tool.")
    if x == 0 and sign:
        raise SigningKeyError("an Ed25519 key that is not canonically encoded", "Make a new key with a sound tool.")
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(one: _Point, two: _Point) -> _Point:
    # RFC 8032, section 5.1.4: complete addition in extended coordinates.
    a = (one[1] - one[0]) * (two[1] - two[0]) % _P
    b = (one[1] + one[0]) * (two[1] + two[0]) % _P
    c = 2 * one[3] * two[3] * _D % _P
    d = 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: _Point) -> _Point:
    result: _Point = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _is_neutral(point: _Point) -> bool:
    return point[0] % _P == 0 and (point[1] - point[2]) % _P == 0


@lru_cache(maxsize=4096)
def load_public(scheme: str, public: str) -> PublicKey:
    """Load a public key as a trust root writes it, with all that enrolment refuses. Raises `SigningKeyError`."""
    if scheme == ED25519:
        try:
            raw = bytes.fromhex(public)
        except ValueError as error:
            raise SigningKeyError("an Ed25519 key that is not hexadecimal", "Write its 32 bytes in hex.") from error
        if raw.hex() != public:
            raise SigningKeyError("an Ed25519 key in a second spelling", "Write its 32 bytes in lower-case hex.")
        check_ed25519(raw)
        return Ed25519PublicKey.from_public_bytes(raw)
    if scheme == ECDSA_P256:
        key = load_pem(public)
        if not isinstance(key, EllipticCurvePublicKey) or public_text(key)[1] != public:
            raise SigningKeyError("an ECDSA key that is not P-256 in PEM", "Write its SubjectPublicKeyInfo in PEM.")
        return key
    raise SigningKeyError(f"unknown signature scheme “{scheme[:40]}”", f"Known are {', '.join(sorted(SCHEMES))}.")


def load_pem(text: str) -> PublicKey:
    """Load an Ed25519 or P-256 public key from PEM. Raises `SigningKeyError`."""
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningKeyError("not a public key in PEM", "Give a SubjectPublicKeyInfo in PEM.") from error
    if isinstance(key, Ed25519PublicKey):
        check_ed25519(key.public_bytes(Encoding.Raw, PublicFormat.Raw))
        return key
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return key
    raise SigningKeyError("a public key of another kind", "Ed25519 and ECDSA on P-256 are known.")


def public_text(key: PublicKey) -> tuple[str, str]:
    """Return scheme and text of a public key as a trust root writes them."""
    if isinstance(key, Ed25519PublicKey):
        return ED25519, key.public_bytes(Encoding.Raw, PublicFormat.Raw).hex()
    return ECDSA_P256, key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@lru_cache(maxsize=4096)
def keyid_of(scheme: str, public: str) -> str:
    """Return a key's id: the SHA-256 of the raw key (Ed25519) or of the SubjectPublicKeyInfo in DER, hexadecimal."""
    key = load_public(scheme, public)
    if isinstance(key, Ed25519PublicKey):
        return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def signature_is_by(key: PublicKey, signature: bytes, message: bytes) -> None:
    """Verify one signature: return if it is right, raise `InvalidSignature` if not."""
    if isinstance(key, Ed25519PublicKey):
        if len(signature) != _SIGNATURE_BYTES:
            raise InvalidSignature
        key.verify(signature, message)
    else:
        key.verify(signature, message, ECDSA(hashes.SHA256()))
