"""Signers by URI: `file:` and `env:` of our own, a KMS or an HSM through securesystemslib."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from govern.domain.facts import TrustedKey
from govern.errors import MissingExtraError, SigningKeyError, WrongPassphraseError
from govern.trust.files import read_private
from govern.trust.keyring import MAX_KEY_FILE
from govern.trust.keys import keyid_of, load_public, signature_is_by
from govern.trust.signer import Signer, local_signer


class ForeignSigner:
    """A signer of securesystemslib under our interface."""

    def __init__(self, signer: Any, public: TrustedKey) -> None:
        self._signer = signer
        self.public = public
        self.keyid = keyid_of(public.scheme, public.public)

    def sign(self, message: bytes) -> bytes:
        """Sign a message, and check the signature: what a remote service returns is outside data."""
        try:
            signature = bytes.fromhex(self._signer.sign(message).signature)
            signature_is_by(load_public(self.public.scheme, self.public.public), signature, message)
        except Exception as error:  # each service has errors of its own
            raise SigningKeyError(
                f"the key service could not sign: {error}", "Check its credentials, and that it holds this key."
            ) from error
        return signature


def signer_from_uri(uri: str, public: TrustedKey, secret: Callable[[str], str]) -> Signer:
    """Open the private key behind a URI; its public half has to be `public`.

    `file:PATH` and `env:NAME` hold an encrypted PKCS#8 key in PEM; every other scheme (`gcpkms:`, `awskms:`, `azurekms:`,
    `hsm:`, `file2:`) is securesystemslib's. Raises `SigningKeyError`, `WrongPassphraseError`, `MissingExtraError`.
    """
    scheme, _, rest = uri.partition(":")
    if scheme == "file":
        try:
            return _local(read_private(Path(rest), MAX_KEY_FILE), public, secret, uri)
        except OSError as error:
            raise SigningKeyError(f"{rest} can’t be read: {error.strerror}", "Check the path of the key.") from error
    if scheme == "env":
        if rest not in os.environ:
            raise SigningKeyError(f"the environment has no {rest}", "Set it to an encrypted key in PEM.")
        return _local(os.environ[rest].encode(), public, secret, uri)
    return _foreign(uri, public, secret)


def _local(pem: bytes, public: TrustedKey, secret: Callable[[str], str], uri: str) -> Signer:
    if b"ENCRYPTED PRIVATE KEY" not in pem:
        raise SigningKeyError(f"{uri} holds no encrypted private key", "Private keys are kept encrypted, in PKCS#8.")
    try:
        private = load_pem_private_key(pem, secret(uri).encode() or b"\0")
    except (ValueError, UnsupportedAlgorithm) as error:
        raise WrongPassphraseError(f"the passphrase does not open {uri}", "Try again; nothing was written.") from error
    if not isinstance(private, Ed25519PrivateKey | EllipticCurvePrivateKey):
        raise SigningKeyError(f"the key at {uri} is of another kind", "Ed25519 and ECDSA on P-256 can sign.")
    signer = local_signer(private, holder=public.holder)
    if signer.public != public:
        raise SigningKeyError(f"the key at {uri} is not the one expected", "Check the URI.")
    return signer


def _foreign(uri: str, public: TrustedKey, secret: Callable[[str], str]) -> Signer:
    try:
        signers: Any = import_module("securesystemslib.signer")
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "keys in a KMS or an HSM need securesystemslib, which is not installed",
            "Install the extra: pip install 'govern[kms]'.",
        ) from error
    kind = "ed25519" if public.scheme == "ed25519" else "ecdsa"
    key = signers.SSlibKey(keyid_of(public.scheme, public.public), kind, public.scheme, {"public": public.public})
    try:
        signer = signers.Signer.from_priv_key_uri(uri, key, secret)
    except Exception as error:  # each scheme has errors of its own
        raise SigningKeyError(f"the key {uri} can’t be opened: {error}", "Check the URI and its credentials.") from error
    return ForeignSigner(signer, public)
