"""From promotion to retirement by hand: canary, full, rollback, emergency, retirement, and a pack that is asked offline."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from cli.conftest import BINDING, POLICY, Sample
from cli.runner import PASSPHRASE, govern
from cli.test_cli_passphrases import on_terminal

from govern.domain.statement import Draft
from govern.domain.text import digest_of
from govern.lineage.stale import stale
from govern.workflow.interface import Progress, RenderedPack, silent
from govern.workflow.pack import PackData
from govern.workflow.packs import exporting
from govern.workflow.place.workspace import about, opened
from govern_reports.render import prepare

REASON = ("--reason", "Seen by two people and found good.")


def third(sample: Sample, folder: Path) -> Path:
    """Another version with the same behaviour: the file's bytes differ, its answers don't."""
    made = folder / "credit-3.skops"
    made.write_bytes((sample.models / "credit-2.skops").read_bytes() + b"\0")
    return made


def approved(version: str) -> None:
    govern("review", "approve", f"credit@{version}", *REASON, "--as", "reviewer").ended(0)
    govern("promote", f"credit@{version}", "--to", "production").ended(0)


@pytest.fixture
def two(line: Path, sample: Sample) -> Path:
    """credit@2 runs in production; credit@3 was approved and promoted after it."""
    approved("2")
    govern("deploy", "credit@2", "--to", "production").ended(0)
    made = third(sample, line)
    govern(
        "record", "model", made, "--name", "credit", "--system", "credit", "--version", "3", "--run", "run/train-2",
        "--threshold", "0.6", "--as", "developer",
    ).ended(0)
    words = [made if str(word).endswith("credit-2.skops") else word for word in sample.gate("2")]
    govern(*["credit@3" if word == "credit@2" else word for word in words]).ended(0)
    approved("3")
    return line


def asks_before_deploying(folder: Path) -> None:
    """Install a policy that binds the gate `deploy`, beside the one that binds the stage."""
    place = folder / "shipping"
    place.mkdir()
    (place / "policy.yaml").write_text(POLICY.replace("name: lean", "name: shipping").replace(
        "  - {role: approver, count: 1, distinct_from: [developers, requester]}", "  []"
    ).replace("approvals:\n  []", "approvals: []"))
    binding = BINDING.replace("lean", "shipping").split("gates:")[0] + "gates:\n  deploy: {enforcement: require}\n"
    (place / "binding.yaml").write_text(binding)
    govern("policy", "install", place).ended(0)


def test_a_canary_grows_only_by_its_own_gate_and_going_back_asks_it_too(two: Path):
    govern("deploy", "credit@3", "--to", "production", "--mode", "canary", "--traffic", "5").ended(0)
    assert "canary 5 %" in govern("log", "--kind", "deployment").ended(0).out
    assert "production: credit@2, production: credit@3 as canary with 5 %" in govern("status").ended(0).out
    for version in ("2", "3"):
        govern("deploy", f"credit@{version}", "--to", "production", "--check").ended(0)
    assert "moves to full only by an allowing decision at deploy" in govern("deploy", "credit@3", "--to", "production").ended(1).err
    asks_before_deploying(two)
    govern("deploy", "credit@3", "--to", "production").ended(0)
    assert [row["kind"] for row in govern("log", "-n", "2", "--json").document["entries"]] == ["decision", "deployment"]
    assert "not deployed in production" in govern("deploy", "credit@2", "--to", "production", "--check").ended(1).out

    govern("rollback", "credit", "--to", "credit@2", *REASON).ended(0)
    assert [row["kind"] for row in govern("log", "-n", "2", "--json").document["entries"]] == ["decision", "rollback"]
    govern("deploy", "credit@2", "--to", "production", "--check").ended(0)
    govern("deploy", "credit@3", "--to", "production", "--check").ended(1)
    govern("verify", "--full").ended(0)


def test_an_emergency_goes_back_to_what_is_stale_and_stays_on_every_status(two: Path):
    govern("deploy", "credit@3", "--to", "production", "--mode", "blue-green", "--traffic", "50").ended(0)
    said = govern("dataset", "withdraw", "credit-train@1", *REASON, "--yes").ended(0)
    assert "approve#" in said.out + said.err  # what it touches is said before it is done
    govern("deploy", "credit@2", "--to", "production", "--check").ended(1)
    assert "withdrawn" in govern("rollback", "credit", "--to", "credit@2", *REASON).ended(1).err
    assert "role emergency" in govern("rollback", "credit", "--to", "credit@2", *REASON, "--emergency").ended(1).err
    govern("key", "new", "chief").ended(0)
    govern("key", "enrol", "chief", "--role", "operator", "--role", "emergency").ended(0)
    govern("rollback", "credit", "--to", "credit@2", *REASON, "--emergency", "--as", "chief").ended(0)
    assert "emergency rollback by chief" in govern("deploy", "credit@2", "--to", "production", "--check").ended(0).out
    said = " ".join(govern("status").ended(0).out.split())
    assert "! emergency rollback of credit to credit@2 in production by chief on " in said
    assert "Seen by two people" in said

    govern("retire", "credit@2", *REASON).ended(0)
    govern("deploy", "credit@2", "--to", "production", "--check").ended(1)
    refused = govern("rollback", "credit", "--to", "credit@2", *REASON, "--emergency", "--as", "chief").ended(1).err
    assert "nothing of credit runs in production" in refused or "was retired" in refused
    assert "credit@2" not in govern("review", "list").ended(0).out, "what is over waits for nobody"


def test_nobody_goes_back_on_a_verdict_that_was_claimed(two: Path):
    asks_before_deploying(two)
    said = govern("deploy", "credit@3", "--to", "production", "--json").ended(0).document["entries"]
    assert [row["kind"] for row in said] == ["deployment", "decision"], "what was written beside it is said"
    govern("deploy", "credit@2", "--to", "production", "--check").ended(1)
    refused = govern("rollback", "credit", "--to", "credit@3", *REASON).ended(1).err
    assert "credit@3 is what runs in production, alone" in refused
    assert "recorded before that" not in refused, "no gate is asked where there is nothing to go back from"
    with opened() as workspace:
        state = workspace.state()
        model = next(one for one in state.models.values() if one.name == "credit@2")
        fact = replace(state.latest_decision(model.digest, "promote:production").fact, approvals=())
        workspace.write([Draft(subjects=about(model.name, model.digest), fact=fact)], key="pipeline", passphrases=lambda _: PASSPHRASE)
    assert "says another approvals than the decision" in govern("rollback", "credit", "--to", "credit@2", *REASON).ended(1).err


def log(kind: str) -> dict[int, str]:
    """The entries of one kind: what each is about."""
    return {row["index"]: row["subject"] for row in govern("log", "--kind", kind, "--json").ended(0).document["entries"]}


def ended_approvals() -> set[int]:
    """Approvals that are stale now."""
    with opened() as workspace:
        state, now = workspace.state(), datetime.now(UTC)
        return {one.index for one in state.reviews.values() if one.fact.action == "approve" and stale(state, one, now)}


ENDS = [("model", "revoke", "credit@2"), ("dataset", "withdraw", "credit-train@1"), ("dataset", "supersede", "credit-train@1")]


@pytest.mark.parametrize("words", ENDS, ids=" ".join)
def test_what_an_end_touches_is_said_before_anything_is_written(two: Path, words: tuple[str, ...]):
    before = govern("checkpoint").ended(0).out
    asked = govern(*words, *REASON).ended(2)
    assert asked.out == ""
    assert "nobody can be asked here" in asked.err
    said = {int(index) for index in re.findall(r"  [a-z]+ #(\d+)$", asked.err, flags=re.MULTILINE)}
    assert f"{len(said)} things rest on it" in asked.err
    subjects = {"credit@2"} if words[0] == "model" else {"credit@2", "credit@3"}
    rests = {
        index for kind in ("review", "promotion", "deployment") for index, name in log(kind).items() if name in subjects
    }
    models = {index for index, name in log("model").items()} if words[0] == "dataset" else set()
    assert said == rests | models

    listed = govern(*words, *REASON, "--json").ended(2)
    assert {row["index"] for row in listed.document["touches"]} == said
    assert (listed.document["exit_code"], listed.document["ref"]) == (2, words[2])
    assert "say --yes" in listed.err

    code, shown = on_terminal([*words, *REASON], ["n"], two)
    assert code == 130
    assert shown.index("rest on it:") < shown.index("Go on? [y/N]") < shown.index("nothing was written")
    assert govern("checkpoint").ended(0).out == before
    assert ended_approvals() == set()

    code, shown = on_terminal([*words, *REASON], ["y", PASSPHRASE], two)
    assert code == 0, shown
    assert ended_approvals() == said & set(log("review")), "the approvals that were named, and no other, turn stale"


def test_a_key_answers_for_what_it_signed_and_is_compromised_only_where_that_is_stated(two: Path):
    rows = govern("lineage", "key/reviewer", "--impact", "--json").ended(0).document["rows"]
    said = {(row["kind"], row["detail"]) for row in rows}
    assert said == {("review", "signed with it"), ("promotion", "rests on what it signed"), ("deployment", "rests on what it signed")}
    keyid = next(one["keyid"] for one in govern("key", "list", "--json").ended(0).document["keys"] if one["name"] == "reviewer")
    assert govern("lineage", f"key/{keyid[:8]}", "--down", "--json").ended(0).document["rows"] == rows
    assert "--impact" in govern("lineage", "key/reviewer").ended(2).err
    assert "govern trust show" in govern("lineage", "key/nobody", "--impact").ended(2).err
    refused = govern("key", "revoke", "reviewer", "--reason", "perhaps compromised: the laptop was stolen").ended(2).err
    assert "--compromised" in refused
    govern("deploy", "credit@2", "--to", "production", "--check").ended(0)


@pytest.mark.parametrize(("words", "ends"), [(["--compromised"], True), ([], False), (["--void-from", "0"], True)], ids=str)
def test_what_a_revoked_key_leaves_void_or_in_doubt_is_said_before_it_is_revoked(two: Path, words: list[str], ends: bool):
    govern("deploy", "credit@3", "--to", "production", "--mode", "canary").ended(0)
    done = govern("key", "revoke", "reviewer", *REASON, *words).ended(0)
    said = {int(index) for index in re.findall(r"  [a-z]+ #(\d+)$", done.err, flags=re.MULTILINE)}
    assert f"{2 if ends else 0} entries that reviewer signed are void or in doubt" in done.err
    assert said == (set(log("review")) | set(log("promotion")) | set(log("deployment")) if ends else set())
    assert ended_approvals() == said & set(log("review"))
    for version in ("2", "3"):
        govern("deploy", f"credit@{version}", "--to", "production", "--check").ended(1 if ends else 0)


@pytest.mark.parametrize("words", [
    ("promote", "credit@2", "--to", "moon"), ("deploy", "credit@2", "--to", "moon"),
    ("deploy", "credit@2", "--to", "production", "--mode", "green"),
    ("deploy", "credit@2", "--to", "production", "--mode", "full", "--traffic", "50"),
    ("deploy", "credit@2", "--to", "production", "--pack", "x.pdf"),
    ("deploy", "credit@2", "--to", "production", "--check", "--pack", "x.pdf"),
    ("rollback", "credit", "--to", "credit@2", "--environment", "moon", *REASON),
    ("retire", "credit@2", "--environment", "moon", *REASON), ("rollback", "credit", "--to", "credit@2", "--reason", "no"),
])
def test_words_that_name_nothing_change_nothing(line: Path, words):
    before = govern("checkpoint").ended(0).out
    assert govern(*words).ended(2).err
    assert govern("checkpoint").ended(0).out == before


def without_layout(pack: PackData, out: Path, progress: Progress = silent) -> RenderedPack:
    """Write a pack with all that is attached to it and one empty page: laying it out takes seconds and proves nothing."""
    del progress
    prepared = prepare(pack)
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        for one in prepared.attachments:
            pdf.attachments[one.name] = pikepdf.AttachedFileSpec(pdf, one.data, filename=one.name)
        pdf.save(out)
    return RenderedPack(path=out, digest=digest_of(out.read_bytes()), manifest=prepared.manifest, pages=1)


def handed_over(folder: Path, name: str) -> tuple[str | Path, ...]:
    """Export the ledger, and return the words that ask the pack, with neither workspace nor keys."""
    with opened() as workspace:
        exporting.export(workspace, "", folder / f"{name}.pdf", renderer=without_layout, kind="ledger", passphrases=lambda _: PASSPHRASE)
        (folder / "root.json").write_bytes(exporting.trust_root_file(workspace))
    return ("deploy", "--to", "production", "--check", "--pack", folder / f"{name}.pdf", "--trust", folder / "root.json")


def test_a_pack_answers_offline_as_the_ledger_did(line: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    approved("2")
    govern("deploy", "credit@2", "--to", "production").ended(0)
    before = handed_over(tmp_path, "before")
    govern("model", "revoke", "credit@2", *REASON, "--yes").ended(0)
    after = handed_over(tmp_path, "after")

    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("GOVERN_HOME", str(tmp_path / "nobody"))
    allowed = govern(*before, "credit@2").ended(0)
    assert "ALLOW" in allowed.out
    assert "what was written later, it does not know" in allowed.out
    assert "it is not deployed in production" in govern(*before, "credit@1").ended(1).out
    document = govern(*after, "credit@2", "--json").ended(1).document
    assert "the model is revoked: Seen by two people and found good." in {one["reason"] for one in document["permission"]["refusals"]}
    assert govern(*before, "credit@9").ended(2).out == ""

    assert "a trust root from outside" in govern(*before[:-2], "credit@2").ended(2).err
    other = json.loads((tmp_path / "root.json").read_text())
    other["keys"] = {}
    (tmp_path / "root.json").write_text(json.dumps(other))
    assert govern(*before, "credit@2").code in {1, 4}, "a trust root that is not the pack's says nothing for it"


@pytest.mark.slow
def test_a_pack_of_the_ledger_is_asked_offline(line: Path, tmp_path: Path):
    approved("2")
    govern("deploy", "credit@2", "--to", "production").ended(0)
    govern("trust", "show", "-o", tmp_path / "root.json").ended(0)
    govern("export", "--kind", "ledger", "-o", tmp_path / "ledger.pdf").ended(0)
    ask = ("deploy", "--to", "production", "--check", "--pack", tmp_path / "ledger.pdf", "--trust", tmp_path / "root.json")
    govern(*ask, "credit@2").ended(0)
    govern(*ask, "credit@1").ended(1)
