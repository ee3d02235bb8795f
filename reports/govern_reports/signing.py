"""PAdES signatures on a pack: certified by the issuer, counter-signed by a reviewer and an auditor (pyHanko).

The ledger's Ed25519 keys can't do this: viewers call an Ed25519 signature "not signed or corrupted". A pack is signed with
a certificate whose key is ECDSA P-256 or RSA, and the cover names its fingerprint. All three fields are made, empty and
invisible, before the issuer certifies the file, because a field that is added later is a forbidden change, and a visible
one fails PDF/UA. Each signature is an incremental update: the bytes that were signed before stay.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from govern.domain.text import Digest, digest_of
from govern.errors import DocumentError, GovernError, SigningKeyError, UsageError, WrongPassphraseError
from govern.exchange.pdf import check_coverage, coverage
from govern_reports.render import check_target, write_whole

FIELDS: Final = ("issuer", "reviewer", "auditor")
SMALLEST_RSA: Final = 2048
"""Bits; NIST SP 800-131A."""
MAX_CREDENTIAL: Final = 1 << 20
"""A PKCS#12 file holds a key and a few certificates."""

Field = Literal["issuer", "reviewer", "auditor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A certificate with its key."""

    subject: str
    fingerprint: Digest
    """SHA-256 of the certificate in DER: what `PackData.issuer` prints and a reader compares."""
    signer: Any
    """pyHanko's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A pack with one signature more."""

    path: Path
    digest: Digest
    field: Field
    fingerprint: Digest


def load(path: Path, passphrase: Callable[[str], str]) -> Credential:
    """Load a PKCS#12 file; `passphrase` is asked with the file's name.

    Raises `SigningKeyError` for a file or key that can't be used, `WrongPassphraseError`.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
    from pyhanko.sign.signers import SimpleSigner

    try:
        if path.stat().st_size > MAX_CREDENTIAL:
            raise SigningKeyError(f"{path} is too large to be a PKCS#12 file.", "Name the .p12 or .pfx file.")
        data = path.read_bytes()
    except OSError as error:
        raise SigningKeyError(f"{path} can't be read: {error.strerror}.", "Name the .p12 or .pfx file.") from error
    secret = passphrase(path.name).encode("utf-8")
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(data, secret)
    except ValueError as error:
        if "password" in str(error).lower():
            raise WrongPassphraseError("The passphrase does not open the PKCS#12 file.", "Nothing was written.") from error
        raise SigningKeyError(f"{path} is not a PKCS#12 file.", "Export certificate and key together as .p12.") from error
    if key is None or certificate is None:
        raise SigningKeyError(f"{path} lacks a key or a certificate.", "Export both together as .p12.")
    curve = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
    long_enough = isinstance(key, rsa.RSAPrivateKey) and key.key_size >= SMALLEST_RSA
    if not curve and not long_enough:
        raise SigningKeyError(
            "The certificate's key is neither ECDSA P-256 nor RSA of at least 2048 bits.",
            "PDF viewers can't check others; the ledger's own Ed25519 keys sign entries, not PDFs.",
        )
    signer = SimpleSigner.load_pkcs12_data(data, other_certs=[], passphrase=secret)
    if signer is None:
        raise SigningKeyError(f"{path} can't be used for signing.", "Export certificate and key together as .p12.")
    return Credential(
        subject=certificate.subject.rfc4514_string(), fingerprint=digest_of(certificate.public_bytes(Encoding.DER)), signer=signer,
    )


def certify(
    source: Path, out: Path, credential: Credential, *, reason: str = "Issued from the ledger", timestamp: str = "",
) -> Signed:
    """Certify an unsigned pack as its issuer and write it to `out`; from then on only counter-signatures are allowed.

    `timestamp` is the address of an RFC 3161 service; without one no time is proved. Raises `VerificationError` where the
    pack was changed after it was written, `UsageError` where it is signed already or `out` exists.
    """
    check_target(out)
    found = coverage(source)
    if found.signatures:
        raise UsageError("The pack is signed already.", "Counter-sign it instead, as reviewer or auditor.")
    check_coverage(found, signed=False)
    return _signed(source, out, credential, "issuer", reason=reason, timestamp=timestamp)


def countersign(
    source: Path, out: Path, credential: Credential, *, field: Field, reason: str, timestamp: str = "",
) -> Signed:
    """Add the reviewer's or the auditor's signature to a certified pack and write it to `out`.

    Raises `VerificationError` where the last signature does not cover the whole file, `UsageError` where the field is
    filled or the pack is not certified.
    """
    check_target(out)
    found = coverage(source)
    if not found.signatures:
        raise UsageError("The pack has not been certified by its issuer.", "The issuer signs first.")
    if field == "issuer" or any(signature.field == field for signature in found.signatures):
        raise UsageError(f"The {field} has signed already.", f"Sign as one of: {', '.join(FIELDS[1:])}.")
    check_coverage(found, signed=True)
    return _signed(source, out, credential, field, reason=reason, timestamp=timestamp)


def _signed(source: Path, out: Path, credential: Credential, field: Field, *, reason: str, timestamp: str) -> Signed:
    """Append one signature."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign import PdfSignatureMetadata, PdfSigner, fields

    writer = IncrementalPdfFileWriter(io.BytesIO(source.read_bytes()))
    if field == "issuer":
        for name in FIELDS:
            fields.append_signature_field(writer, fields.SigFieldSpec(sig_field_name=name, readable_field_name=name))
    metadata = PdfSignatureMetadata(
        field_name=field, reason=reason or None, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES,
        certify=field == "issuer", docmdp_permissions=fields.MDPPerm.FILL_FORMS,
    )
    signer = PdfSigner(metadata, credential.signer, timestamper=_timestamper(timestamp))
    try:
        result = signer.sign_pdf(writer, existing_fields_only=True)
    except (PdfError, ValueError) as error:
        raise DocumentError(f"The pack can't be signed: {error}", "Export it again.", where=str(source)) from error
    except OSError as error:
        raise GovernError(
            f"The time stamp service at {timestamp} did not answer: {error}", "Try again, or sign without a time stamp.",
        ) from error
    data = result.getvalue()
    write_whole(out, data)
    return Signed(path=out, digest=digest_of(data), field=field, fingerprint=credential.fingerprint)


def _timestamper(address: str) -> Any:
    """Return a client of an RFC 3161 service, or None."""
    if not address:
        return None
    from pyhanko.sign.timestamps.requests_client import HTTPTimeStamper

    return HTTPTimeStamper(address)  # type: ignore[no-untyped-call]
