"""Which entries are of a kind, about a subject, by somebody, of a time, or say a word: indices only, in the user's own file.

What is shown is read from the ledger; this only says where. A copy that can be thrown away at any time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from govern.domain.text import Digest
from govern.store.own_file import OwnFile

FORM: Final = 1
"""Raise it with every change to what a row holds: rows of another form are made again."""

_SCHEMA: Final = """
create table if not exists entries (
    idx integer primary key, time integer not null, kind text not null, holder text not null, subject text not null,
    digest text not null, standing text not null, words text not null
);
create index if not exists by_kind on entries (kind, idx);
create index if not exists by_holder on entries (holder, idx);
create index if not exists by_subject on entries (subject, idx);
create index if not exists by_digest on entries (digest, idx);
create index if not exists by_standing on entries (standing, idx);
create index if not exists by_time on entries (time, idx);
create table if not exists reached (one integer primary key check (one = 1), form integer, size integer, root text);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRow:
    """What can be asked of one entry."""

    index: int
    time: datetime
    kind: str
    holder: str
    subject: str
    digest: Digest
    standing: str
    words: str
    """All that a person would look for in it; compared without regard to case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries: every word that is given has to fit."""

    kinds: tuple[str, ...] = ()
    subject: str = ""
    """A name such as `credit@2`, or a digest."""
    holder: str = ""
    standings: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""

    def where(self) -> tuple[str, list[object]]:
        """The condition in SQL, and what goes into it."""
        terms: list[str] = []
        values: list[object] = []
        for column, words in (("kind", self.kinds), ("standing", self.standings)):
            if words:
                terms.append(f"{column} in ({', '.join('?' * len(words))})")
                values += words
        if self.subject:
            terms.append("digest = ?" if self.subject.startswith("sha256:") else "subject = ?")
            values.append(self.subject)
        for term, value in (
            ("holder = ?", self.holder), ("time >= ?", _second(self.since)), ("time <= ?", _second(self.until)),
            ("instr(words, ?) > 0", self.text.casefold()),
        ):
            if value not in {"", None}:
                terms.append(term)
                values.append(value)
        return " and ".join(terms) or "1", values


def _second(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.astimezone(UTC).timestamp())


class EntryIndex:
    """The rows of one ledger's entries."""

    def __init__(self, path: Path) -> None:
        """Open, or make, the file. Raises `StorageError`."""
        self._file = OwnFile(path, _SCHEMA)

    def reached(self) -> tuple[int, str]:
        """How many entries are in it, and the root hash of their tree; rows of another form count as none."""
        with self._file.asked() as connection:
            found = connection.execute("select size, root from reached where form = ?", (FORM,)).fetchone()
        return (0, "") if found is None else (int(found[0]), str(found[1]))

    def add(self, rows: Iterable[IndexRow], *, at: int, size: int, root: str) -> None:
        """Add the rows of entries [at, size); nothing where another process was faster. Raises `StorageError`."""
        with self._file.changed() as connection:
            if self.reached()[0] != at:
                return
            if at == 0:
                connection.execute("delete from entries")
            connection.executemany(
                "insert into entries values (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (one.index, _second(one.time), one.kind, one.holder, one.subject, one.digest, one.standing, one.words.casefold())
                    for one in rows
                ),
            )
            connection.execute("insert or replace into reached values (1, ?, ?, ?)", (FORM, size, root))

    def clear(self) -> None:
        """Forget everything. Raises `StorageError`."""
        with self._file.changed() as connection:
            connection.execute("delete from reached")
            connection.execute("delete from entries")

    def count(self, wanted: Wanted) -> int:
        """How many entries fit. Raises `StorageError`."""
        where, values = wanted.where()
        with self._file.asked() as connection:
            return int(connection.execute(f"select count(*) from entries where {where}", values).fetchone()[0])  # noqa: S608 - our own words

    def find(self, wanted: Wanted, *, start: int, stop: int, limit: int, newest_first: bool = False) -> Sequence[int]:
        """Up to `limit` indices in [start, stop) that fit, in the order asked for. Raises `StorageError`."""
        where, values = wanted.where()
        order = "desc" if newest_first else "asc"
        text = f"select idx from entries where {where} and idx >= ? and idx < ? order by idx {order} limit ?"  # noqa: S608 - our own words
        with self._file.asked() as connection:
            return [int(row[0]) for row in connection.execute(text, (*values, start, stop, limit))]
