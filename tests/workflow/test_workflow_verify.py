"""Verification of ledgers and packs: what is right passes, and each kind of damage is named."""

import base64
import json
import shutil

import pikepdf
import pytest
from workflow.conftest import Clock, Story, asks

from govern.domain.facts import PromotionFact
from govern.domain.statement import Draft
from govern.errors import NotFoundError, VerificationError
from govern.ledger.mark import MarkStore
from govern.trust.home import Home
from govern.workflow import demo
from govern.workflow.custody import keys
from govern.workflow.packs import attached, exporting, replaying, verifying_packs
from govern.workflow.place.workspace import Workspace, about
from govern.workflow.prove import verifying
from govern.workflow.record import recording
from govern.workflow.release import promoting
from govern.workflow.review import reviewing

GATE = "promote:production"


def steps(view) -> dict[int, str]:
    return {step.number: step.state for step in view.steps}


def test_a_ledger_that_is_right_verifies(story: Story):
    view = verifying.verify(story.ws)
    assert view.outcome == "verified", view.problem
    assert {steps(view)[n] for n in range(1, 9)} == {"ok"}
    again = verifying.verify(story.ws, full=False)
    assert again.outcome == "verified"


def test_one_changed_byte_is_located_and_says_what_rests_on_it(story: Story):
    index = next(e.index for e in story.ws.ledger.entries() if e.kind == "dataset")
    database = story.ws.folder / "ledger.db"
    story.ws.close()
    demo.flip_one_byte(database, index=index)
    ws = Workspace.open(story.ws.folder, home=story.ws.home, clock=story.clock)
    view = verifying.verify(ws)
    assert view.outcome == "wrong"
    assert view.index == index
    assert "credit@2" in " ".join(view.touches) or not view.touches
    ws.close()


def test_a_damaged_entry_that_can_still_be_read_names_the_models_that_rest_on_it(story: Story):
    from govern.workflow.prove.touching import touched

    index = next(e.index for e in story.ws.ledger.entries() if e.kind == "dataset")
    assert touched(story.ws.ledger.entries(), index) == ("model credit@1", "model credit@2")
    policy = next(e.index for e in story.ws.ledger.entries() if e.kind == "evidence")
    assert touched(story.ws.ledger.entries(), policy) == ()


def test_an_object_that_is_gone_is_could_not_be_checked(story: Story):
    record = next(iter(story.ws.state().decisions.values()))
    story.ws.objects.path_of(record.digest).unlink()
    view = verifying.verify(story.ws)
    assert view.outcome == "unchecked"
    assert steps(view)[8] == "unchecked"


def test_an_object_that_was_changed_is_wrong(story: Story):
    record = next(iter(story.ws.state().decisions.values()))
    path = story.ws.objects.path_of(record.digest)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"deny", b"DENY"))
    view = verifying.verify(story.ws)
    assert (view.outcome, view.kind, view.index) == ("wrong", "object", record.index)


def never_allowed(story: Story, passphrases) -> int:
    """As an operator with a program of their own could write: the append checks the role, the history the rest."""
    ws = story.ws
    denied = next(m for m in ws.state().models.values() if m.fact.version == "1")
    decision = ws.state().decisions_of(denied.digest)[-1]
    fact = PromotionFact(
        system="credit", stage="production", decision=decision.digest, approvals=(), closure=decision.digest
    )
    draft = Draft(subjects=about("credit@1", denied.digest), fact=fact)
    return ws.write([draft], key="pipeline", passphrases=passphrases)[0].index


def test_a_promotion_that_was_never_allowed_is_found(story: Story, passphrases):
    index = never_allowed(story, passphrases)
    view = verifying.verify(story.ws)
    assert view.outcome == "wrong"
    assert (view.index, steps(view)[8]) == (index, "wrong")
    assert "denies" in view.problem


def test_a_second_run_judges_what_is_new_on_the_state_before_it(story: Story, passphrases):
    assert verifying.verify(story.ws).outcome == "verified"
    before = story.ws.ledger.size
    keys.new(story.ws.home, "late", holder="late", passphrases=asks)
    keys.enrol(story.ws, "late", roles=("recorder",), passphrases=asks)
    view = verifying.verify(story.ws, full=False)
    assert f"after {before} judged before" in next(step.detail for step in view.steps if step.number == 8)
    index = never_allowed(story, passphrases)
    view = verifying.verify(story.ws, full=False)
    assert (view.outcome, view.index, steps(view)[8]) == ("wrong", index, "wrong")
    assert "denies" in view.problem


