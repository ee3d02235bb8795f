"""A workspace: the folder, its ledger and objects, the keys of whoever works in it, and the clock."""

import os
import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from govern.domain.facts import TrustRootFact
from govern.domain.statement import Draft, Entry, Subject
from govern.domain.text import Digest
from govern.errors import GovernError, LedgerMovedError, Refused, StorageError, UsageError, VerificationError
from govern.store.objects import ObjectFolder
from govern.trust.checkpoints import CheckpointStore
from govern.trust.home import Home
from govern.trust.keyring import Keyring
from govern.trust.signer import Signer
from govern.workflow.interface import Passphrases
from govern.workflow.place.config import Config, Keys, read_config, template
from govern.workflow.views import Written

if TYPE_CHECKING:
    from govern.lineage.state import State
    from govern.store.ledger import Ledger

FOLDER = ".govern"
Clock = Callable[[], datetime]
T = TypeVar("T")
PATIENCE = 120.0
"""Seconds in which what was decided on a ledger that grew meanwhile is decided again: twenty reviewers at once come through."""
LONGEST_PAUSE = 1.0
"""Seconds between two tries at most, drawn at random, so that those who lost do not meet again."""


def system_clock() -> datetime:
    """Return the time now, UTC, in whole seconds: entries keep no more."""
    return datetime.now(UTC).replace(microsecond=0)


