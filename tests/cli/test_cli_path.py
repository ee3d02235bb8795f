"""The whole path by hand, with only the commands: denied, allowed, reviewed, promoted, deployed, drifted, exported, verified."""

import json
import re
from pathlib import Path

import pytest
from cli.conftest import Sample
from cli.runner import Ran, govern

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def entries(ran: Ran) -> list[dict[str, object]]:
    found = ran.document["entries"]
    assert isinstance(found, list)
    return found


def test_what_is_written_is_said_with_index_and_digest(place: Path):
    words = ["record", "system", "credit", "--purpose", "credit", "--owner", "model-risk"]
    ran = govern(*words).ended(0)
    assert "#1" in ran.out
    assert DIGEST.search(ran.out)
    (entry,) = entries(govern(*words, "--title", "again", "--json").ended(0))
    assert entry["index"] == 2
    assert govern("show", "#2", "--json").document["entry"]["leaf_hash"] == entry["digest"]


def test_a_denied_gate_says_verdict_numbers_and_what_to_do(gated: Path):
    lines = (gated / "denied.txt").read_text().splitlines()
    assert lines[0].startswith("✗ DENY  credit@1 at promote:production")
    text = "\n".join(lines)
    assert re.search(r"✗ FAIL +\S+ +0\.\d+  \(asked >= 0\.8\)", text)
    assert "→" in text
    assert DIGEST.search(text)


def test_an_allowed_gate_says_so_first(gated: Path):
    lines = (gated / "allowed.txt").read_text().splitlines()
    assert lines[0].startswith("✓ ALLOW  credit@2 at promote:production")


def test_a_dry_run_answers_the_same_and_records_nothing(line: Path, sample: Sample):
    before = govern("checkpoint").out
    ran = govern(*sample.gate("1", "--dry-run")).ended(1)
    assert "nothing was recorded" in ran.out
    assert govern("checkpoint").out == before


def test_why_shows_one_rule_with_every_group(line: Path, sample: Sample):
    document = govern(*sample.gate("1", "--dry-run", "--json")).ended(1).document
    rule = next(r for r in document["decision"]["rules"] if r["status"] == "pass" and r["checks"])
    ran = govern(*sample.gate("1", "--dry-run", "--why", rule["rule"])).ended(1)
    assert rule["explanation"] in ran.out
    assert all(check["label"] in ran.out for check in rule["checks"])
    others = [r["rule"] for r in document["decision"]["rules"] if r["rule"] != rule["rule"]]
    assert not any(re.search(rf"(PASS|FAIL) +{re.escape(other)} ", ran.out) for other in others)
    refused = govern(*sample.gate("1", "--dry-run", "--why", "NONE-999")).ended(2)
    assert rule["rule"] in refused.err


def test_reports_for_pipelines_are_read_by_others(line: Path, sample: Sample, tmp_path: Path):
    junit, sarif, summary = tmp_path / "junit.xml", tmp_path / "out.sarif", tmp_path / "summary.md"
    govern(*sample.gate("1", "--junit", junit, "--sarif", sarif, "--summary", summary)).ended(1)
    from junitparser import JUnitXml
    from sarif.loader import load_sarif_file

    suites = JUnitXml.fromfile(str(junit))
    assert suites.failures + suites.errors > 0 or sum(s.failures + s.errors for s in suites) > 0
    assert load_sarif_file(str(sarif)).get_result_count() > 0
    assert "DENY" in summary.read_text()


def test_without_evidence_a_gate_is_inconclusive(line: Path, sample: Sample, tmp_path: Path):
    govern("record", "model", _other_model(tmp_path), "--name", "fresh", "--system", "credit").ended(0)
    ran = govern("gate", "fresh@1", "--to", "production").ended(3)
    assert "✗ DENY" in ran.out
    assert "? INCONCLUSIVE" in ran.out


def _other_model(folder: Path) -> Path:
    import skops.io
    from sklearn.dummy import DummyClassifier

    path = folder / "other.skops"
    skops.io.dump(DummyClassifier(strategy="prior").fit([[0.0], [1.0]], [0, 1]), path)
    return path


