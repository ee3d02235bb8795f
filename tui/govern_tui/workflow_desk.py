"""The desk over a real workspace: each method is one use case of `govern.workflow`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import TypeVar

from govern.domain.text import Digest
from govern.errors import MissingExtraError, Refused
from govern.workflow.custody import keys
from govern.workflow.interface import PackRenderer, Passphrases, Progress, RenderedPack
from govern.workflow.lately_views import Acts, PackFile, PackRow, Proved, RuleRow
from govern.workflow.pack import PackData, PolicyView
from govern.workflow.packs import exported, exporting, packing, verifying_packs
from govern.workflow.place.workspace import Workspace
from govern.workflow.policies import policies, waivers
from govern.workflow.prove import verifying
from govern.workflow.read import logbook, performing, reading, waiting
from govern.workflow.read.ahead import Ahead
from govern.workflow.release import promoting
from govern.workflow.review import findings, reviewing
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
from govern_tui.desk import About, Choice, Direction, Doubts, PackAbout, PersonKey, SignerChoice, Wanted
from govern_tui.placed import Placed

Result = TypeVar("Result")
MOST_ABOUTS = 200
"""Models and decisions that are offered for a pack; older ones are named by hand."""
FRAMEWORKS_FROM = 12
"""Decisions whose rules name the frameworks that are offered."""


class Connection:
    """The workspace once more, opened when it is first asked, with a turn of its own."""

    def __init__(self, again: Callable[[], Workspace]) -> None:
        self._again = again
        self._turn = RLock()
        self._ws: Workspace | None = None
        self._old = False

    @contextmanager
    def turn(self) -> Iterator[Workspace]:
        """Have the workspace to oneself."""
        with self._turn:
            if self._old and self._ws is not None:
                self._ws.close()
                self._ws = None
            self._old = False
            if self._ws is None:
                self._ws = self._again()
            yield self._ws

    def renew(self) -> None:
        """Have the next to ask open it again. Nobody waits for who has it now: that may be a filter that indexes for minutes."""
        self._old = True

    def close(self) -> None:
        """Let go of the database."""
        with self._turn:
            if self._ws is not None:
                self._ws.close()
                self._ws = None


class WorkflowDesk(Placed):
    """Reads and writes one workspace. Calls from several threads take turns.

    Entries are read on a connection of their own, and so are filters: a long ledger is folded, and indexed, in a process of
    its own, and meanwhile the ledger page is there and scrolls. Long jobs open one more connection.
    """

    def __init__(self, workspace: Workspace, renderer: PackRenderer | None = None) -> None:
        """Nothing is opened before something is read."""
        super().__init__(workspace)
        self._renderer = renderer
        self._turn = RLock()
        self._entries = Connection(self._another)
        self._filters = Connection(self._another)
        self._old = False
        self._folding, self._indexing = Ahead("state"), Ahead("entries")

    def reopen(self) -> None:
        """Read from the database that is there now."""
        self._entries.renew()
        self._filters.renew()
        self._old = True

    def close(self) -> None:
        """Let go of the database: nobody reads any more."""
        self._entries.close()
        self._filters.close()
        with self._turn:
            self._ws.close()

    def catching_up(self) -> tuple[int, int] | None:
        """How many entries are read, of how many, while a long ledger is read for the first time."""
        return self._folding.standing or self._indexing.standing

    @contextmanager
    def _folded(self) -> Iterator[Workspace]:
        """Have the workspace to oneself, its ledger folded but for a few entries."""
        with self._turn:
            if self._old:
                self._old = False
                self._ws.close()
                self._ws = self._another()
            self._folding.catch_up(self._ws)
            yield self._ws

    # Reading

    def size(self) -> int:
        """Entries in the ledger now."""
        with self._entries.turn() as ws:
            return ws.ledger.size

    def status(self) -> StatusView:
        """The workspace at a glance."""
        with self._folded():
            return reading.status(self._ws)

    def performance(self) -> tuple[PerformanceRow, ...]:
        """How well what runs performs, window by window."""
        with self._folded():
            return performing.performance(self._ws)

    def queue(self, holder: str = "") -> tuple[QueueItem, ...]:
        """What waits for a person, most urgent first."""
        with self._folded():
            return waiting.queue(self._ws, holder or None)

    def dossier(self, model: Digest, gate: str) -> Dossier:
        """All that a reviewer of one model at one gate needs."""
        with self._folded():
            return reviewing.dossier(self._ws, model, gate or None)

    def log(self, start: int, limit: int, wanted: Wanted | None = None, *, newest_first: bool = False) -> tuple[EntryRow, ...]:
        """Up to `limit` entries from index `start` on, or back, that match."""
        if wanted is None:
            with self._entries.turn() as ws:
                return logbook.log(ws, start, limit, newest_first=newest_first)
        with self._filters.turn() as ws:
            self._indexing.catch_up(ws)
            return logbook.log(
                ws, start, limit, kinds=wanted.kinds, text=wanted.text, subject=wanted.subject, holder=wanted.holder,
                standings=wanted.standings, since=wanted.since, until=wanted.until, newest_first=newest_first,
            )

    def entry(self, index: int) -> EntryDetail:
        """One entry, decoded."""
        with self._entries.turn() as ws:
            return logbook.entry(ws, index)

    def lineage(self, ref: str, direction: Direction, as_of: datetime | None) -> tuple[LineageRow, ...]:
        """The lines of the graph around `ref`."""
        with self._folded():
            return reading.lineage(self._ws, ref, direction, as_of)

    def policies(self) -> tuple[PolicyView, ...]:
        """Every version of every policy, oldest first."""
        rows = self.log(0, self.size(), Wanted(kinds=("policy",)))
        with self._entries.turn() as ws:
            return tuple(self._policy(ws, row) for row in rows)

    @staticmethod
    def _policy(ws: Workspace, row: EntryRow) -> PolicyView:
        entry = ws.ledger.entry(row.index)
        subject, fact = entry.statement.subjects[0], entry.fact
        return PolicyView(
            name=getattr(fact, "name", ""), version=getattr(fact, "version", ""), digest=subject.digest, index=row.index,
            time=row.time, text=ws.objects.get(subject.digest).decode("utf-8", "replace"), change=getattr(fact, "change", ""),
        )

    # People

    def decide(self, dossier: Dossier, choice: Choice, passphrases: Passphrases) -> Written:
        """Sign and write a person's decision."""
        with self._folded():
            key, reason, shown = choice.key, choice.reason, choice.shown
            match choice.verb:
                case "approve" | "approve-on":
                    return reviewing.approve(
                        self._ws, dossier, reason=reason, shown=shown, conditions=choice.conditions, key=key, passphrases=passphrases
                    )
                case "reject" | "request-changes":
                    return reviewing.decide_against(
                        self._ws, dossier, action=choice.verb, reason=reason, shown=shown, key=key, passphrases=passphrases
                    )
                case "comment":
                    return reviewing.comment(self._ws, dossier, reason=reason, key=key, passphrases=passphrases)
                case "attest":
                    return reviewing.attest(self._ws, dossier, rule=choice.subject, reason=reason, key=key, passphrases=passphrases)
                case "waive":
                    return waivers.propose_waiver(
                        self._ws, dossier, rule=choice.subject, reason=reason, expires=self._ws.now() + timedelta(days=choice.days),
                        compensating=choice.control, key=key, passphrases=passphrases,
                    )
                case "take-back":
                    return reviewing.take_back(self._ws, dossier, int(choice.subject), reason=reason, key=key, passphrases=passphrases)
                case _:
                    return self._decide_beside(dossier, choice, passphrases)

    def _decide_beside(self, dossier: Dossier, choice: Choice, passphrases: Passphrases) -> Written:
        """Sign what is about a waiver or a finding."""
        key, reason = choice.key, choice.reason
        match choice.verb:
            case "approve-waiver":
                return waivers.approve_waiver(self._ws, choice.subject, reason=reason, key=key, passphrases=passphrases)
            case "revoke-waiver":
                return waivers.revoke_waiver(self._ws, choice.subject, reason=reason, key=key, passphrases=passphrases)
            case "open-finding":
                return findings.open_finding(
                    self._ws, dossier.model, title=reason, severity=choice.severity, owner=choice.owner,
                    due=self._ws.now() + timedelta(days=choice.days), key=key, passphrases=passphrases,
                )
            case "remediate":
                return findings.remediate(self._ws, choice.subject, reason=reason, key=key, passphrases=passphrases)
            case _:
                return findings.close(self._ws, choice.subject, reason=reason, key=key, passphrases=passphrases)

    def waivers(self) -> tuple[WaiverRow, ...]:
        """Every waiver."""
        with self._folded():
            return waivers.waivers(self._ws)

    def promote(self, model: Digest, stage: str, passphrases: Passphrases) -> Written:
        """Move a system's stage pointer."""
        with self._folded():
            return promoting.promote(self._ws, model, to=stage, passphrases=passphrases)

    def install(self, named: str, *, key: str, also_as: tuple[str, ...], passphrases: Passphrases) -> Written:
        """Put a policy into force: a pack's name, a folder or a file."""
        with self._folded():
            return policies.install(self._ws, named, key=key or None, also_as=also_as, passphrases=passphrases)[-1]

    def signers(self) -> tuple[SignerChoice, ...]:
        """The keys of this machine's keyring."""
        with self._entries.turn() as ws:
            found = []
            for name in ws.keyring.names():
                info = ws.keyring.info(name)
                found.append(SignerChoice(name=name, holder=info.holder, keyid=info.keyid, roles=ws.roles_of(name)))
            return tuple(found)

    def people(self) -> tuple[PersonKey, ...]:
        """The keys of the trust root in force."""
        with self._entries.turn() as ws:
            here = {ws.keyring.info(name).keyid: name for name in ws.keyring.names()}
            root = ws.ledger.trust_root()
            return tuple(
                PersonKey(
                    holder=key.holder, keyid=keyid, scheme=key.scheme, local=here.get(keyid, ""), void_from=key.void_from,
                    void_reason=key.void_reason,
                    roles=tuple(sorted(name for name, role in root.roles.items() if keyid in role.keyids)),
                )
                for keyid, key in sorted(root.keys.items(), key=lambda pair: pair[1].holder)
            )

    def proved(self) -> Proved | None:
        """When this machine last verified the ledger to its end, and how far."""
        from govern.workflow.prove.remembered import last_proved

        return last_proved(self._ws.home, self.title)

    def acts(self, holder: str) -> Acts:
        """What a holder of keys did: how often, and what last."""
        from govern.workflow.read.acts import acts

        with self._filters.turn() as ws:
            self._indexing.catch_up(ws)
            return acts(ws, holder)

    def rule_results(self) -> tuple[RuleRow, ...]:
        """Every rule in force, and what it said within 30 days."""
        from govern.workflow.read.rule_results import rule_results

        with self._folded() as ws:
            self._indexing.catch_up(ws)
            return rule_results(ws)

    def roles(self) -> tuple[str, ...]:
        """The roles that the trust root knows."""
        with self._entries.turn() as ws:
            return tuple(sorted(ws.ledger.trust_root().roles))

    def new_key(self, name: str, holder: str, passphrases: Passphrases) -> str:
        """Make a key; return its id."""
        with self._turn:
            return keys.new(self._ws.home, name, holder=holder, passphrases=passphrases).keyid

    def enrol(self, name: str, role: str, passphrases: Passphrases) -> Written:
        """Take a key of the keyring into the trust root."""
        with self._turn:
            return keys.enrol(self._ws, name, roles=(role,), passphrases=passphrases)

    def change_passphrase(self, name: str, passphrases: Passphrases) -> None:
        """Protect a key of this machine with another passphrase."""
        with self._turn:
            keys.change_passphrase(self._ws.home, name, passphrases=passphrases)

    def rotate(self, name: str, fresh: str, passphrases: Passphrases) -> Written:
        """Replace a key by a new one of the same holder."""
        with self._turn:
            return keys.rotate(self._ws, name, fresh, passphrases=passphrases)

    def revoke(self, name: str, reason: str, passphrases: Passphrases) -> Written:
        """Make a key void from here on."""
        with self._turn:
            return keys.revoke(self._ws, name, reason=reason, passphrases=passphrases)

    def doubts(self, keyid: str) -> Doubts:
        """What would be in doubt if a key were revoked as compromised."""
        with self._folded() as ws:
            signed, resting = keys.in_doubt(ws, keyid, compromised=True)
            return Doubts(signed=signed, resting=tuple(node.label for node in resting))

    # Proving and exporting

    def verify(self, *, full: bool, progress: Progress) -> VerifyView:
        """Prove the ledger."""
        return self._apart(lambda ws: verifying.verify(ws, full=full, progress=progress))

    def verify_pack(self, path: Path, trust: Path, progress: Progress) -> VerifyView:
        """Prove a pack with a trust root from outside."""
        try:
            root = trust.read_bytes()
        except OSError as error:
            raise Refused(f"{trust} can't be read: {error.strerror}", "Give the trust root that you got on another way.") from error
        return verifying_packs.verify_pack(path, trust=root, replay=False, progress=progress)

    def abouts(self) -> tuple[About, ...]:
        """What a pack can be about, the wide kinds first."""
        with self._folded():
            state = self._ws.state()
            systems = [About(kind="system", ref=name, note=state.systems[name].fact.purpose) for name in sorted(state.systems)]
            newest = sorted(state.models.values(), key=lambda record: -record.index)[:MOST_ABOUTS]
            models = [About(kind="model", ref=record.name, note=f"entry #{record.index}") for record in newest]
            decided = sorted(state.decisions.values(), key=lambda record: -record.index)[:MOST_ABOUTS]
            decisions = [About(kind="decision", ref=f"#{one.index}", note=f"{one.fact.gate} {one.fact.outcome}") for one in decided]
            frameworks = {
                control.split(":")[0] for one in decided[:FRAMEWORKS_FROM]
                for rule in reviewing.decision_view(self._ws, one).decision.rules for control in rule.controls
            }
            controls = [About(kind="control", ref=name, note="framework") for name in sorted(frameworks)]
            return (*models[:1], About(kind="ledger", ref=""), *systems, *controls, *models[1:], *decisions)

    def pack(self, about: PackAbout, progress: Progress) -> PackData:
        """The data that a pack would hold."""
        return self._apart(lambda ws: packing.pack_data(ws, about.ref, kind=about.kind, period=about.period, printed=about.printed, progress=progress))

    def export(self, about: PackAbout, out: Path, *, key: str, passphrases: Passphrases, progress: Progress) -> RenderedPack:
        """Write a pack and record that it left the house."""
        renderer = self._renderer
        if renderer is None:
            raise MissingExtraError("no renderer for evidence packs is here", "Start the application as `govern tui`.")
        return self._apart(lambda ws: exporting.export(
            ws, about.ref, out, renderer=renderer, kind=about.kind, period=about.period, printed=about.printed, key=key or None,
            passphrases=passphrases, progress=progress,
        ))

    def pack_file(self, name: str) -> PackFile | None:
        """The pack of that name where packs are written to, as it is now."""
        return exported.pack_file(name, self._folders())

    def packs(self) -> tuple[PackRow, ...]:
        """The packs that left the house."""
        with self._filters.turn() as ws:
            self._indexing.catch_up(ws)
            return exported.exported(ws, self._folders())

    def _folders(self) -> tuple[Path, ...]:
        return self.exports(), self.exports().parent

    def _apart(self, work: Callable[[Workspace], Result]) -> Result:
        """Work on a connection of its own, so that reading goes on meanwhile."""
        other = self._another()
        try:
            return work(other)
        finally:
            other.close()

    def _another(self) -> Workspace:
        return Workspace(self._ws.folder, self._ws.home, self._ws.now)
