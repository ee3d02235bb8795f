"""What all records have: an entry, a time, a digest, and who signed."""

from dataclasses import dataclass
from datetime import datetime

from govern.domain.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One signature: who signed which entry."""

    index: int
    keyid: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A later entry that changed what a thing is worth: `withdrawn`, `superseded`, `revoked`, or `active` again."""

    index: int
    time: datetime
    word: str
    reason: str
    marks: tuple[Mark, ...] = ()
    """Who signed that entry."""
    void: bool = False
    """Whether it said `active` with keys that are void by now: then the word before it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What all records have."""

    index: int
    """Of the entry that recorded it (first, where there are more)."""
    time: datetime
    """Claimed in that entry."""
    digest: Digest
    """Of the thing itself, or the leaf hash where the entry is the thing."""
    marks: tuple[Mark, ...]
    """Who signed the entries that recorded it; one a key."""

    @property
    def holder(self) -> str:
        """The first signer's holder."""
        return self.marks[0].holder if self.marks else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing(Record):
    """Something that exists, by digest, and may come to an end."""

    grown: int
    """Index of the last entry that named something it was made from for the first time; its own where none did."""
    endings: tuple[Ending, ...] = ()

    @property
    def ending(self) -> Ending | None:
        """The ending in force, if there is one."""
        return next((one for one in reversed(self.endings) if not one.void), None)

    @property
    def state(self) -> str:
        """The word in force."""
        last = self.ending
        return "active" if last is None else last.word