def test_what_was_verified_without_its_history_is_judged_by_the_next_run(story: Story, passphrases):
    mark = MarkStore(story.ws.home.checkpoint_folder, story.ws.config.origin)
    index = never_allowed(story, passphrases)
    story.ws.ledger.verify(trusted=story.ws.trusted, mark=mark).check()
    assert mark.read().head.size == story.ws.ledger.size
    view = verifying.verify(story.ws, full=False)
    assert (view.outcome, view.index, steps(view)[8]) == ("wrong", index, "wrong")


@pytest.fixture(scope="module")
def exported(tmp_path_factory, _gated, sample, trainer, candidates):
    """A pack and the trust root, made once."""
    from workflow.conftest import PASSPHRASE, Clock

    from govern.trust.home import Home
    from govern_reports import render_pack

    folder = tmp_path_factory.mktemp("exported")
    shutil.copytree(_gated, folder / "work")
    clock = Clock()
    clock.forward(hours=2)
    ws = Workspace.open(folder / "work", home=Home.at(folder / "work" / "home"), clock=clock)

    def asks(_: str) -> str:
        return PASSPHRASE

    reviewing.approve(ws, reviewing.dossier(ws, "credit@2", GATE), key="reviewer", passphrases=asks)
    promoting.promote(ws, "credit@2", to="production", passphrases=asks)
    promoting.deploy(ws, "credit@2", to="production", passphrases=asks)
    out = folder / "pack.pdf"
    exporting.export(ws, "credit@2", out, renderer=render_pack, passphrases=asks)
    trust = exporting.trust_root_file(ws)
    ws.close()
    return out, trust


def test_a_pack_proves_itself_with_every_decision_derived_again(exported):
    pack, trust = exported
    view = verifying_packs.verify_pack(pack, trust=trust, replay=True)
    assert view.outcome == "verified", view.problem
    assert {steps(view)[n] for n in range(1, 8)} == {"ok"}
    assert "identical" in view.steps[6].detail


def test_decisions_replay_from_the_pack_alone(exported):
    pack, trust = exported
    found = replaying.replay_pack(pack, trust=trust)
    assert len(found) > 2
    assert {one.outcome for one in found} == {"identical"}
    (one,) = replaying.replay_pack(pack, f"#{found[0].index}", trust=trust)
    assert one == found[0]
    with pytest.raises(NotFoundError):
        replaying.replay_pack(pack, "#0", trust=trust)
    envelope = json.loads(trust)
    said = base64.b64decode(envelope["payload"])
    assert b'"holder":"reviewer"' in said
    envelope["payload"] = base64.b64encode(said.replace(b'"holder":"reviewer"', b'"holder":"somebody"')).decode()
    with pytest.raises(VerificationError, match="not the one given from outside"):
        replaying.replay_pack(pack, trust=json.dumps(envelope, separators=(",", ":")).encode())


def test_a_decision_by_a_key_that_is_void_since_is_not_replayed(exported, tmp_path):
    pack, trust = exported
    first = replaying.replay_pack(pack, trust=trust)[0]
    shutil.copytree(pack.parent / "work", tmp_path / "work")
    clock = Clock()
    clock.forward(hours=3)
    with Workspace.open(tmp_path / "work", home=Home.at(tmp_path / "work" / "home"), clock=clock) as ws:
        keys.revoke(ws, "pipeline", reason="it was stolen early", void_from=first.index, passphrases=asks)
        later = exporting.trust_root_file(ws)
    found = replaying.replay_pack(pack, trust=later)
    assert {one.outcome for one in found} == {"cannot"}
    assert "declared void" in found[0].reasons[0]


def test_the_export_is_an_entry_with_the_packs_digest(exported):
    from govern.workflow.place.places import file_digest

    pack, _ = exported
    ws = Workspace.open(pack.parent / "work")
    last = ws.ledger.entry(ws.ledger.size - 1)
    assert (last.kind, last.statement.subjects[0].digest) == ("export", file_digest(pack))
    ws.close()


def test_a_key_found_only_in_the_pack_proves_nothing(exported, tmp_path, passphrases):
    from govern.trust.home import Home

    pack, _ = exported
    other = Workspace.create(tmp_path / "other", passphrases=passphrases, home=Home.at(tmp_path / "home"), origin="govern/test")
    stranger = exporting.trust_root_file(other)
    other.close()
    view = verifying_packs.verify_pack(pack, trust=stranger)
    assert view.outcome != "verified"
    assert steps(view)[3] in {"wrong", "unchecked"}


