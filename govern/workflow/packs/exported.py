"""Packs that left the house, and what lies of them where packs are written to."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from govern.domain.text import digest_of
from govern.errors import GovernError
from govern.exchange.pdf import page_count
from govern.workflow.lately_views import PackFile, PackRow
from govern.workflow.place.workspace import Workspace
from govern.workflow.read.logbook import entries
from govern.workflow.read.summaries import entry_row

MOST: Final = 200
"""Packs that are listed, the newest: each file is read."""


def exported(ws: Workspace, folders: Sequence[Path]) -> tuple[PackRow, ...]:
    """Show the packs that left the house, the newest first. Raises `StorageError`.

    A file is read again only when its size or its time changed; `pack_file` looks at the bytes.
    """
    rows = []
    for entry in entries(ws, kinds=("export",), limit=MOST, newest_first=True):
        subject = entry.statement.subjects[0]
        rows.append(PackRow(entry=entry_row(entry), digest=subject.digest, file=_known(subject.name, folders)))
    return tuple(rows)


def pack_file(name: str, folders: Iterable[Path]) -> PackFile | None:
    """The pack of that name in the first folder that has one, as it is now; None where none has."""
    return next((_read(path) for path in _there(name, folders)), None)


def _known(name: str, folders: Iterable[Path]) -> PackFile | None:
    with suppress(OSError):  # it may go away between two looks
        for path in _there(name, folders):
            found = path.stat()
            return _kept(path, found.st_mtime_ns, found.st_size)
    return None


def _there(name: str, folders: Iterable[Path]) -> Iterator[Path]:
    """The files of that name; what an entry calls a pack leads to no other folder, and to nothing but a file."""
    return (folder / name for folder in folders if Path(name).name == name and (folder / name).is_file())


@lru_cache(maxsize=4 * MOST)
def _kept(path: Path, time: int, size: int) -> PackFile:
    del time, size  # they name the bytes
    return _read(path)


def _read(path: Path) -> PackFile:
    digest = digest_of(path.read_bytes())
    pages = None
    with suppress(GovernError):
        pages = page_count(path)
    return PackFile(path=path, digest=digest, pages=pages)
