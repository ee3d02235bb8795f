"""A workspace made by the real workflow with keys from fixed seeds, so that two runs show the same."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import govern_tui

govern_tui.forget_recording()

import pytest  # noqa: E402
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: E402
from textual import events  # noqa: E402
from textual.pilot import Pilot  # noqa: E402

from govern.domain.facts import SystemFact  # noqa: E402
from govern.domain.statement import Draft  # noqa: E402
from govern.domain.text import Digest  # noqa: E402
from govern.trust.home import Home  # noqa: E402
from govern.trust.keyring import Keyring  # noqa: E402
from govern.workflow.custody import keys  # noqa: E402
from govern.workflow.gate import gating  # noqa: E402
from govern.workflow.monitor import monitoring  # noqa: E402
from govern.workflow.place.workspace import Workspace  # noqa: E402
from govern.workflow.policies import policies  # noqa: E402
from govern.workflow.record import recording  # noqa: E402
from govern.workflow.release import promoting  # noqa: E402
from govern.workflow.review import reviewing  # noqa: E402
from govern_tui.app import GovernApp  # noqa: E402
from govern_tui.settings import Settings  # noqa: E402
from govern_tui.workflow_desk import WorkflowDesk  # noqa: E402

PASSPHRASE = "correct horse"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HERE = Path(__file__).resolve().parent
SETTLED_WITHIN = 60.0
"""Seconds after which an application that never comes to rest is a fault."""
QUIET_ROUNDS = 3
BETWEEN_LOOKS = 0.003
"""Seconds that threads get while they are waited for."""
SOON = 0.35
"""Seconds; a timer that goes off by then belongs to what was just done, such as the entry that follows the cursor, or a dialog that takes keys."""
NAMES = ("root", "log", "pipeline", "policy-owner", "developer", "reviewer", "second", "validator")


class Clock:
    """A clock that tests move."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


def asks(_: str) -> str:
    return PASSPHRASE


def rows_of(seed: int, *, biased: bool, shift: float = 0.0) -> "object":
    """Six hundred applicants: the biased model chooses one group half as often, the other treats both alike."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    n = 600
    sex = np.where(np.arange(n) % 2 == 0, "f", "m")
    income = rng.normal(40 + shift, 8, n).round(2)
    debt = rng.normal(10, 3, n).round(2)
    repaid = (income + rng.normal(0, 6, n) > 36 + shift).astype(int)
    prediction = np.where(income > 38 + shift, 1, 0)
    if biased:
        prediction = np.where((sex == "f") & (rng.random(n) < 0.6), 0, prediction)
    return pd.DataFrame({"sex": sex, "income": income, "debt": debt, "repaid": repaid, "prediction": prediction})


def model_file(path: Path, seed: int) -> Path:
    from sklearn.linear_model import LogisticRegression
    from skops import io

    frame = rows_of(seed, biased=False)
    io.dump(LogisticRegression(C=1.0 / (1 + seed)).fit(frame[["income", "debt"]], frame["repaid"]), path)
    return path


def fixed_keys(home: Home) -> None:
    """Keys from seeds: Ed25519 signs the same bytes the same way, so the whole ledger is the same in every run."""
    ring = Keyring(home.keys)
    for number, name in enumerate(NAMES, start=1):
        private = Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        ring.add(name, private, holder=name, passphrase="the log's own" if name == "log" else PASSPHRASE, unattended=name == "log")


def build(folder: Path) -> Path:
    """Two candidates gated: one denied for bias, one allowed; one earlier model approved, promoted, deployed, drifted."""
    home = Home.at(folder / "home")
    fixed_keys(home)
    clock = Clock()
    ws = Workspace.create(folder, passphrases=asks, home=home, origin="govern/test", clock=clock)
    for name, role in (("developer", "recorder"), ("reviewer", "approver"), ("second", "approver"), ("validator", "validator")):
        keys.enrol(ws, name, roles=(role,), passphrases=asks)
    clock.forward(hours=1)
    policies.install(ws, str(HERE / "policy"), passphrases=asks)
    recording.record_system(
        ws,
        SystemFact(
            name="credit", title="Consumer credit", purpose="credit", task="binary-classification", tier="high",
            owner="model-risk", protected=("sex",), description="Decides whether an applicant is offered a loan.",
        ),
        passphrases=asks,
    )
    files = folder / "files"
    files.mkdir()
    rows_of(0, biased=False).to_csv(files / "train.csv", index=False)
    recording.record_dataset(ws, files / "train.csv", name="train", purpose="training", key="developer", passphrases=asks)
    for number, biased in ((1, False), (2, True), (3, False)):
        clock.forward(hours=3)
        data = files / f"test{number}.csv"
        rows_of(number, biased=biased).to_csv(data, index=False)
        recording.record_model(
            ws, model_file(files / f"credit{number}.skops", number), name="credit", system="credit", version=str(number),
            datasets=("train@1",), key="developer", passphrases=asks,
        )
        gating.gate(ws, f"credit@{number}", to="production", data=inputs(data, files / "train.csv"), passphrases=asks)
        if number == 1:
            release(ws, clock, files)
    ws.close()
    return folder


def inputs(path: Path, reference: Path | None = None) -> gating.Data:
    return gating.Data(
        data=path, data_name=path.name, reference=reference, target="repaid", prediction="prediction", protected=("sex",), favourable="1", positive="1",
    )


def release(ws: Workspace, clock: Clock, files: Path) -> None:
    """Approve, promote and deploy the first model, then watch two windows, the second of them drifted."""
    seen = reviewing.dossier(ws, "credit@1", "promote:production")
    reviewing.approve(ws, seen, reason="Even outcomes on the test months.", key="reviewer", passphrases=asks, shown=("rules",))
    promoting.promote(ws, "credit@1", to="production", passphrases=asks)
    promoting.deploy(ws, "credit@1", to="production", passphrases=asks)
    for number, shift in ((10, 0.0), (11, 12.0)):
        clock.forward(days=1)
        rows_of(number, biased=False, shift=shift).to_csv(files / f"window{number}.csv", index=False)
        monitoring.monitor(
            ws, "credit@1", data=inputs(files / f"window{number}.csv", files / "train.csv"), environment="production", passphrases=asks,
        )


@dataclass
class Bench:
    """A workspace of one's own, its clock, and the application over it."""

    ws: Workspace
    clock: Clock
    folder: Path

    def app(self, **settings: object) -> GovernApp:
        desk = WorkflowDesk(self.ws)
        return GovernApp(desk, Settings(**settings), state_file=self.folder / "home" / "tui-state.json")

    def leaves(self) -> list[bytes]:
        return list(self.ws.ledger.leaves(0, self.ws.ledger.size))


