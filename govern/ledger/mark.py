"""Where the last complete verification ended: a local mark, signed with a key that never leaves this user's folder."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from govern.canonical.values import from_json, object_bytes
from govern.domain.statement import TreeHead
from govern.domain.text import Digest
from govern.errors import DocumentError, StorageError
from govern.ledger.asked import Resume
from govern.ledger.steps import Verification
from govern.trust.files import read_private, replace, write_new

MAX_FILE: Final = 1 << 22
"""Bytes; some 150 a key."""
_CONTEXT: Final = b"govern-mark-v1\x00"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counter:
    keyid: str
    seq: int
    prev: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Root:
    index: int
    leaf: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    origin: str
    size: int
    root: Digest
    roots: tuple[_Root, ...]
    producers: tuple[_Counter, ...]
    history: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    mark: str
    sig: str


class MarkStore:
    """One mark a ledger, beside the trusted checkpoints. Losing it costs one full verification, nothing else."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.origin = origin
        self.path = folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.mark.json"
        self.key_path = folder / "mark.key"

    def read(self) -> Resume | None:
        """Return where to go on, or None: no mark, a damaged one, or one that this user did not sign."""
        try:
            signed = from_json(_Signed, read_private(self.path, MAX_FILE))
            text = signed.mark.encode()
            self._key().public_key().verify(bytes.fromhex(signed.sig), _CONTEXT + text)
            mark = from_json(_Mark, text)
        except (OSError, DocumentError, InvalidSignature, ValueError):
            return None
        if mark.origin != self.origin:
            return None
        return Resume(
            head=TreeHead(size=mark.size, root=mark.root),
            producers={one.keyid: (one.seq, one.prev) for one in mark.producers},
            history=mark.history, roots=tuple((one.index, one.leaf) for one in mark.roots),
        )

    def write(self, found: Verification) -> None:
        """Remember a complete verification. Raises `StorageError`."""
        if found.head is None:
            return
        mark = _Mark(
            origin=found.origin, size=found.head.size, root=found.head.root, history=found.judged,
            roots=tuple(_Root(index=index, leaf=leaf) for index, leaf in found.roots),
            producers=tuple(
                _Counter(keyid=keyid, seq=seq, prev=prev) for keyid, (seq, prev) in sorted(found.producers.items())
            ),
        )
        text = object_bytes(mark)
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            signature = self._key().sign(_CONTEXT + text)
            replace(self.path, object_bytes(_Signed(mark=text.decode(), sig=signature.hex())))
        except OSError as error:
            raise StorageError(
                f"the verification could not be remembered: {error.strerror}", f"Check {self.path.parent}."
            ) from error

    def _key(self) -> Ed25519PrivateKey:
        try:
            return Ed25519PrivateKey.from_private_bytes(read_private(self.key_path, 32))
        except FileNotFoundError:
            made = Ed25519PrivateKey.generate()
            self.key_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                write_new(self.key_path, made.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))
            except FileExistsError:
                return Ed25519PrivateKey.from_private_bytes(read_private(self.key_path, 32))
            return made
