"""An attacker with the database: one test for each line of the table in govern/ledger/README.md.

Every attack begins by dropping the triggers, so none of them is found by a trigger.
"""

import re
import shutil
from dataclasses import replace

import pytest
from ledger.kit_ledger import NOW, ORIGIN, Kit, model, review, root_of, signer
from store.kit_attacker import Attacker, edited, resigned

from govern.canonical.statement import fact_digest
from govern.domain.statement import Draft, Producer, Subject
from govern.errors import CorruptStoreError, GovernError, VerificationError
from govern.ledger import tree
from govern.ledger.checkpoint import digest_text
from govern.store.ledger import Ledger
from govern.trust import changes


@pytest.fixture
def attacker(kit, raw):
    kit.models(6, batch=2)
    kit.append(review(3), by="reviewer")
    kit.append(model(8))
    return Attacker(kit, raw)


def found(kit, *, trusted=True, root=None, **more):
    """Verify, and return (step, index, kind) of what is wrong, steps with anything wrong, and the result."""
    result = kit.ledger.verify(
        trusted=kit.trusted if trusted else None, trust_root=root or kit.root, now=NOW, **more
    )
    failure = result.failure
    assert isinstance(failure, VerificationError), result.steps
    assert result.head is None
    with pytest.raises(VerificationError):
        result.check()
    return failure, {step.number for step in result.steps if step.state == "wrong"}


def test_the_table_and_the_tests_name_each_other(repository):
    """Each line of the table is proved by a test here, and each test here stands in the table."""
    rows = [
        line.split("|")[1:-1] for line in (repository / "govern/ledger/README.md").read_text().splitlines()
        if line.startswith("| ") and line.count("|") == 5
    ]
    assert [cell.strip() for cell in rows[0]] == ["attack", "found by", "step", "test"]
    named = [name for row in rows[2:] for name in re.findall(r"`([a-z_]+)`", row[3])]
    assert all(re.search("`[a-z_]+`", row[3]) for row in rows[2:])
    here = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert set(named) == here - {"the_table_and_the_tests_name_each_other", "several_processes_find_what_one_finds"}


def test_drops_the_triggers_first(attacker, kit, raw):
    """Triggers stop whoever does not mean it; whoever does drops them, and that alone leaves nothing to find."""
    changed = edited(attacker.leaves[4], name="other")
    for statement in (("UPDATE entry SET leaf = %s WHERE idx = 4", changed), ("DELETE FROM entry WHERE idx = 8",)):
        with pytest.raises(Exception, match=r"(?i)append|permission|trigger|allowed|never"):
            raw(statement, triggers=True)
    raw()
    kit.reopen()
    assert kit.ledger.verify(trusted=kit.trusted, trust_root=kit.root).check()
    raw(("UPDATE entry SET leaf = %s WHERE idx = 4", changed))
    kit.reopen()
    failure, steps = found(kit)
    assert (failure.step, failure.index) == (2, 4)
    assert {2, 4} <= steps


def test_edits_an_entry(attacker, kit):
    attacker.leaves[4] = edited(attacker.leaves[4], name="other")
    attacker.write(tree_too=False)
    failure, steps = found(kit, trusted=False)
    assert (failure.step, failure.index, failure.kind) == (2, 4, "changed")
    assert {2, 3, 4} <= steps


def test_edits_an_entry_and_recomputes_everything_above_it(attacker, kit):
    attacker.leaves[4] = edited(attacker.leaves[4], name="other")
    attacker.write()
    failure, steps = found(kit, trusted=False)
    assert (failure.step, failure.kind) == (3, "checkpoint")
    assert 4 in steps


def test_edits_and_recomputes_with_the_logs_key(attacker, kit):
    attacker.leaves[4] = edited(attacker.leaves[4], name="other")
    attacker.write(log=kit.signers["log"])
    failure, _ = found(kit, trusted=False)
    # What later signers had seen of the tree, and the signature under the change.
    assert failure.step == 3
    assert found(kit, trusted=False)[1] >= {3, 4}


def test_edits_and_recomputes_with_the_logs_key_and_the_signers_key(attacker, kit):
    attacker.leaves[8] = resigned(
        attacker.leaves[8], kit.signers["pipeline"], change=lambda s: replace(s, fact=replace(s.fact, name="other"))
    )
    attacker.write(log=kit.signers["log"])
    # It is the last entry, and both keys are in the wrong hands: only what is kept elsewhere tells.
    assert kit.ledger.verify(trust_root=kit.root).check()
    failure, _ = found(kit)
    assert (failure.step, failure.kind) == (3, "fork")
    assert failure.hint.count(ORIGIN + "\n") == 2, "both notes are evidence"


