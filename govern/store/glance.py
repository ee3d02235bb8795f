"""How many entries a SQLite ledger has, without SQLAlchemy: for callers that start, ask one thing, and end."""

import sqlite3
from pathlib import Path

from govern.errors import StorageError


def size_of(path: Path) -> int:
    """Return the number of entries of the ledger in `path`, which is only read. Raises `StorageError`."""
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=10)
        try:
            found = connection.execute("select max(idx) from entry").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StorageError(f"{path} can't be read: {error}", "`govern verify` looks closer.") from error
    return 0 if found is None else int(found) + 1
