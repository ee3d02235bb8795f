"""The side store: personal details beside the ledger, behind salted commitments, so that they can be erased.

The ledger holds `SHA-256(salt || data)` with a salt of 32 random bytes. Once data and salt are erased, nothing can be
learnt from the commitment, not even by trying all the names there are; and every proof over it stays valid.
"""

import errno
import hashlib
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from govern.domain.text import Digest, as_digest
from govern.errors import CorruptStoreError, NotFoundError, StorageError
from govern.trust.files import read_private, sync_folder, write_new

SALT_BYTES: Final = 32
MAX_DETAIL: Final = 1 << 20
"""Bytes; details are names and addresses, not documents."""


def commitment_of(salt: bytes, data: bytes) -> Digest:
    """Return the commitment to `data` under `salt`."""
    return Digest("sha256:" + hashlib.sha256(salt + data).hexdigest())


class SideStore:
    """One private file a detail, named by its commitment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _path(self, commitment: Digest) -> Path:
        return self.folder / as_digest(commitment).removeprefix("sha256:")

    def put(self, data: bytes) -> Digest:
        """Keep a detail and return its commitment, fresh every time. Raises `StorageError`."""
        if len(data) > MAX_DETAIL:
            raise StorageError(f"a detail of {len(data)} bytes", f"The limit is {MAX_DETAIL}.")
        salt = secrets.token_bytes(SALT_BYTES)
        commitment = commitment_of(salt, data)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_new(self._path(commitment), salt + data)
        except OSError as error:
            raise StorageError(f"a detail could not be kept: {error.strerror}", f"Check {self.folder}.") from error
        return commitment

    def get(self, commitment: Digest) -> bytes:
        """Return a detail after checking it. Raises `NotFoundError` where it was erased, `CorruptStoreError`."""
        try:
            kept = read_private(self._path(commitment), MAX_DETAIL + SALT_BYTES)
        except FileNotFoundError as error:
            raise NotFoundError("this detail is not here", "It was erased, or it is kept elsewhere.") from error
        except OSError as error:
            raise StorageError(f"a detail can’t be read: {error.strerror}", f"Check {self.folder}.") from error
        salt, data = kept[:SALT_BYTES], kept[SALT_BYTES:]
        if commitment_of(salt, data) != commitment:
            raise CorruptStoreError("a detail was changed on disk", f"Restore {self.folder} from its backup.")
        return data

    def erase(self, commitment: Digest) -> None:
        """Overwrite and remove a detail and its salt. Raises `NotFoundError`, `StorageError`.

        A link is not followed, nor is a second name of a file that is no detail: somebody else's would be overwritten.
        Backups, and what the disk itself keeps of overwritten blocks, are beyond this function.
        """
        path = self._path(commitment)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                kept = os.fstat(descriptor)
                if not stat.S_ISREG(kept.st_mode) or (kept.st_nlink > 1 and not _is_detail(descriptor, commitment)):
                    raise StorageError(f"{path} is not the detail", "It was not overwritten. Find out who put it there.")
                os.pwrite(descriptor, bytes(kept.st_size), 0)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            path.unlink()
            sync_folder(self.folder)
        except FileNotFoundError as error:
            raise NotFoundError("this detail is not here", "It was erased already, or it is kept elsewhere.") from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise StorageError(f"{path} is a link", "It was not followed. Find out who put it there, and remove it.") from error
            raise StorageError(f"a detail could not be erased: {error.strerror}", f"Check {self.folder}.") from error


def _is_detail(descriptor: int, commitment: Digest) -> bool:
    kept = os.pread(descriptor, MAX_DETAIL + SALT_BYTES + 1, 0)
    return commitment_of(kept[:SALT_BYTES], kept[SALT_BYTES:]) == commitment
