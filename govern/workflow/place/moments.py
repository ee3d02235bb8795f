"""An earlier moment of a ledger, by time or by entry, and the checkpoint that proves what it said then."""

from dataclasses import dataclass
from datetime import datetime

from govern.domain.text import instant
from govern.errors import GovernError, NotFoundError
from govern.ledger.checkpoint import Checkpoint, read_checkpoint
from govern.ledger.entries import decode
from govern.ledger.proof import write_proof
from govern.store.ledger import Ledger
from govern.workflow.place.workspace import Workspace

When = datetime | int
"""A time, or the index of the last entry that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A moment, and the ledger's own signed word on it."""

    checkpoint: Checkpoint
    time: datetime
    """The one asked for, or the one that the entry asked for claims."""
    size: int
    """Entries then; the checkpoint may cover fewer where one batch holds entries of several times."""


def moment_of(ledger: Ledger, when: When) -> Moment:
    """Find the checkpoint of a moment: for an entry the one it was acknowledged under, for a time the newest one then.

    The cut is that of every other as-of: before the first entry whose time, or that of one before it, is later.
    Raises `NotFoundError` for a moment before the first entry, or an entry that is not there; `CorruptStoreError`.
    """
    if isinstance(when, int):
        note = next((note for _, note in ledger.checkpoints(after=when)), None)
        if when < 0 or note is None:
            raise NotFoundError(f"there is no entry {when}", f"This ledger has entries 0 to {ledger.size - 1}.")
        checkpoint = read_checkpoint(note)
        return Moment(checkpoint=checkpoint, time=ledger.entry(when).time, size=checkpoint.size)
    return moment_at(ledger, _size_at(ledger, when), when)


def moment_kept(ws: Workspace, when: When) -> Moment:
    """As `moment_of`, with the entries before a time looked up in the kept state: not for verification, which believes none.

    Raises what `moment_of` does, and `VerificationError` where the ledger can't be folded.
    """
    return moment_of(ws.ledger, when) if isinstance(when, int) else moment_at(ws.ledger, ws.state(as_of=when).size, when)


def moment_at(ledger: Ledger, size: int, when: datetime) -> Moment:
    """Find the checkpoint of a time at which the ledger is known to have had `size` entries. Raises `NotFoundError`."""
    if size == 0:
        raise NotFoundError(
            f"the ledger had no entry yet on {instant(when)}", f"Its first is of {instant(ledger.entry(0).time)}."
        )
    return Moment(checkpoint=ledger.checkpoint_at(size), time=when, size=size)


def _size_at(ledger: Ledger, when: datetime) -> int:
    roots = ledger.roots()
    size = 0
    for index, leaf in enumerate(ledger.leaves()):
        try:
            if decode(index, leaf, roots).time > when:
                break
        except GovernError:
            pass  # its time is not known: verification, which comes next, says what is wrong with it
        size = index + 1
    return size


def proof_at(ledger: Ledger, index: int, moment: Moment) -> str:
    """Return an entry's proof (C2SP tlog-proof) against the checkpoint of a moment. Raises `NotFoundError`."""
    size = moment.checkpoint.size
    if index >= size:
        raise NotFoundError(
            f"entry #{index} was not there yet: the checkpoint of {instant(moment.time)} covers {size} entries",
            "Give a later time, or leave --as-of out.",
        )
    return write_proof(index, ledger.inclusion(index, size), moment.checkpoint.note)
