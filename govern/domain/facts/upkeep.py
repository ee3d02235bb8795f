"""The ledger's own housekeeping: trust root, anchors, exports, redactions, recoveries."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from govern.domain.text import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A public key and whose it is."""

    scheme: str
    """`ed25519` or `ecdsa-sha2-nistp256`."""
    public: str
    """Ed25519: 32 bytes in hexadecimal; ECDSA: SubjectPublicKeyInfo in PEM."""
    holder: str
    """Pseudonym; two keys of one holder are one person."""
    void_from: int | None = None
    """Index from which the key is void; set by revocation."""
    void_reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Who may act in a role, and how many of them it takes."""

    keyids: tuple[str, ...]
    threshold: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustRootFact:
    """Versioned, threshold-signed list of keys, holders, roles and thresholds (the manner of TUF).

    Subject: `trust-root@VERSION` with the digest of this fact's JSON. In force from the entry after its own index.
    """

    KIND: ClassVar[str] = "trust-root"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    version: int
    origin: str
    expires: datetime
    keys: dict[str, TrustedKey]
    """By key id: the SHA-256 of the raw public key (Ed25519) or of the SubjectPublicKeyInfo in DER, hexadecimal."""
    roles: dict[str, Role]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorFact:
    """A checkpoint was kept where the ledger's owner can't rewrite it."""

    KIND: ClassVar[str] = "anchor"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    method: str
    """`rfc3161`, `git-tag`, `folder` or `printed`."""
    size: int
    root: Digest
    where: str
    token: Digest | None = None
    """Object with the proof, such as a time-stamp token."""
    attested_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFact:
    """An evidence pack left the house. Subject: the pack's file, by digest."""

    KIND: ClassVar[str] = "export"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    kind: str
    """`model`, `system`, `decision`, `control` or `ledger`."""
    about: Digest
    as_of: datetime
    tree_size: int
    manifest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionFact:
    """Data and salt behind a commitment were erased; every proof stays valid."""

    KIND: ClassVar[str] = "redaction"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    commitment: Digest
    reason: str
    legal_basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryFact:
    """The ledger went on after a loss; both notes stay as evidence."""

    KIND: ClassVar[str] = "recovery"
    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    lost_note: str
    found_note: str
    reason: str
