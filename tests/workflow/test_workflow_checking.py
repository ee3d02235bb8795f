"""May it run: asked of kept rows in a fresh process, and of a pack; each says what the ledger says, or nothing."""

import shutil
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
from govern.errors import NotFoundError, UnverifiableError
from govern.store.glance import size_of
from govern.workflow.packs.exporting import trust_root_file
from govern.workflow.packs.packing import pack_data
from govern.workflow.place import folded
from govern.workflow.place.workspace import about
from govern.workflow.record import recording
from govern.workflow.release import promoting
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
    assert size_of(deployed.ws.folder / "ledger.db") == deployed.ws.ledger.size
    deployed.ws.state()
    for ref in ("credit@2", "credit@1"):
        assert quick(deployed, ref) == promoting.check(deployed.ws, ref, to="production")
    assert quick(deployed).allowed
    with pytest.raises(NotFoundError):
        quick(deployed, "credit@9")
    recording.end_existence(deployed.ws, "credit@2", state="revoked", reason="it is wrong", passphrases=passphrases)
    deployed.ws._state = None
    assert quick(deployed) is None
    deployed.ws.state()
    assert not quick(deployed).allowed


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
    said = f"entry #{written.index} says another outcome than the decision that it names"
    assert (answer.allowed, [(one.reason, one.index) for one in answer.refusals]) == (False, [(said, written.index)])
    assert answer.refusals == promoting.check(deployed.ws, "credit@2", to="production").refusals
    with pytest.raises(UnverifiableError, match=f"decision that entry #{written.index} names is not at hand"):
        asked({name: data for name, data in files.items() if b'"outcome":"deny"' not in data or "decisions/" not in name})
