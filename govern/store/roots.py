"""The trust root's versions, read from their entries and checked as a chain."""

from sqlalchemy import Connection, select

from govern.errors import CorruptStoreError
from govern.ledger.roots import check_root_leaf
from govern.store import tables
from govern.store.rows import NEWEST_ROOT, Rows
from govern.trust.root import RootChain


def load_roots(connection: Connection, origin: str, known: RootChain | None) -> RootChain:
    """Return the chain, reading only the versions that `known` does not hold yet. Raises `VerificationError`."""
    have = len(known.versions) if known else 0
    newest = Rows(connection).value(NEWEST_ROOT) or 0
    if known is not None and newest == have:
        return known
    if newest < max(have, 1):
        raise CorruptStoreError("trust roots are missing from the ledger", "Restore it from a backup.")
    rows = connection.execute(
        select(tables.root.c.version, tables.entry.c.idx, tables.entry.c.leaf)
        .join(tables.entry, tables.entry.c.idx == tables.root.c.idx)
        .where(tables.root.c.version > have).order_by(tables.root.c.version)
    ).all()
    if len(rows) != newest - have:
        raise CorruptStoreError("trust roots are missing from the ledger", "Restore it from a backup.")
    chain = known
    for _, index, leaf in rows:
        chain = check_root_leaf(chain, index, leaf, origin=origin)
    if chain is None:
        raise CorruptStoreError("the ledger has no trust root", "Restore it from a backup.")
    return chain
