"""Verification, proofs and checkpoints of an earlier time, by the words of the command line."""

from pathlib import Path

from cli.runner import govern


def test_the_ledger_as_it_stood(place: Path):
    for name in ("one", "two", "three"):
        govern("record", "system", name, "--purpose", "p", "--owner", "o").ended(0)
    then = govern("verify", "--as-of", "#1", "--json").ended(0).document["verification"]
    assert then["size"] == 2
    note = govern("checkpoint", "--as-of", "1", "--json").ended(0).document
    assert (note["size"], note["root"]) == (2, then["root"])
    proof = govern("proof", "#1", "--as-of", "1").ended(0).out
    assert note["note"] in proof
    assert note["note"] not in govern("proof", "#1").ended(0).out
    assert "not there yet" in govern("proof", "3", "--as-of", "1").ended(2).err
    assert "no entry yet" in govern("verify", "--as-of", "2001-01-01").ended(2).err
    assert "no entry 17" in govern("verify", "--as-of", "17").ended(2).err
    assert govern("verify", "--as-of", "2100-01-01", "--json").ended(0).document["verification"]["size"] == 4
    for words in (("--as-of", "1", "--full"), ("--as-of", "yesterday"), ("--as-of", ""), ("x.pdf", "--as-of", "1")):
        govern("verify", *words).ended(2)
