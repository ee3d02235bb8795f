"""The pack of a ledger that is damaged so far that what was asked for can't be read: what is left, and what is wrong."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from govern.domain.facts import TrustRootFact
from govern.domain.statement import Entry
from govern.domain.text import counted
from govern.errors import CorruptStoreError, GovernError
from govern.ledger.bundle import MAX_LINES
from govern.ledger.checkpoint import Checkpoint, read_checkpoint
from govern.ledger.entries import decode
from govern.ledger.roots import check_root_leaf
from govern.store.ledger import Ledger
from govern.store.salvage import checkpoint_there, leaves_there
from govern.trust.root import RootChain
from govern.version import VERSION
from govern.workflow.interface import Progress
from govern.workflow.pack import PackData
from govern.workflow.packs.attaching import ledger_attachments
from govern.workflow.place.workspace import Workspace
from govern.workflow.read.summaries import entry_row
from govern.workflow.verify_views import VerifyView
from govern.workflow.views import StatusView


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """What can be read."""

    leaves: Mapping[int, bytes]
    entries: tuple[Entry, ...]
    unread: tuple[str, ...]


def damaged_pack(ws: Workspace, asked: str, why: GovernError, found: VerifyView, progress: Progress) -> PackData:
    """Gather a pack of kind `ledger` that shows no model: the steps that failed, and every entry that can be read.

    Raises `why` where no checkpoint can be read and none was kept outside, for then nothing says which ledger this is.
    """
    ledger = ws.unguarded
    checkpoint, unread = _checkpoint(ws, why)
    left = _salvaged(ledger, checkpoint.size, progress)
    roots = [entry.index for entry in left.entries if entry.kind == "trust-root"]
    return PackData(
        kind="ledger", title=f"The ledger {ws.config.origin}, damaged", as_of=ws.now(),
        status=StatusView(
            origin=ws.config.origin, size=checkpoint.size, root=checkpoint.root,
            last_append=left.entries[-1].time if left.entries else None, unanchored=0, unanchored_minutes=None,
            systems=(), due=(), findings=(), waivers=(), results={}, drift=(), as_of=ws.now(),
        ),
        dossiers=(), policies=(), monitoring=(), observations=(), findings=(), waivers=(), lifecycle=(),
        entries=tuple(entry_row(entry) for entry in left.entries), verification=found, checkpoint=checkpoint.note,
        size=checkpoint.size, root=checkpoint.root,
        attachments=tuple(ledger_attachments(ledger, left.leaves, roots, checkpoint, progress)), software={"govern": VERSION},
        salvaged=True, unread=(*unread, *left.unread),
        missing=(f"All that was asked for ({asked or 'the whole ledger'}): {_why(why).replace(str(ws.folder), 'the workspace')}",),
    )


def _checkpoint(ws: Workspace, why: GovernError) -> tuple[Checkpoint, list[str]]:
    """Return the newest checkpoint, or the best there is in its place, and what to say of that. Raises `why`."""
    try:
        return ws.unguarded.checkpoint(), []
    except CorruptStoreError as error:
        said = f"the newest checkpoint: {_why(error)}; in its place stands "
    kept = ws.trusted.read()
    older = checkpoint_there(ws.unguarded.database)
    if kept is not None and (older is None or kept.size >= older.size):
        return read_checkpoint(kept.note), [f"{said}the one of {counted(kept.size, 'entry', 'entries')} that was kept outside the ledger"]
    if older is None:
        raise why
    return older, [f"{said}the one of {counted(older.size, 'entry', 'entries')} before it"]


def _salvaged(ledger: Ledger, size: int, progress: Progress) -> Salvaged:
    """Read every entry under a checkpoint that can be read."""
    leaves: dict[int, bytes] = {}
    unread: dict[int, str] = {}
    reach = min(size, _reach(ledger, size))
    for index, leaf in leaves_there(ledger.database, 0, reach):
        if index % 256 == 0:
            progress("gather", index, size)
        if isinstance(leaf, CorruptStoreError):
            unread[index] = _why(leaf).removeprefix(f"entry {index} is ")
        else:
            leaves[index] = leaf
    roots = _roots(ledger, leaves)
    entries = []
    for index, leaf in leaves.items():
        try:
            entries.append(decode(index, leaf, roots))
        except GovernError as error:
            unread[index] = f"{error.message.removeprefix(f'entry {index} is ')}; attached as it lies there"
    said = [*_runs(unread)]
    if reach < size:
        said.append(f"{_named(reach, size - 1)}: missing")
    if roots is None:
        said.append("the trust roots: none can be read, so no key has a holder")
    return Salvaged(leaves=leaves, entries=tuple(entries), unread=tuple(said))


def _reach(ledger: Ledger, size: int) -> int:
    """Return how many rows there are to try: a checkpoint that nobody verified may say any size."""
    try:
        return ledger.size
    except CorruptStoreError:
        return min(size, MAX_LINES)


def _roots(ledger: Ledger, leaves: Mapping[int, bytes]) -> RootChain | None:
    """Return the trust roots as far as they can be read, for the names of holders. Nothing is judged by them."""
    try:
        return ledger.roots()
    except GovernError:
        chain: RootChain | None = None
    for index, leaf in leaves.items():
        try:
            if isinstance(decode(index, leaf, None).fact, TrustRootFact):
                chain = check_root_leaf(chain, index, leaf, origin=ledger.origin)
        except GovernError:
            continue
    return chain


def _runs(unread: Mapping[int, str]) -> Iterator[str]:
    """Say which entries can't be read; neighbours of which the same is to be said share a line."""
    rows = sorted(unread.items())
    for (_, why), run in groupby(enumerate(rows), key=lambda one: (one[1][0] - one[0], one[1][1])):
        indices = [index for _, (index, _) in run]
        yield f"{_named(indices[0], indices[-1])}: {why}"


def _why(error: GovernError) -> str:
    """Say what is wrong, without saying once more that something could not be read."""
    return error.message.removeprefix("the ledger could not be read: ")


def _named(first: int, last: int) -> str:
    return f"entry #{first}" if first == last else f"entries #{first} to #{last}"
