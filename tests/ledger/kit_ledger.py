"""A small ledger for tests: keys, a trust root, drafts; all times are given."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from govern.domain.facts import ModelFact, ReviewFact, Role, SystemFact, TrustRootFact
from govern.domain.statement import Draft, Entry, Subject
from govern.domain.text import digest_of
from govern.store.ledger import Ledger
from govern.trust.checkpoints import CheckpointStore
from govern.trust.home import Home
from govern.trust.signer import LocalSigner, local_signer

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ORIGIN = "ledger.example/tests"
ROLES = {
    "root": ("root",), "log": ("log",), "pipeline": ("recorder", "evaluator", "operator", "auditor"),
    "owner": ("policy",), "reviewer": ("approver", "validator"),
}


def signer(holder: str, seed: int | None = None) -> LocalSigner:
    """Make a key; with a seed always the same one."""
    private = (
        Ed25519PrivateKey.generate() if seed is None else Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    )
    return local_signer(private, holder=holder)


def root_of(signers: dict[str, LocalSigner], *, origin: str = ORIGIN, threshold: int = 1) -> TrustRootFact:
    """Make the first trust root: each signer in the roles of its name."""
    roles: dict[str, list[str]] = {}
    for name, one in signers.items():
        for role in ROLES[name.rstrip("0123456789")]:
            roles.setdefault(role, []).append(one.keyid)
    return TrustRootFact(
        version=1, origin=origin, expires=NOW + timedelta(days=1000),
        keys={one.keyid: one.public for one in signers.values()},
        roles={
            name: Role(keyids=tuple(sorted(keyids)), threshold=threshold if name == "root" else 1)
            for name, keyids in roles.items()
        },
    )


def model(number: int = 1, **changes: object) -> Draft:
    """Draft a model."""
    values: dict[str, object] = {
        "name": "credit", "version": str(number), "system": "credit", "media_type": "application/x-skops", "size": 10,
    }
    fact = ModelFact(**(values | changes))  # type: ignore[arg-type]
    return Draft(subjects=(Subject(name=f"credit@{number}", digest=digest_of(b"%d" % number)),), fact=fact)


def system() -> Draft:
    """Draft a system."""
    fact = SystemFact(name="credit", purpose="credit", task="binary-classification", tier="high", owner="team")
    return Draft(subjects=(Subject(name="system/credit", digest=digest_of(b"system")),), fact=fact)


def review(number: int = 1) -> Draft:
    """Draft an approval."""
    fact = ReviewFact(action="approve", system="credit", gate="promote:production", role="approver", reason="fine")
    return Draft(subjects=(Subject(name=f"credit@{number}", digest=digest_of(b"%d" % number)),), fact=fact)


@dataclass
class Kit:
    """Keys, trusted checkpoints, and the ledger they belong to."""

    folder: Path
    url: str
    origin: str = ORIGIN
    signers: dict[str, LocalSigner] = field(default_factory=dict)
    ledger: Ledger = None  # type: ignore[assignment]
    root: TrustRootFact = None  # type: ignore[assignment]

    @classmethod
    def make(cls, folder: Path, *, url: str | None = None, origin: str = ORIGIN, seeded: bool = False) -> "Kit":
        """Make a ledger with every role filled."""
        folder.mkdir(exist_ok=True)
        kit = cls(folder=folder, url=url or f"sqlite:///{folder}/ledger.db", origin=origin)
        kit.signers = {name: signer(name, seed if seeded else None) for seed, name in enumerate(ROLES, 1)}
        kit.root = root_of(kit.signers, origin=origin)
        kit.ledger = Ledger.create(
            kit.url, origin=origin, root=kit.root, root_signers=[kit.signers["root"]], log_signer=kit.signers["log"],
            now=NOW, trusted=kit.trusted,
        )
        return kit

    @property
    def home(self) -> Home:
        """Where this test's user keeps what is trusted."""
        return Home.at(self.folder / "home")

    @property
    def trusted(self) -> CheckpointStore:
        """The trusted checkpoints."""
        return self.home.checkpoints(self.origin)

    def append(self, *drafts: Draft, by: str = "pipeline", trusted: bool = True) -> tuple[Entry, ...]:
        """Append one batch."""
        return self.ledger.append(
            drafts, signers=[self.signers[by]], log_signer=self.signers["log"], now=NOW,
            trusted=self.trusted if trusted else None,
        )

    def models(self, count: int, *, batch: int = 1) -> None:
        """Append models."""
        first = self.ledger.size
        numbers = range(first, first + count)
        for start in range(0, count, batch):
            self.append(*(model(number) for number in numbers[start : start + batch]))

    def path(self) -> Path:
        """The SQLite file."""
        return Path(self.url.removeprefix("sqlite:///"))

    def reopen(self) -> None:
        """Close and open again."""
        self.ledger.close()
        self.ledger = Ledger.open(self.url)