def test_review_promote_deploy_monitor_export_verify(line: Path, sample: Sample, tmp_path: Path):
    refused = govern("promote", "credit@2", "--to", "production").ended(1)
    assert "approver" in refused.err
    assert "credit@2" in govern("review", "list").ended(0).out
    shown = govern("review", "show", "credit@2", "--to", "production").ended(0)
    closure = re.search(r"closure (sha256:[0-9a-f]{64})", shown.out)
    assert closure is not None
    own = govern("review", "approve", "credit@2", "--reason", "mine", "--as", "developer").ended(1)
    assert "#" in own.err, "the refusal names the entry that disqualifies"
    changed = govern("review", "approve", "credit@2", "--reason", "ok", "--as", "reviewer", "--closure", "sha256:" + "0" * 64)
    assert "Nothing was signed" in changed.ended(1).err
    approved = govern(
        "review", "approve", "credit@2", "--reason", "even outcomes", "--as", "reviewer", "--closure", closure[1]
    ).ended(0)
    assert closure[1] in approved.out
    lacking = govern("review", "show", "credit@2", "--json").document["dossier"]["missing"]
    if lacking:
        govern("review", "approve", "credit@2", "--reason", "checked", "--as", "checker").ended(0)
    govern("promote", "credit@2", "--to", "production").ended(0)
    govern("deploy", "credit@2", "--to", "production", "--check").ended(0)
    govern("deploy", "credit@2", "--to", "production").ended(0)
    assert govern("deploy", "credit@1", "--to", "production", "--check").ended(1).out.startswith("✗ DENY")
    assert "production: credit@2" in govern("status").ended(0).out
    window = ["monitor", "credit@2", "--data"]
    govern(*window, sample.models / "window_stable.csv", *sample.columns("2")).ended(0)
    drifted = govern(*window, sample.models / "window_drifted.csv", *sample.columns("2"))
    assert drifted.code in {1, 3}
    assert "finding" in drifted.out
    assert govern("deploy", "credit@2", "--to", "production", "--check").ended(1)
    assert govern("review", "list", "--json").document["items"]
    _exported(tmp_path)
    govern("verify", "--full").ended(0)


def _exported(folder: Path) -> None:
    pack, root = folder / "pack.pdf", folder / "trust-root.json"
    govern("export", "credit@2", "-o", pack, "--trust-out", root).ended(0)
    assert pack.read_bytes().startswith(b"%PDF")
    again = govern("export", "credit@2", "-o", pack).ended(2)
    assert "there already" in again.err
    verified = govern("verify", pack, "--trust", root).ended(0)
    assert verified.out.startswith("✓ VERIFIED")
    govern("verify", pack, "--trust", root, "--replay").ended(0)
    assert "from outside" in govern("verify", pack).ended(2).err
    stranger = folder / "stranger.json"
    stranger.write_text("{}")
    assert govern("verify", pack, "--trust", stranger).code in {1, 2, 4}


def test_a_decision_replays_identically(line: Path):
    rows = govern("log", "--kind", "decision", "--json").document["entries"]
    assert len(rows) == 2
    for row in rows:
        assert "identical" in govern("replay", f"#{row['index']}").ended(0).out


def test_reading_commands_say_what_was_recorded(line: Path):
    assert "credit-train@1" in govern("lineage", "credit@2").ended(0).out
    assert "credit@2" in govern("lineage", "credit-train@1", "--impact").ended(0).out
    assert govern("lineage", "credit@2", "--up", "--down").ended(2)
    detail = govern("show", "credit@2").ended(0).out
    assert "developer" in detail
    assert json.loads(detail[detail.index("{") : detail.rindex("}") + 1])["predicateType"].startswith("urn:govern:model")
    assert "no system “other”" in govern("status", "other").ended(2).err
    assert len(govern("log", "--kind", "model", "--json").document["entries"]) == 2
    assert len(govern("log", "--limit", "3").ended(0).out.splitlines()) == 3


@pytest.mark.parametrize("action", [["reject"], ["request-changes"], ["comment"]], ids=lambda a: a[0])
def test_people_say_no_and_it_is_kept(line: Path, action: list[str]):
    govern("review", *action, "credit@2", "--reason", "not like this", "--as", "reviewer").ended(0)
    assert "not like this" in govern("review", "show", "credit@2").out
    if action != ["comment"]:
        assert govern("promote", "credit@2", "--to", "production").ended(1)


def test_an_approval_can_t_overrule_policy(line: Path):
    refused = govern("review", "approve", "credit@1", "--reason", "please", "--as", "reviewer").ended(1)
    assert "polic" in refused.err