def lengthen(bench: Bench, size: int) -> None:
    """Sign more evidence, of the same kind and each of another document, until the ledger has so many entries."""
    entries = (bench.ws.ledger.entry(index) for index in range(bench.ws.ledger.size))
    one = next(entry.statement for entry in entries if entry.kind == "evidence")
    while (now := bench.ws.ledger.size) < size:
        drafts = [
            Draft(subjects=one.subjects, fact=replace(one.fact, evidence=Digest(f"sha256:{index:064x}"))) for index in range(now, min(size, now + 1000))
        ]
        bench.ws.write(drafts, key="pipeline", passphrases=asks)


async def settled(pilot: Pilot) -> None:
    """Wait until nobody reads or writes, no message is under way and nothing is left to draw.

    Textual's own `pause` sleeps until the process seems to have nothing to do, and takes one that gets no processor for such a one.
    Here the event loop itself says what it has to do. Drawing may bring new messages, so nothing is to be done twice in a row.
    """
    loop, quiet, until = asyncio.get_running_loop(), 0, monotonic() + SETTLED_WITHIN
    while quiet < QUIET_ROUNDS and pilot.app._exception is None:
        await asyncio.sleep(0)
        if loop._ready:  # type: ignore[attr-defined] # what runs next; asyncio has no other way to ask
            quiet = 0
        elif busy := under_way(pilot.app):
            quiet = 0
            await asyncio.sleep(BETWEEN_LOOKS)
            if monotonic() > until:
                raise AssertionError(f"after {SETTLED_WITHIN:.0f} s the application still has: {', '.join(busy)}")
        else:
            quiet += 1
            if pilot.app.is_running:
                pilot.app.screen._on_timer_update()  # draw now what would be drawn within a sixtieth of a second


def under_way(app: "GovernApp") -> list[str]:
    """What is not done yet: workers, threads that read for nobody any more, messages that wait, timers that soon go off."""
    if not app.is_running:
        return []
    workers = [f"worker {worker.name or worker.group}" for worker in app.workers if not worker.is_finished]
    nodes = [app, *(node for screen in app.screen_stack for node in screen.walk_children(with_self=True))]
    waiting = [f"{node.message_queue_size} messages to {node!r}" for node in nodes if node.message_queue_size]
    timers = [
        f"a timer of {node!r}" for node in nodes for timer in node._timers
        if timer._repeat == 0 and timer._interval <= SOON and timer._task is not None and not timer._task.done()
    ]
    return workers + ["a thread that reads"] * len(app.reading) + waiting + timers


async def press(pilot: Pilot, *keys: str) -> None:
    """Press keys one by one, and let each have its effect; `+words` arrive at once, as a terminal pastes them."""
    for key in keys:
        if key.startswith("+") and len(key) > 1:
            assert pilot.app.focused is not None
            pilot.app.focused.post_message(events.Paste(key[1:]))
            await settled(pilot)
        else:
            await typed(pilot, key)


async def typed(pilot: Pilot, key: str) -> None:
    """One key, and its effect. Textual's own `press` sleeps twice beside."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("textual.app.wait_for_idle", asyncio.sleep)
        await pilot.press(key)
    await settled(pilot)


async def dialog(pilot: Pilot) -> None:
    """Wait until an open dialog takes keys."""
    await settled(pilot)
    assert pilot.app.screen.ready


async def review(pilot: Pilot, bench: Bench, name: str) -> None:
    """Open the dossier of a model."""
    model = reviewing.dossier(bench.ws, name, "promote:production").model
    await settled(pilot)
    await pilot.app.go("review", f"{model} promote:production")
    await settled(pilot)
