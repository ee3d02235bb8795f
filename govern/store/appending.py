"""One append, inside one transaction: guard, sign, build the tree, sign the checkpoint, store."""

import hashlib
from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Final, cast

from govern.canonical.dsse import pae, parse_leaf
from govern.canonical.statement import read_statement
from govern.canonical.values import has_moments
from govern.domain.facts import TrustRootFact
from govern.domain.statement import Draft, Entry, SignedBy, TreeHead
from govern.domain.text import Digest, instant
from govern.errors import CorruptStoreError, DocumentError, LedgerMovedError, Refused, VerificationError
from govern.ledger import tree
from govern.ledger.checkpoint import Checkpoint, digest_text, log_keys, read_checkpoint, sign_checkpoint
from govern.ledger.entries import (
    NewLeaf,
    Producers,
    check_leaf,
    check_producer,
    decode,
    open_leaf,
    sign_draft,
    unreadable,
)
from govern.ledger.guard import check_guard
from govern.ledger.roots import check_root_leaf
from govern.store.database import Database
from govern.store.rows import Rows
from govern.trust.checkpoints import CheckpointStore
from govern.trust.root import RootChain, check_roles
from govern.trust.signer import Signer

SUBMISSION_BYTES: Final = 12
"""Of the SHA-256 that finds an entry handed in before: enough that two never meet by chance, and 20 bytes an entry less.
What is found is compared whole."""


