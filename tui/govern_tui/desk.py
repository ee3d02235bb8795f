"""What the pages need from the workflow: a protocol of reading and writing that holds no widget and no database."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from govern.domain.text import Digest
from govern.workflow.interface import Condition, Kind, Passphrases, Period, Progress, RenderedPack, Severity
from govern.workflow.lately_views import Acts, PackFile, PackRow, Proved, RuleRow
from govern.workflow.pack import PackData, PolicyView
from govern.workflow.printed import Printed
from govern.workflow.verify_views import VerifyView
from govern.workflow.views import (
    Dossier,
    EntryDetail,
    EntryRow,
    LineageRow,
    PerformanceRow,
    QueueItem,
    StatusView,
    WaiverRow,
    Written,
)

Direction = Literal["both", "up", "down", "impact"]
Verb = Literal[
    "approve", "approve-on", "reject", "request-changes", "attest", "comment", "waive", "take-back", "approve-waiver", "revoke-waiver",
    "open-finding", "remediate", "close-finding",
]
"""`approve-on` is an approval on conditions."""


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
class Doubts:
    """What a key that somebody else may have had leaves in doubt."""

    signed: int
    """Entries that it signed."""
    resting: tuple[str, ...]
    """What people did and runs that rests on them, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person decided, before it is signed."""

    verb: Verb
    reason: str
    key: str
    shown: tuple[str, ...]
    """Which parts of the dossier were opened."""
    subject: str = ""
    """What it is about, where that is not the model: a rule, a review by index, a waiver or a finding by id."""
    days: int = 30
    """Until a waiver ends or a finding is due."""
    control: str = ""
    """Compensating control of a waiver."""
    owner: str = ""
    """Who sees to a finding."""
    severity: Severity = "medium"
    conditions: tuple[Condition, ...] = ()
    """What an approval is given on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries: every word that is given has to fit."""

    kinds: tuple[str, ...] = ()
    holder: str = ""
    subject: str = ""
    """A name such as `credit@2`, or a digest."""
    standings: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackAbout:
    """What a pack is about."""

    kind: Kind
    ref: str
    """A model, a system, a decision, a framework; nothing for the whole ledger."""
    period: Period | None = None
    printed: Printed = field(default_factory=Printed)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Something that a pack can be about."""

    kind: Kind
    ref: str
    note: str = ""


class Desk(Protocol):
    """Reading and writing, as one reviewer of one workspace does it. Raises `GovernError` only."""

    title: str
    stages: tuple[str, ...]

    @property
    def writable(self) -> bool:
        """Whether this user may write to the workspace at all."""

    def size(self) -> int:
        """Entries in the ledger now."""

    def catching_up(self) -> tuple[int, int] | None:
        """How many entries are read, of how many, while a long ledger is read for the first time; None at other times."""

    def now(self) -> datetime:
        """The workspace's clock."""

    def status(self) -> StatusView:
        """The workspace at a glance."""

    def performance(self) -> tuple[PerformanceRow, ...]:
        """How well what runs performs, window by window."""

    def queue(self, holder: str = "") -> tuple[QueueItem, ...]:
        """What waits for a person, most urgent first; with `holder`, without what they have signed already."""

    def dossier(self, model: Digest, gate: str) -> Dossier:
        """All that a reviewer of one model at one gate needs."""

    def waivers(self) -> tuple[WaiverRow, ...]:
        """Every waiver."""

    def log(self, start: int, limit: int, wanted: Wanted | None = None, *, newest_first: bool = False) -> tuple[EntryRow, ...]:
        """Up to `limit` entries from index `start` on, or back, that match."""

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

    def abouts(self) -> tuple[About, ...]:
        """What a pack can be about: ledger, systems, models, frameworks, the newest decisions."""

    def pack(self, about: PackAbout, progress: Progress) -> PackData:
        """The data that a pack would hold."""

    def export(self, about: PackAbout, out: Path, *, key: str, passphrases: Passphrases, progress: Progress) -> RenderedPack:
        """Write a pack."""

    def policies(self) -> tuple[PolicyView, ...]:
        """Every version of every policy, oldest first."""

    def install(self, named: str, *, key: str, also_as: tuple[str, ...], passphrases: Passphrases) -> Written:
        """Put a policy into force; `also_as` are the keys of those who sign with it. Raises `Refused`."""

    def signers(self) -> tuple[SignerChoice, ...]:
        """The keys of this machine."""

    def people(self) -> tuple[PersonKey, ...]:
        """The keys of the trust root."""

    def new_key(self, name: str, holder: str, passphrases: Passphrases) -> str:
        """Make a key; return its id."""

    def enrol(self, name: str, role: str, passphrases: Passphrases) -> Written:
        """Take a key of the keyring into the trust root."""

    def change_passphrase(self, name: str, passphrases: Passphrases) -> None:
        """Protect a key of this machine with another passphrase, which is asked for as `NAME.new`."""

    def rotate(self, name: str, fresh: str, passphrases: Passphrases) -> Written:
        """Replace a key by a new one of the same holder."""

    def revoke(self, name: str, reason: str, passphrases: Passphrases) -> Written:
        """Make a key void from here on."""

    def doubts(self, keyid: str) -> Doubts:
        """What would be in doubt if a key were revoked as compromised."""

    def proved(self) -> Proved | None:
        """When this machine last verified the ledger to its end, and how far; None where it never did."""

    def acts(self, holder: str) -> Acts:
        """What a holder of keys did: how often, and what last."""

    def rule_results(self) -> tuple[RuleRow, ...]:
        """Every rule in force, and what it said within 30 days."""

    def pack_file(self, name: str) -> PackFile | None:
        """The pack of that name in the folder for exports or in that of the workspace, as it is now."""

    def packs(self) -> tuple[PackRow, ...]:
        """The packs that left the house, the newest first, and what lies of them there."""

    def roles(self) -> tuple[str, ...]:
        """The roles that a key can be given."""

    def place(self) -> Path:
        """Where this user's settings and state of the application lie."""

    def exports(self) -> Path:
        """The folder that pictures, rows and packs are saved to."""

    def reopen(self) -> None:
        """Read from the database that is there now."""

    def close(self) -> None:
        """Let go of the database: nobody reads any more."""
