"""Trusted checkpoints: the newest one that this user has verified, a file a ledger, kept outside every workspace."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from govern.canonical.values import from_json, object_bytes
from govern.domain.statement import TreeHead
from govern.domain.text import Digest
from govern.errors import DocumentError, StorageError, UnverifiableError
from govern.trust.files import read_private, replace

MAX_FILE: Final = 1 << 20
"""Bytes; a signed note of ours has some 300, one with many cosignatures some 100,000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """A checkpoint that was verified: size and root hash, and the signed note as evidence."""

    origin: str
    size: int
    root: Digest
    note: str
    first: Digest | None = None
    """Leaf hash of entry 0, the first trust root: what a ledger that begins anew, or recovers, has to begin with."""

    @property
    def head(self) -> TreeHead:
        """Size and root hash."""
        return TreeHead(size=self.size, root=self.root)


class CheckpointStore:
    """The memory that an owner of the ledger's file can't reach: whoever puts back an old copy is found out by it."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.origin = origin
        # An origin may hold slashes; its digest makes a safe name.
        self.path = folder / f"{hashlib.sha256(origin.encode()).hexdigest()[:32]}.json"

    def read(self) -> Trusted | None:
        """Return the newest trusted checkpoint, or None before there was one. Raises `UnverifiableError`."""
        try:
            data = read_private(self.path, MAX_FILE)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UnverifiableError(
                f"the trusted checkpoint can't be read: {error.strerror}", f"Make {self.path} readable."
            ) from error
        try:
            trusted = from_json(Trusted, data)
        except DocumentError as error:
            raise UnverifiableError(
                f"the trusted checkpoint in {self.path} is damaged: {error.message}",
                "Restore it from a backup. Only if there is none, move it away: the ledger is then trusted as it is.",
            ) from error
        if trusted.origin != self.origin:
            raise UnverifiableError(
                f"{self.path} holds a checkpoint of another ledger, {trusted.origin}", "Restore it from a backup."
            )
        return trusted

    def head(self) -> TreeHead | None:
        """Return size and root of the newest trusted checkpoint."""
        trusted = self.read()
        return trusted.head if trusted else None

    def advance(self, head: TreeHead, note: str, *, first: Digest | None = None) -> None:
        """Remember a checkpoint that was proved to be consistent with the last one. Raises `StorageError`.

        A smaller one is left out: another process was faster.
        """
        known = self.read()
        if known is not None and head.size <= known.size:
            return
        # Should a power cut bring the one before back: what comes has to continue that one too.
        self.reset(head, note, first=first or (known.first if known else None), lasting=False)

    def reset(self, head: TreeHead, note: str, *, first: Digest | None = None, lasting: bool = True) -> None:
        """Put a checkpoint in place of whatever is trusted: only a recovery does this. Raises `StorageError`."""
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            trusted = Trusted(origin=self.origin, size=head.size, root=head.root, note=note, first=first)
            replace(self.path, object_bytes(trusted), lasting=lasting)
        except OSError as error:
            raise StorageError(
                f"the trusted checkpoint could not be kept: {error.strerror}", f"Check {self.path.parent}."
            ) from error
