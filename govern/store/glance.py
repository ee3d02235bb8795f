"""How long a SQLite ledger says it is, without SQLAlchemy: for callers that start, ask one thing, and end."""

import base64
import os
import sqlite3
from pathlib import Path

from govern.domain.text import Digest
from govern.errors import StorageError


def head_of(path: Path) -> tuple[int, Digest]:
    """Return how many entries the ledger in `path` has, and the root that its newest checkpoint names. Only reads.

    Nothing is proved: it says whether what was proved before is of this ledger still. Raises `StorageError`, also where
    the newest checkpoint is not over all entries.
    """
    try:
        here = as_it_lies(path) if lies_still(path) else f"{path.resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(here, uri=True, timeout=10)
        try:
            (size,) = connection.execute("select max(idx) + 1 from entry").fetchone()
            note = connection.execute("select note from checkpoint order by size desc limit 1").fetchone()
        finally:
            connection.close()
        _, said, root = str(note[0]).split("\n")[:3]
        head = int(said), Digest("sha256:" + base64.b64decode(root, validate=True).hex())
    except (sqlite3.Error, TypeError, ValueError) as error:
        raise StorageError(f"{path} can't be read: {error}", "`govern verify` looks closer.") from error
    if head[0] != size:
        raise StorageError(f"the newest checkpoint in {path} is not over all entries", "`govern verify` looks closer.")
    return head


def lies_still(path: Path) -> bool:
    """Whether a SQLite file lies where nothing can be written, whole and without a log: nobody here can be changing it."""
    log = path.with_name(f"{path.name}-wal")
    return not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)


def as_it_lies(path: Path) -> str:
    """The URI by which SQLite reads a file without the index of its log, for which there is no place."""
    return f"{path.resolve().as_uri()}?mode=ro&immutable=1"
