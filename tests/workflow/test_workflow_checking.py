"""May it run: asked of kept rows in a fresh process, and of a pack; each says what the ledger says, or nothing."""

import base64
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from ledger.kit_portable import make_pdf
from workflow.conftest import Story
from workflow.test_workflow_verify import exported  # noqa: F401 - a fixture

from govern.domain.statement import Draft
from govern.errors import NotFoundError, Refused, UnverifiableError
from govern.store.glance import head_of
from govern.trust.home import Home
from govern.workflow.packs.exporting import trust_root_file
from govern.workflow.packs.packing import pack_data
from govern.workflow.place import folded
from govern.workflow.place.workspace import about
from govern.workflow.record import recording
from govern.workflow.release import promoting
from govern.workflow.release import quick as quick_module
from govern.workflow.release.checking import check_pack
from govern.workflow.release.quick import quick_check
from govern.workflow.review import reviewing


@pytest.fixture
def deployed(story: Story, passphrases, monkeypatch) -> Story:
    monkeypatch.setenv("GOVERN_HOME", str(story.ws.home.keys.parent))
    dossier = reviewing.dossier(story.ws, "credit@2", "promote:production")
    reviewing.approve(story.ws, dossier, key="reviewer", passphrases=passphrases)
    promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)
    story.ws._state = None
    return story


def quick(story: Story, ref: str = "credit@2"):
    return quick_check(story.ws.folder, ref, to="production", now=story.ws.now())


def test_it_says_what_the_long_way_says_or_nothing(deployed: Story, passphrases):
    head = deployed.ws.ledger.proved().head
    assert head_of(deployed.ws.folder / "ledger.db") == (head.size, head.root)
    deployed.ws.state()
    for ref in ("credit@2", "credit@1"):
        assert quick(deployed, ref) == promoting.check(deployed.ws, ref, to="production")
    assert quick(deployed).allowed
    with pytest.raises(NotFoundError):
        quick(deployed, "credit@9")
    recording.end_existence(deployed.ws, "credit@2", state="revoked", reason="it is wrong", passphrases=passphrases)
    assert not quick(deployed).allowed, "what is new is folded first"
    assert quick(deployed) == promoting.check(deployed.ws, "credit@2", to="production")


def test_an_old_copy_of_the_ledger_gets_no_answer(deployed: Story, passphrases, tmp_path):
    ledger = deployed.ws.folder / "ledger.db"
    deployed.ws.state()
    deployed.ws.close()
    for name in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        if (deployed.ws.folder / name).exists():
            shutil.copy(deployed.ws.folder / name, tmp_path / name)
    again = type(deployed.ws).open(deployed.ws.folder, home=deployed.ws.home, clock=deployed.clock)
    recording.end_existence(again, "credit@2", state="revoked", reason="it is wrong", passphrases=passphrases)
    again.close()
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (deployed.ws.folder / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "ledger.db", ledger)
    if (tmp_path / "ledger.db-wal").exists():
        shutil.copy(tmp_path / "ledger.db-wal", deployed.ws.folder / "ledger.db-wal")
    assert quick(deployed) is None


def test_without_kept_rows_without_home_and_with_another_database_it_gives_no_answer(deployed: Story, monkeypatch, tmp_path):
    deployed.ws.state()
    assert quick_check(deployed.ws.folder, "credit@2", to="nowhere") is None
    path = folded.rows_path(deployed.ws.home, deployed.ws.config.origin)
    assert path.is_file()
    path.unlink()
    assert quick(deployed) is None
    monkeypatch.setenv("GOVERN_HOME", str(tmp_path / "other"))
    assert quick(deployed) is None
    assert quick_check(tmp_path, "credit@2", to="production") is None
    config = deployed.ws.folder / "config.toml"
    config.write_text(config.read_text().replace("sqlite:///ledger.db", "postgresql+psycopg://db/x"))
    assert quick(deployed) is None


