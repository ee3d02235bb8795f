"""Keys and the trust root by hand: made here or elsewhere, enrolled, rotated, revoked, renewed."""

import os
from pathlib import Path

import pytest
from cli.runner import govern

SYSTEM = ("record", "system", "x", "--purpose", "p", "--owner", "o")


def roles(name: str) -> list[str]:
    keys = govern("key", "list", "--json").document["keys"]
    return next(key["roles"] for key in keys if key["name"] == name)


def test_a_key_counts_only_once_it_is_enrolled(place: Path):
    govern("key", "new", "worker").ended(0)
    assert "· NOT ENROLLED" in govern("key", "list").out
    govern(*SYSTEM, "--as", "worker").ended(1)
    written = govern("key", "enrol", "worker", "--role", "recorder", "--json").ended(0).document["entries"]
    assert written[0]["kind"] == "trust-root"
    assert roles("worker") == ["recorder"]
    govern(*SYSTEM, "--as", "worker").ended(0)
    govern("verify", "--full").ended(0)


def test_a_key_made_elsewhere_is_enrolled_by_its_request(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    here = str(place.parent / "home")
    monkeypatch.setenv("GOVERN_HOME", str(tmp_path / "elsewhere"))
    govern("key", "new", "remote", "--holder", "person-7").ended(0)
    govern("key", "request", "remote", "-o", tmp_path / "request.json").ended(0)
    monkeypatch.setenv("GOVERN_HOME", here)
    govern("key", "enrol", tmp_path / "request.json", "--role", "approver").ended(0)
    listed = govern("key", "list").ended(0).out
    assert "person-7" in listed
    assert "(elsewhere)" in listed
    damaged = (tmp_path / "request.json").read_bytes().replace(b"person-7", b"person-8")
    (tmp_path / "request.json").write_bytes(damaged)
    assert govern("key", "enrol", tmp_path / "request.json", "--role", "approver").code in {1, 2, 4}
    govern("verify", "--full").ended(0)


def test_a_rotated_key_signs_no_more_and_what_it_signed_stays(place: Path):
    govern(*SYSTEM).ended(0)
    govern("key", "new", "pipeline-2", "--holder", "pipeline").ended(0)
    govern("key", "rotate", "pipeline", "pipeline-2").ended(0)
    govern(*SYSTEM).ended(1)
    govern(*SYSTEM, "--as", "pipeline-2").ended(0)
    govern("verify", "--full").ended(0)


def test_a_revoked_key_is_void_and_the_reason_is_kept(place: Path):
    refused = govern("key", "revoke", "pipeline").ended(2)
    assert "--reason" in refused.err
    govern("key", "revoke", "pipeline", "--reason", "the laptop was lost").ended(0)
    assert "✗ VOID" in govern("key", "list").out
    govern(*SYSTEM).ended(1)
    govern("verify", "--full").ended(0)


def test_a_trust_root_is_renewed_with_other_thresholds(place: Path, tmp_path: Path):
    govern("trust", "update", "--expires", "2031-01-01", "--threshold", "approver=2").ended(0)
    shown = govern("trust", "show", "-o", tmp_path / "root.json").ended(0).out
    assert "version 2" in shown
    assert "2 of 0" in shown
    assert (tmp_path / "root.json").stat().st_size > 0
    assert "whole number" in govern("trust", "update", "--expires", "2031-01-01", "--threshold", "approver=two").ended(2).err
    govern("verify", "--full").ended(0)


@pytest.mark.parametrize("name", ["", "With Space", "../up", "x" * 65])
def test_names_that_no_key_can_have(place: Path, name: str):
    assert govern("key", "new", name).code in {2, 4}


def test_a_name_is_never_taken_twice(place: Path):
    govern("key", "new", "mine").ended(0)
    assert "already" in govern("key", "new", "mine").err


def test_an_unknown_role_is_refused(place: Path):
    govern("key", "new", "mine").ended(0)
    ran = govern("key", "enrol", "mine", "--role", "emperor")
    assert ran.code in {1, 2}
    assert "emperor" in ran.err


def test_a_passphrase_is_changed_from_a_file_that_names_old_and_new(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    govern("key", "new", "worker").ended(0)
    old = Path(os.environ["GOVERN_PASSPHRASE_FILE"]).read_text().strip()
    both = tmp_path / "both.txt"
    both.write_text(f"worker: {old}\nworker.new: quite another one\n")
    monkeypatch.setenv("GOVERN_PASSPHRASE_FILE", str(both))
    assert "another passphrase" in govern("key", "passphrase", "worker").ended(0).out
    assert "does not open" in govern("key", "passphrase", "worker").ended(1).err
