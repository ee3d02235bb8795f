"""Ledgers that released versions wrote still verify, can be read, and can be added to."""

import shutil
from pathlib import Path

import pytest
from ledger.kit_ledger import NOW, ROLES, model, signer

from govern.ledger.bundle import verify_bundle
from govern.ledger.checkpoint import read_checkpoint
from govern.ledger.portable import verify_pack as portable
from govern.ledger.roots import read_trusted_root
from govern.store.ledger import Ledger

FOLDERS = sorted(path for path in (Path(__file__).parent / "released").iterdir() if path.is_dir() and path.name[0] != "_")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_released_ledger_verifies_for_ever(folder, tmp_path):
    path = tmp_path / "ledger.db"
    shutil.copy(folder / "ledger.db", path)
    given = read_trusted_root((folder / "trust-root.json").read_bytes())
    with Ledger.open(f"sqlite:///{path}") as ledger:
        verified = ledger.verify(trust_root=given.fact).check()
        assert verified.head == read_checkpoint((folder / "checkpoint.txt").read_text()).head
        assert [entry.index for entry in ledger.entries()] == list(range(verified.size))
        keys = {name: signer(name, seed) for seed, name in enumerate(ROLES, 1)}
        ledger.append([model(99)], signers=[keys["pipeline"]], log_signer=keys["log"], now=NOW)
        assert ledger.verify(trust_root=given.fact).check().size == verified.size + 1


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_released_pack_verifies_for_ever(folder):
    files = {path.name: path.read_bytes() for path in (folder / "pack").iterdir()}
    trust = (folder / "trust-root.json").read_bytes()
    proof = verify_bundle(
        entries=files["entries.jsonl"], proofs=files["proofs.jsonl"], checkpoint=files["checkpoint.txt"].decode(),
        trust_roots=files["trust-root.json"], trusted_root=trust,
    )
    assert proof.complete
    assert portable.verify_bundle(files, *portable.read_trust(trust))
