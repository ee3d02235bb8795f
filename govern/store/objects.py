"""The object folder: large things by their digest, written once, re-hashed whenever they are read."""

import os
import secrets
from pathlib import Path
from typing import Final

from govern.domain.text import Digest, as_digest, digest_of, short
from govern.errors import CorruptStoreError, NotFoundError, StorageError
from govern.trust.files import sync_folder

MAX_OBJECT: Final = 256 * 1024 * 1024
"""Bytes; evidence of a thousand features takes some 5 MB."""


class ObjectFolder:
    """Content-addressed files, two levels deep as git's."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def path_of(self, digest: Digest) -> Path:
        """Return where an object lies, or would lie. Raises `UsageError` for what is no digest."""
        name = as_digest(digest).removeprefix("sha256:")
        return self.path / name[:2] / name[2:]

    def has(self, digest: Digest) -> bool:
        """Say whether an object is there; `get` says whether it is whole."""
        return self.path_of(digest).is_file()

    def put(self, data: bytes) -> Digest:
        """Keep bytes under their digest, durable when this returns. Raises `StorageError`."""
        digest = digest_of(data)
        target = self.path_of(digest)
        if target.is_file() and target.stat().st_size == len(data):
            return digest
        if len(data) > MAX_OBJECT:
            raise StorageError(f"an object of {len(data)} bytes", f"The limit is {MAX_OBJECT}.")
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            fresh = not target.parent.is_dir()
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
            sync_folder(target.parent)
            if fresh:
                sync_folder(self.path)
        except OSError as error:
            raise StorageError(
                f"an object could not be kept: {error.strerror}", f"Check room and rights of {self.path}."
            ) from error
        return digest

    def get(self, digest: Digest) -> bytes:
        """Return an object after hashing it again. Raises `NotFoundError`, `CorruptStoreError`, `StorageError`."""
        path = self.path_of(digest)
        try:
            with path.open("rb") as file:
                data = file.read(MAX_OBJECT + 1)
        except FileNotFoundError as error:
            raise NotFoundError(
                f"the object {short(digest)} is not in {self.path}", "Restore the object folder from its backup."
            ) from error
        except OSError as error:
            raise StorageError(f"the object {short(digest)} can’t be read: {error.strerror}", f"Check {path}.") from error
        if digest_of(data) != digest:
            raise CorruptStoreError(
                f"the object {short(digest)} was changed on disk", f"Restore {path} from a backup."
            )
        return data