def test_deletes_the_tail(attacker, kit):
    attacker.write(attacker.leaves[:-1])
    failure, _ = found(kit, trusted=False)
    assert (failure.step, failure.index, failure.kind) == (3, 8, "truncation")


def test_deletes_the_tail_with_its_checkpoints(attacker, kit):
    attacker.write(attacker.leaves[:-1], notes={size: note for size, note in attacker.notes.items() if size < 9})
    assert kit.ledger.verify(trust_root=kit.root).check()
    failure, _ = found(kit)
    assert (failure.step, failure.index, failure.kind) == (3, 8, "rollback")
    with pytest.raises(VerificationError, match="put back"):
        kit.append(model(9))
    assert "had 9" in failure.message


def test_puts_back_an_old_copy(tmp_path):
    kit = Kit.make(tmp_path)
    kit.models(3)
    kit.ledger.close()
    shutil.copy(kit.path(), tmp_path / "old.db")
    kit.ledger = Ledger.open(kit.url)
    kit.models(2)
    kit.ledger.close()
    for suffix in ("-wal", "-shm"):
        kit.path().with_name(kit.path().name + suffix).unlink(missing_ok=True)
    shutil.copy(tmp_path / "old.db", kit.path())
    kit.ledger = Ledger.open(kit.url)
    assert kit.ledger.verify(trust_root=kit.root).check()
    failure, _ = found(kit)
    assert (failure.step, failure.index, failure.kind) == (3, 4, "rollback")
    kit.ledger.close()


def test_puts_back_old_rows(attacker, kit):
    """Entries, nodes, checkpoints: all as they once were. On a server nobody swaps files, but rows can be restored."""
    kit.models(2)
    assert kit.trusted.head().size == 11
    attacker.write()
    assert kit.ledger.verify(trust_root=kit.root).check().size == 9
    failure, _ = found(kit)
    assert (failure.step, failure.index, failure.kind) == (3, 9, "rollback")
    with pytest.raises(VerificationError, match="put back"):
        kit.append(model(9))


def test_copies_the_database_without_its_log(tmp_path):
    kit = Kit.make(tmp_path)
    kit.models(3)
    kit.reopen()  # closing folds the write-ahead log in
    reader = kit.ledger.database.engine.connect()  # keeps the write-ahead log from being folded in
    reader.exec_driver_sql("SELECT count(*) FROM entry").fetchone()
    kit.models(2)
    shutil.copy(kit.path(), tmp_path / "copy.db")
    reader.close()
    kit.ledger.close()
    with Ledger.open(f"sqlite:///{tmp_path}/copy.db") as copy:
        result = copy.verify(trusted=kit.trusted, trust_root=kit.root)
        assert result.failure.kind == "rollback"


def test_inserts_an_entry(attacker, kit):
    stranger = resigned(attacker.leaves[3], signer("stranger"))
    attacker.write([*attacker.leaves[:4], stranger, *attacker.leaves[4:]])
    failure, steps = found(kit, trusted=False)
    assert failure.step == 3
    assert 4 in steps
    twice = [*attacker.leaves[:4], attacker.leaves[3], *attacker.leaves[4:]]
    attacker.write(twice, log=kit.signers["log"])
    assert 6 in found(kit, trusted=False)[1]


def test_appends_an_entry_without_the_logs_key(attacker, kit):
    last = kit.ledger.entry(8)
    more = resigned(
        attacker.leaves[8], kit.signers["pipeline"],
        change=lambda s: replace(
            s, header=replace(s.header, producer=Producer(seq=s.header.producer.seq + 1, prev=last.leaf_hash))
        ),
    )
    attacker.write([*attacker.leaves, more])
    failure, _ = found(kit)
    assert (failure.step, failure.index, failure.kind) == (3, 9, "uncovered")
    with pytest.raises(CorruptStoreError):
        kit.append(model(10))


def test_reorders(attacker, kit):
    leaves = list(attacker.leaves)
    leaves[3], leaves[4] = leaves[4], leaves[3]
    attacker.write(leaves, tree_too=False)
    failure, _ = found(kit, trusted=False)
    assert (failure.step, failure.index) == (2, 3)
    attacker.write(leaves, log=kit.signers["log"])
    failure, steps = found(kit, trusted=False)
    assert 6 in steps


