"""Offline verification of what a pack or a proof brings along, against a trust root from outside.

Steps as in the whole ledger: the chain of trust roots (1), hashes and inclusion (2), the checkpoint (3), signatures (4),
roles (5), counters where all entries are there (6), statements (7).
"""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from govern.canonical.dsse import decode_base64, parse_leaf
from govern.canonical.jcs import canonical_bytes, parse_json
from govern.canonical.statement import read_statement
from govern.domain.facts import TrustRootFact
from govern.domain.statement import Entry, TreeHead
from govern.errors import DocumentError, UnverifiableError, VerificationError
from govern.ledger import tree
from govern.ledger.checkpoint import digest_bytes, digest_text, read_checkpoint, verify_checkpoint
from govern.ledger.entries import check_leaf, check_producer, decode
from govern.ledger.proof import parse_proof
from govern.ledger.roots import check_with_trusted, read_trusted_root
from govern.trust.root import RootChain

MAX_LINES: Final = 1_000_000
"""Entries of one bundle: beyond it the ledger itself is what should be verified."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleProof:
    """What was proved."""

    origin: str
    head: TreeHead
    entries: tuple[Entry, ...]
    complete: bool
    """All entries of the tree are in the bundle: nothing was left out."""
    root_version: int
    """Of the trust root given from outside."""
    void_later: tuple[int, ...] = ()
    """Entries by a key that a later trust root declares void from then on."""

    @property
    def size(self) -> int:
        """Entries in the tree."""
        return self.head.size


def verify_bundle(
    *, entries: bytes, proofs: bytes, checkpoint: str, trust_roots: bytes, trusted_root: bytes,
    progress: Callable[[str, int, int | None], None] | None = None,
) -> BundleProof:
    """Verify entries and their inclusion proofs against a checkpoint and a trust root given from outside.

    Args:
        entries: `entries.jsonl`, one leaf a line.
        proofs: `proofs.jsonl`, `{"index", "leaf", "hashes": [base64]}` a line, for the same entries in the same order.
        checkpoint: The signed note.
        trust_roots: JSON array with the leaves of every trust root, oldest first.
        trusted_root: The trust root that the verifier was given on another way.
        progress: Told (part, done, total).

    Raises:
        VerificationError: Something is wrong; step, index and kind say what.
        UnverifiableError: It could not be checked.
    """
    given = read_trusted_root(trusted_root)
    leaves = [line for line in entries.split(b"\n") if line]
    claims = [_claim(number, line) for number, line in enumerate(line for line in proofs.split(b"\n") if line)]
    if len(leaves) != len(claims) or len(leaves) > MAX_LINES:
        raise VerificationError(
            f"{len(leaves)} entries, but {len(claims)} proofs", "It is not as it was made.", step=2, kind="proof"
        )
    head = _head(checkpoint)
    _check_order([index for index, _, _ in claims])
    for leaf, (index, hashed, path) in zip(leaves, claims, strict=True):
        if tree.leaf_hash(leaf) != hashed:
            raise VerificationError(
                f"entry {index} is not the one that was proved", "It was changed.", step=2, index=index, kind="changed"
            )
        _included(index, head, hashed, path)
    indices = {leaf: index for leaf, (index, _, _) in zip(leaves, claims, strict=True)}
    roots = check_with_trusted(_roots(trust_roots, indices), given, size=head.size)
    verify_checkpoint(checkpoint, roots.in_force(head.size))
    producers: dict[str, tuple[int, Any]] = {}
    complete = len(leaves) == head.size
    read = []
    for done, (leaf, (index, hashed, _)) in enumerate(zip(leaves, claims, strict=True), 1):
        checked = check_leaf(index, leaf, roots=roots, origin=given.fact.origin)
        if complete:
            check_producer(index, checked.statement.header.producer, checked.signers, hashed, producers)
        read.append(decode(index, leaf, roots))
        if progress is not None and (done % 256 == 0 or done == len(leaves)):
            progress("entries", done, len(leaves))
    void = tuple(
        entry.index for entry in read
        if any(given.void(one.keyid, entry.index) or roots.void_later(one.keyid, entry.index) for one in entry.signed_by)
    )
    return BundleProof(
        origin=given.fact.origin, head=head, entries=tuple(read), complete=complete,
        root_version=given.fact.version, void_later=void,
    )


def _head(checkpoint: str) -> TreeHead:
    try:
        return read_checkpoint(checkpoint).head
    except DocumentError as error:
        raise VerificationError(
            f"the checkpoint can’t be read: {error.message}", "It is not as it was made.", step=3, kind="checkpoint"
        ) from error


def _claim(number: int, line: bytes) -> tuple[int, bytes, tuple[bytes, ...]]:
    try:
        read = parse_json(line)
        if not isinstance(read, dict) or set(read) != {"index", "leaf", "hashes"}:
            raise DocumentError("index, leaf and hashes are needed")  # noqa: TRY301 - one place for all that is off
        index, leaf, hashes = read["index"], read["leaf"], read["hashes"]
        if type(index) is not int or not isinstance(leaf, str) or not isinstance(hashes, list):
            raise DocumentError("index, leaf and hashes are of other types")  # noqa: TRY301
        return index, digest_bytes(_digest(leaf)), tuple(decode_base64(one) for one in hashes)
    except DocumentError as error:
        raise VerificationError(
            f"line {number + 1} of the proofs: {error.message}", "It is not as it was made.", step=2, kind="proof"
        ) from error


def _digest(text: str) -> Any:
    if len(text) != 71 or not text.startswith("sha256:") or any(one not in "0123456789abcdef" for one in text[7:]):  # noqa: PLR2004
        raise DocumentError("a leaf hash is no digest")
    return text


def _check_order(indices: Sequence[int]) -> None:
    if any(later <= earlier for earlier, later in pairwise(indices)):
        raise VerificationError(
            "entries stand twice or out of order", "It is not as it was made.", step=2, kind="order"
        )


def _included(index: int, head: TreeHead, hashed: bytes, path: Sequence[bytes]) -> None:
    try:
        tree.verify_inclusion(index, head.size, hashed, path, digest_bytes(head.root))
    except tree.ProofError as error:
        raise VerificationError(
            error.message, "It is not as it was made.", step=2, index=index, kind="proof"
        ) from error


def _roots(trust_roots: bytes, indices: dict[bytes, int]) -> list[tuple[int, bytes]]:
    """Find each trust root among the entries: its place in the tree is what says from when it is in force."""
    try:
        listed = parse_json(trust_roots)
        if not isinstance(listed, list):
            raise DocumentError("a list is needed")  # noqa: TRY301
        leaves = [canonical_bytes(one) for one in listed]
    except DocumentError as error:
        raise VerificationError(
            "the list of trust roots can’t be read", "It is not as it was made.", step=1, kind="trust-root"
        ) from error
    found = []
    for leaf in leaves:
        if leaf not in indices:
            raise UnverifiableError(
                "a trust root is not among the entries", "Ask for a pack with every trust root and its proof."
            )
        found.append((indices[leaf], leaf))
    return found


def proofs_line(index: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """Write one line of `proofs.jsonl`."""
    line = {
        "hashes": [base64.b64encode(one).decode() for one in path], "index": index,
        "leaf": digest_text(tree.leaf_hash(leaf)),
    }
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"




def verify_entry(*, leaf: bytes, proof: bytes, trusted_root: bytes) -> BundleProof:
    """Verify one entry by its C2SP tlog-proof, judged by the trust root given from outside, whichever version that is.

    Raises `VerificationError`, `UnverifiableError`.
    """
    given = read_trusted_root(trusted_root)
    leaf = leaf.rstrip(b"\n")
    try:
        said = parse_proof(proof)
    except DocumentError as error:
        raise VerificationError(error.message, "The proof is not as it was made.", step=2, kind="proof") from error
    head = _head(said.checkpoint)
    _included(said.index, head, tree.leaf_hash(leaf), said.hashes)
    verify_checkpoint(said.checkpoint, given.fact)
    try:
        brings_root = isinstance(read_statement(parse_leaf(leaf).payload).fact, TrustRootFact)
    except DocumentError as error:
        raise VerificationError(
            f"entry {said.index} can’t be read: {error.message}", "It was changed.", step=7, index=said.index, kind="statement"
        ) from error
    roots = RootChain(((said.index if brings_root else -1, given.fact),))
    check_leaf(said.index, leaf, roots=roots, origin=given.fact.origin)
    return BundleProof(
        origin=given.fact.origin, head=head, entries=(decode(said.index, leaf, roots),), complete=head.size == 1,
        root_version=given.fact.version,
    )