def test_the_quick_way_loads_nothing_heavy(repository: Path):
    code = (
        "import sys, govern.workflow.release.quick; "
        "print([m for m in ('sqlalchemy', 'sqlmodel', 'pydantic', 'cryptography', 'numpy', 'typer') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=repository)
    assert said.stdout.strip() == "[]"


def test_a_pack_answers_as_the_ledger_did_when_it_was_exported(exported, story: Story):  # noqa: F811
    pack, trust = exported
    now = story.clock.now
    answer = check_pack(pack, "credit@2", environment="production", trust=trust, now=now)
    assert answer.permission.allowed
    assert not check_pack(pack, "credit@1", environment="production", trust=trust, now=now).permission.allowed
    late = now + timedelta(days=400)
    aged = check_pack(pack, "credit@2", environment="production", trust=trust, now=late).permission
    assert any("too old" in one.reason for one in aged.refusals)
    with pytest.raises(UnverifiableError):
        check_pack(pack, "credit@2", environment="production", trust=trust.replace(b"0", b"1"), now=now)


def test_a_pack_whose_decision_denies_what_its_entry_allows_lets_nothing_run(deployed: Story, passphrases, tmp_path):
    """Whoever has a key that may decide writes the entry with a program of their own; document and entry then differ."""
    state = deployed.ws.state()
    (model,) = (one for one in state.models.values() if one.fact.version == "2")
    latest = state.latest_decision(model.digest, "promote:production")
    denying = deployed.ws.objects.put(deployed.ws.objects.get(latest.digest).replace(b'"outcome":"allow"', b'"outcome":"deny"'))
    draft = Draft(subjects=about(model.name, model.digest), fact=replace(latest.fact, decision=denying))
    (written,) = deployed.ws.write([draft], key="pipeline", passphrases=passphrases)
    files = {one.name: one.data for one in pack_data(deployed.ws, "credit@2").attachments} | {"manifest.json": b"{}"}
    trust, now = trust_root_file(deployed.ws), deployed.clock.now

    def asked(files: dict[str, bytes]):
        (tmp_path / "pack.pdf").write_bytes(make_pdf(files))
        return check_pack(tmp_path / "pack.pdf", "credit@2", environment="production", trust=trust, now=now).permission

    answer = asked(files)
    said = "its entry says another outcome than the decision that it names"
    assert (answer.allowed, [(one.reason, one.index) for one in answer.refusals]) == (False, [(said, written.index)])
    assert answer.refusals == promoting.check(deployed.ws, "credit@2", to="production").refusals
    with pytest.raises(UnverifiableError, match=f"decision that entry #{written.index} names is not at hand"):
        asked({name: data for name, data in files.items() if b'"outcome":"deny"' not in data or "decisions/" not in name})


def test_who_only_reads_has_the_quick_way_from_the_second_question_on(deployed: Story, passphrases, monkeypatch, tmp_path):
    """A home that saw an earlier checkpoint, such as an admission controller's: what others wrote since is folded once."""
    others = tmp_path / "others"
    shutil.copytree(deployed.ws.home.keys.parent, others)
    deployed.ws.close()
    writer = type(deployed.ws).open(deployed.ws.folder, home=deployed.ws.home, clock=deployed.clock)
    recording.end_existence(writer, "credit@2", state="revoked", reason="it is wrong", passphrases=passphrases)
    writer.close()
    monkeypatch.setenv("GOVERN_HOME", str(others))
    caught_up = []
    monkeypatch.setattr(quick_module, "_catch_up", lambda folder, go=quick_module._catch_up: caught_up.append(go(folder)))
    for times in (1, 1):
        answer = quick(deployed)
        assert not answer.allowed
        assert len(caught_up) == times
    # Other entries under the same number, as whoever may write the database could put there: nothing kept is of them.
    with sqlite3.connect(deployed.ws.folder / "ledger.db") as connection:
        size, note = connection.execute("select size, note from checkpoint order by size desc limit 1").fetchone()
        lines = note.split("\n")
        lines[2] = base64.b64encode(b"\x01" * 32).decode()
        for (trigger,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f"drop trigger {trigger}")
        connection.execute("update checkpoint set note = ? where size = ?", ("\n".join(lines), size))
    connection.close()
    assert quick(deployed) is None


@pytest.mark.parametrize("log", [False, True])
def test_a_home_that_can_only_be_read_answers_too_and_folds_only_what_is_new(deployed: Story, passphrases, monkeypatch, log: bool):
    """Such as one that lies in a container's image; an unwritable file is told to whoever asks the system for it, root or not."""
    deployed.ws.state()
    rows = folded.rows_path(deployed.ws.home, deployed.ws.config.origin)
    holder = sqlite3.connect(rows) if log else None  # while somebody reads it, its log stays
    if holder is not None:
        holder.execute("select count(*) from kept").fetchone()
    recording.end_existence(deployed.ws, "credit@1", state="revoked", reason="it is wrong", passphrases=passphrases)
    deployed.ws.close()
    before = rows.read_bytes()
    monkeypatch.setattr(os, "access", lambda path, mode: not (mode == os.W_OK and Path(path) in {rows, rows.parent}))
    assert quick(deployed).allowed
    assert not quick(deployed, "credit@1").allowed
    writer = type(deployed.ws).open(deployed.ws.folder, home=deployed.ws.home, clock=deployed.clock)
    recording.end_existence(writer, "credit@2", state="revoked", reason="it is wrong", passphrases=passphrases)
    folds: list[int] = []
    monkeypatch.setattr(folded, "fold", lambda *_, **__: folds.append(1))
    assert not promoting.check(writer, "credit@2", to="production").allowed
    writer.close()
    assert quick(deployed) is None
    assert (folds, rows.read_bytes()) == ([], before)


def test_what_is_shown_of_a_forked_ledger_is_never_taken_for_the_trusted_one(deployed: Story, passphrases, tmp_path):
    """Its pack may be made, in red; what was folded for it lets nothing run."""
    folder, home = deployed.ws.folder, deployed.ws.home
    others = Home.at(Path(shutil.copytree(home.keys.parent, tmp_path / "others")))
    system = deployed.ws.state().systems["credit"].fact
    deployed.ws.close()
    with sqlite3.connect(folder / "ledger.db") as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
    connection.close()
    shutil.copy(folder / "ledger.db", tmp_path / "before.db")

    def record(home: Home, *names: str) -> None:
        with type(deployed.ws).open(folder, home=home, clock=deployed.clock) as ws:
            for name in names:
                recording.record_system(ws, replace(system, name=name), passphrases=passphrases)

    record(home, "one")
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "before.db", folder / "ledger.db")
    record(others, "two", "three")
    assert quick(deployed) is None
    with type(deployed.ws).open(folder, home=home, clock=deployed.clock) as ws:
        assert pack_data(ws, "", kind="ledger").verification.outcome != "verified"
    assert quick(deployed) is None


def test_the_gate_deploy_is_asked_only_where_nothing_else_stands_against_it(deployed: Story, passphrases):
    ws = deployed.ws
    asked = [entry for entry in ws.ledger.entries() if entry.kind == "decision" and entry.fact.gate == "deploy"]
    assert len(asked) == 1, "the pack binds it"
    size = ws.ledger.size
    with pytest.raises(Refused, match="the stage production does not point to it") as caught:
        promoting.deploy(ws, "credit@1", to="production", passphrases=passphrases)
    assert "mend what fails" in caught.value.hint
    back = {"to": "credit@1", "environment": "production", "reason": "The new one misjudges.", "passphrases": passphrases}
    with pytest.raises(Refused, match="never ran in production with all traffic"):
        promoting.rollback(ws, "credit", **back)
    with pytest.raises(Refused, match="the key does not hold the role emergency") as caught:
        promoting.rollback(ws, "credit", **(back | {"to": "credit@2"}), emergency=True)
    assert "govern trust show" in caught.value.hint
    assert ws.ledger.size == size
    promoting.deploy(ws, "credit@2", to="production", mode="canary", passphrases=passphrases)
    assert ws.ledger.size == size + 2