class Appending:
    """Entries on their way into the ledger; the transaction around it makes all of it durable or nothing."""

    def __init__(self, rows: Rows, database: Database, origin: str, roots: RootChain | None) -> None:
        self.rows = rows
        self.database = database
        self.origin = origin
        self.roots = roots
        self.first = rows.size()
        self.new: list[NewLeaf] = []
        self._producers: Producers = {}
        self._allowed: set[tuple[tuple[str, ...], type, str]] = set()
        self._hashes: dict[int, bytes] = {}
        self._check_head()

    def _read(self, ids: Sequence[int]) -> list[bytes]:
        missing = [one for one in ids if one not in self._hashes]
        if missing:
            self._hashes.update(zip(missing, self.database.nodes(self.rows, missing), strict=True))
        return [self._hashes[one] for one in ids]

    def _check_head(self) -> None:
        """Refuse to build on a tree that its own newest checkpoint does not describe."""
        self.note = ""
        if not self.first:
            self.head: TreeHead | None = None
            return
        self.note = self.rows.newest_note() or ""
        said = read_checkpoint(self.note) if self.note else None
        self.head = TreeHead(size=self.first, root=digest_text(tree.root_at(self.first, self._read)))
        if said is None or said.head != self.head:
            raise CorruptStoreError(
                f"the ledger has {self.first} entries, but its newest checkpoint says something else",
                "Run `govern verify --full`; nothing was written.",
            )

    def require(self, at: int | None) -> None:
        """Refuse to write onto another ledger than the one that this was decided on. Raises `LedgerMovedError`."""
        if at is not None and self.first != at:
            raise LedgerMovedError(
                f"the ledger has {self.first} entries, and had {at} when this was decided",
                "Look at what was added, then repeat the command.",
            )

    def guard(self, trusted: CheckpointStore | None) -> TreeHead | None:
        """Refuse to append below or beside what is trusted. Returns the trusted head. Raises `VerificationError`."""
        known = trusted.read() if trusted is not None else None
        if known is None or self.head is None:
            return None
        if known.head != self.head:
            check_guard(known, self.head, self.note, self._read)
        return known.head

    def add(
        self, drafts: Sequence[Draft], *, signers: Sequence[Signer], now: datetime, seen: TreeHead | None
    ) -> None:
        """Sign drafts, each after checking that the signers may state it. Raises `Refused`."""
        if seen is not None and seen != self.head:
            self._check_seen(seen)
        keyids = tuple(sorted({signer.keyid for signer in signers}))
        if not keyids or len(keyids) != len(signers):
            raise Refused("an entry needs signers, each once", "Name the key to sign with: --as KEY.")
        for draft in drafts:
            index = self.first + len(self.new)
            self._check_draft(draft, keyids, index, now)
            self._load_producer(keyids[0])
            leaf = sign_draft(
                draft, signers=signers, origin=self.origin, producers=self._producers, now=now, seen=seen
            )
            self.new.append(leaf)
            if isinstance(draft.fact, TrustRootFact):
                self._extend(draft.fact, keyids, index)

    def add_signed(self, leaf: bytes) -> int:
        """Take a leaf that was signed elsewhere, or find that it is here already; returns its index.

        Raises `VerificationError` for one that this ledger could not have written next.
        """
        if self.roots is None:
            raise CorruptStoreError("a ledger begins with its trust root", "Restore it from a backup.")
        index = self.first + len(self.new)
        envelope = open_leaf(index, leaf)
        message = pae(envelope.payload_type, envelope.payload)
        known = self._submitted(message, leaf)
        if known is not None:
            return known
        roots = self.roots
        try:
            stated = read_statement(envelope.payload)
        except DocumentError as error:
            raise unreadable(index, error) from error
        if isinstance(stated.fact, TrustRootFact):
            roots = check_root_leaf(roots, index, leaf, origin=self.origin)
        checked = check_leaf(index, leaf, roots=roots, origin=self.origin)
        if checked.statement.header.seen is not None:
            self._check_seen(checked.statement.header.seen)
        for keyid in checked.signers:
            self._load_producer(keyid)
        hashed = tree.leaf_hash(leaf)
        producer = check_producer(index, checked.statement.header.producer, checked.signers, hashed, self._producers)
        holders = {**roots.newest.keys, **roots.in_force(index).keys}
        self.new.append(
            NewLeaf(
                leaf=leaf, hash=hashed, pae=message, producer=producer, statement=checked.statement,
                signed_by=tuple(SignedBy(keyid=keyid, holder=holders[keyid].holder) for keyid in checked.signers),
            )
        )
        self.roots = roots
        return index

    def _submitted(self, message: bytes, leaf: bytes) -> int | None:
        """Find what was signed here already: the same statement, though an ECDSA key signs it anew each time."""
        whole = submission_key(message)
        found = self.rows.submitted(whole[:SUBMISSION_BYTES], whole)
        if found is None:
            return None
        there = self.rows.leaf(found)
        if there != leaf and pae_of(there or b"") != message:
            raise CorruptStoreError(
                f"entry {found} is found under the digest of another statement", "Run `govern verify --full`."
            )
        return found

    def _check_draft(self, draft: Draft, keyids: tuple[str, ...], index: int, now: datetime) -> None:
        if self.roots is None:
            return  # entry 0: the caller has checked the first trust root
        # What a role may sign depends on the kind of fact and its action only; a batch is mostly of one kind.
        asked = (keyids, type(draft.fact), getattr(draft.fact, "action", ""))
        if asked in self._allowed:
            return
        root = self.roots.in_force(index)
        bringing = draft.fact.keys if isinstance(draft.fact, TrustRootFact) else {}
        if now > root.expires and not bringing:
            raise Refused(
                f"trust root {root.version} expired on {instant(root.expires)}",
                "The root key holders renew it: `govern trust update`.",
            )
        unknown = [keyid for keyid in keyids if keyid not in root.keys and keyid not in bringing]
        if unknown:
            raise Refused(
                f"the key {unknown[0][:8]}… is not in this ledger’s trust root",
                "Enrol it: `govern key enrol NAME --role ROLE`, signed by the root key.",
            )
        try:
            check_roles(draft.fact, keyids, self.roots, index=index)
        except VerificationError as error:
            # The check speaks of an entry that is there by its number; this one will never be.
            who = ", ".join(sorted({root.keys[keyid].holder for keyid in keyids if keyid in root.keys}))
            held = ", ".join(sorted({role for keyid in keyids for role in self.roots.roles_of(keyid, index)}))
            words = {
                "role": f"{who or 'this key'} may not sign a {draft.fact.KIND}: its roles here are {held or 'none'}",
                "revoked-key": f"the key of {who} was rotated or revoked: it signs nothing any more",
            }
            raise Refused(words.get(error.kind, error.message), error.hint) from error
        if not bringing and all(root.keys[keyid].void_from is None for keyid in keyids):
            self._allowed.add(asked)

    def _extend(self, root: TrustRootFact, keyids: tuple[str, ...], index: int) -> None:
        self._allowed.clear()
        try:
            if self.roots is None:
                self.roots = RootChain.begin(root, keyids, origin=self.origin)
            else:
                self.roots = self.roots.extended(root, keyids, index=index)
        except VerificationError as error:
            raise Refused(error.message, error.hint) from error

    def _check_seen(self, seen: TreeHead) -> None:
        if seen.size > self.first or digest_text(tree.root_at(seen.size, self._read)) != seen.root:
            raise VerificationError(
                f"the checkpoint of size {seen.size} that the signer saw is not of this tree",
                "Run `govern verify --full`; nothing was written.", step=3, kind="fork",
            )

    def _load_producer(self, keyid: str) -> None:
        if keyid in self._producers:
            return
        last = last_of(self.rows, self.database, keyid)
        if last is not None:
            self._producers[keyid] = last

    def finish(self, log_signer: Signer) -> Checkpoint:
        """Build the tree, sign its head and store everything. Raises `Refused` for a key that is not the log's."""
        size = self.first + len(self.new)
        if self.roots is None:
            raise CorruptStoreError("a ledger begins with its trust root", "Restore it from a backup.")
        root = self.roots.in_force(size)
        if log_signer.public.public not in {key.public.hex() for key in log_keys(root, size)}:
            raise Refused(
                f"the key {log_signer.keyid[:8]}… may not sign this ledger’s checkpoints",
                f"Use the key in the role log of trust root {root.version}.",
            )
        added, head = tree.append_nodes(self.first, [leaf.hash for leaf in self.new], self._read)
        checkpoint = sign_checkpoint(self.origin, size, head, log_signer)
        self._store(added, checkpoint)
        return checkpoint

    def _store(self, added: list[bytes], checkpoint: Checkpoint) -> None:
        add = self.rows.add
        numbered = list(enumerate(self.new, self.first))
        add("entry", ((index, leaf.leaf) for index, leaf in numbered))
        add("node", enumerate(added, tree.stored_count(self.first)))
        add("submission", ((submission_key(leaf.pae)[:SUBMISSION_BYTES], index) for index, leaf in numbered))
        last = {leaf.producer: (leaf.statement.header.producer.seq, index) for index, leaf in numbered}
        add("producer", [(self._key_number(keyid), seq, index) for keyid, (seq, index) in last.items()])
        roots = [
            (leaf.statement.fact.version, index)
            for index, leaf in numbered if isinstance(leaf.statement.fact, TrustRootFact)
        ]
        if roots:
            add("root", roots)
        add("checkpoint", [(checkpoint.size, checkpoint.note)])

    def _key_number(self, keyid: str) -> int:
        found = self.rows.key_number(keyid)
        if found is None:
            found = self.rows.last_key_number() + 1
            self.rows.add("key", [(found, keyid)])
        return found

    def entries(self) -> tuple[Entry, ...]:
        """Return what was appended."""
        return tuple(self._entry(index, leaf) for index, leaf in enumerate(self.new, self.first))

    def _entry(self, index: int, leaf: NewLeaf) -> Entry:
        if self.roots is not None and has_moments(cast("Hashable", type(leaf.statement.fact))):
            # Moments are written in UTC and whole seconds: give what was recorded, not what was handed in.
            return decode(index, leaf.leaf, self.roots)
        return Entry(
            index=index, leaf_hash=digest_text(leaf.hash), statement=leaf.statement, signed_by=leaf.signed_by,
            size=len(leaf.leaf),
        )


def last_of(rows: Rows, database: Database, keyid: str) -> tuple[int, Digest] | None:
    """Return counter and leaf hash of a key's last entry, or None before it has one."""
    found = rows.last_of(keyid)
    if found is None:
        return None
    seq, index = found
    return seq, digest_text(database.nodes(rows, [tree.stored_index(0, index)])[0])


def submission_key(message: bytes) -> bytes:
    """Return the unique key of a signed statement: SHA-256 of its pre-authentication encoding."""
    return hashlib.sha256(message).digest()


def pae_of(leaf: bytes) -> bytes:
    """Return what was signed in a leaf. Raises `DocumentError`."""
    envelope = parse_leaf(leaf)
    return pae(envelope.payload_type, envelope.payload)
