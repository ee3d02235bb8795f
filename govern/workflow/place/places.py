"""Where files with a digest were last seen: a convenience beside the ledger that is never believed.

The ledger names datasets and models by digest and holds no path (paths may tell who or where). `where.json` remembers
them on this machine, so that `govern gate MODEL` finds the model's file; each is hashed again before it is used.
"""

import hashlib
import json
import os
from pathlib import Path

from govern.domain.text import Digest
from govern.errors import StorageError, UsageError

CHUNK = 1 << 20


def file_digest(path: Path) -> Digest:
    """Hash a file. Raises `UsageError` where it can't be read."""
    try:
        with path.open("rb") as file:
            hasher = hashlib.sha256()
            while chunk := file.read(CHUNK):
                hasher.update(chunk)
    except IsADirectoryError as error:
        raise UsageError(f"{path} is a folder", "Name a file.") from error
    except FileNotFoundError as error:
        raise UsageError(f"{path} is not there", "Check the file's name and the current folder.") from error
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}", "Check the file's permissions.") from error
    return Digest("sha256:" + hasher.hexdigest())


class Places:
    """The memory of where files lie."""

    def __init__(self, folder: Path) -> None:
        """Keep the memory in `folder` (a workspace)."""
        self._file = folder / "where.json"

    def _read(self) -> dict[str, str]:
        try:
            known = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}  # it is only a convenience: whatever is wrong with it, the caller can name the file
        return known if isinstance(known, dict) else {}

    def remember(self, digest: Digest, path: Path) -> None:
        """Note where a file lies. Raises `StorageError`."""
        known = self._read() | {digest: str(path.resolve())}
        fresh = self._file.with_name(f"{self._file.name}.{os.getpid()}.new")
        try:
            fresh.write_text(json.dumps(known, indent=1, sort_keys=True), encoding="utf-8")
            fresh.replace(self._file)
        except OSError as error:
            raise StorageError(f"{self._file} can't be written: {error.strerror}", "Check space and permissions.") from error

    def place_of(self, digest: Digest) -> Path | None:
        """Return where a file was last seen, unchecked; None where it never was."""
        place = self._read().get(digest)
        return None if place is None else Path(place)

    def find(self, digest: Digest, *, what: str, option: str) -> Path:
        """Return where a file lies, hashed again just now. Raises `UsageError` where it is gone or changed."""
        place = self._read().get(digest)
        if place is None:
            raise UsageError(f"where the file of {what} lies is not known here", f"Name it with {option} FILE.")
        path = Path(place)
        if not path.is_file():
            raise UsageError(f"the file of {what} is no longer at {path}", f"Name where it is with {option} FILE.")
        if file_digest(path) != digest:
            raise UsageError(
                f"{path} is no longer the file that was recorded as {what}: its digest differs",
                f"Record the new file as a new version, or name the recorded one with {option} FILE.",
            )
        return path
