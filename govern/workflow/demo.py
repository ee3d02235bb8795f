"""The whole path on the shipped sample: recorded, measured, denied, allowed, approved, deployed, drifted, exported.

Everything is real: the keys, the signatures, the models, the numbers, the PDF. Only the people are roles.
"""

import importlib.util
import secrets
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from govern.domain.facts import SystemFact
from govern.errors import Refused, UsageError
from govern.trust.home import Home
from govern.workflow.custody import keys
from govern.workflow.gate import gating
from govern.workflow.interface import PackRenderer, Passphrases, Progress, silent
from govern.workflow.monitor import monitoring
from govern.workflow.packs import verifying_packs
from govern.workflow.packs.exporting import export, trust_root_file
from govern.workflow.place.workspace import Workspace
from govern.workflow.policies import policies
from govern.workflow.prove import verifying
from govern.workflow.record import recording
from govern.workflow.release import promoting
from govern.workflow.review import reviewing
from govern.workflow.verify_views import VerifyView
from govern.workflow.views import GateResult

SYSTEM = "credit"
PACK = "baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """What the demonstration left behind."""

    folder: Path
    home: Path
    pack: Path
    trust: Path
    denied: GateResult
    allowed: GateResult
    verified: VerifyView
    pack_verified: VerifyView
    tampered: VerifyView
    seconds: dict[str, float]


def sample_folder() -> Path:
    """Return where the sample lies: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[1]
    for folder in (package / "_sample", package.parent / "sample_data"):
        if (folder / "train.csv").is_file():
            return folder
    raise UsageError("the sample data is not installed", "Install govern from its wheel, or run it in a checkout.")


