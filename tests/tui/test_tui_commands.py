"""What the command log shows is read by the command line, and signs the same as the dialog did."""

import base64
import json
import shlex
import shutil
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import click
import pytest
import typer
from cli.runner import govern
from textual.pilot import Pilot
from textual.widgets import Input, Select
from tui.kit_tui import HERE, PASSPHRASE, Bench, asks, dialog, press, review, settled

from govern.cli.app import build
from govern.workflow.custody import keys
from govern.workflow.place.workspace import Workspace
from govern_tui.actions import ACTIONS

SIZE = (120, 40)
SECRET = "+" + PASSPHRASE
REASON = "+because the numbers say so"
EXAMPLES = {
    "model": "credit@3", "gate": "promote:production", "stage": "production", "waiver": "W-1", "finding": "F-1", "holder": "reviewer",
    "entry": "'#5'", "ref": "credit@3", "time": "2026-11-21T09:00:00Z", "policy": "lean@1.0.0", "before": "lean@0.9.0", "count": "12",
    "key": "reviewer",
}


def words_of(command: str) -> list[str]:
    """A command as a shell takes it apart: what is behind a # is a remark."""
    return shlex.split(command, comments=True)


def read(words: list[str]) -> click.Command:
    """Let the command line read a command without carrying it out. Raises `click.UsageError`."""
    command: click.Command = typer.main.get_command(build())
    context = command.make_context("govern", list(words))
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None
        command = found
        context = command.make_context(name, rest, parent=context)
    return command


@pytest.mark.parametrize("action", [action for action in ACTIONS if action.cli], ids=lambda action: action.id)
def test_the_command_line_reads_what_the_registry_gives_for_an_action(action: object) -> None:
    filled = action.cli
    for name, value in EXAMPLES.items():
        filled = filled.replace("{" + name + "}", value)
    words = words_of(filled)
    assert words[0] == "govern"
    needed = {"review.reject": ["--reason", "x"], "review.changes": ["--reason", "x"], "review.comment": ["--reason", "x"]}
    extra = {
        **needed, "review.finding": ["--title", "x", "--owner", "y", "--due", "2026-12-01"], "review.remediate": ["--reason", "x"],
        "review.close_finding": ["--reason", "x"], "review.supersede": ["--entry", "5", "--reason", "x"], "review.attest": ["--rule", "R"],
        "keys.rotate": ["NEW"], "keys.revoke": ["--reason", "x"],
    }
    read([*words[1:], *extra.get(action.id, [])])


Flow = Callable[[Pilot, Bench], Awaitable[None]]


async def typed(pilot: Pilot, key: str, *pressed: str) -> None:
    """Open a dialog, fill it in, and sign."""
    await press(pilot, key)
    await dialog(pilot)
    await press(pilot, *pressed)
    if "passphrase" not in {one.id for one in pilot.app.screen.query(Input)}:
        return
    if not pressed and key not in {"a", "t"}:
        pilot.app.screen.query_one("#reason", Input).value = REASON[1:]
    pilot.app.screen.query_one("#passphrase").focus()
    await pilot.pause()
    await press(pilot, SECRET, "enter")


async def signed_by(pilot: Pilot, key: str, signer: str) -> None:
    """Sign with the key of somebody else at this desk."""
    await press(pilot, key)
    await dialog(pilot)
    pilot.app.screen.query_one("#signer", Select).value = signer
    await press(pilot, *(() if key == "t" else (REASON,)))
    pilot.app.screen.query_one("#passphrase").focus()
    await pilot.pause()
    await press(pilot, SECRET, "enter")


def steps(model: str, *each: Flow) -> tuple[Flow, ...]:
    async def open_(pilot: Pilot, bench: Bench) -> None:
        await review(pilot, bench, model)

    return (open_, *each)


def by(key: str, *pressed: str) -> Flow:
    return lambda pilot, _: typed(pilot, key, *pressed)


def as_(key: str, signer: str) -> Flow:
    return lambda pilot, _: signed_by(pilot, key, signer)


async def promoted(pilot: Pilot, _: Bench) -> None:
    await press(pilot, "p")
    await dialog(pilot)
    await press(pilot, SECRET, "enter")


FLOWS: dict[str, tuple[Flow, ...]] = {
    "approve": steps("credit@3", by("a"), as_("u", "reviewer"), by("a", "shift+tab", REASON), promoted),
    "conditions": steps("credit@3", by("A", REASON, "tab", "+retrain on the new branch files; soon", "ctrl+n", "+look again in a month's time")),
    "against": steps("credit@3", by("x"), by("r"), by("c", "+it's “quoted” $HOME `x` #1 and\\backslashed")),
    "attest": steps("credit@3", as_("t", "validator")),
    "waive": steps("credit@2", by("w"), as_("v", "second"), as_("V", "second")),
    "finding": steps("credit@3", by("f"), by("m"), as_("k", "second")),
}


