"""PAdES signatures on a pack: certified by the issuer, counter-signed by a reviewer and an auditor (pyHanko).

The ledger's Ed25519 keys can't do this: viewers call an Ed25519 signature "not signed or corrupted". A pack is signed with
a certificate whose key is ECDSA P-256 or RSA, and the cover names its fingerprint. All three fields are made, empty and
invisible, before the issuer certifies the file, because a field that is added later is a forbidden change, and a visible
one fails PDF/UA. Each signature is an incremental update: the bytes that were signed before stay.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from govern.domain.text import Digest, digest_of
from govern.errors import DocumentError, SigningKeyError, UsageError
from govern.exchange.pdf import check_coverage, coverage
from govern_reports.credentials import Credential
from govern_reports.render import check_target, write_whole
from govern_reports.stamping import timestamper

FIELDS: Final = ("issuer", "reviewer", "auditor")

Field = Literal["issuer", "reviewer", "auditor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A pack with one signature more."""

    path: Path
    digest: Digest
    field: Field
    fingerprint: Digest


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

    stamp = timestamper(timestamp)
    writer = IncrementalPdfFileWriter(io.BytesIO(source.read_bytes()))
    if field == "issuer":
        for name in FIELDS:
            fields.append_signature_field(writer, fields.SigFieldSpec(sig_field_name=name, readable_field_name=name))
    metadata = PdfSignatureMetadata(
        field_name=field, reason=reason or None, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES,
        certify=field == "issuer", docmdp_permissions=fields.MDPPerm.FILL_FORMS,
    )
    signer = PdfSigner(metadata, credential.signer, timestamper=stamp)
    try:
        result = signer.sign_pdf(writer, existing_fields_only=True)
    except (PdfError, ValueError) as error:
        raise DocumentError(f"The pack can't be signed: {error}", "Export it again.", where=str(source)) from error
    except RuntimeError as error:  # what python-pkcs11 raises
        raise SigningKeyError(
            f"The token did not sign: {str(error) or type(error).__name__}", "Nothing was written; see what the token's own tools say.",
        ) from error
    data = result.getvalue()
    write_whole(out, data)
    return Signed(path=out, digest=digest_of(data), field=field, fingerprint=credential.fingerprint)
