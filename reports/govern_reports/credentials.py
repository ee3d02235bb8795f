"""Certificates with their keys, for PAdES: from a PKCS#12 file, or on a token (PKCS#11), whose key never leaves it.

Viewers check ECDSA P-256 and RSA; an Ed25519 signature they call "not signed or corrupted".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from govern.domain.text import Digest, digest_of
from govern.errors import MissingExtraError, SigningKeyError, UsageError, WrongPassphraseError

SCHEME: Final = "pkcs11:"
SMALLEST_RSA: Final = 2048
"""Bits; NIST SP 800-131A."""
MAX_CREDENTIAL: Final = 1 << 20
"""A PKCS#12 file holds a key and a few certificates."""
_EXAMPLE: Final = "pkcs11:token=NAME;object=LABEL?module-path=/usr/lib/softhsm/libsofthsm2.so"

Passphrase = Callable[[str], str]
"""Asked with the name of the file or token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A certificate with its key."""

    subject: str
    fingerprint: Digest
    """SHA-256 of the certificate in DER: what `PackData.issuer` prints and a reader compares."""
    signer: Any
    """pyHanko's."""


def load(named: str | Path, passphrase: Passphrase, *, certificate: Path | None = None) -> Credential:
    """Load a PKCS#12 file, or find a key on a token by its URI (RFC 7512: `pkcs11:token=…;object=…?module-path=…`).

    `certificate` is a PEM or DER file, for tokens that hold the key alone. Raises `SigningKeyError` for a file or key
    that can't be used, `WrongPassphraseError`, `UsageError` for a URI that is off, `MissingExtraError`.
    """
    if str(named).startswith(SCHEME):
        return _on_token(str(named), passphrase, certificate)
    if certificate is not None:
        raise UsageError("A PKCS#12 file brings its certificate along.", "Leave --certificate out, or name a token's URI.")
    return _in_file(Path(named), passphrase)


def _in_file(path: Path, passphrase: Passphrase) -> Credential:
    """Load a PKCS#12 file."""
    from cryptography.hazmat.primitives.serialization import pkcs12
    from pyhanko.sign.signers import SimpleSigner

    data = _read(path, "a PKCS#12 file", "Name the .p12 or .pfx file.")
    secret = passphrase(path.name).encode("utf-8")
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(data, secret)
    except ValueError as error:
        if "password" in str(error).lower():
            raise WrongPassphraseError("The passphrase does not open the PKCS#12 file.", "Nothing was written.") from error
        raise SigningKeyError(f"{path} is not a PKCS#12 file.", "Export certificate and key together as .p12.") from error
    if key is None or certificate is None:
        raise SigningKeyError(f"{path} lacks a key or a certificate.", "Export both together as .p12.")
    signer = SimpleSigner.load_pkcs12_data(data, other_certs=[], passphrase=secret)
    if signer is None:
        raise SigningKeyError(f"{path} can't be used for signing.", "Export certificate and key together as .p12.")
    return _credential(certificate, signer)


def _read(path: Path, what: str, hint: str) -> bytes:
    """Read a small file. Raises `SigningKeyError`."""
    try:
        if path.stat().st_size > MAX_CREDENTIAL:
            raise SigningKeyError(f"{path} is too large to be {what}.", hint)
        return path.read_bytes()
    except OSError as error:
        raise SigningKeyError(f"{path} can't be read: {error.strerror}.", hint) from error


