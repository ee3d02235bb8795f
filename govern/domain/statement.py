"""What is signed and where it stands: subjects, the header every fact carries, statements and entries."""

from dataclasses import dataclass, field
from datetime import datetime

from govern.domain.facts import Fact
from govern.domain.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a statement is about: a name for people, a digest for machines (in-toto ResourceDescriptor)."""

    name: str
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeHead:
    """Size and root hash of the tree at one moment."""

    size: int
    root: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Producer:
    """A counter per key and the leaf hash of the same key's previous entry, so that a suppressed entry shows."""

    seq: int
    prev: Digest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """What every predicate of ours carries beside its fact."""

    log: str
    """The ledger's origin: an entry can't be replayed into another ledger."""
    producer: Producer
    time: datetime
    """Claimed by the signer, UTC, whole seconds. Only anchors prove a time."""
    seen: TreeHead | None
    """The last checkpoint that the signer verified; None before there was one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A statement before it has a header: what the caller wants recorded."""

    subjects: tuple[Subject, ...]
    fact: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An in-toto Statement v1 whose predicate is one of our facts."""

    subjects: tuple[Subject, ...]
    fact: Fact
    header: Header


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBy:
    """One signature of an entry, resolved against the trust root in force at the entry's index."""

    keyid: str
    holder: str
    """Pseudonym of the key's holder; empty where the trust root does not know the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An envelope at a position in the ledger, decoded."""

    index: int
    leaf_hash: Digest
    statement: Statement
    signed_by: tuple[SignedBy, ...]
    size: int = field(default=0)
    """Bytes of the leaf."""

    @property
    def fact(self) -> Fact:
        """The statement's fact."""
        return self.statement.fact

    @property
    def time(self) -> datetime:
        """The claimed time."""
        return self.statement.header.time

    @property
    def kind(self) -> str:
        """The predicate type's short name, such as `model`."""
        return self.statement.fact.KIND

    @property
    def holder(self) -> str:
        """The first signer's holder."""
        return self.signed_by[0].holder if self.signed_by else ""