class Workspace:
    """An open workspace. Cheap to make: the ledger opens, and is folded, when first asked for.

    What that takes is imported then, too: whoever shows a screen first has it shown half a second sooner.
    """

    def __init__(self, folder: Path, home: Home, clock: Clock = system_clock) -> None:
        """Read the configuration in `folder` (the `.govern` folder itself). Raises `UsageError`, `DocumentError`."""
        self.folder = folder
        self.home = home
        self.now = clock
        self.config: Config = read_config(folder / "config.toml")
        self.objects = ObjectFolder(folder / "objects")
        self.keyring = Keyring(home.keys)
        self._guarded = True
        self._state: State | None = None
        self._then: tuple[tuple[datetime, int], State] | None = None
        self._ready: dict[str, Signer] = {}
        self.wrote: list[Written] = []
        """Every entry written through this object, in order."""

    @classmethod
    def open(cls, folder: Path | None = None, *, home: Home | None = None, clock: Clock = system_clock) -> "Workspace":
        """Open the workspace at `folder`, at GOVERN_WORKSPACE, or upward from the current folder.

        Raises `UsageError` where there is none.
        """
        home = home or Home.default()
        named = folder or (Path(os.environ["GOVERN_WORKSPACE"]) if os.environ.get("GOVERN_WORKSPACE") else None)
        if named is not None:
            place = named if named.name == FOLDER else named / FOLDER
            if not place.is_dir():
                raise UsageError(f"{named} is not a workspace", f"`govern --workspace {named} init` would make one there.")
            return cls(place, home, clock)
        start = Path.cwd()
        for candidate in (start, *start.parents):
            if (candidate / FOLDER / "config.toml").is_file():
                return cls(candidate / FOLDER, home, clock)
        raise UsageError(
            f"no workspace here: there is no {FOLDER} folder in {start} or above it",
            "`govern init` makes one; --workspace DIR or GOVERN_WORKSPACE names one elsewhere.",
        )

    @classmethod
    def create(
        cls, folder: Path, *, passphrases: Passphrases, origin: str | None = None, database: str | None = None,
        reviewer: str = "", home: Home | None = None, clock: Clock = system_clock,
    ) -> "Workspace":
        """Make a workspace in `folder`: configuration, first keys, trust root, ledger.

        Keys that are in the keyring already are used as they are; `reviewer` names the key that reviews are signed with
        on this machine. Raises `UsageError` where there is a workspace.
        """
        home = home or Home.default()
        place = folder / FOLDER
        if (place / "config.toml").exists():
            raise UsageError(f"{folder} holds a workspace already", "Use it, or choose another folder.")
        origin = origin or f"govern/{secrets.token_hex(8)}"
        text = template(origin, database or "sqlite:///ledger.db", reviewer)
        try:
            (place / "objects").mkdir(parents=True, exist_ok=True)
            (place / ".gitignore").write_text("*\n", encoding="utf-8")
        except OSError as error:
            raise StorageError(f"{place} can't be made: {error}", "Choose a folder that you may write to.") from error
        from govern.workflow.place.founding import found  # late: only this needs it

        found(
            database_url(database or "sqlite:///ledger.db", place), origin=origin, keyring=Keyring(home.keys), keys=Keys(),
            passphrases=passphrases, now=clock(), trusted=home.checkpoints(origin),
        )
        # The configuration comes last: a folder without it is no workspace, so a stopped `init` can simply be repeated.
        (place / "config.toml").write_text(text, encoding="utf-8")
        return cls(place, home, clock)

    @cached_property
    def ledger(self) -> "Ledger":
        """The ledger, opened, proved to continue what was seen of it before, and signed by its log.

        Raises `StorageError`; `VerificationError` where an old copy was put back, or the ledger was forked or forged.
        """
        from govern.ledger.guard import check_guard

        trusted = self.trusted.read()
        if trusted is not None:
            checkpoint = self.unguarded.checkpoint()
            check_guard(trusted, checkpoint.head, checkpoint.note, self.unguarded.nodes)
        self.unguarded.proved()
        return self.unguarded

    @cached_property
    def unguarded(self) -> "Ledger":
        """The ledger, opened as it is: for verification, which says more than that it was put back, and for recovery.

        Raises `StorageError`; `VerificationError` where it is not the one that the configuration names.
        """
        from govern.store.ledger import Ledger

        ledger = Ledger.open(database_url(self.config.database, self.folder))
        if ledger.origin != self.config.origin:
            ledger.close()
            # What is trusted here is looked up by the name: under another one, nothing would be known of this ledger.
            raise VerificationError(
                f"the database holds the ledger {ledger.origin[:80]}, and config.toml names {self.config.origin[:80]}",
                "Correct `origin` or `database` in config.toml, and find out who changed it.", step=3, kind="origin",
            )
        return ledger

    def as_found(self) -> "Workspace":
        """Return this workspace with its ledger as it lies there: for showing one that was put back, never for deciding."""
        found = Workspace(self.folder, self.home, self.now)
        found._guarded = False
        found.__dict__["ledger"] = found.unguarded  # in place of the property, which would refuse it
        return found

    @property
    def trusted(self) -> CheckpointStore:
        """The checkpoints of this ledger that are kept outside it."""
        return self.home.checkpoints(self.config.origin)

    def state(self, *, as_of: datetime | None = None) -> "State":
        """Return what the ledger says now, or said at `as_of`."""
        from govern.lineage.folding import extended
        from govern.workflow.place.folded import LedgerSource

        if as_of is not None:
            asked = (as_of, self.ledger.size)
            if self._then is None or self._then[0] != asked:
                self._then = (asked, self._folded(as_of=as_of))
            return self._then[1]
        if self._state is None:
            self._state = self._folded()
        state = self._state
        if self.ledger.size != state.size:
            state = extended(state, LedgerSource(self.ledger, self.trusted.head()).entries(state.size))
        self._state = state
        return state

    def state_before(self, index: int) -> "State":
        """Return what all entries before the one at `index` say."""
        return self._folded(stop=index)

    def _folded(self, **until: Any) -> "State":
        from govern.workflow.place.folded import folded

        return folded(self.home, self.config.origin, self.ledger, guarded=self._guarded, **until)

    def key_for(self, role: str, named: str | None) -> str:
        """Return the name of the key that signs in `role`. Raises `UsageError` where none is named."""
        name = named or getattr(self.config.keys, role, "") or ""
        if not name:
            raise UsageError(
                f"no key is named to sign as {role}",
                "Name yours with --as KEY (`govern key list` shows them), or set keys.reviewer in config.toml.",
            )
        return name

    def ready(self, key: str, passphrases: Passphrases) -> None:
        """Open the key that the next `write` signs with, so that a wrong passphrase is known before long work begins.

        Raises `SigningKeyError`, `WrongPassphraseError`, `Refused` where the trust root does not know the key.
        """
        self._ready = {key: self.keyring.signer(key, passphrases)}
        self.holder_of(key)

    def write(
        self, drafts: Sequence[Draft], *, key: str, passphrases: Passphrases, at: int | None = None,
        also: Sequence[str] = (),
    ) -> tuple[Written, ...]:
        """Sign and append `drafts` as one batch, and say what was written.

        With `at`, only onto a ledger of exactly so many entries: what was decided on a state is not written onto
        another. `also` names further keys that sign every draft. Raises `LedgerMovedError`, `Refused`, `StorageError`.
        """
        signer = self._ready.pop(key, None) or self.keyring.signer(key, passphrases)
        signers = (signer, *(self.keyring.signer(name, passphrases) for name in also))
        log_signer = self.log_signer(self.ledger.trust_root(), passphrases)
        trusted = self.trusted
        try:
            entries = self.ledger.append(
                drafts, signers=signers, log_signer=log_signer, now=self.now(), seen=trusted.head(), trusted=trusted,
                at=at,
            )
        except LedgerMovedError:
            self._ready[key] = signer  # it will be decided again in a moment, and opening a key takes longest
            raise
        found = tuple(written(entry) for entry in entries)
        self.wrote += found
        return found

    def log_signer(self, root: TrustRootFact, passphrases: Passphrases) -> Signer:
        """Open the key that signs checkpoints: the configured one, or else one of this machine in the role log of `root`.

        So a rotation of the log's key does not stop whoever has the new one. Raises `SigningKeyError`.
        """
        held = root.roles["log"].keyids
        named = self.config.keys.log
        known = self.keyring.names()
        if named not in known or self.keyring.info(named).keyid not in held:
            named = next((name for name in known if self.keyring.info(name).keyid in held), named)
        return self.keyring.signer(named, passphrases)

    def holder_of(self, key: str) -> str:
        """Return the holder that the trust root names for a key of the keyring. Raises `Refused` where it names none."""
        info = self.keyring.info(key)
        known = self.ledger.trust_root().keys.get(info.keyid)
        if known is None:
            raise Refused(
                f"the key “{key}” is not in this ledger's trust root",
                f"Enrol it: `govern key enrol {key} --role ROLE`, signed by the root key.",
            )
        return known.holder

    def roles_of(self, key: str) -> tuple[str, ...]:
        """Return the roles that the trust root gives a key of the keyring."""
        keyid = self.keyring.info(key).keyid
        return tuple(sorted(name for name, role in self.ledger.trust_root().roles.items() if keyid in role.keyids))

    def close(self) -> None:
        """Close the ledger, if it was opened.

        What was written here is folded and kept first, where this process had folded what was before it: whoever asks next
        finds it, instead of half a second of loading what folds.
        """
        if "unguarded" not in self.__dict__:
            return
        try:
            if self.wrote and self._state is not None:
                # Whatever is wrong by now is said to the one who asks next: what was written is written.
                with suppress(GovernError):
                    self._folded()
        finally:
            self.unguarded.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def settled(attempt: Callable[[], T]) -> T:
    """Decide and write, again from the start where the ledger moved in between. Raises what `attempt` raises."""
    end, pause = time.monotonic() + PATIENCE, 0.02
    while True:
        try:
            return attempt()
        except LedgerMovedError:
            if time.monotonic() >= end:
                raise
        time.sleep(random.uniform(0, pause))  # noqa: S311 - not a secret
        pause = min(2 * pause, LONGEST_PAUSE)


def database_url(url: str, folder: Path) -> str:
    """Resolve a relative SQLite path against the workspace's folder."""
    prefix = "sqlite:///"
    if url.startswith(prefix) and not url.startswith(prefix + "/"):
        return f"{prefix}{(folder / url.removeprefix(prefix)).resolve()}"
    return url


def written(entry: Entry) -> Written:
    """Say what an entry is, for the one who wrote it."""
    subject = entry.statement.subjects[0]
    return Written(
        index=entry.index, kind=entry.kind, digest=entry.leaf_hash, subject=subject.name, subject_digest=subject.digest
    )


def about(name: str, digest: Digest) -> tuple[Subject, ...]:
    """Make the one subject of a statement."""
    return (Subject(name=name, digest=digest),)


@contextmanager
def opened(folder: Path | None = None) -> Iterator[Workspace]:
    """Open a workspace and close it again."""
    workspace = Workspace.open(folder)
    try:
        yield workspace
    finally:
        workspace.close()
