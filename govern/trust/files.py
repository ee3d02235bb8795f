"""Small private files: written once or replaced whole, readable by their owner only, never followed through a link."""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not be there yet, mode 0600, and wait for the disk. Raises `OSError`.

    It is there whole or not at all, for whoever reads it at that moment too: half a key would look like a damaged one.
    """
    temporary = _beside(path, data)
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links, such as a memory stick's: then for a moment half of it can be seen.
        _exclusively(path, data)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def replace(path: Path, data: bytes, *, lasting: bool = True) -> None:
    """Replace a file whole or not at all, mode 0600, and wait for the disk. Raises `OSError`.

    Without `lasting`, a power cut just afterwards may bring the old file back, whole as it was: one wait less.
    """
    temporary = _beside(path, data)
    try:
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if lasting:
        sync_folder(path.parent)


def _beside(path: Path, data: bytes) -> Path:
    """Write a file of another name into the same folder, whole and on the disk."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    _exclusively(temporary, data)
    return temporary


def _exclusively(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW, 0o600)
    try:
        _write_all(descriptor, data)
        os.fsync(descriptor)
    except BaseException:
        # A half-written file would look like a key that lost its other half.
        path.unlink(missing_ok=True)
        raise
    finally:
        os.close(descriptor)


def read_private(path: Path, limit: int) -> bytes:
    """Read a file of at most `limit` bytes. Raises `OSError`."""
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(27, f"larger than {limit} bytes", str(path))
    return data


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut, where the system knows how."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view):]
