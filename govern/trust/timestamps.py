"""RFC 3161 time stamps: asking an authority, and verifying its token against certificates given from outside."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from govern.errors import MissingExtraError, StorageError, UnverifiableError, UsageError, VerificationError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_RESPONSE: Final = 1 << 18
"""Bytes; a token with its chain takes some 6,000."""
_SECONDS: Final = 30


def _library() -> Any:
    try:
        import rfc3161_client
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "time stamps need rfc3161-client, which is not installed", "Install it: pip install 'govern[timestamp]'."
        ) from error
    return rfc3161_client


def new_request(data: bytes) -> bytes:
    """Return a time-stamp request (DER) for `data`, with a nonce, asking for the authority's certificate."""
    library = _library()
    builder = library.TimestampRequestBuilder().data(data).hash_algorithm(library.HashAlgorithm.SHA256)
    return bytes(builder.nonce(nonce=True).cert_request(cert_request=True).build().as_bytes())


def fetch(url: str, request: bytes) -> bytes:
    """Send a request to an authority and return its response (DER). Raises `UsageError`, `StorageError`."""
    if not url.startswith(("https://", "http://")):
        raise UsageError(f"“{url[:80]}” is not the address of a time-stamp authority", "Give its https:// address.")
    import urllib.error  # late, as certificates below: who reads a status asks no authority
    import urllib.request

    asked = urllib.request.Request(  # noqa: S310 - the scheme was checked
        url, data=request, headers={"Content-Type": "application/timestamp-query"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=_SECONDS) as answer:  # noqa: S310
            response: bytes = answer.read(MAX_RESPONSE + 1)
    except (urllib.error.URLError, OSError) as error:
        raise StorageError(f"the time-stamp authority does not answer: {error}", "Try later, or another one.") from error
    if len(response) > MAX_RESPONSE:
        raise StorageError("the time-stamp authority answers too much", "Try another one.")
    return response


def pinned(pem: bytes) -> "tuple[Certificate, ...]":
    """Read the certificates that a verifier trusts. Raises `UsageError`."""
    if not pem.strip():
        return ()
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return tuple(load_pem_x509_certificates(pem))
    except ValueError as error:
        raise UsageError("the file holds no certificate in PEM", "Ask the time-stamp authority for its root.") from error


def check_pinned(roots: "Sequence[Certificate]") -> None:
    """Refuse to check time stamps against nothing. Raises `UnverifiableError`."""
    if not roots:
        raise UnverifiableError("no certificate of a time-stamp authority was given", "Name its root: --tsa-root FILE.")


def verify_token(response: bytes, data: bytes, roots: "Sequence[Certificate]") -> datetime:
    """Verify a time-stamp response over `data` and return the time it attests, UTC, whole seconds.

    Only certificates in `roots` are trusted, never one that the token brings along. Raises `UnverifiableError` where
    none is given, `VerificationError` where the token is wrong.
    """
    check_pinned(roots)
    library = _library()
    try:
        token = library.decode_timestamp_response(response)
        builder = library.VerifierBuilder()
        for root in roots:
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(token, data)
        moment: datetime = token.tst_info.gen_time
    except (library.VerificationError, ValueError) as error:
        raise VerificationError(
            f"the time stamp does not fit: {error}", "It is for something else, or from another authority.",
            step=9, kind="time-stamp",
        ) from error
    return moment.astimezone(UTC).replace(microsecond=0)
