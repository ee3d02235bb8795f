"""DSSE v1 envelopes, and the leaf: the exact bytes that the ledger's tree is built over."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from govern.canonical.jcs import parse_foreign_json
from govern.errors import DocumentError

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
"""The only payload type that has a meaning here; any other is refused."""
MAX_LEAF: Final = 65_535
"""Bytes; the length of an entry is a uint16 in C2SP tlog-tiles."""
MAX_SIGNATURES: Final = 16
"""Far above any threshold in use; each costs a verification."""
_HEAD: Final = b'{"payload":"'
_TAIL: Final = re.compile(
    rb'","payloadType":"application/vnd\.in-toto\+json","signatures":\[\{"keyid":"([0-9a-f]{64})","sig":"([A-Za-z0-9+/]+={0,2})"\}\]\}'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """One signature and the hint at its key."""

    keyid: str
    sig: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A payload with its signatures."""

    payload: bytes
    payload_type: str = PAYLOAD_TYPE
    signatures: tuple[Signature, ...]


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding: what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def leaf_bytes(envelope: Envelope) -> bytes:
    """Write an envelope as the canonical JSON that becomes a leaf, signatures sorted by key id.

    Raises `DocumentError` where it would exceed `MAX_LEAF` or `MAX_SIGNATURES`.
    """
    if not 1 <= len(envelope.signatures) <= MAX_SIGNATURES:
        raise DocumentError(
            f"an entry with {len(envelope.signatures)} signatures", f"An entry has 1 to {MAX_SIGNATURES} signatures."
        )
    # All texts are base64, hexadecimal or our own media type: nothing needs escaping, and the keys stand sorted.
    signatures = ",".join(
        f'{{"keyid":"{one.keyid}","sig":"{base64.b64encode(one.sig).decode()}"}}'
        for one in sorted(envelope.signatures, key=lambda one: one.keyid)
    )
    payload = base64.b64encode(envelope.payload).decode()
    leaf = f'{{"payload":"{payload}","payloadType":"{envelope.payload_type}","signatures":[{signatures}]}}'.encode()
    if len(leaf) > MAX_LEAF:
        raise DocumentError(
            f"the entry would take {len(leaf)} bytes, the limit is {MAX_LEAF}",
            "Put large things into the object folder and record their digest.",
        )
    return leaf


def parse_leaf(leaf: bytes) -> Envelope:
    """Read a leaf; anything that `leaf_bytes` would not have written is refused with `DocumentError`."""
    if len(leaf) > MAX_LEAF:
        raise DocumentError(f"a leaf of {len(leaf)} bytes, the limit is {MAX_LEAF}", "This is not an entry of ours.")
    plain = _plain_leaf(leaf)
    if plain is not None:
        return plain
    envelope = parse_envelope(leaf)
    if leaf_bytes(envelope) != leaf:
        raise DocumentError("the envelope is not in canonical form", "This is not an entry of ours.")
    if len({one.keyid for one in envelope.signatures}) != len(envelope.signatures):
        raise DocumentError("two signatures under one key id", "This is not an entry of ours.")
    return envelope


def _plain_leaf(leaf: bytes) -> Envelope | None:
    """Read a leaf with one signature by its place, as nearly all are: in a sixth of a JSON reader's time.

    Only the exact bytes that `leaf_bytes` writes fit; for anything else, None, and the long way says what is wrong.
    """
    cut = leaf.find(b'"', len(_HEAD))
    tail = _TAIL.fullmatch(leaf, cut) if leaf.startswith(_HEAD) else None
    if tail is None:
        return None
    texts = leaf[len(_HEAD) : cut], tail[2]
    try:
        payload, sig = (binascii.a2b_base64(text, strict_mode=True) for text in texts)
    except binascii.Error:
        return None
    if not payload or any(
        binascii.b2a_base64(data, newline=False) != text for data, text in zip((payload, sig), texts, strict=True)
    ):
        return None
    return Envelope(payload=payload, signatures=(Signature(keyid=tail[1].decode(), sig=sig),))


def parse_envelope(data: bytes) -> Envelope:
    """Read a DSSE envelope as others may have written it: any order of keys, any white space.

    Raises `DocumentError` for duplicate keys, non-canonical base64, an unknown payload type, no signature or more than
    `MAX_SIGNATURES`.
    """
    return envelope_of(parse_foreign_json(data))


def envelope_of(read: object) -> Envelope:
    """Read an envelope from decoded JSON. Raises `DocumentError`."""
    if not isinstance(read, dict) or not {"payload", "payloadType", "signatures"} <= read.keys():
        raise _malformed("payload, payloadType and signatures are needed")
    if read["payloadType"] != PAYLOAD_TYPE:
        raise DocumentError(f"the payload type is not {PAYLOAD_TYPE}", "Only in-toto statements are read.")
    listed = read["signatures"]
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_SIGNATURES:
        raise _malformed(f"1 to {MAX_SIGNATURES} signatures are needed")
    signatures = []
    for one in listed:
        if not isinstance(one, dict) or not isinstance(one.get("keyid", ""), str):
            raise _malformed("a signature has a key id and a sig")
        signatures.append(Signature(keyid=one.get("keyid", ""), sig=decode_base64(one.get("sig"))))
    return Envelope(payload=decode_base64(read["payload"]), signatures=tuple(signatures))


def decode_base64(text: object) -> bytes:
    """Decode standard base64 (RFC 4648, section 4) of which only one spelling is accepted. Raises `DocumentError`."""
    if not isinstance(text, str) or not text:
        raise _malformed("base64 text is needed")
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _malformed("a text is not base64") from error
    if base64.b64encode(data).decode() != text:
        raise _malformed("base64 in a second spelling")
    return data


def _malformed(what: str) -> DocumentError:
    return DocumentError(f"not a DSSE envelope: {what}", "An envelope is as DSSE v1 writes it.")
