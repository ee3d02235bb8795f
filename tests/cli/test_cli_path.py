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


def test_why_shows_one_rule_with_every_group_though_it_passes(line: Path, sample: Sample):
    document = govern(*sample.gate("2", "--dry-run", "--json")).ended(0).document
    (rule,) = document["decision"]["rules"]
    assert rule["status"] == "pass"
    plain = govern(*sample.gate("2", "--dry-run")).ended(0).out
    ran = govern(*sample.gate("2", "--dry-run", "--why", rule["rule"])).ended(0)
    assert rule["explanation"] in ran.out
    for check in rule["checks"]:
        assert check["label"] in ran.out
    assert len(ran.out) > len(plain)
    refused = govern(*sample.gate("2", "--dry-run", "--why", "NONE-999")).ended(2)
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
