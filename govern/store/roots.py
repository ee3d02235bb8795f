"""The trust root's versions, read from their entries and checked as a chain; what binds them and the entries together."""

from collections.abc import Sequence
from dataclasses import dataclass

from govern.canonical.dsse import parse_leaf
from govern.canonical.statement import read_statement
from govern.domain.text import Digest
from govern.errors import CorruptStoreError, DocumentError
from govern.ledger import tree
from govern.ledger.checkpoint import digest_bytes, digest_text, read_checkpoint, verify_checkpoint
from govern.ledger.roots import check_root_leaf
from govern.store.rows import Rows
from govern.trust.root import RootChain, RootError


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What one process has proved of a ledger so far, and need not prove again."""

    note: str = ""
    """The newest checkpoint whose signature was verified."""
    versions: int = 0
    """Trust roots that were proved to be in the tree."""
    first: Digest | None = None
    """Leaf hash of the first of them."""


def prove(rows: Rows, note: str, roots: RootChain, before: Proved) -> Proved:
    """Prove that the log signed the newest checkpoint, and that the trust roots which say so are in its tree.

    Rows can be written by whoever owns the database: without this, a trust root of their own would make them the log.
    Raises `VerificationError`.
    """
    if (note, len(roots.versions)) == (before.note, before.versions):
        return before
    try:
        head = read_checkpoint(note).head
    except DocumentError as error:
        raise CorruptStoreError(f"the newest checkpoint is damaged: {error.message}", "Restore a backup.") from error
    size = head.size
    if note != before.note:
        verify_checkpoint(note, roots.in_force(size))
    inside = [place for place, (index, _) in enumerate(roots.versions) if index < size]
    new, first = inside[before.versions :], before.first
    if new:
        there = rows.roots()
        for place in new:
            index, leaf = there[place]
            if (index, read_statement(parse_leaf(leaf).payload).fact) != roots.versions[place]:
                raise _not_there(index)
            _prove_inside(rows, index, leaf, size, digest_bytes(head.root))
            first = first or digest_text(tree.leaf_hash(leaf))
    return Proved(note=note, versions=max(before.versions, len(inside)), first=first)


def _prove_inside(rows: Rows, index: int, leaf: bytes, size: int, root: bytes) -> None:
    def read(ids: Sequence[int]) -> list[bytes]:
        found = rows.hashes(ids) if ids else {}
        return [found.get(one, b"") for one in ids]

    try:
        tree.verify_inclusion(index, size, tree.leaf_hash(leaf), tree.inclusion(index, size, read), root)
    except tree.ProofError as error:
        raise _not_there(index) from error


def _not_there(index: int) -> RootError:
    return RootError(
        f"the trust root at entry {index} is not the one that the newest checkpoint covers",
        "Somebody changed the ledger's rows: `govern verify --full` says which.", index=index,
    )


def load_roots(rows: Rows, origin: str, known: RootChain | None) -> RootChain:
    """Return the chain, reading only the versions that `known` does not hold yet. Raises `VerificationError`."""
    have = len(known.versions) if known else 0
    newest = rows.newest_root()
    if known is not None and newest == have:
        return known
    if newest < max(have, 1):
        raise CorruptStoreError("trust roots are missing from the ledger", "Restore it from a backup.")
    new = rows.roots(have)
    if len(new) != newest - have:
        raise CorruptStoreError("trust roots are missing from the ledger", "Restore it from a backup.")
    chain = known
    for index, leaf in new:
        chain = check_root_leaf(chain, index, leaf, origin=origin)
    if chain is None:
        raise CorruptStoreError("the ledger has no trust root", "Restore it from a backup.")
    return chain
