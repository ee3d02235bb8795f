"""Enrolment requests: a public key, whose it is, for which ledger, and the proof that the asker holds the private half."""

from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature

from govern.canonical.jcs import canonical_bytes
from govern.canonical.values import from_json, object_bytes
from govern.domain.facts import TrustedKey
from govern.errors import DocumentError, SigningKeyError
from govern.trust.keys import keyid_of, load_public, signature_is_by
from govern.trust.signer import Signer

SCHEMA: Final = "govern/enrolment/v1"
_CONTEXT: Final = b"govern-enrolment-v1\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What somebody hands to the root key holders."""

    schema: str
    origin: str
    scheme: str
    public: str
    holder: str
    proof: str
    """Signature over all of the above, hexadecimal."""

    @property
    def key(self) -> TrustedKey:
        """The key as a trust root would list it."""
        return TrustedKey(scheme=self.scheme, public=self.public, holder=self.holder)

    @property
    def keyid(self) -> str:
        """The key's id."""
        return keyid_of(self.scheme, self.public)


def _message(origin: str, key: TrustedKey) -> bytes:
    return _CONTEXT + canonical_bytes(
        {"holder": key.holder, "origin": origin, "public": key.public, "schema": SCHEMA, "scheme": key.scheme}
    )


def ask(origin: str, signer: Signer, *, holder: str | None = None) -> Enrolment:
    """Ask for enrolment in the ledger `origin`, proving possession of the private key."""
    public = signer.public
    key = TrustedKey(scheme=public.scheme, public=public.public, holder=holder or public.holder)
    return Enrolment(
        schema=SCHEMA, origin=origin, scheme=key.scheme, public=key.public, holder=key.holder,
        proof=signer.sign(_message(origin, key)).hex(),
    )


def check(request: Enrolment, *, origin: str) -> None:
    """Check a request's key and its proof of possession. Raises `SigningKeyError`."""
    if request.schema != SCHEMA or request.origin != origin:
        raise SigningKeyError(
            f"the request is for another ledger, {request.origin[:80]}", f"Ask for enrolment in {origin}."
        )
    try:
        signature_is_by(
            load_public(request.scheme, request.public), bytes.fromhex(request.proof), _message(origin, request.key)
        )
    except (InvalidSignature, ValueError) as error:
        raise SigningKeyError(
            "the request does not prove that its sender holds the private key", "Ask its sender to make it again."
        ) from error


def read(data: bytes) -> Enrolment:
    """Read a request. Raises `SigningKeyError`."""
    try:
        return from_json(Enrolment, data)
    except DocumentError as error:
        raise SigningKeyError(f"not an enrolment request: {error.message}", "`govern key request` makes one.") from error


def write(request: Enrolment) -> bytes:
    """Write a request."""
    return object_bytes(request)
