"""A trust root that several people sign, each on a machine of their own: only files travel between them."""

import base64
import json
import shutil
from pathlib import Path

import pytest
from cli.runner import Ran, govern

pytestmark = pytest.mark.timeout(60)
"""What can never fit is refused at once; what moved is tried again for two minutes."""

LATER = ("--expires", "2032-01-01")


class Machine:
    """One person's computer: a home for keys, a folder to work in, and no workspace unless there is one in it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, home: Path, desk: Path) -> None:
        self.monkeypatch, self.home, self.desk = monkeypatch, home, desk
        desk.mkdir(exist_ok=True)

    def run(self, *words: str | Path) -> Ran:
        self.monkeypatch.setenv("GOVERN_HOME", str(self.home))
        self.monkeypatch.chdir(self.desk)
        return govern(*words)

    def carry(self, name: str, to: "Machine") -> None:
        """Take a file to another machine, as on a stick."""
        shutil.copy(self.desk / name, to.desk / name)


@pytest.fixture
def machines(place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Machine, Machine, Machine]:
    """Ann's with the ledger; Ben's and Cat's with nothing but a key; two of the three root keys are needed."""
    ann = Machine(monkeypatch, place.parent / "home", place)
    ben = Machine(monkeypatch, tmp_path / "ben-home", tmp_path / "ben")
    cat = Machine(monkeypatch, tmp_path / "cat-home", tmp_path / "cat")
    ann.run("trust", "show", "-o", "root.json").ended(0)
    for machine, name in ((ben, "ben"), (cat, "cat")):
        machine.run("key", "new", name).ended(0)
        # A request needs the ledger's name only, which its workspace knows: it is asked for where that lies.
        monkeypatch.setenv("GOVERN_HOME", str(machine.home))
        monkeypatch.chdir(ann.desk)
        govern("key", "request", name, "-o", machine.desk / f"{name}.json").ended(0)
        machine.carry(f"{name}.json", ann)
        ann.run("key", "enrol", f"{name}.json", "--role", "root").ended(0)
    ann.run("trust", "update", "--threshold", "root=2", "-o", "two.json").ended(0)
    ann.carry("two.json", ben)
    ben.run("trust", "sign", "two.json").ended(0)
    ben.carry("two.json", ann)
    ann.run("trust", "update", "two.json").ended(0)
    return ann, ben, cat


def test_two_sign_on_two_machines_and_one_submits(machines):
    ann, ben, _ = machines
    alone = ann.run("trust", "update", *LATER).ended(1)
    assert "1 of 2 signatures that version 4 asks for" in alone.err
    assert "govern trust sign" in alone.err
    written = ann.run("trust", "update", *LATER, "-o", "later.json", "--json").ended(0).document
    assert (written["version"], written["complete"], [one["holder"] for one in written["signed_by"]]) == (5, False, ["root"])
    assert any("2032-01-01" in line for line in written["changes"])
    assert "1 of 2 signatures" in ann.run("trust", "update", "later.json").ended(1).err
    ann.carry("later.json", ben)
    ann.run("trust", "show", "-o", "known.json").ended(0)
    ann.carry("known.json", ben)
    said = ben.run("trust", "sign", "later.json", "--trust", "known.json").ended(0)
    assert "that of known.json" in said.err
    assert "expires" in said.err, "a signer is told what the signature is for"
    assert "govern trust update later.json" in said.err + said.out
    ben.carry("later.json", ann)
    # Somebody records in between: the proposal still fits.
    ann.run("record", "system", "credit", "--purpose", "p", "--owner", "o").ended(0)
    first = ann.run("trust", "update", "later.json", "--json").ended(0).document["entries"]
    assert first[0]["subject"] == "trust-root@5"
    again = ann.run("trust", "update", "later.json", "--json").ended(0).document["entries"]
    assert again == first, "handing it in again gives the same entry"
    assert "version 5" in ann.run("trust", "show").out
    shown = ann.run("show", f"#{first[0]['index']}", "--json").ended(0).out
    assert {"root", "ben"} <= set(shown.replace('"', " ").split())
    ann.run("verify", "--full").ended(0)
    assert "Another change came first" in ann.run("trust", "update", "two.json").ended(1).err


def test_copies_that_were_signed_apart_are_put_together(machines):
    ann, ben, cat = machines
    ann.run("trust", "update", "--threshold", "root=3", "-o", "three.json").ended(0)
    for machine in (ben, cat):
        ann.carry("three.json", machine)
        machine.run("trust", "sign", "three.json").ended(0)
    shutil.copy(ben.desk / "three.json", ann.desk / "ben-signed.json")
    shutil.copy(cat.desk / "three.json", ann.desk / "cat-signed.json")
    assert "2 of 3" in ann.run("trust", "update", "ben-signed.json").ended(1).err
    ann.run("trust", "update", *LATER, "-o", "other.json").ended(0)
    assert "two different proposals" in ann.run("trust", "update", "ben-signed.json", "other.json").ended(1).err
    ann.run("trust", "update", "ben-signed.json", "cat-signed.json").ended(0)
    assert "3 of 3" in ann.run("trust", "show").out
    ann.run("verify", "--full").ended(0)


