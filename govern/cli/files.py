"""Files that the caller names: checked before anything long begins, read and written with a clear error."""

from pathlib import Path
from typing import overload

from govern.errors import StorageError, UsageError


@overload
def existing(path: Path) -> Path: ...
@overload
def existing(path: None) -> None: ...
def existing(path: Path | None) -> Path | None:
    """Check that a file is there. Raises `UsageError`."""
    if path is not None and not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise UsageError(f"{path} {what}", "Check the file's name and the current folder.")
    return path


def rows(path: Path | None, engine: str | None) -> Path | str | None:
    """Check that rows are there: a file or a folder of Parquet files; an engine's own tables are its to find.

    Raises `UsageError`.
    """
    if path is None:
        return None
    if engine is not None and "://" in engine and not engine.startswith(("spark://", "k8s://")):
        return str(path)
    return path if path.is_dir() and any(path.rglob("*.parquet")) else existing(path)


def read(path: Path, what: str) -> bytes:
    """Read a file that should hold `what`. Raises `UsageError`."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}", f"Name the file with {what}.") from error


def write(path: Path, content: bytes | str) -> None:
    """Write a file that the caller asked for. Raises `StorageError`."""
    data = content.encode() if isinstance(content, str) else content
    try:
        path.write_bytes(data)
    except OSError as error:
        raise StorageError(f"{path} can't be written: {error.strerror}", "Choose a place that you may write to.") from error