def test_swaps_two_signatures(attacker, kit):
    from govern.canonical.dsse import leaf_bytes, parse_leaf

    one, two = (parse_leaf(attacker.leaves[index]) for index in (2, 3))
    attacker.leaves[2] = leaf_bytes(replace(one, signatures=two.signatures))
    attacker.leaves[3] = leaf_bytes(replace(two, signatures=one.signatures))
    attacker.write(log=kit.signers["log"])
    failures = {error.step: error for error in kit.ledger.verify().failures}
    assert (failures[4].index, failures[4].kind) == (2, "signature")


def forged(attacker, kit, by, change, *, keyids=None, signers=None):
    """Append what the append rule would refuse, with the log's key in the attacker's hands."""
    leaf = resigned(attacker.leaves[8], *(signers or [kit.signers[by]]), change=change, keyids=keyids)
    attacker.write([*attacker.leaves, leaf], log=kit.signers["log"])
    return found(kit)


def next_of(kit, keyid):
    mine = [entry for entry in kit.ledger.entries() if entry.signed_by[0].keyid == keyid]
    return Producer(seq=len(mine), prev=mine[-1].leaf_hash if mine else None)


def test_signs_with_a_revoked_key(kit, raw):
    kit.models(3)
    keyid = kit.signers["pipeline"].keyid
    second = changes.revoked(kit.root, keyid, void_from=5, reason="compromised")
    kit.append(Draft(subjects=(Subject(name="trust-root@2", digest=fact_digest(second)),), fact=second), by="root")
    kit.append(review(1), by="reviewer")
    attacker = Attacker(kit, raw)
    leaf = resigned(
        attacker.leaves[3], kit.signers["pipeline"],
        change=lambda s: replace(s, header=replace(s.header, producer=next_of(kit, keyid), seen=None)),
    )
    attacker.write([*attacker.leaves, leaf], log=kit.signers["log"])
    failure, _ = found(kit)
    assert (failure.step, failure.index, failure.kind) == (5, 6, "revoked-key")


def test_signs_with_a_key_of_the_wrong_role(attacker, kit):
    producer = next_of(kit, kit.signers["reviewer"].keyid)
    failure, _ = forged(
        attacker, kit, "reviewer", lambda s: replace(s, header=replace(s.header, producer=producer))
    )
    assert (failure.step, failure.index, failure.kind) == (5, 9, "role")


def test_signs_with_one_key_under_two_ids(attacker, kit):
    producer = next_of(kit, kit.signers["pipeline"].keyid)
    failure, _ = forged(
        attacker, kit, "", lambda s: replace(s, header=replace(s.header, producer=producer)),
        signers=[kit.signers["pipeline"]] * 2, keyids=[kit.signers["pipeline"].keyid, kit.signers["owner"].keyid],
    )
    assert (failure.step, failure.index, failure.kind) == (4, 9, "signature")
    failure, _ = forged(
        attacker, kit, "", lambda s: replace(s, header=replace(s.header, producer=producer)),
        signers=[kit.signers["pipeline"]] * 2, keyids=[kit.signers["pipeline"].keyid, "0" * 64],
    )
    assert (failure.step, failure.index, failure.kind) == (4, 9, "unknown-key")


def test_lists_one_key_under_two_ids_in_a_trust_root(kit):
    twice = replace(kit.root, version=2, keys={**kit.root.keys, "0" * 64: kit.signers["owner"].public})
    with pytest.raises(GovernError, match="not its own"):
        kit.append(Draft(subjects=(Subject(name="trust-root@2", digest=fact_digest(twice)),), fact=twice), by="root")


def test_replays_an_entry_of_another_ledger(attacker, kit, tmp_path):
    other = Kit(folder=tmp_path / "other", url=f"sqlite:///{tmp_path}/other.db", origin="ledger.example/other")
    other.folder.mkdir()
    other.signers = kit.signers
    other.root = root_of(kit.signers, origin=other.origin)
    other.ledger = Ledger.create(
        other.url, origin=other.origin, root=other.root, root_signers=[kit.signers["root"]],
        log_signer=kit.signers["log"], now=NOW,
    )
    other.models(1)
    leaf = other.ledger.leaf(1)
    other.ledger.close()
    attacker.write([*attacker.leaves, leaf], log=kit.signers["log"])
    failure, _ = found(kit)
    assert (failure.step, failure.index, failure.kind) == (7, 9, "origin")


