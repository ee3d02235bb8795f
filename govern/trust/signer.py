"""Signers: whatever can sign for a key, be it in memory, in a file, in a KMS or in an HSM."""

from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from govern.domain.facts import TrustedKey
from govern.trust.keys import keyid_of, public_text

PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey
MAX_KEY_FILE: Final = 64 * 1024
"""Bytes; an encrypted key takes some 300, an RSA key that we do not read some 4,000."""


class Signer(Protocol):
    """Signs messages with one key."""

    @property
    def keyid(self) -> str:
        """The key's id, as in a trust root."""

    @property
    def public(self) -> TrustedKey:
        """The public key and its holder, as in a trust root."""

    def sign(self, message: bytes) -> bytes:
        """Sign a message: Ed25519 gives 64 bytes, ECDSA a DER sequence. Raises `SigningKeyError`."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LocalSigner:
    """A signer whose private key is in this process."""

    private: PrivateKey
    public: TrustedKey
    keyid: str

    def sign(self, message: bytes) -> bytes:
        """Sign a message."""
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(message)
        return self.private.sign(message, ECDSA(hashes.SHA256()))

    def __repr__(self) -> str:
        """Name the key; never show it."""
        return f"LocalSigner({self.keyid[:8]}, {self.public.holder})"


def local_signer(private: PrivateKey, *, holder: str) -> LocalSigner:
    """Wrap a private key in memory. Raises `SigningKeyError` for a key that enrolment would refuse."""
    scheme, public = public_text(private.public_key())
    return LocalSigner(
        private=private,
        public=TrustedKey(scheme=scheme, public=public, holder=holder),
        keyid=keyid_of(scheme, public),
    )
