"""`--as-of` on status, lineage and show: what held then, and a proof that somebody else can check."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli.runner import govern

from govern.ledger import tree
from govern.ledger.checkpoint import digest_bytes, read_checkpoint
from govern.ledger.proof import parse_proof

REPOSITORY = Path(__file__).resolve().parents[2]
THEN = "2026-01-01T03:00:00Z"


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """Ten systems, a hundred models, windows of monitoring, all signed by `tests/benchmarks/large_ledger.py`."""
    folder = tmp_path_factory.mktemp("watched") / "w"
    words = [sys.executable, str(REPOSITORY / "tests/benchmarks/large_ledger.py"), str(folder), "700"]
    subprocess.run(words, check=True, env=os.environ | {"GOVERN_BENCH_ENTRIES": "700"}, stdout=subprocess.DEVNULL)
    return folder


@pytest.fixture
def entered(watched, monkeypatch):
    monkeypatch.setenv("GOVERN_HOME", str(watched / "home"))
    monkeypatch.chdir(watched)


def said(*words: str) -> dict:
    return json.loads(govern(*words, "--json").ended(0).out)


def checked(past: dict) -> None:
    """The note is the log's, of that size and root, and the newest checkpoint continues it."""
    then, now = read_checkpoint(past["note"]), read_checkpoint(past["newest_note"])
    assert (then.size, then.root, now.size) == (past["size"], past["root"], past["newest_size"])
    assert then.size < now.size
    path = [digest_bytes(one) for one in past["consistency"]]
    tree.verify_consistency(then.size, now.size, path, digest_bytes(then.root), digest_bytes(now.root))


def test_status_says_what_held_then_and_proves_it(entered):
    found = said("status", "system-1", "--as-of", THEN)["status"]["past"]
    checked(found)
    assert found["entries"] == found["size"]
    assert [row["kind"] for row in found["held"]] == [
        "model", "deployment", "dataset", "dataset", "decision", "policy", "binding", "approval",
    ]
    assert {row["index"] < found["size"] for row in found["held"]} == {True}
    assert found["held"][0]["name"] == "scorer-1@9"
    earlier = said("status", "system-1", "--as-of", "2026-01-01T01:30:00Z")["status"]["past"]
    checked(earlier)
    assert earlier["held"] == []  # its ninth version was not there yet, and nothing ran


def test_lineage_and_show_of_then_are_proved_too(entered):
    found = said("lineage", "scorer-1@9", "--as-of", THEN)
    checked(found["past"])
    assert max(row["index"] for row in found["rows"]) < found["past"]["size"]
    assert len(found["rows"]) < len(said("lineage", "scorer-1@9")["rows"])
    shown = said("show", "D-1", "--as-of", THEN)
    checked(shown["past"])
    assert shown["standing"] == "full, 100 % of the traffic"
    proof = parse_proof(shown["entry"]["proof"].encode())
    assert proof.index == shown["entry"]["row"]["index"]
    assert shown["past"]["note"] in shown["entry"]["proof"]


def test_what_was_not_there_then_is_not_shown(entered):
    govern("show", "D-9", "--as-of", THEN).ended(2)
    govern("show", "#699", "--as-of", THEN).ended(2)
    govern("status", "--as-of", "2025-01-01").ended(2)
    text = govern("status", "system-1", "--as-of", THEN).ended(0).out
    assert "Held on 2026-01-01 03:00Z" in text
    assert "— ledger.example/large " in text
