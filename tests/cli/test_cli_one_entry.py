"""One entry verified offline: `govern verify ENTRY.dsse.json --trust ROOT`, with its proof and without a workspace."""

from pathlib import Path

import pytest
from cli.runner import govern

STEPS_OF_ONE = [1, 2, 3, 4, 5, 7]


@pytest.fixture
def handed(place: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an entry, its proof and the trust root, of a ledger that is elsewhere."""
    recorded = govern("record", "system", "other", "--purpose", "p", "--owner", "o", "--json").ended(0).document["entries"]
    govern("trust", "show", "-o", "root.json").ended(0)
    govern("proof", str(recorded[0]["index"]), "-o", "entry").ended(0)
    handed = tmp_path_factory.mktemp("handed")
    for name in ("root.json", "entry.dsse.json", "entry.tlog-proof"):
        (handed / name).write_bytes((place / name).read_bytes())
    monkeypatch.chdir(handed)
    monkeypatch.setenv("GOVERN_HOME", str(handed / "nobody"))
    return handed


def test_an_entry_is_verified_without_its_ledger(handed: Path):
    found = govern("verify", "entry.dsse.json", "--trust", "root.json", "--json").ended(0).document["verification"]
    assert [step["number"] for step in found["steps"] if step["state"] == "ok"] == STEPS_OF_ONE
    assert {step["number"] for step in found["steps"] if step["state"] == "not-run"} == {6, 8}
    said = next(step["detail"] for step in found["steps"] if step["number"] == 7)
    assert said.startswith("system on system/other at ")
    assert not (handed / "nobody").exists()


@pytest.mark.parametrize(
    ("name", "old", "new", "step"),
    [
        ("entry.dsse.json", b'"sig":"', b'"sig":"A', 2),
        ("entry.tlog-proof", b"index 1", b"index 0", 2),
        ("entry.tlog-proof", b"\n2\n", b"\n3\n", 2),
        ("root.json", b'"payload":"eyJ', b'"payload":"eyA', 1),
    ],
)
def test_what_was_changed_is_told(handed: Path, name: str, old: bytes, new: bytes, step: int):
    data = (handed / name).read_bytes()
    assert old in data
    (handed / name).write_bytes(data.replace(old, new, 1))
    found = govern("verify", "entry.dsse.json", "--trust", "root.json", "--json")
    assert found.code in {1, 4}
    first = next(one for one in found.document["verification"]["steps"] if one["state"] in {"wrong", "unchecked"})
    assert first["number"] == step


def test_a_trust_root_of_somebody_else_does_not_do(handed: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GOVERN_HOME", str(handed / "other"))
    (handed / "other-place").mkdir()
    monkeypatch.chdir(handed / "other-place")
    govern("init").ended(0)
    govern("trust", "show", "-o", "../other.json").ended(0)
    monkeypatch.chdir(handed)
    found = govern("verify", "entry.dsse.json", "--trust", "other.json").ended(1)
    assert "VERIFIED" not in found.out


def test_files_that_are_missing_or_given_in_vain_are_named(handed: Path):
    assert "none is named" in govern("verify", "entry.dsse.json").ended(2).err
    assert "are for a pack" in govern("verify", "entry.dsse.json", "--trust", "root.json", "--replay").ended(2).err
    (handed / "entry.tlog-proof").rename("proof")
    assert "entry.tlog-proof can't be read" in govern("verify", "entry.dsse.json", "--trust", "root.json").ended(2).err
    govern("verify", "entry.dsse.json", "--proof", "proof", "--trust", "root.json").ended(0)
    assert "are for a file" in govern("verify", "--proof", "proof").ended(2).err
