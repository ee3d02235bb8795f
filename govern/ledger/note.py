"""Signed notes (C2SP signed-note): parsing by the standard's words, signing and verifying with Ed25519."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from govern.canonical.dsse import decode_base64
from govern.errors import DocumentError, SigningKeyError, UnverifiableError, VerificationError
from govern.trust.keys import ED25519, check_ed25519_for_verifying
from govern.trust.signer import Signer

ED25519_TYPE: Final = 0x01
MAX_NOTE: Final = 1 << 20
"""Bytes; a note with a hundred post-quantum cosignatures has half of it."""
MAX_SIGNATURES: Final = 100
"""The standard asks for at least 16; Go's reader stops at 100."""
_DASH: Final = "— "
_ID_BYTES: Final = 4
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
"""Every control character of ASCII below U+0020 but the newline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One signature line."""

    name: str
    keyid: bytes
    """Four bytes, a hint."""
    sig: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A parsed note. Its text means nothing before a signature of a known key was verified."""

    text: str
    """Ends with a newline."""
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKey:
    """A public key that may sign notes, under its name."""

    name: str
    public: bytes

    @property
    def keyid(self) -> bytes:
        """The recommended key id."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([ED25519_TYPE]) + self.public).digest()[:_ID_BYTES]

    def vkey(self) -> str:
        """Write the key as others configure it: name, id and key joined by plus signs."""
        encoded = base64.b64encode(bytes([ED25519_TYPE]) + self.public).decode()
        return f"{self.name}+{self.keyid.hex()}+{encoded}"


def parse_vkey(text: str) -> NoteKey:
    """Read a verifier key. Raises `DocumentError` for another type than Ed25519, `SigningKeyError` for a weak key."""
    name, _, rest = text.partition("+")
    keyid, _, encoded = rest.partition("+")
    check_name(name)
    key = decode_base64(encoded)
    if key[0] != ED25519_TYPE:
        raise DocumentError(f"a verifier key of type {key[0]:#04x}", "Only Ed25519 (0x01) is known.")
    check_ed25519_for_verifying(key[1:])
    read = NoteKey(name=name, public=key[1:])
    if keyid.lower() != read.keyid.hex():
        raise DocumentError("a verifier key whose id is not its own", "Ask for the key again.")
    return read


@lru_cache(maxsize=64)
def check_name(name: str) -> None:
    """Refuse a key name that the standard forbids. Raises `DocumentError`."""
    if not name or "+" in name or any(character.isspace() or character < " " for character in name):
        raise DocumentError(f"“{name[:80]}” is no key name", "Key names hold neither spaces nor plus signs.")


def parse_note(data: bytes) -> Note:
    """Read a note without believing it. Raises `DocumentError`."""
    if len(data) > MAX_NOTE:
        raise _malformed(f"longer than {MAX_NOTE} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed("not UTF-8") from error
    if _CONTROL.search(text):
        raise _malformed("a control character")
    cut = text.rfind("\n\n")
    if cut < 0 or not text.endswith("\n"):
        raise _malformed("no blank line before signatures that end in a newline")
    body, lines = text[: cut + 1], text[cut + 2 : -1].split("\n")
    if not 1 <= len(lines) <= MAX_SIGNATURES:
        raise _malformed(f"more than {MAX_SIGNATURES} signatures")
    return Note(text=body, signatures=tuple(_signature(line) for line in lines))


def _signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise _malformed("a line below the blank line is no signature")
    check_name(name)
    data = decode_base64(encoded)
    if len(data) <= _ID_BYTES:
        raise _malformed("a signature without bytes")
    return NoteSignature(name=name, keyid=data[:_ID_BYTES], sig=data[_ID_BYTES:])


def open_note(data: bytes, keys: Sequence[NoteKey]) -> tuple[Note, tuple[NoteKey, ...]]:
    """Read a note and verify it; returns the keys that signed it, in the order of their lines.

    Unknown keys are ignored, even if name or id (not both) are those of a known one. Raises `DocumentError` for what is
    no note, `VerificationError` where a signature of a known key fails, `UnverifiableError` where there is none.
    """
    note = parse_note(data)
    message = note.text.encode()
    signed = []
    for line in note.signatures:
        for key in keys:
            if (key.name, key.keyid) == (line.name, line.keyid):
                _verify(key, line.sig, message)
                signed.append(key)
    if not signed:
        raise UnverifiableError("the note is not signed by any known key", "Give the key of the log that signed it.")
    return note, tuple(dict.fromkeys(signed))


def _verify(key: NoteKey, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise VerificationError(
            f"the note’s signature by {key.name} is wrong", "It was changed, or signed by somebody else.",
            kind="signature",
        ) from error


def sign_note(text: str, name: str, signer: Signer) -> str:
    """Sign a text that ends in a newline. Raises `SigningKeyError` for a signer that notes know no type for."""
    check_name(name)
    if signer.public.scheme != ED25519:
        raise SigningKeyError("checkpoints are signed with Ed25519 only", "Give the log an Ed25519 key.")
    key = NoteKey(name=name, public=bytes.fromhex(signer.public.public))
    encoded = base64.b64encode(key.keyid + signer.sign(text.encode())).decode()
    return f"{text}\n{_DASH}{name} {encoded}\n"


def _malformed(what: str) -> DocumentError:
    return DocumentError(f"not a signed note: {what}", "A note is as C2SP signed-note writes it.")
