"""What the pages need from the workflow: a protocol of reading and writing that holds no widget and no database."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from govern.domain.text import Digest
from govern.workflow.interface import Passphrases, Progress, RenderedPack
from govern.workflow.pack import PackData, PolicyView
from govern.workflow.views import (
    Dossier,
    EntryDetail,
    EntryRow,
    LineageRow,
    QueueItem,
    StatusView,
    VerifyView,
    WaiverRow,
    Written,
)

Direction = Literal["both", "up", "down", "impact"]
Verb = Literal[
    "approve", "reject", "request-changes", "attest", "comment", "waive", "take-back", "approve-waiver", "revoke-waiver",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerChoice:
    """A key of this machine's keyring that could sign here."""

    name: str
    holder: str
    keyid: str
    roles: tuple[str, ...]
    """In the trust root now; empty where it is not enrolled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonKey:
    """One key of the trust root."""

    holder: str
    keyid: str
    scheme: str
    roles: tuple[str, ...]
    local: str
    """Its name in this machine's keyring; empty where it is not here."""
    void_from: int | None
    void_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person decided, before it is signed."""

    verb: Verb
    reason: str
    key: str
    shown: tuple[str, ...]
    """Which parts of the dossier were opened."""
    subject: str = ""
    """What it is about, where that is not the model: a rule, a review by index, a waiver by id."""
    days: int = 30
    control: str = ""
    """Compensating control of a waiver."""


class Desk(Protocol):
    """Reading and writing, as one reviewer of one workspace does it. Raises `GovernError` only."""

    title: str
    stages: tuple[str, ...]

    @property
    def writable(self) -> bool:
        """Whether this user may write to the workspace at all."""

    def size(self) -> int:
        """Entries in the ledger now."""

    def now(self) -> datetime:
        """The workspace's clock."""

    def status(self) -> StatusView:
        """The workspace at a glance."""

    def queue(self) -> tuple[QueueItem, ...]:
        """What waits for a person, most urgent first."""

    def dossier(self, model: Digest, gate: str) -> Dossier:
        """All that a reviewer of one model at one gate needs."""

    def waivers(self) -> tuple[WaiverRow, ...]:
        """Every waiver."""

    def log(self, start: int, limit: int, *, kinds: tuple[str, ...] = (), text: str = "") -> tuple[EntryRow, ...]:
        """Up to `limit` entries from index `start` on that match."""

    def entry(self, index: int) -> EntryDetail:
        """One entry, decoded."""

    def lineage(self, ref: str, direction: Direction, as_of: datetime | None) -> tuple[LineageRow, ...]:
        """The lines of the graph around `ref`."""

    def decide(self, dossier: Dossier, choice: Choice, passphrases: Passphrases) -> Written:
        """Sign and write a person's decision on a dossier."""

    def promote(self, model: Digest, stage: str, passphrases: Passphrases) -> Written:
        """Move a system's stage pointer. Raises `Refused`."""

    def verify(self, *, full: bool, progress: Progress) -> VerifyView:
        """Prove the ledger."""

    def verify_pack(self, path: Path, trust: Path, progress: Progress) -> VerifyView:
        """Prove a pack with a trust root from outside."""

    def pack(self, model: Digest, progress: Progress) -> PackData:
        """The data that a pack of this model would hold."""

    def export(self, model: Digest, out: Path, *, key: str, passphrases: Passphrases, progress: Progress) -> RenderedPack:
        """Write a pack."""

    def policies(self) -> tuple[PolicyView, ...]:
        """Every version of every policy, oldest first."""

    def signers(self) -> tuple[SignerChoice, ...]:
        """The keys of this machine."""

    def people(self) -> tuple[PersonKey, ...]:
        """The keys of the trust root."""

    def new_key(self, name: str, holder: str, passphrases: Passphrases) -> str:
        """Make a key; return its id."""

    def enrol(self, name: str, role: str, passphrases: Passphrases) -> Written:
        """Take a key of the keyring into the trust root."""

    def rotate(self, name: str, fresh: str, passphrases: Passphrases) -> Written:
        """Replace a key by a new one of the same holder."""

    def revoke(self, name: str, reason: str, passphrases: Passphrases) -> Written:
        """Make a key void from here on."""

    def roles(self) -> tuple[str, ...]:
        """The roles that a key can be given."""

    def place(self) -> Path:
        """Where this user's settings and state of the application lie."""

    def exports(self) -> Path:
        """The folder that pictures, rows and packs are saved to."""

    def close(self) -> None:
        """Let go of the database."""
