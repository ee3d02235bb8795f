"""Signers by URI: `file:` and `env:` of our own, a KMS or an HSM through securesystemslib."""

import os
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from govern.domain.facts import TrustedKey
from govern.errors import GovernError, MissingExtraError, SigningKeyError, UsageError, WrongPassphraseError
from govern.trust.files import read_private
from govern.trust.keys import ED25519, PublicKey, keyid_of, load_pem, load_public, signature_is_by
from govern.trust.signer import MAX_KEY_FILE, PrivateKey, Signer, local_signer

Secret = Callable[[str], str]
OURS: Final = ("file", "env")
_SECRET_INSIDE: Final = re.compile(r"(?i)(pin-value|pin|password|passphrase|secret)=|//[^/@]*:[^/@]*@")


class ForeignSigner:
    """A signer of securesystemslib under our interface."""

    def __init__(self, signer: Any, public: TrustedKey, service: "_Service") -> None:
        self._signer = signer
        self._service = service
        self.public = public
        self.keyid = keyid_of(public.scheme, public.public)

    def sign(self, message: bytes) -> bytes:
        """Sign a message, and check the signature: what a remote service returns is outside data."""
        try:
            signature = bytes.fromhex(self._signer.sign(message).signature)
            signature_is_by(load_public(self.public.scheme, self.public.public), signature, message)
        except Exception as error:
            raise self._service.failed("could not sign", error) from error
        return signature

    def __repr__(self) -> str:
        """Name the key; never show what opens it."""
        return f"ForeignSigner({self.keyid[:8]}, {self.public.holder})"


class _Service:
    """One URI of securesystemslib's: hands the secret on, and keeps it out of every message."""

    def __init__(self, uri: str, secret: Secret) -> None:
        self.uri = uri
        self._secret = secret
        self._given: set[str] = set()

    def secret(self, what: str) -> str:
        """Return the PIN or passphrase."""
        given = self._secret(what)
        self._given.add(given)
        return given

    def failed(self, what: str, error: Exception) -> GovernError:
        """Say what went wrong, in the service's words without the secret."""
        if isinstance(error, GovernError):
            return error
        kind, words = type(error).__name__, str(error)
        if kind == "UnsupportedLibraryError":
            return MissingExtraError(
                f"the key {self.uri} needs a package that is not installed: {words}",
                "For hsm: pip install 'govern[kms,pkcs11]'; for a cloud's service, securesystemslib[awskms], [azurekms], [gcpkms].",
            )
        if kind in {"PinIncorrect", "PinLenRange", "PinInvalid"}:
            return WrongPassphraseError(f"the PIN does not open {self.uri}", "Nothing was written. Tokens lock after a few tries.")
        for given in filter(None, self._given):
            words = words.replace(given, "…")
        return SigningKeyError(
            f"the key {self.uri} {what}: {kind}{': ' if words else ''}{words[:300]}",
            "Check the URI, the service's credentials, and that it holds this key.",
        )


def signer_from_uri(uri: str, public: TrustedKey, secret: Secret) -> Signer:
    """Open the private key behind a URI; its public half has to be `public`.

    `file:PATH` and `env:NAME` hold an encrypted PKCS#8 key in PEM; every other scheme (`gcpkms:`, `awskms:`, `azurekms:`,
    `hsm:`, `file2:`) is securesystemslib's. Raises `SigningKeyError`, `WrongPassphraseError`, `MissingExtraError`.
    """
    _check(uri)
    if uri.partition(":")[0] in OURS:
        signer = local_signer(_local(uri, secret), holder=public.holder)
        if signer.public != public:
            raise SigningKeyError(f"the key at {uri} is not the one expected", "Check the URI.")
        return signer
    return _foreign(uri, public, secret)


def public_of(uri: str, secret: Secret) -> PublicKey:
    """Ask what is behind a URI for its public key. Raises as `signer_from_uri`, and `UsageError` where it does not tell."""
    _check(uri)
    scheme, _, rest = uri.partition(":")
    if scheme in OURS:
        return _local(uri, secret).public_key()
    if scheme != "hsm":
        raise UsageError(
            f"the public half of {uri} has to be given", "Get it from the service, in PEM, and name the file with --public."
        )
    number, _, query = rest.partition("?")
    service = _Service(uri, secret)
    signers = _library()
    try:
        labels = parse_qs(query).get("label", [None])
        _, key = signers.HSMSigner.import_(int(number) if number else None, labels[0], service.secret)
        return load_pem(key.keyval["public"])
    except Exception as error:
        raise service.failed("could not be read", error) from error


def _check(uri: str) -> None:
    if _SECRET_INSIDE.search(uri):
        raise UsageError(
            "the URI holds a secret", "Leave it out: it is asked for. What was typed is in the shell's history: change it."
        )


def _local(uri: str, secret: Secret) -> PrivateKey:
    scheme, _, rest = uri.partition(":")
    if scheme == "env":
        if rest not in os.environ:
            raise SigningKeyError(f"the environment has no {rest}", "Set it to an encrypted key in PEM.")
        pem = os.environ[rest].encode()
    else:
        try:
            pem = read_private(Path(rest), MAX_KEY_FILE)
        except OSError as error:
            raise SigningKeyError(f"{rest} can’t be read: {error.strerror}", "Check the path of the key.") from error
    if b"ENCRYPTED PRIVATE KEY" not in pem:
        raise SigningKeyError(f"{uri} holds no encrypted private key", "Private keys are kept encrypted, in PKCS#8.")
    try:
        private = load_pem_private_key(pem, secret(uri).encode() or b"\0")
    except (ValueError, UnsupportedAlgorithm) as error:
        raise WrongPassphraseError(f"the passphrase does not open {uri}", "Try again; nothing was written.") from error
    if not isinstance(private, Ed25519PrivateKey | EllipticCurvePrivateKey):
        raise SigningKeyError(f"the key at {uri} is of another kind", "Ed25519 and ECDSA on P-256 can sign.")
    return private


def _library() -> Any:
    try:
        return import_module("securesystemslib.signer")
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "keys in a KMS or an HSM need securesystemslib, which is not installed",
            "Install the extra: pip install 'govern[kms]'.",
        ) from error


def _foreign(uri: str, public: TrustedKey, secret: Secret) -> Signer:
    signers = _library()
    kind = "ed25519" if public.scheme == ED25519 else "ecdsa"
    key = signers.SSlibKey(keyid_of(public.scheme, public.public), kind, public.scheme, {"public": public.public})
    service = _Service(uri, secret)
    try:
        signer = signers.Signer.from_priv_key_uri(uri, key, service.secret)
    except Exception as error:
        raise service.failed("can’t be opened", error) from error
    return ForeignSigner(signer, public, service)
