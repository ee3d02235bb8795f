"""Commands beside the main path: measuring without a workspace, policies, waivers, ends, schemas, doctor."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cli.conftest import BINDING, POLICY, Sample, lean
from cli.runner import govern


def test_measuring_needs_no_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sample: Sample):
    monkeypatch.chdir(tmp_path)
    words = ["measure", "--data", sample.folder / "test.csv", "--target", "repaid", "--protected", "sex,group", "--favourable", "1"]
    document = govern(*words, "--measures", "impact_ratio", "--json").ended(0).document
    assert document["schema"] == "govern/evidence/v1"
    group = next(m for m in document["measures"] if m["attribute"] == "group")["groups"]
    assert sum(one["n"] for one in group) == document["rows"]
    assert not any(isinstance(value, float) for one in group for value in one.values())
    shown = govern(*words, "-o", tmp_path / "evidence.json").ended(0).out
    assert "impact_ratio@1 of group" in shown
    assert json.loads((tmp_path / "evidence.json").read_text())["rows"] == document["rows"]
    assert not (tmp_path / ".govern").exists()
    assert "nothing to measure" in govern(*words[:3]).ended(2).err
    assert "no_such" in govern(*words, "--measures", "no_such").ended(2).err


def test_measuring_a_recorded_model_records_the_evidence(line: Path, sample: Sample):
    words = ["measure", "credit@2", "--data", sample.models / "credit-2-test.csv", "--prediction", "prediction", "--favourable", "1"]
    assert "evidence" in govern(*words, "--measures", "impact_ratio").ended(0).out
    assert govern("log", "--kind", "evidence", "--json").document["entries"][-1]["index"] == govern("log", "--json").document["size"] - 1
    govern("gate", "credit@2", "--to", "production", "--dry-run").ended(0)


def test_policies_are_listed_linted_tested_and_compared(place: Path, tmp_path: Path):
    folder = lean(tmp_path / "one")
    assert "no policy is in force" in govern("policy", "show").ended(0).out
    govern("policy", "lint", folder).ended(0)
    assert "can fail and can pass" in govern("policy", "test", folder).ended(0).out
    govern("policy", "install", folder).ended(0)
    assert "FAIR-001" in govern("policy", "show").ended(0).out
    assert govern("policy", "show", "lean").ended(0).out.strip() == POLICY.strip()
    assert "in force already" in govern("policy", "install", folder).ended(2).err
    assert "neither a folder nor a pack" in govern("policy", "install", "nonsense").ended(2).err
    other = lean(tmp_path / "two")
    (other / "policy.yaml").write_text(POLICY.replace('threshold: "0.8"', 'threshold: "0.7"').replace("1.0.0", "1.1.0"))
    differing = govern("policy", "diff", folder, other).ended(0)
    assert differing.out.startswith("loosened")
    assert "0.8 → 0.7" in differing.out
    assert govern("policy", "diff", folder, other, "--json").document["needs_second_approver"] is True


def test_a_rule_that_can_t_fail_is_found(tmp_path: Path):
    folder = lean(tmp_path / "one")
    (folder / "policy.yaml").write_text(POLICY.replace('threshold: "0.8"', 'threshold: "0"'))
    ran = govern("policy", "test", folder).ended(1)
    assert "✗ FAIL" in ran.out


def test_a_binding_without_its_policy_is_refused(place: Path, tmp_path: Path):
    folder = lean(tmp_path / "one")
    (folder / "binding.yaml").write_text(BINDING.replace("name: lean, version: 1.0.0}\ngates", "name: other, version: 1.0.0}\ngates"))
    assert "other" in govern("policy", "install", folder).ended(2).err


def test_a_waiver_is_proposed_approved_and_revoked(line: Path, sample: Sample):
    ends = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%d")
    propose = ["review", "waive", "credit@1", "--to", "production", "--rule", "FAIR-001", "--reason", "while it is mended"]
    assert "--expires" in govern(*propose, "--as", "checker").ended(2).err
    made = govern(*propose, "--expires", ends, "--control", "each denial is read by a person", "--as", "checker").ended(0)
    (waiver,) = govern("status", "--json").document["status"]["waivers"]
    assert waiver["state"] == "proposed"
    assert f"--approve {waiver['id']}" in made.err
    own = govern("review", "waive", "--approve", waiver["id"], "--reason", "because I like it", "--as", "checker").ended(1)
    assert "asked for" in own.err
    govern(*sample.gate("1", "--dry-run")).ended(1)
    govern("review", "waive", "--approve", waiver["id"], "--reason", "for a month only", "--as", "reviewer").ended(0)
    allowed = govern(*sample.gate("1", "--dry-run")).ended(0).out
    assert f"waived {waiver['id']}" in allowed
    assert "before waivers" in allowed
    govern("review", "waive", "--revoke", waiver["id"], "--reason", "it is mended now", "--as", "reviewer").ended(0)
    govern(*sample.gate("1", "--dry-run")).ended(1)
    assert "one of" in govern("review", "waive", "--reason", "what").ended(2).err
    assert "W-none" in govern("review", "waive", "--approve", "W-none", "--reason", "x", "--as", "reviewer").ended(2).err
    govern("verify", "--full").ended(0)


def test_a_dataset_is_withdrawn_after_showing_what_rests_on_it(line: Path):
    words = ["dataset", "withdraw", "credit-train@1", "--reason", "collected without consent"]
    asked = govern(*words).ended(2)
    assert "credit@2" in asked.err
    assert "--yes" in asked.err
    govern(*words, "--yes").ended(0)
    refused = govern("review", "approve", "credit@2", "--reason", "fine", "--as", "reviewer")
    promoted = govern("promote", "credit@2", "--to", "production")
    assert 1 in {refused.code, promoted.code}
    govern("verify", "--full").ended(0)


def test_a_revoked_model_is_not_gated_again(line: Path, sample: Sample):
    govern("model", "revoke", "credit@2", "--reason", "wrong file", "--yes").ended(0)
    assert "revoked" in govern(*sample.gate("2")).ended(1).err
    assert govern("dataset", "withdraw", "credit@1", "--reason", "x", "--yes").code == 2


@pytest.mark.parametrize("kind", ["model", "evidence", "trust-root", "object/evidence", "object/decision", "document/Policy"])
def test_schemas_are_json_schemas(kind: str):
    schema = json.loads(govern("schema", kind).ended(0).out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["properties"]


def test_an_unknown_schema_names_the_others():
    assert "trust-root" in govern("schema", "nonsense").ended(2).err


def test_the_doctor_says_what_to_do(place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    findings = {f["what"]: f for f in govern("doctor", "--json").document["findings"]}
    assert findings["Keys"]["standing"] == "ok"
    assert "Business Source License" in findings["alibi-detect"]["detail"]
    assert findings["Drift detector"]["detail"].startswith("scipy")
    (place.parent / "home" / "keys" / "root.pem").chmod(0o644)
    ran = govern("doctor").ended(4)
    assert "chmod 600" in ran.out
    monkeypatch.setenv("GOVERN_PASSPHRASE_FILE", str(tmp_path / "none"))
    assert "GOVERN_PASSPHRASE_FILE" in govern("doctor").out


def test_a_made_workspace_says_what_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, founded: Path):
    monkeypatch.setenv("GOVERN_PASSPHRASE_FILE", str(founded / "passphrase"))
    monkeypatch.chdir(tmp_path)
    document = govern("init", "--json").ended(0).document
    assert document["size"] == 1
    assert document["new_keys"] == ["log", "pipeline", "policy-owner", "root"]
    assert document["entries"][0]["index"] == 0
    (tmp_path / "second").mkdir()
    second = govern("--workspace", tmp_path / "second", "init", "--json").ended(0).document
    assert second["new_keys"] == []
    assert second["origin"] != document["origin"]


@pytest.mark.parametrize("direction", ["--up", "--down", "--impact"])
def test_lineage_of_everything_that_was_recorded(line: Path, direction: str):
    for entry in govern("log", "--json").document["entries"]:
        ran = govern("lineage", f"#{entry['index']}", direction)
        assert ran.code in {0, 2}, f"#{entry['index']} {entry['kind']}: {ran.err}"


def test_a_new_policy_is_tried_on_what_was_decided(line: Path, tmp_path: Path):
    stricter = lean(tmp_path / "stricter")
    (stricter / "policy.yaml").write_text(POLICY.replace('threshold: "0.8"', 'threshold: "0.97"').replace("1.0.0", "1.1.0"))
    words = ["policy", "diff", lean(tmp_path / "same"), stricter, "--replay", "30d"]
    shown = govern(*words).ended(0).out
    assert shown.startswith("tightened")
    assert "1 of 2 stored decisions would turn" in shown
    turned = {one["subject_name"]: (one["before"], one["after"]) for one in govern(*words, "--json").document["replayed"]}
    assert turned == {"credit@1": ("deny", "deny"), "credit@2": ("allow", "deny")}
    assert "number of days" in govern(*words[:-1], "soon").ended(2).err


def test_what_each_rule_said_lately_is_shown(line: Path):
    shown = govern("policy", "results").ended(0).out.splitlines()
    assert shown[1].split()[:5] == ["FAIR-001", "lean@1.0.0", "1", "1", "0"]
    assert "ratio at least 0.8, for every group" in shown[1]
    (rule,) = govern("policy", "results", "--json").document["rules"]
    assert [(one["model"], one["status"]) for one in rule["latest"]] == [("credit@2", "pass"), ("credit@1", "fail")]
    assert rule["enforcement"] == {"monitor": "require", "promote:production": "require"}


def test_versions_that_were_installed_can_be_shown_and_compared(place: Path, tmp_path: Path):
    folder = lean(tmp_path / "first")
    govern("policy", "install", folder).ended(0)
    for file in (folder / "policy.yaml", folder / "binding.yaml"):
        file.write_text(file.read_text().replace("1.0.0", "1.1.0").replace('threshold: "0.8"', 'threshold: "0.9"'))
    govern("policy", "install", folder).ended(0)
    assert govern("policy", "diff", "lean@1.0.0", "lean@1.1.0").ended(0).out.startswith("tightened")
    assert 'threshold: "0.8"' in govern("policy", "show", "lean@1.0.0").ended(0).out
    assert govern("policy", "show", "lean@1.0.0", "--json").document["policies"][0]["version"] == "1.0.0"
    assert "never installed" in govern("policy", "diff", "lean@9.0.0", "lean@1.1.0").ended(2).err
    assert "no policy" in govern("policy", "show", "lean@9.0.0").ended(2).err


def test_a_signed_bundle_is_refused_with_a_stray_file(place: Path, tmp_path: Path):
    folder = lean(tmp_path / "bundle")
    assert "2 files signed by policy-owner" in govern("policy", "sign", folder).ended(0).out
    assert govern("policy", "sign", folder, "--as", "pipeline").ended(1)
    (folder / "stray.yaml").write_text("")
    ran = govern("policy", "install", folder).ended(1)
    assert "stray.yaml" in ran.err


def test_every_attempt_is_listed(line: Path):
    shown = govern("review", "attempts", "credit", "--to", "production").ended(0).out
    assert shown.index("✗ DENY") < shown.index("✓ ALLOW")
    assert len(govern("review", "attempts", "credit@2", "--to", "production", "--json").document["attempts"]) == 2
    assert "--to" in govern("review", "attempts", "credit").ended(2).err
    assert govern("review", "attempts", "nothing", "--to", "production").ended(2)


def test_a_copy_to_read_is_not_recorded(line: Path, tmp_path: Path):
    before = govern("checkpoint").out
    out = ("--full-ledger", "--without", "lineage", "-o", tmp_path / "pack.md")
    assert "brings no proofs" in govern("export", "credit@2", *out).ended(0).out
    text = (tmp_path / "pack.md").read_text()
    assert "credit@2" in text
    assert "Register of entries" in text
    assert "Deployment and lineage" not in text
    assert "lineage, policies, decisions" in govern("export", "credit@2", "--without", "verdicts", "-o", "other.md").ended(2).err
    govern("export", "credit@2", "-o", tmp_path / "pack.html").ended(0)
    assert govern("export", "credit@2", "-o", tmp_path / "pack.html").ended(2)
    assert "ending" in govern("export", "credit@2", "-o", tmp_path / "pack.txt").ended(2).err
    assert govern("checkpoint").out == before


def test_an_old_copy_of_the_ledger_lets_nothing_run(line: Path):
    database = line / ".govern" / "ledger.db"
    kept = {path: path.read_bytes() for path in database.parent.glob("ledger.db*")}
    govern("model", "revoke", "credit@2", "--reason", "it was the wrong file", "--yes").ended(0)
    for path in database.parent.glob("ledger.db*"):
        path.unlink()
    for path, data in kept.items():
        path.write_bytes(data)
    for words in (["verify"], ["status"], ["deploy", "credit@2", "--to", "production", "--check"], ["record", "system", "x", "--purpose", "p", "--owner", "o"]):
        ran = govern(*words).ended(1)
        assert "put back" in ran.out + ran.err, words