@pytest.fixture
def twin(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """The same workspace once more, on which commands are run, at the same moment."""
    folder = tmp_path / "twin"
    shutil.copytree(bench.folder, folder)
    (folder / "passphrase").write_text(PASSPHRASE, encoding="utf-8")
    (folder / "passphrase").chmod(0o600)
    for name, value in (("HOME", folder / "home"), ("WORKSPACE", folder), ("PASSPHRASE_FILE", folder / "passphrase")):
        monkeypatch.setenv(f"GOVERN_{name}", str(value))
    return Bench(bench.ws, bench.clock, folder)


def run(twin: Bench, command: str, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Run a command on the twin; its ledger's leaves afterwards."""
    opened = Workspace.open
    with monkeypatch.context() as patch:
        patch.setattr(Workspace, "open", partial(opened, clock=twin.clock))
        govern(*words_of(command)[1:]).ended(0)
    ws = opened(twin.folder)
    try:
        return list(ws.ledger.leaves(0, ws.ledger.size))
    finally:
        ws.close()


def said(leaf: bytes) -> dict:
    """Whom a leaf is about and what it says, without which parts of a screen were looked at, and so without what goes before."""
    statement = json.loads(base64.b64decode(json.loads(leaf)["payload"]))
    predicate = {name: value for name, value in statement["predicate"].items() if name not in {"shown", "producer", "seen"}}
    return {"subject": statement["subject"], "type": statement["predicateType"], **predicate}


@pytest.mark.parametrize("flow", list(FLOWS))
async def test_each_command_signs_what_its_dialog_signed(flow: str, bench: Bench, twin: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    app = bench.app(key="reviewer")
    opening, *signing = FLOWS[flow]
    async with app.run_test(size=SIZE) as pilot:
        await opening(pilot, bench)
        for step in signing:
            size, told = len(bench.leaves()), len(app.commands)
            await step(pilot, bench)
            mine = bench.leaves()
            assert len(mine) > size, str(app.screen.query("#problem"))
            assert len(app.commands) == told + 1
            assert PASSPHRASE not in app.commands[-1]
            theirs = run(twin, app.commands[-1], monkeypatch)
            assert list(map(said, theirs[size:])) == list(map(said, mine[size:])), app.commands[-1]


async def test_commands_about_keys_and_policies_do_what_their_dialogs_did(bench: Bench, twin: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in (bench.folder, twin.folder):
        shutil.copytree(HERE / "policy", folder / "stricter")
        for file in (folder / "stricter").iterdir():
            text = file.read_text(encoding="utf-8").replace("version: 1.0.0", "version: 1.1.0")
            file.write_text(text.replace('default: "0.8"', 'default: "0.85"'), encoding="utf-8")
    keys.new(bench.ws.home, "second-2", holder="second", passphrases=asks)
    shutil.copytree(bench.folder / "home" / "keys", twin.folder / "home" / "keys", dirs_exist_ok=True)
    app = bench.app(key="reviewer")
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)

        async def same() -> None:
            mine = bench.leaves()
            theirs = run(twin, app.commands[-1].replace(str(bench.folder), str(twin.folder)), monkeypatch)
            assert said(theirs[-1]) == said(mine[-1]), app.commands[-1]
            assert len(theirs) == len(mine)

        await press(pilot, "9")
        people = app.page.query_one("#people")
        people.move_to(next(n for n, row in enumerate(people.source._rows) if row.holder == "second"))
        await press(pilot, "r")
        await dialog(pilot)
        await press(pilot, SECRET, "enter", SECRET, "enter")
        await same()
        people.move_to(next(n for n, row in enumerate(people.source._rows) if row.holder == "validator"))
        await press(pilot, "k")
        await dialog(pilot)
        await press(pilot, REASON, "enter", SECRET, "enter")
        await same()
        await press(pilot, "5", "i")
        await dialog(pilot)
        await press(pilot, f"+{bench.folder}/stricter")
        app.screen.query_one("#first", Select).value = "policy-owner"
        app.screen.query_one("#secret-0").focus()
        await pilot.pause()
        await press(pilot, SECRET, "enter", "enter")
        await same()
        await press(pilot, "D")
        run(twin, app.commands[-1], monkeypatch)


async def test_commands_about_reading_run_on_the_same_ledger(bench: Bench, twin: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    app = bench.app(key="reviewer")
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        await press(pilot, "e", "2", "enter", "escape", "e", "l", "u", "d", "i", "b", "comma", "e", "enter")
        await app.go("ledger")
        app.page.set_filter("kind:model,review actor:developer since:2026-11-01 until:2027-01-01 subject:credit@2 it's")
        await press(pilot, "right_square_bracket", "4", "enter", "i", "l", "5", "enter", "5", "r", "escape", "l", "6", "t", "8", "enter")
        while app.jobs.running:
            await settled(pilot)
        await press(pilot, "e", "F")
        while app.jobs.running:
            await settled(pilot)
        await press(pilot, "9", "tab", "enter", "e")
    commands = list(dict.fromkeys(app.commands))
    assert len(commands) >= 20
    for command in commands:
        if words_of(command):
            run(twin, command, monkeypatch)