def run(
    folder: Path, *, renderer: PackRenderer, progress: Progress = silent, say: Callable[[str], None] = lambda _: None
) -> DemoResult:
    """Run the demonstration in `folder`, which must be empty or not there. Raises any error of its parts."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", "The demonstration wants a new folder: --keep NEW-FOLDER.")
    folder.mkdir(parents=True, exist_ok=True)
    return _Demo(folder, renderer, progress, say).run()


class _Demo:
    """One run; the parts share the workspace and what was made so far."""

    def __init__(self, folder: Path, renderer: PackRenderer, progress: Progress, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.secrets = folder / "home"
        self.home = Home.at(self.secrets)
        self.renderer = renderer
        self.progress = progress
        self.say = say
        self.seconds: dict[str, float] = {}
        self._started = time.perf_counter()
        # One passphrase, made for this run, in a file that says what it is: the reader will want to approve something.
        self.passphrase = secrets.token_hex(8)
        self.secrets.mkdir(parents=True, exist_ok=True)
        secret = self.secrets / "demo-passphrase.txt"
        secret.touch(mode=0o600)
        secret.write_text(self.passphrase + "\n", encoding="utf-8")

    def asks(self, name: str) -> str:
        """Give the passphrase of any demo key."""
        del name
        return self.passphrase

    def part(self, name: str) -> None:
        """Close the previous part's time and name the next."""
        now = time.perf_counter()
        self.seconds[name] = now - self._started
        self._started = now

    def run(self) -> DemoResult:
        """Go the whole way."""
        asks: Passphrases = self.asks
        ws = Workspace.create(self.folder, passphrases=asks, home=self.home, origin="govern/demo", reviewer="reviewer")
        self.say(f"workspace {ws.folder.parent} with its trust root: root, log, pipeline and policy-owner keys")
        # The developer may approve, too: what keeps them from approving their own model is the lineage, not a role.
        for name, roles in (("developer", ("recorder", "approver")), ("reviewer", ("approver",))):
            keys.new(ws.home, name, holder=name, passphrases=asks)
            keys.enrol(ws, name, roles=roles, passphrases=asks)
        self.say("two people enrolled: a developer who records, and may approve what others made; a reviewer")
        self.part("workspace and keys")
        policies.install(ws, PACK, passphrases=asks)
        trainer = self._record(ws)
        denied, allowed, candidate = self._gates(ws, trainer)
        self._release(ws, candidate, allowed)
        self._observe(ws, trainer, candidate)
        pack, trust = self._export(ws, candidate)
        verified = verifying.verify(ws, progress=self.progress)
        self.say(f"ledger {verified.outcome}: {verified.size} entries, every signature and every proof")
        self.part("verify the ledger")
        pack_verified = verifying_packs.verify_pack(pack, trust=trust.read_bytes(), replay=True, progress=self.progress)
        self.say(f"pack {pack_verified.outcome}, with nothing but the file and the trust root")
        self.part("verify the pack")
        tampered = self._tamper(ws)
        self.part("tamper with a copy")
        ws.close()
        return DemoResult(
            folder=self.folder, home=self.secrets, pack=pack, trust=trust, denied=denied, allowed=allowed,
            verified=verified, pack_verified=pack_verified, tampered=tampered, seconds=self.seconds,
        )

    def _record(self, ws: Workspace) -> ModuleType:
        sample = sample_folder()
        trainer = load_trainer(sample)
        recording.record_system(
            ws,
            SystemFact(
                name=SYSTEM, title="Consumer credit decisions", purpose="credit", task="binary-classification", tier="high",
                owner="model-risk", jurisdictions=("US",), protected=tuple(trainer.PROTECTED),
                description="Decides whether an applicant is offered a consumer loan.",
            ),
            passphrases=self.asks,
        )
        for file, name, purpose in (("train.csv", "credit-train", "training"), ("test.csv", "credit-test", "test")):
            recording.record_dataset(
                ws, sample / file, name=name, purpose=purpose, key="developer", passphrases=self.asks
            )
        self.say("system, policy and two datasets recorded: digests and shapes, not a row")
        self.part("record")
        return trainer

    def _gates(self, ws: Workspace, trainer: ModuleType) -> tuple[GateResult, GateResult, "object"]:
        sample = sample_folder()
        work = self.folder / "models"
        work.mkdir(exist_ok=True)
        started = ws.now()
        candidates = trainer.train_all(sample, work)
        self.part("train two candidates")
        results = []
        for candidate in candidates:
            run = recording.record_run(
                ws, name=f"credit-{candidate.version}", system=SYSTEM, inputs=("credit-train@1",),
                parameters=candidate.parameters, metrics=candidate.metrics, seeds={"train": 0}, started=started,
                finished=ws.now(), code=sample / "train.py", key="developer", passphrases=self.asks,
            )
            recording.record_model(
                ws, candidate.model, name=SYSTEM, system=SYSTEM, version=candidate.version,
                run=run.subject_digest, datasets=("credit-train@1",), threshold=trainer.CUT, key="developer",
                passphrases=self.asks,
            )
            result = gating.gate(
                ws, f"{SYSTEM}@{candidate.version}", to="production", data=self._data(candidate.scored, trainer, candidate),
                passphrases=self.asks, progress=self.progress,
            )
            self.say(f"gate credit@{candidate.version} → {gating.headline(result)}")
            results.append(result)
        self.part("gate two candidates")
        denied, allowed = results
        return denied, allowed, candidates[1]

    def _data(self, file: Path, trainer: ModuleType, candidate: "object") -> gating.Data:
        return gating.Data(
            data=file, data_name=file.name, reference=sample_folder() / "train.csv", target=trainer.TARGET,
            prediction="prediction", score="score", protected=tuple(trainer.PROTECTED), cross=("sex*group",),
            favourable=trainer.FAVOURABLE, positive=trainer.FAVOURABLE, model=candidate.model,  # type: ignore[attr-defined]
        )

    def _release(self, ws: Workspace, candidate: object, allowed: GateResult) -> None:
        model = f"{SYSTEM}@{candidate.version}"  # type: ignore[attr-defined]
        dossier = reviewing.dossier(ws, model, "promote:production")
        try:
            reviewing.approve(ws, dossier, reason="It is my own model", key="developer", passphrases=self.asks, shown=("demo",))
        except Refused as refusal:
            self.say(f"the developer can't approve it: {refusal.message}")
        else:  # pragma: no cover - it would be the worst thing this program could do
            message = "the developer's own approval was accepted"
            raise AssertionError(message)
        approval = reviewing.approve(
            ws, dossier, reason="Outcomes by group are even, and the numbers hold on the test months.", key="reviewer",
            passphrases=self.asks, shown=("demo",),
        )
        self.say(f"the reviewer signed closure {dossier.closure} as entry #{approval.index}")
        promoting.promote(ws, model, to="production", passphrases=self.asks)
        deployment = promoting.deploy(ws, model, to="production", passphrases=self.asks)
        self.say(f"promoted and deployed: entry #{deployment.index}")
        del allowed
        self.part("review, promote, deploy")

    def _observe(self, ws: Workspace, trainer: ModuleType, candidate: object) -> None:
        sample = sample_folder()
        for file in ("window_stable.csv", "window_drifted.csv"):
            scored = trainer.score_file(candidate.model, sample / file, self.folder / "models" / file)  # type: ignore[attr-defined]
            seen = monitoring.monitor(
                ws, f"{SYSTEM}@{candidate.version}", data=self._data(scored, trainer, candidate),  # type: ignore[attr-defined]
                environment="production", passphrases=self.asks, progress=self.progress,
            )
            self.say(f"{file}: {seen.sentence}")
        self.part("monitor two windows")

    def _export(self, ws: Workspace, candidate: object) -> tuple[Path, Path]:
        pack = self.folder / "credit-evidence.pdf"
        export(
            ws, f"{SYSTEM}@{candidate.version}", pack, renderer=self.renderer, passphrases=self.asks,  # type: ignore[attr-defined]
            progress=self.progress,
        )
        trust = self.folder / "trust-root.json"
        trust.write_bytes(trust_root_file(ws))
        self.say(f"evidence pack {pack.name} and trust root {trust.name} written")
        self.part("export")
        return pack, trust

    def _tamper(self, ws: Workspace) -> VerifyView:
        """Change one byte of one entry in a copy, and say what verification finds."""
        copy = self.folder / "tampered"
        shutil.copytree(ws.folder, copy / ws.folder.name)
        flip_one_byte(copy / ws.folder.name / "ledger.db", index=7)
        spoiled = Workspace.open(copy, home=self.home)
        found = verifying.verify(spoiled, progress=self.progress)
        spoiled.close()
        self.say(f"one byte changed in a copy → {found.outcome}: {found.problem}")
        return found


def flip_one_byte(database: Path, *, index: int) -> None:
    """Change one byte of entry `index` in a copied SQLite ledger, as whoever owns the file could."""
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        triggers = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for trigger in triggers:
            connection.execute(f'DROP TRIGGER "{trigger}"')
        (leaf,) = connection.execute("SELECT leaf FROM entry WHERE idx = ?", (index,)).fetchone()
        middle = len(leaf) // 2
        changed = leaf[:middle] + bytes([leaf[middle] ^ 1]) + leaf[middle + 1 :]
        connection.execute("UPDATE entry SET leaf = ? WHERE idx = ?", (changed, index))
    connection.close()


def load_trainer(sample: Path) -> ModuleType:
    """Load the sample's training code: train_all, score_file and the names of its columns."""
    spec = importlib.util.spec_from_file_location("govern_sample_train", sample / "train.py")
    if spec is None or spec.loader is None:
        raise UsageError(f"{sample / 'train.py'} is missing", "Reinstall govern.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