def test_removes_an_entry_from_the_middle_with_the_logs_key(attacker, kit):
    leaves = [leaf for index, leaf in enumerate(attacker.leaves) if index != 5]
    notes = {size: note for size, note in attacker.notes.items() if size <= len(leaves)}
    attacker.write(leaves, notes=notes, log=kit.signers["log"])
    failures = {error.step: error for error in kit.ledger.verify().failures}
    assert failures[6].kind == "producer"
    assert failures[6].index == 5


def test_hides_a_newer_trust_root(kit, raw):
    second = changes.revoked(kit.root, kit.signers["owner"].keyid, void_from=2, reason="lost")
    kit.append(Draft(subjects=(Subject(name="trust-root@2", digest=fact_digest(second)),), fact=second), by="root")
    Attacker(kit, raw).write(roots=[(1, 0)])
    failure, _ = found(kit)
    assert (failure.step, failure.index, failure.kind) == (1, 1, "trust-root")


def test_begins_the_whole_ledger_anew_with_their_own_keys(kit, tmp_path):
    kit.models(2)
    theirs = Kit.make(tmp_path / "theirs")
    theirs.models(4)
    assert theirs.ledger.verify().check()
    failure, _ = found(theirs, trusted=False, root=kit.root)
    assert (failure.step, failure.kind) == (1, "trust-root")
    result = theirs.ledger.verify(trusted=kit.trusted)
    assert (result.failure.step, result.failure.kind) == (3, "fork")
    theirs.ledger.close()


def test_changes_a_checkpoint(attacker, kit):
    size = 5
    notes = {**attacker.notes, size: attacker.notes[size].replace(f"\n{size}\n", f"\n{size + 1}\n")}
    attacker.write(notes=notes)
    failure, _ = found(kit)
    assert (failure.step, failure.kind) == (3, "signature")
    attacker.write(notes={**attacker.notes, size: attacker.notes[3]})
    assert found(kit)[0].kind == "checkpoint"
    attacker.write(notes={**attacker.notes, size: "nothing"})
    assert found(kit)[0].kind == "checkpoint"


def test_signs_checkpoints_with_another_key(attacker, kit):
    attacker.write(log=kit.signers["pipeline"])
    failure, _ = found(kit)
    assert (failure.step, failure.kind) == (3, "checkpoint")


def test_each_byte_of_a_stored_leaf_counts(attacker, kit):
    leaf = attacker.leaves[2]
    # All 900 of them would take a minute; a prime step meets every part of the envelope.
    for position in range(0, len(leaf), 131):
        changed = bytearray(leaf)
        changed[position] ^= 1
        attacker.write([*attacker.leaves[:2], bytes(changed), *attacker.leaves[3:]], log=kit.signers["log"])
        result = kit.ledger.verify()
        assert {error.index for error in result.failures} & {2}, (position, result.steps)


def test_several_processes_find_what_one_finds(tmp_path, monkeypatch):
    from govern.ledger import verify

    monkeypatch.setattr(verify, "WORTH_PROCESSES", 0)
    kit = Kit.make(tmp_path)
    kit.models(5)
    one, two = kit.ledger.verify(processes=1).check(), kit.ledger.verify(processes=2).check()
    assert (one.head, one.producers, one.steps) == (two.head, two.producers, two.steps)
    kit.ledger.close()


def test_nodes_of_the_tree_are_compared_too(kit, raw):
    kit.models(4)
    for node in range(0, tree.stored_count(5), 2):
        before = kit.ledger.nodes([node])[0]
        raw(("UPDATE node SET hash = %s WHERE id = %s", bytes(32), node))
        kit.reopen()
        result = kit.ledger.verify()
        assert 2 in {error.step for error in result.failures}, node
        raw(("UPDATE node SET hash = %s WHERE id = %s", before, node))
    assert kit.ledger.verify().check()
    raw(("DELETE FROM node WHERE id = %s", 6))
    kit.reopen()
    assert kit.ledger.verify().failure.step == 2


def test_what_a_signer_saw_is_compared(kit, raw):
    kit.models(2)
    attacker = Attacker(kit, raw)
    leaf = resigned(
        attacker.leaves[2], kit.signers["pipeline"],
        change=lambda s: replace(s, header=replace(s.header, seen=replace(s.header.seen, root=digest_text(b"x" * 32)))),
    )
    attacker.write([*attacker.leaves[:2], leaf], log=kit.signers["log"])
    failure, _ = found(kit, trusted=False)
    assert (failure.step, failure.index, failure.kind) == (3, 2, "fork")