def test_a_file_that_was_changed_on_its_way_is_refused(machines):
    ann, ben, _ = machines
    ann.run("trust", "update", *LATER, "-o", "later.json").ended(0)
    ann.carry("later.json", ben)
    path = ben.desk / "later.json"
    good = json.loads(path.read_bytes())
    payload = base64.b64decode(good["payload"])
    for before, after in ((b"2032-01-01", b"2042-01-01"), (b'"holder":"ben"', b'"holder":"eve"')):
        # The digest in the subject is nothing that protects it: whoever changes the one changes the other.
        changed = {**good, "payload": base64.b64encode(payload.replace(before, after)).decode()}
        path.write_text(json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
        ran = ben.run("trust", "sign", "later.json")
        assert ran.code in {1, 2}, ran.err
        assert "changed after root signed it" in ran.err or "another holder" in ran.err
    # Beside the payload, the file says which version is in force: only who knows it from elsewhere can tell.
    other = json.loads(json.dumps(good))
    other["root"]["roles"]["root"]["threshold"] = 1
    path.write_text(json.dumps(other, sort_keys=True, separators=(",", ":"), ensure_ascii=False))
    ann.run("trust", "show", "-o", "known.json").ended(0)
    ann.carry("known.json", ben)
    assert "not the one known here" in ben.run("trust", "sign", "later.json", "--trust", "known.json").ended(1).err
    ben.carry("later.json", ann)
    assert ann.run("trust", "update", "later.json").ended(1)
    path.write_text("{}")
    assert "not a proposed trust root" in ben.run("trust", "sign", "later.json").ended(2).err


def test_who_may_not_sign_is_told_why(machines, monkeypatch):
    ann, ben, cat = machines
    ann.run("trust", "update", *LATER, "-o", "later.json").ended(0)
    ann.carry("later.json", ben)
    assert "is no root key" in ann.run("trust", "sign", "later.json", "--as", "pipeline").ended(1).err
    assert "no key of this machine" in ann.run("trust", "sign", "later.json").ended(2).err
    assert "has signed this already" in ann.run("trust", "sign", "later.json", "--as", "root").ended(1).err
    ben.run("key", "new", "stranger").ended(0)
    assert "is no root key" in ben.run("trust", "sign", "later.json", "--as", "stranger").ended(1).err
    # A second root key of the same person, properly enrolled, still is the same person.
    ben.run("key", "new", "ben-2", "--holder", "ben").ended(0)
    monkeypatch.setenv("GOVERN_HOME", str(ben.home))
    monkeypatch.chdir(ann.desk)
    govern("key", "request", "ben-2", "-o", "ben-2.json").ended(0)
    ann.run("key", "enrol", "ben-2.json", "--role", "root", "-o", "more.json").ended(0)
    ann.carry("more.json", cat)
    cat.run("trust", "sign", "more.json").ended(0)
    cat.carry("more.json", ann)
    ann.run("trust", "update", "more.json").ended(0)
    assert "Another change came first" in ann.run("trust", "update", "later.json").ended(1).err
    ann.run("trust", "update", "--threshold", "root=3", "-o", "three.json").ended(0)
    ann.carry("three.json", ben)
    assert "several keys of this machine" in ben.run("trust", "sign", "three.json").ended(2).err
    ben.run("trust", "sign", "three.json", "--as", "ben").ended(0)
    twice = ben.run("trust", "sign", "three.json", "--as", "ben-2").ended(1)
    assert "ben has signed this already, with another key: one person counts once" in twice.err


def test_a_root_key_is_rotated_by_its_holder_and_another(machines):
    """Old and new key of one person both sign: each counts for its own version."""
    ann, _, cat = machines
    ann.run("key", "new", "root-2", "--holder", "root").ended(0)
    ann.run("key", "rotate", "root", "root-2", "--signer", "root", "--signer", "root-2", "-o", "rotate.json").ended(0)
    ann.carry("rotate.json", cat)
    cat.run("trust", "sign", "rotate.json").ended(0)
    cat.carry("rotate.json", ann)
    # The old key would be void before the entry that it signs: that would put its own signature in doubt.
    ann.run("record", "system", "credit", "--purpose", "p", "--owner", "o").ended(0)
    assert "--void-from" in ann.run("trust", "update", "rotate.json").ended(1).err
    ann.run(
        "key", "rotate", "root", "root-2", "--signer", "root", "--signer", "root-2", "--void-from", "20", "-o", "rotate.json"
    ).ended(0)
    ann.carry("rotate.json", cat)
    cat.run("trust", "sign", "rotate.json").ended(0)
    cat.carry("rotate.json", ann)
    ann.run("record", "system", "other", "--purpose", "p", "--owner", "o").ended(0)
    ann.run("trust", "update", "rotate.json").ended(0)
    ann.run("verify", "--full").ended(0)
    ann.run("trust", "update", *LATER, "-o", "later.json").ended(1)
    ann.run("trust", "update", *LATER, "--signer", "root-2", "-o", "later.json").ended(0)


def test_the_log_goes_on_with_its_rotated_key(place: Path):
    govern("key", "new", "log-2", "--holder", "log").ended(0)
    govern("key", "rotate", "log", "log-2").ended(0)
    govern("record", "system", "x", "--purpose", "p", "--owner", "o").ended(0)
    govern("verify", "--full").ended(0)


def test_one_way_only(place: Path):
    assert "a proposal, or --expires" in govern("trust", "update").ended(2).err
    govern("trust", "update", *LATER, "-o", "later.json").ended(0)
    govern("trust", "update", "later.json", *LATER).ended(2)
    govern("trust", "update", "later.json", "-o", "x.json").ended(2)
    govern("trust", "show", "later.json", "-o", "x.json").ended(2)
    assert "expires" in govern("trust", "show", "later.json").ended(0).out
    assert "root has signed" not in govern("trust", "sign", "later.json", "--as", "root").ended(1).out
    govern("trust", "update", "later.json").ended(0)
    assert "can't be read" in govern("trust", "sign", "nothing.json").ended(2).err
