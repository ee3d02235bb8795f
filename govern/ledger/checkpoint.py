"""Checkpoints (C2SP tlog-checkpoint): the signed statement of how large the tree is and what its root is."""

import base64
import re
from dataclasses import dataclass
from typing import Final

from govern.canonical.dsse import decode_base64
from govern.domain.facts import TrustRootFact
from govern.domain.statement import TreeHead
from govern.domain.text import Digest
from govern.errors import DocumentError, GovernError, UnverifiableError, VerificationError
from govern.ledger.note import NoteKey, check_name, open_note, parse_note, sign_note
from govern.ledger.tree import HASH_BYTES
from govern.trust.keys import ED25519
from govern.trust.root import is_void
from govern.trust.signer import Signer

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,19}", re.ASCII)
MAX_SIZE: Final = 2**64 - 1
_LINES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointText:
    """What a checkpoint says, before anybody's signature was verified."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A checkpoint as stored: the signed note and what it says."""

    note: str
    origin: str
    size: int
    root: Digest

    @property
    def head(self) -> TreeHead:
        """Size and root hash."""
        return TreeHead(size=self.size, root=self.root)


def digest_text(hash_: bytes) -> Digest:
    """Write a hash as a digest."""
    return Digest("sha256:" + hash_.hex())


def digest_bytes(digest: Digest) -> bytes:
    """Return a digest's 32 bytes."""
    return bytes.fromhex(digest.removeprefix("sha256:"))


def parse_text(text: str) -> CheckpointText:
    """Read the text of a checkpoint's note. Raises `DocumentError`."""
    lines = text.split("\n")
    if lines.pop() != "" or len(lines) < _LINES or "" in lines:
        raise _malformed("at least three non-empty lines are needed")
    if not _SIZE.fullmatch(lines[1]) or int(lines[1]) > MAX_SIZE:
        raise _malformed("the size is not a decimal number without leading zero")
    root = decode_base64(lines[2])
    if len(root) != HASH_BYTES:
        raise _malformed("the root hash does not have 32 bytes")
    return CheckpointText(origin=lines[0], size=int(lines[1]), root=root, extensions=tuple(lines[_LINES:]))


def read_checkpoint(note: str) -> Checkpoint:
    """Read a checkpoint without verifying it. Raises `DocumentError`."""
    said = parse_text(parse_note(note.encode()).text)
    return Checkpoint(note=note, origin=said.origin, size=said.size, root=digest_text(said.root))


def sign_checkpoint(origin: str, size: int, root: bytes, signer: Signer) -> Checkpoint:
    """Sign a tree head. Raises `SigningKeyError`."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    return Checkpoint(note=sign_note(text, origin, signer), origin=origin, size=size, root=digest_text(root))


def log_keys(root: TrustRootFact, size: int) -> tuple[NoteKey, ...]:
    """Return the keys that may sign a checkpoint of `size` under the trust root in force there."""
    return tuple(
        NoteKey(name=root.origin, public=bytes.fromhex(root.keys[keyid].public))
        for keyid in root.roles["log"].keyids
        if root.keys[keyid].scheme == ED25519 and not is_void(root, keyid, size)
    )


def verify_checkpoint(note: str, root: TrustRootFact) -> Checkpoint:
    """Verify a checkpoint of ours against the trust root in force at its size: step 3.

    Raises `VerificationError` where it is wrong or not signed by the log.
    """
    try:
        read = read_checkpoint(note)
        _check_origin(read, root)
        open_note(note.encode(), log_keys(root, read.size))
    except UnverifiableError as error:
        raise VerificationError(
            f"the checkpoint of size {read.size} is not signed by a log key of trust root {root.version}",
            "It was forged, or signed with a key that is void.", step=3, kind="checkpoint",
        ) from error
    except VerificationError as error:
        raise VerificationError(error.message, error.hint, step=3, kind=error.kind or "checkpoint") from error
    except GovernError as error:
        raise VerificationError(
            f"a checkpoint can’t be read: {error.message}", "It was changed.", step=3, kind="checkpoint"
        ) from error
    return read


def _check_origin(read: Checkpoint, root: TrustRootFact) -> None:
    if read.origin != root.origin:
        raise VerificationError(
            f"the checkpoint is of another ledger, {read.origin[:80]}", "Give the checkpoint of this one.",
            step=3, kind="origin",
        )


def check_origin(origin: str) -> None:
    """Refuse an origin that can't be a note's key name. Raises `DocumentError`."""
    check_name(origin)


def _malformed(what: str) -> DocumentError:
    return DocumentError(f"not a checkpoint: {what}", "A checkpoint is as C2SP tlog-checkpoint writes it.")
