"""Upkeep by hand: anchors, copies, recovery, erasure, findings, runs, packs of other kinds, conditions."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli.conftest import POLICY, Sample, lean
from cli.runner import govern

from govern.cli.commands.review import _condition


def soon(days: int = 30) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%d")


def test_a_checkpoint_is_kept_in_a_folder_and_checked_there(place: Path, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    govern("anchor", "add", "folder", str(outside)).ended(0)
    govern("record", "system", "x", "--purpose", "p", "--owner", "o").ended(0)
    listed = govern("anchor", "list").ended(0).out
    assert "folder" in listed
    assert "unanchored tail: 2 entries" in listed
    assert "✓ OK" in govern("anchor", "check", "--folder", outside).ended(0).out
    assert "(9)  ✓ OK" in govern("verify", "--full", "--folder", outside).ended(0).out
    govern("anchor", "check").ended(4)
    assert "one of" in govern("anchor", "add", "moon", "somewhere").ended(2).err.lower()
    govern("anchor", "add", "rfc3161", "http://127.0.0.1:9/", "--authority", outside / "none.pem").ended(2)


def test_a_printed_checkpoint_convicts_another_ledger(place: Path):
    head = govern("checkpoint", "--json").document
    root = str(head["root"]).removeprefix("sha256:")
    govern("anchor", "check", "--printed", f"{head['size']} {root}").ended(0)
    govern("anchor", "check", "--printed", f"{head['size']} {'0' * 64}").ended(1)
    govern("verify", "--full", "--printed", f"{head['size']} {'0' * 64}").ended(1)


def test_a_ledger_is_copied_and_has_the_same_root(line: Path, tmp_path: Path):
    target = tmp_path / "copy.db"
    copied = govern("ledger", "copy", line / ".govern" / "ledger.db", target).ended(0)
    assert copied.out.startswith("✓ VERIFIED")
    before = govern("checkpoint").out
    config = line / ".govern" / "config.toml"
    config.write_text(config.read_text().replace("sqlite:///ledger.db", f"sqlite:///{target}"))
    assert govern("checkpoint").out == before
    govern("verify", "--full").ended(0)
    assert govern("ledger", "copy", line / ".govern" / "ledger.db", target).code in {1, 2, 4}
    assert govern("ledger", "copy", tmp_path / "none.db", tmp_path / "new.db").code in {2, 4}


def test_a_lost_tail_is_recovered_with_both_notes(place: Path):
    folder = place / ".govern"
    shutil.copytree(folder, place.parent / "kept")
    govern("record", "system", "lost", "--purpose", "p", "--owner", "o").ended(0)
    shutil.rmtree(folder)
    shutil.copytree(place.parent / "kept", folder)
    govern("status").ended(1)
    assert "--reason" in govern("ledger", "recover").ended(2).err
    govern("ledger", "recover", "--reason", "the disk broke and the backup is of last night").ended(0)
    govern("status").ended(0)
    govern("verify", "--full").ended(0)
    assert "recovery" in govern("log").out


def test_a_detail_is_kept_and_erased_and_every_proof_stays(place: Path, tmp_path: Path):
    (tmp_path / "detail.txt").write_text("who the pseudonym person-7 is")
    commitment = govern("ledger", "keep", tmp_path / "detail.txt").ended(0).out.strip()
    assert commitment.startswith("sha256:")
    govern("ledger", "erase", commitment, "--reason", "asked for by the person", "--legal-basis", "GDPR Art. 17").ended(0)
    assert govern("ledger", "erase", commitment, "--reason", "again").code in {1, 2, 4}
    assert not any(b"person-7" in path.read_bytes() for path in place.rglob("*") if path.is_file())
    govern("verify", "--full").ended(0)


def test_a_finding_is_closed_by_another_than_who_mended_it(line: Path):
    assert "no findings" in govern("finding", "list").ended(0).out
    govern("finding", "open", "credit@2", "--title", "income is read wrongly", "--owner", "model-risk", "--due", soon()).ended(0)
    (row,) = govern("finding", "list", "--json").document["findings"]
    govern("finding", "close", row["id"], "--reason", "I looked at it", "--as", "reviewer").ended(1)
    govern("finding", "remediate", row["id"], "--reason", "the reader was mended").ended(0)
    govern("finding", "close", row["id"], "--reason", "I looked at it", "--as", "reviewer").ended(0)
    assert "✓ CLOSED" in govern("finding", "list").out
    assert "F-none" in govern("finding", "remediate", "F-none", "--reason", "nothing at all").ended(2).err
    past = govern("finding", "open", "credit@2", "--title", "too late already", "--owner", "o", "--due", "2020-01-01")
    assert "future" in past.ended(2).err


def test_an_approval_on_a_condition_opens_its_finding(line: Path):
    words = ["review", "approve", "credit@2", "--reason", "for now only", "--as", "reviewer", "--condition"]
    assert "TEXT; OWNER; DUE" in govern(*words, "retrain it").ended(2).err
    said = govern(*words, f"retrain with the new months; model-risk; {soon()}").ended(0).out
    (row,) = govern("finding", "list", "--json").document["findings"]
    assert (row["title"], row["severity"]) == ("retrain with the new months", "medium")
    assert f"#{row['index']}" in said
    assert f"on condition {row['id']} (medium, model-risk until {soon()} 00:00Z): retrain with the new months" in said
    assert f"condition of #{row['condition_of']}" in govern("review", "show", "credit@2").ended(0).out
    listed = govern("review", "list").ended(0).out
    assert f"finding {row['id']} (medium) has to be closed" in listed[listed.index("Deadlines"):]
    assert [one["kind"] for one in govern("review", "list", "--json").document["deadlines"]] == ["finding"]
    govern("promote", "credit@2", "--to", "production").ended(0)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("retrain; risk; 2027-01-31", ("retrain", "risk", "medium")), ("retrain; risk; 2027-01-31; high", ("retrain", "risk", "high")),
        ("branches; then months; risk; 2027-01-31", ("branches; then months", "risk", "medium")),
        ("branches; then months; risk; 2027-01-31; low", ("branches; then months", "risk", "low")),
    ],
)
def test_a_condition_may_hold_semicolons_of_its_own(text: str, read: tuple[str, str, str]):
    found = _condition(text)
    assert (found.title, found.owner, found.severity) == read
    assert found.due.date().isoformat() == "2027-01-31"


def test_what_is_left_of_a_run(line: Path, sample: Sample, tmp_path: Path):
    shown = govern("run", "verify", "run/train-2", "--json")
    roles = {check["role"] for check in shown.document["run"]["checks"]}
    assert {"input", "code", "output"} <= roles
    assert shown.code in {0, 4}
    assert "train.py" in govern("run", "verify", "credit@2").out
    config = line / ".govern" / "where.json"
    places = json.loads(config.read_text())
    changed = tmp_path / "train.py"
    changed.write_text("# not what it was\n")
    config.write_text(json.dumps({k: str(changed) if v.endswith("train.py") else v for k, v in places.items()}))
    assert "✗" in govern("run", "verify", "run/train-2").ended(1).out


@pytest.mark.parametrize(
    "words",
    [["credit@2"], ["credit", "--kind", "system"], ["--kind", "ledger"], ["#13", "--kind", "decision"]],
    ids=lambda words: words[-1],
)
def test_packs_of_every_kind_can_be_read(line: Path, tmp_path: Path, words: list[str]):
    if words[0].startswith("#"):
        last = govern("log", "--kind", "decision", "--json").document["entries"][-1]["index"]
        words = [f"#{last}", *words[1:]]
    govern("export", *words, "-o", tmp_path / "pack.md").ended(0)
    assert "credit" in (tmp_path / "pack.md").read_text()


def test_words_that_no_pack_can_have(line: Path, tmp_path: Path):
    out = ["-o", tmp_path / "pack.md"]
    assert "about something" in govern("export", *out).ended(2).err
    assert "one of" in govern("export", "credit@2", "--kind", "poem", *out).ended(2).err.lower()
    assert "go together" in govern("export", "credit", "--kind", "system", "--from", "2026-01-01", *out).ended(2).err
    both = ["--from", "2026-02-01", "--to", "2026-01-01"]
    assert "not after" in govern("export", "credit", "--kind", "system", *both, *out).ended(2).err


def test_loosening_a_policy_takes_two_holders(line: Path, tmp_path: Path):
    looser = lean(tmp_path / "looser")
    (looser / "policy.yaml").write_text(POLICY.replace('threshold: "0.8"', 'threshold: "0.7"').replace("1.0.0", "1.1.0"))
    binding = (looser / "binding.yaml").read_text().replace("policy: {name: lean, version: 1.0.0}", "policy: {name: lean, version: 1.1.0}")
    (looser / "binding.yaml").write_text(binding)
    refused = govern("policy", "install", looser).ended(1)
    assert "--also-as" in refused.err
    govern("key", "new", "second-owner").ended(0)
    govern("key", "enrol", "second-owner", "--role", "policy").ended(0)
    govern("policy", "install", looser, "--also-as", "second-owner").ended(0)
    govern("verify", "--full").ended(0)


def test_figures_for_a_collector_and_hooks_that_wait(line: Path, tmp_path: Path):
    govern("status", "--prometheus", tmp_path / "govern.prom").ended(0)
    assert "# TYPE govern_" in (tmp_path / "govern.prom").read_text()
    assert "0 events delivered, 0 still waiting" in govern("monitor", "--deliver").ended(0).out
    assert "missing" in govern("monitor", "credit@2").ended(2).err


def test_a_review_is_taken_back_by_whoever_signed_it(line: Path):
    approve = ["review", "approve", "credit@2", "--reason", "it looks even to me", "--as", "reviewer", "--json"]
    index = govern(*approve).ended(0).document["entries"][0]["index"]
    back = ["review", "take-back", "credit@2", "--entry", index, "--reason", "I read the wrong page"]
    govern(*map(str, back), "--as", "checker").ended(1)
    govern(*map(str, back), "--as", "reviewer").ended(0)
    govern("promote", "credit@2", "--to", "production").ended(1)


def test_the_folder_is_found_as_the_workspace_finds_it(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from govern.cli.session import Session
    from govern.workflow.place.workspace import Workspace

    (place / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(place / "deep" / "er")
    assert Session(workspace=None, as_json=False).found_folder() == Workspace.open().folder
    assert Session(workspace=place, as_json=False).found_folder() == Workspace.open(place).folder
    monkeypatch.setenv("GOVERN_WORKSPACE", str(place))
    monkeypatch.chdir(tmp_path)
    assert Session(workspace=None, as_json=False).found_folder() == Workspace.open().folder
    monkeypatch.delenv("GOVERN_WORKSPACE")
    assert Session(workspace=None, as_json=False).found_folder() is None
