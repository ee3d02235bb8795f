"""The chain of trust roots as it stands in entries: step 1 of a verification."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from govern.canonical.dsse import parse_leaf
from govern.canonical.statement import fact_digest, read_statement
from govern.canonical.values import from_json
from govern.domain.facts import Fact, TrustRootFact
from govern.domain.text import Digest
from govern.errors import DocumentError, GovernError, UnverifiableError, VerificationError
from govern.trust.root import RootChain, RootError, check_root, check_signatures, is_void

Roots = tuple[tuple[int, Digest], ...]
"""Index and leaf hash of each trust root."""


def check_root_leaf(chain: RootChain | None, index: int, leaf: bytes, *, origin: str) -> RootChain:
    """Extend a chain by the trust root in a leaf. Raises `VerificationError`, step 1."""
    try:
        envelope = parse_leaf(leaf)
        statement = read_statement(envelope.payload)
    except DocumentError as error:
        raise RootError(f"the trust root at entry {index} can’t be read: {error.message}", index=index) from error
    root = statement.fact
    if not isinstance(root, TrustRootFact):
        raise RootError(f"entry {index} is no trust root", index=index)
    if statement.header.log != origin:
        raise RootError(f"the trust root at entry {index} was signed for another ledger", index=index)
    try:
        check_root(root, origin=origin)
        base = chain or RootChain(((0, root),))
        signers = check_signatures(envelope, base, index=index, also=root)
    except RootError:
        raise
    except VerificationError as error:
        raise RootError(error.message, error.hint, index=index, kind=error.kind) from error
    if chain is not None:
        return chain.extended(root, signers, index=index)
    if index:
        raise RootError("the first trust root is not entry 0", index=index)
    return RootChain.begin(root, signers, origin=origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenRoot:
    """A trust root that a verifier was given on another way than what it verifies."""

    fact: TrustRootFact
    leaf: bytes | None = None
    """The entry that brought it, if that is what was given: with it, older versions can be chained to it."""

    def void(self, keyid: str, index: int) -> bool:
        """Say whether it declares a key void for entries at `index`."""
        return keyid in self.fact.keys and is_void(self.fact, keyid, index)


def read_trusted_root(data: bytes) -> GivenRoot:
    """Read a trust root that was given from outside: the leaf of its entry, or its fact as JSON.

    Raises `UnverifiableError`.
    """
    leaf = data.strip() if b'"payloadType"' in data else None
    try:
        fact = from_json(TrustRootFact, data) if leaf is None else _root_of(read_statement(parse_leaf(leaf).payload).fact)
        check_root(fact, origin=fact.origin)
    except GovernError as error:
        raise UnverifiableError(
            f"the trust root that was given can’t be used: {error.message}", "`govern trust show` writes one."
        ) from error
    return GivenRoot(fact=fact, leaf=leaf)


def _root_of(fact: Fact) -> TrustRootFact:
    if not isinstance(fact, TrustRootFact):
        raise UnverifiableError("the file is an entry, but no trust root", "`govern trust show` writes one.")
    return fact


def check_same(found: Roots, before: Roots, *, size: int) -> None:
    """Hold the trust roots in entries that are not looked at again against those that were verified. Raises `RootError`."""
    other = set(before) ^ {one for one in found if one[0] < size}
    if other:
        raise RootError(
            f"the trust roots in the first {size} entries are no longer the ones that were verified",
            "Run `govern verify --full` to find the place.", index=min(other)[0],
        )


def check_trusted(chain: RootChain, trusted: TrustRootFact) -> None:
    """Check that a chain contains the trust root that was given from outside. Raises `RootError`."""
    if trusted.origin != chain.newest.origin:
        raise RootError(
            f"this is the ledger {chain.newest.origin}, the trust root given is for {trusted.origin}",
            "Give the trust root of this ledger.", kind="origin",
        )
    same = [root for _, root in chain.versions if root.version == trusted.version]
    if not same or fact_digest(same[0]) != fact_digest(trusted):
        raise RootError(
            f"version {trusted.version} of the trust root here is not the one given from outside",
            "Somebody else’s keys signed this. Keep it as evidence.", kind="trust-root",
        )


def check_with_trusted(leaves: Sequence[tuple[int, bytes]], given: GivenRoot, *, size: int) -> RootChain:
    """Build the chain that a bundle brings along and tie it to the trust root given from outside.

    The one given may be newer than the bundle: then its own entry has to continue the bundle’s chain.
    Raises `VerificationError`, `UnverifiableError`.
    """
    chain = chain_of(leaves, origin=given.fact.origin)
    ahead = given.fact.version - chain.newest.version
    if ahead <= 0:
        check_trusted(chain, given.fact)
        return chain
    if ahead > 1 or given.leaf is None:
        raise UnverifiableError(
            f"the trust root given is version {given.fact.version}, what is verified was signed under "
            f"{chain.newest.version}",
            f"Give the trust root of version {chain.newest.version}, from the same source.",
        )
    check_root_leaf(chain, size, given.leaf, origin=given.fact.origin)
    return chain


def chain_of(leaves: Iterable[tuple[int, bytes]], *, origin: str) -> RootChain:
    """Build and check a chain from (index, leaf) pairs. Raises `VerificationError`."""
    chain: RootChain | None = None
    for index, leaf in leaves:
        chain = check_root_leaf(chain, index, leaf, origin=origin)
    if chain is None:
        raise RootError("there is no trust root", kind="trust-root")
    return chain