@pytest.mark.parametrize("name", ["entries.jsonl", "proofs.jsonl", "checkpoint.txt", "trust-root.json", "manifest.json"])
def test_a_swapped_attachment_is_found(exported, tmp_path, name):
    pack, trust = exported
    changed = tmp_path / "changed.pdf"
    with pikepdf.open(pack) as pdf:
        data = bytearray(pdf.attachments[name].get_file().read_bytes())
        data[len(data) // 2] ^= 1
        stream = next(
            pdf.attachments[name].obj["/EF"][key] for key in ("/F", "/UF") if key in pdf.attachments[name].obj["/EF"]
        )
        stream.write(bytes(data))
        pdf.save(changed)
    view = verifying_packs.verify_pack(changed, trust=trust)
    assert view.outcome == "wrong"
    assert steps(view)[2] == "wrong"


def test_a_file_recorded_twice_is_refused(story: Story, passphrases):
    from govern.errors import UsageError

    with pytest.raises(UsageError, match="recorded already, as credit@2"):
        recording.record_model(
            story.ws, story.candidates[1].model, name="credit", system="credit", key="developer", passphrases=passphrases
        )


def test_an_old_copy_put_back_is_not_believed(story: Story, passphrases):
    """The file alone looks right; only the checkpoint in the user's own folder tells."""
    from govern.domain.facts import SystemFact
    from govern.errors import VerificationError
    from govern.workflow.read import reading

    database = story.ws.folder / "ledger.db"
    assert verifying.verify(story.ws).outcome == "verified"
    notes = [story.ws.ledger.checkpoint().note]
    story.ws.close()
    old = database.read_bytes()
    ws = Workspace.open(story.ws.folder, home=story.ws.home, clock=story.clock)
    recording.record_system(
        ws, SystemFact(name="other", purpose="credit", task="regression", tier="low", owner="model-risk"),
        passphrases=passphrases,
    )
    notes.append(ws.ledger.checkpoint().note)
    ws.close()
    for beside in story.ws.folder.glob("ledger.db*"):
        beside.unlink()
    database.write_bytes(old)
    ws = Workspace.open(story.ws.folder, home=story.ws.home, clock=story.clock)
    with pytest.raises(VerificationError, match="put back"):
        promoting.check(ws, "credit@2", to="production")
    with pytest.raises(VerificationError, match="put back"):
        reading.status(ws)
    for full in (True, False):
        view = verifying.verify(ws, full=full)
        assert (view.outcome, view.kind) == ("wrong", "rollback")
        assert all(note in view.hint for note in notes), "both notes are the evidence"
    ws.close()


def test_a_version_that_is_taken_keeps_its_bytes(story: Story, passphrases, tmp_path):
    from govern.errors import UsageError

    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="credit-train@1 is recorded already, with other bytes"):
        recording.record_dataset(
            story.ws, other, name="credit-train", version="1", key="developer", passphrases=passphrases
        )
    written = recording.record_dataset(story.ws, other, name="credit-train", key="developer", passphrases=passphrases)
    assert written.subject == "credit-train@2"


def test_a_pack_without_its_decisions_or_some_entries_is_not_verified(exported):
    """A manifest can be written anew by whoever leaves something out; what has to be there is known all the same."""
    from dataclasses import replace

    from govern.errors import UnverifiableError
    from govern.exchange.pdf import read_attachments
    from govern.ledger.bundle import verify_bundle

    pack, trust = exported
    held = dict(read_attachments(pack))
    proof = verify_bundle(
        entries=held["entries.jsonl"], proofs=held["proofs.jsonl"], checkpoint=held["checkpoint.txt"].decode(),
        trust_roots=held["trust-root.json"], trusted_root=trust,
    )
    attached.require_decisions(proof, attached.AttachedObjects(held))
    first = min(name for name in held if name.startswith("decisions/"))
    fewer = {name: data for name, data in held.items() if name != first}
    with pytest.raises(UnverifiableError):
        attached.require_decisions(proof, attached.AttachedObjects(fewer))
    none = {name: data for name, data in held.items() if not name.startswith("decisions/")}
    with pytest.raises(UnverifiableError):
        attached.require_decisions(proof, attached.AttachedObjects(none))
    with pytest.raises(UnverifiableError):
        attached.require_complete(replace(proof, complete=False))
