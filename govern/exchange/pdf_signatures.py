"""Layer 1: signatures against certificates given from outside; a certificate found only in the pack proves nothing."""

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from govern.domain.text import Digest, digest_of
from govern.errors import DocumentError, UnverifiableError, VerificationError
from govern.exchange.pdf import check_coverage, coverage
from govern.exchange.pdf_revisions import check_revisions

STEP: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureProof:
    """One signature that holds."""

    field: str
    subject: str
    fingerprint: Digest
    """SHA-256 of the certificate: this is what proves who signed, not the name."""
    time: str
    """RFC 3339; claimed, unless `timestamped`."""
    timestamped: bool
    """Whether an authority that one of the given certificates names says so."""
    certifies: bool
    stamped: bool = False
    """Whether there is a time stamp at all."""

    @property
    def when(self) -> str:
        """Say the time, and whose word it is."""
        if self.timestamped:
            return f"time stamped {self.time}"
        return f"at {self.time}, by " + ("a time stamp whose authority you did not name" if self.stamped else "the signer's own word")


def check_signatures(path: Path, certificates: Sequence[bytes]) -> tuple[SignatureProof, ...]:
    """Check every signature of a pack against `certificates` (PEM or DER), which came on another way than the pack.

    Raises `VerificationError` for a signature that is broken, by somebody else, or followed by changes that it does not
    allow (`check_revisions` looks, not pyHanko); `UnverifiableError` where the pack is signed and no certificate was given.
    """
    for name in ("pyhanko", "pyhanko_certvalidator"):  # each says on stderr what is said below, with a traceback
        logging.getLogger(name).addHandler(logging.NullHandler())
    from pyhanko.pdf_utils.misc import PdfReadError
    from pyhanko.pdf_utils.reader import PdfFileReader

    found = coverage(path)
    if not found.signatures:
        return ()
    if not certificates:
        raise UnverifiableError(
            "The pack is signed, and no certificate was given to check that with.",
            "Give the issuer's certificate; the one inside the pack proves nothing.",
        )
    check_coverage(found, signed=True)
    check_revisions(path)
    context = _context(certificates)
    try:
        reader = PdfFileReader(io.BytesIO(path.read_bytes()))
        return tuple(_checked(embedded, context) for embedded in reader.embedded_regular_signatures)
    except PdfReadError as error:
        raise DocumentError(f"The PDF's signatures can't be read: {error}", "Fetch the pack again.", where=str(path)) from error


def _context(certificates: Sequence[bytes]) -> Any:
    """Return a validation context that knows these certificates and fetches nothing."""
    from pyhanko.keys.pemder import load_certs_from_pemder_data
    from pyhanko_certvalidator import ValidationContext

    roots: list[Any] = []
    for data in certificates:
        try:
            roots.extend(load_certs_from_pemder_data(data))
        except (ValueError, TypeError) as error:
            raise DocumentError("A certificate can't be read.", "Give it as PEM or DER.") from error
    return ValidationContext(trust_roots=roots, allow_fetching=False)


def _checked(embedded: Any, context: Any) -> SignatureProof:
    """Check one signature."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko.sign.validation.errors import SignatureValidationError

    name = embedded.field_name
    try:
        status = validate_pdf_signature(embedded, signer_validation_context=context, skip_diff=True)
    except (SignatureValidationError, PdfError, ValueError) as error:
        raise _wrong(f"The signature of the {name} can't be validated: {error}") from error
    if not status.intact or not status.valid:
        raise _wrong(f"The signature of the {name} is broken: what it signed was changed.")
    if not status.trusted:
        raise _wrong(f"The signature of the {name} is by a certificate that you did not give: {status.signing_cert.subject.human_friendly}.")
    stamp = status.timestamp_validity
    if stamp and not (stamp.intact and stamp.valid):
        raise _wrong(f"The time stamp of the {name}'s signature is broken, or for something else.")
    moment = stamp.timestamp if stamp else status.signer_reported_dt
    return SignatureProof(
        field=name, subject=status.signing_cert.subject.human_friendly, fingerprint=digest_of(status.signing_cert.dump()),
        time=moment.isoformat() if moment else "", timestamped=bool(stamp and stamp.trusted),
        certifies=embedded.docmdp_level is not None, stamped=bool(stamp),
    )


def _wrong(message: str) -> VerificationError:
    """Make this layer's error."""
    return VerificationError(message, "Don't rely on this file; ask the signer for theirs.", step=STEP, kind="signature")
