"""What can still be read of a damaged ledger: row by row, where a whole run of rows can't be."""

from collections.abc import Iterator, Sequence
from typing import Final

from govern.errors import CorruptStoreError, DocumentError
from govern.ledger.checkpoint import Checkpoint, read_checkpoint
from govern.store.database import CHUNK, Database

NEWEST: Final = 100
"""Checkpoints that are tried, newest first; where so many can't be read, an older one says little about this ledger."""


def leaves_there(database: Database, start: int, stop: int) -> Iterator[tuple[int, bytes | CorruptStoreError]]:
    """Give each entry of [start, stop) with its leaf, or with what is wrong with it. Raises `StorageError`."""
    for first in range(start, stop, CHUNK):
        yield from _leaves(database, first, min(first + CHUNK, stop))


def _leaves(database: Database, start: int, stop: int) -> Iterator[tuple[int, bytes | CorruptStoreError]]:
    try:
        with database.reading() as rows:
            found = dict(rows.leaves(start, stop))
    except CorruptStoreError as error:
        if stop - start == 1:
            yield start, error
            return
        middle = (start + stop) // 2
        yield from _leaves(database, start, middle)
        yield from _leaves(database, middle, stop)
        return
    for index in range(start, stop):
        yield index, found[index] if index in found else CorruptStoreError(
            f"entry {index} is missing", "Run `govern verify --full`, then restore a backup."
        )


def nodes_there(database: Database, ids: Sequence[int]) -> dict[int, bytes]:
    """Return those of the tree's stored hashes that can be read. Raises `StorageError`."""
    found: dict[int, bytes] = {}
    for first in range(0, len(ids), CHUNK):
        found.update(_nodes(database, ids[first : first + CHUNK]))
    return found


def _nodes(database: Database, ids: Sequence[int]) -> dict[int, bytes]:
    try:
        with database.reading() as rows:
            return rows.hashes(ids)
    except CorruptStoreError:
        if len(ids) == 1:
            return {}
        middle = len(ids) // 2
        return _nodes(database, ids[:middle]) | _nodes(database, ids[middle:])


def checkpoint_there(database: Database) -> Checkpoint | None:
    """Return the newest of the last checkpoints that can be read, None where none can. Raises `StorageError`."""
    try:
        with database.reading() as rows:
            notes = [note for (note,) in rows.all("SELECT note FROM checkpoint ORDER BY size DESC LIMIT ?", NEWEST)]
    except CorruptStoreError:
        return None
    for note in notes:
        try:
            if isinstance(note, str):  # a column can hold bytes or a number, if somebody puts them there
                return read_checkpoint(note)
        except DocumentError:
            continue
    return None