def _credential(certificate: Any, signer: Any) -> Credential:
    """Check that viewers can check the certificate's key."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import Encoding

    key = certificate.public_key()
    curve = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    long_enough = isinstance(key, rsa.RSAPublicKey) and key.key_size >= SMALLEST_RSA
    if not curve and not long_enough:
        raise SigningKeyError(
            "The certificate's key is neither ECDSA P-256 nor RSA of at least 2048 bits.",
            "PDF viewers can't check others; the ledger's own Ed25519 keys sign entries, not PDFs.",
        )
    return Credential(
        subject=certificate.subject.rfc4514_string(), fingerprint=digest_of(certificate.public_bytes(Encoding.DER)), signer=signer,
    )


def _uri(text: str) -> tuple[Mapping[str, str], str]:
    """Read a token's URI: its path attributes, and where the module lies. Raises `UsageError`."""
    path, _, query = text.removeprefix(SCHEME).partition("?")
    pairs = [part.partition("=") for part in path.split(";") if part]
    found = {name: unquote(value) for name, _, value in pairs}
    asked = {name: unquote(value) for name, _, value in (part.partition("=") for part in query.split("&") if part)}
    if {"pin-value", "pin-source"} & set(asked):
        raise UsageError(
            "A PIN does not belong on a command line: others see it.", "Leave it out of the URI; it is asked for as passphrases are.",
        )
    if not found.get("token") or not (found.get("object") or found.get("id")) or not asked.get("module-path"):
        raise UsageError("The token's URI lacks its token, object or module-path.", f"Such as: {_EXAMPLE}")
    if set(found) - {"token", "object", "id", "serial", "type"} or set(asked) - {"module-path"}:
        odd = sorted((set(found) - {"token", "object", "id", "serial", "type"}) | (set(asked) - {"module-path"}))
        raise UsageError(f"The token's URI has {odd[0]}, which says nothing here.", f"Such as: {_EXAMPLE}")
    return found, asked["module-path"]


def _on_token(uri: str, passphrase: Passphrase, certificate: Path | None) -> Credential:
    """Open a session on a token and find key and certificate by their label or id; the session ends with the process."""
    found, module = _uri(uri)
    try:
        import pkcs11
        from pyhanko.config.pkcs11 import TokenCriteria
        from pyhanko.sign.pkcs11 import PKCS11Signer, open_pkcs11_session
    except ImportError as error:
        raise MissingExtraError("Signing with a token needs python-pkcs11.", "pip install 'govern[pkcs11]'") from error
    from asn1crypto import x509 as asn1
    from cryptography import x509

    try:
        identifier = bytes.fromhex(found["id"]) if "id" in found else None
    except ValueError as error:
        raise UsageError("The token's URI has an id that is not hexadecimal.", f"Such as: {_EXAMPLE}") from error
    given = None if certificate is None else _parsed(_read(certificate, "a certificate", "Name a .pem or .der file."), certificate)
    criteria = TokenCriteria(label=found["token"], serial=bytes.fromhex(found["serial"]) if "serial" in found else None)
    try:
        session = open_pkcs11_session(module, token_criteria=criteria, user_pin=passphrase(found["token"]))
        label = found.get("object")
        signer = PKCS11Signer(
            session, cert_label=None if given else label, cert_id=None if given else identifier, key_label=label, key_id=identifier,
            signing_cert=asn1.Certificate.load(given) if given else None, other_certs_to_pull=(),
        )
        held = signer.signing_cert
        # Many tokens have no ECDSA that hashes, too: then the digest is made here and the token signs that.
        signer.use_raw_mechanism = pkcs11.Mechanism.ECDSA_SHA256 not in session.token.slot.get_mechanisms() and (
            held is not None and held.public_key.algorithm == "ec"
        )
    except pkcs11.exceptions.PinIncorrect as error:
        raise WrongPassphraseError(
            f"The PIN does not open the token {found['token']}.", "Nothing was written; most tokens lock after a few tries.",
        ) from error
    except (pkcs11.exceptions.PKCS11Error, RuntimeError, OSError) as error:
        # A PIN that is too long or short is refused before it is compared.
        why = str(error) or type(error).__name__
        raise SigningKeyError(
            f"The token {found['token']} can't be used: {why}", f"Is it there, and is {module} its module? Is the PIN well formed?",
        ) from error
    if held is None:
        raise SigningKeyError(
            f"The token {found['token']} holds no certificate for that key.", "Name the certificate's file with --certificate.",
        )
    return _credential(x509.load_der_x509_certificate(held.dump()), signer)


def _parsed(data: bytes, path: Path) -> bytes:
    """Return a certificate in DER. Raises `SigningKeyError`."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        found = x509.load_pem_x509_certificate(data) if data.lstrip().startswith(b"-----") else x509.load_der_x509_certificate(data)
    except ValueError as error:
        raise SigningKeyError(f"{path} is no certificate.", "Give it as PEM or DER.") from error
    return found.public_bytes(Encoding.DER)
