"""One entry: how a draft becomes a leaf, how a leaf is read, and what every leaf has to fulfil (steps 4 to 7)."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from govern.canonical.dsse import PAYLOAD_TYPE, Envelope, Signature, leaf_bytes, pae, parse_leaf
from govern.canonical.statement import read_statement, write_statement
from govern.domain.facts import TrustRootFact
from govern.domain.statement import Draft, Entry, Header, Producer, SignedBy, Statement, TreeHead
from govern.domain.text import Digest
from govern.errors import DocumentError, UsageError, VerificationError
from govern.ledger.checkpoint import digest_text
from govern.ledger.tree import leaf_hash
from govern.trust.root import RootChain, check_roles, check_signatures, check_time
from govern.trust.signer import Signer

Producers = MutableMapping[str, tuple[int, Digest]]
"""Key id to the counter and leaf hash of the key's last entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLeaf:
    """A leaf that is ready to be stored."""

    leaf: bytes
    hash: bytes
    pae: bytes
    producer: str
    statement: Statement
    signed_by: tuple[SignedBy, ...]


def sign_draft(
    draft: Draft, *, signers: Sequence[Signer], origin: str, producers: Producers, now: datetime, seen: TreeHead | None
) -> NewLeaf:
    """Give a draft its header, sign it, and count it in `producers`.

    The producer of an entry with several signatures is the key with the lowest id.
    """
    if not draft.subjects:
        raise UsageError("a statement without a subject", "Say what it is about.")
    ordered = sorted(signers, key=lambda signer: signer.keyid)
    producer = ordered[0].keyid
    last = producers.get(producer)
    header = Header(
        log=origin,
        producer=Producer(seq=0, prev=None) if last is None else Producer(seq=last[0] + 1, prev=last[1]),
        time=now,
        seen=seen,
    )
    statement = Statement(subjects=draft.subjects, fact=draft.fact, header=header)
    payload = write_statement(statement)
    message = pae(PAYLOAD_TYPE, payload)
    leaf = leaf_bytes(
        Envelope(payload=payload, signatures=tuple(Signature(keyid=s.keyid, sig=s.sign(message)) for s in ordered))
    )
    hashed = leaf_hash(leaf)
    producers[producer] = (header.producer.seq, digest_text(hashed))
    return NewLeaf(
        leaf=leaf, hash=hashed, pae=message, producer=producer, statement=statement,
        signed_by=tuple(SignedBy(keyid=s.keyid, holder=s.public.holder) for s in ordered),
    )


def decode(index: int, leaf: bytes, roots: RootChain | None) -> Entry:
    """Read a leaf for showing and folding; nothing is verified. Without trust roots it has keys and no holders.

    Raises `VerificationError` for what is no entry.
    """
    try:
        envelope = parse_leaf(leaf)
        statement = read_statement(envelope.payload)
    except DocumentError as error:
        raise unreadable(index, error) from error
    known = roots.in_force(index).keys if roots else {}
    keys = {**statement.fact.keys, **known} if isinstance(statement.fact, TrustRootFact) else known
    return Entry(
        index=index,
        leaf_hash=digest_text(leaf_hash(leaf)),
        statement=statement,
        signed_by=tuple(
            SignedBy(keyid=one.keyid, holder=keys[one.keyid].holder if one.keyid in keys else "")
            for one in envelope.signatures
        ),
        size=len(leaf),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLeaf:
    """What steps 4, 5 and 7 found in a leaf; the steps that need the leaves before it go on from here."""

    signers: tuple[str, ...]
    statement: Statement


def check_leaf(index: int, leaf: bytes, *, roots: RootChain, origin: str) -> CheckedLeaf:
    """Check signatures (4), roles (5) and statement (7) of one leaf. Raises `VerificationError`.

    The trust root that judges it is the one in force at `index`; the chain may reach further.
    """
    envelope = open_leaf(index, leaf)
    signers = check_envelope(index, envelope, roots)
    return check_statement(index, envelope, signers, roots=roots, origin=origin)


def open_leaf(index: int, leaf: bytes) -> Envelope:
    """Read a leaf's envelope. Raises `VerificationError`."""
    try:
        return parse_leaf(leaf)
    except DocumentError as error:
        raise VerificationError(
            f"entry {index} is no envelope: {error.message}", "It was changed.", step=4, index=index, kind="envelope"
        ) from error


def check_envelope(index: int, envelope: Envelope, roots: RootChain) -> tuple[str, ...]:
    """Verify an entry's signatures and return the key ids: step 4. Raises `VerificationError`."""
    return check_signatures(envelope, roots, index=index, also=_brought(index, roots))


def check_statement(
    index: int, envelope: Envelope, signers: tuple[str, ...], *, roots: RootChain, origin: str
) -> CheckedLeaf:
    """Check what a verified envelope states (7), and that its signers may (5). Raises `VerificationError`."""
    try:
        statement = read_statement(envelope.payload)
    except DocumentError as error:
        raise unreadable(index, error) from error
    if statement.header.log != origin:
        raise VerificationError(
            f"entry {index} was signed for another ledger, {statement.header.log[:80]}",
            "Somebody replayed it here.", step=7, index=index, kind="origin",
        )
    if isinstance(statement.fact, TrustRootFact) and statement.fact != _brought(index, roots):
        raise VerificationError(
            f"entry {index} brings a trust root that is not in the chain", "The table of trust roots was changed.",
            step=1, index=index, kind="trust-root",
        )
    check_roles(statement.fact, signers, roots, index=index)
    if not isinstance(statement.fact, TrustRootFact):
        # The version that ends an expiry is written after it, or nobody could.
        check_time(statement.header.time, roots, index=index)
    return CheckedLeaf(signers=signers, statement=statement)


def _brought(index: int, roots: RootChain) -> TrustRootFact | None:
    """Return the trust root that entry `index` itself brings."""
    return next((root for begins, root in roots.versions if begins == index), None)


def check_producer(index: int, producer: Producer, signers: Sequence[str], hashed: bytes, producers: Producers) -> str:
    """Check the counter of the key that wrote this entry, and count it: step 6. Raises `VerificationError`."""
    for keyid in signers:
        last = producers.get(keyid)
        expected = (0, None) if last is None else (last[0] + 1, last[1])
        if (producer.seq, producer.prev) == expected:
            producers[keyid] = (producer.seq, digest_text(hashed))
            return keyid
    last = producers.get(signers[0])
    raise VerificationError(
        f"entry {index} is number {producer.seq} of its key, but number {last[0] + 1 if last else 0} is due",
        "An entry of the same key was removed, or entries changed places.", step=6, index=index, kind="producer",
    )


def unreadable(index: int, error: DocumentError) -> VerificationError:
    """Say that an entry is no statement of ours: step 7."""
    return VerificationError(
        f"entry {index} is no statement of ours: {error.message}", error.hint, step=7, index=index, kind="statement"
    )


