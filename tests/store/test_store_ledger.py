"""The ledger in both databases: appending, reading, proofs, refusals, and what triggers and roles refuse."""

from dataclasses import replace
from datetime import timedelta

import pytest
from ledger.kit_ledger import NOW, ORIGIN, Kit, model, review, root_of, signer, system

from govern.canonical.dsse import parse_leaf
from govern.canonical.statement import fact_digest
from govern.domain.statement import Draft, Subject, TreeHead
from govern.domain.text import digest_of
from govern.errors import (
    DocumentError,
    GovernError,
    LedgerMovedError,
    NotFoundError,
    Refused,
    StorageError,
    UsageError,
    VerificationError,
)
from govern.ledger import tree
from govern.ledger.checkpoint import digest_bytes, verify_checkpoint
from govern.ledger.proof import parse_proof
from govern.store.ledger import Ledger
from govern.trust import changes, enrolment


def test_what_was_appended_is_read(kit):
    written = kit.append(system(), model(1)) + kit.append(review(1), by="reviewer")
    assert [entry.index for entry in written] == [1, 2, 3]
    kit.reopen()
    assert kit.ledger.size == 4
    assert kit.ledger.origin == ORIGIN
    assert tuple(kit.ledger.entries(1)) == written
    assert kit.ledger.entry(2) == written[1]
    assert [entry.kind for entry in kit.ledger.entries()] == ["trust-root", "system", "model", "review"]
    assert [entry.holder for entry in kit.ledger.entries(0, 2)] == ["root", "pipeline"]
    assert written[0].statement.header.seen.size == 1
    assert written[1].statement.header.producer.prev == written[0].leaf_hash
    assert written[2].statement.header.producer.seq == 0
    assert kit.ledger.trust_root() == kit.root


def test_some_entries_are_read_in_the_order_asked_for_in_a_few_questions(kit, monkeypatch):
    kit.models(7)
    monkeypatch.setattr("govern.store.ledger.CHUNK", 2)
    for wanted in ([5, 1, 3, 3, 0], range(6, 1, -1), ()):
        assert [entry.index for entry in kit.ledger.entries_at(wanted)] == list(wanted)
        assert kit.ledger.entries_at(wanted) == tuple(kit.ledger.entry(index) for index in wanted)
    with pytest.raises(NotFoundError):
        kit.ledger.entries_at([3, 8])


def test_one_checkpoint_a_batch_and_all_consistent(kit):
    for batch in (1, 3, 7):
        kit.models(batch, batch=batch)
    sizes = [size for size, _ in kit.ledger.checkpoints()]
    assert sizes == [1, 2, 5, 12]
    heads = [verify_checkpoint(note, kit.root) for _, note in kit.ledger.checkpoints()]
    for old in heads:
        for new in heads:
            if old.size < new.size:
                proof = kit.ledger.consistency(old.size, new.size)
                tree.verify_consistency(old.size, new.size, proof, digest_bytes(old.root), digest_bytes(new.root))
        assert kit.ledger.root_at(old.size) == old.head
    assert kit.trusted.head() == heads[-1].head


def test_every_entry_has_a_proof_file(kit):
    kit.models(5, batch=2)
    for index in range(6):
        read = parse_proof(kit.ledger.proof(index).encode())
        head = verify_checkpoint(read.checkpoint, kit.root)
        tree.verify_inclusion(
            read.index, head.size, tree.leaf_hash(kit.ledger.leaf(index)), read.hashes, digest_bytes(head.root)
        )


def test_what_is_not_there_is_said(kit):
    for ask in (
        lambda: kit.ledger.entry(1), lambda: kit.ledger.entry(-1), lambda: kit.ledger.inclusion(1, 1),
        lambda: kit.ledger.inclusion(0, 2), lambda: kit.ledger.consistency(2, 1), lambda: kit.ledger.root_at(2),
        lambda: kit.ledger.leaf(10**12),
    ):
        with pytest.raises(NotFoundError):
            ask()


def test_only_those_who_may_state_it(kit):
    before = kit.ledger.size
    for drafts, by in (([review()], "pipeline"), ([model()], "reviewer"), ([model()], "log"), ([system(), review()], "pipeline")):
        with pytest.raises(Refused, match=f"^{by} may not sign a (review|model|system): its roles here are "):
            kit.append(*drafts, by=by)
    kit.signers["stranger"] = signer("stranger")
    with pytest.raises(Refused, match="not in this ledger"):
        kit.append(model(), by="stranger")
    with pytest.raises(Refused, match="may not sign this ledger’s checkpoints"):
        kit.ledger.append([model()], signers=[kit.signers["pipeline"]], log_signer=kit.signers["pipeline"], now=NOW)
    with pytest.raises(Refused):
        kit.ledger.append([model()], signers=[], log_signer=kit.signers["log"], now=NOW)
    with pytest.raises(Refused, match="expired"):
        kit.ledger.append(
            [model()], signers=[kit.signers["pipeline"]], log_signer=kit.signers["log"], now=NOW + timedelta(days=1001)
        )
    assert kit.ledger.size == before
    assert kit.ledger.append([], signers=[], log_signer=kit.signers["log"], now=NOW) == ()
    kit.append(model())


def test_what_can_not_be_read_again_is_not_recorded(kit):
    for fact in (model(size="ten"), model(name=1), model(features=("a", 2)), model(size=0.5), model(run="sha256:0"), model(state="gone")):
        with pytest.raises(DocumentError):
            kit.append(fact)
    with pytest.raises(DocumentError, match="object folder"):
        kit.append(model(name="x" * 70_000))
    with pytest.raises(UsageError):
        kit.append(replace(model(), subjects=()))
    assert kit.ledger.size == 1


def test_an_append_that_was_decided_on_another_size_is_refused(kit):
    arguments = {"signers": [kit.signers["pipeline"]], "log_signer": kit.signers["log"], "now": NOW}
    kit.ledger.append([model(1)], at=1, **arguments)
    with pytest.raises(LedgerMovedError):
        kit.ledger.append([model(2)], at=1, **arguments)
    assert kit.ledger.size == 2


def test_what_the_signer_saw_has_to_be_of_this_tree(kit):
    kit.models(3)
    arguments = {"signers": [kit.signers["pipeline"]], "log_signer": kit.signers["log"], "now": NOW}
    kit.ledger.append([model(9)], seen=kit.ledger.root_at(2), **arguments)
    for seen in (TreeHead(size=2, root=digest_of(b"x")), TreeHead(size=99, root=digest_of(b"x"))):
        with pytest.raises(VerificationError, match="not of this tree"):
            kit.ledger.append([model(9)], seen=seen, **arguments)


def root_draft(root):
    return Draft(subjects=(Subject(name=f"trust-root@{root.version}", digest=fact_digest(root)),), fact=root)


def test_rotation_and_revocation_take_effect_after_their_entry(kit):
    kit.append(model(1))
    fresh, log = signer("pipeline"), signer("log")
    second = changes.rotated(
        kit.root, kit.signers["pipeline"].keyid, enrolment.ask(ORIGIN, fresh), void_from=kit.ledger.size + 1
    )
    kit.append(root_draft(second), by="root")
    with pytest.raises(Refused, match=r"^the key of pipeline was rotated or revoked"):
        kit.append(model(2))
    kit.signers["pipeline"] = fresh
    kit.append(model(2))
    third = changes.rotated(second, kit.signers["log"].keyid, enrolment.ask(ORIGIN, log), void_from=kit.ledger.size + 1)
    with pytest.raises(Refused, match="checkpoints"):
        kit.append(root_draft(third), by="root")
    kit.signers["log"] = log
    kit.append(root_draft(third), by="root")
    kit.append(model(3))
    kit.reopen()
    assert kit.ledger.trust_root() == third
    assert kit.ledger.verify(trusted=kit.trusted, trust_root=kit.root).check().size == 6


def test_a_batch_may_change_the_trust_root_and_use_it(kit):
    fresh = signer("newcomer")
    second = changes.enrolled(kit.root, enrolment.ask(ORIGIN, fresh), ["root"])
    third = changes.renewed(second, expires=second.expires + timedelta(days=1))
    kit.append(root_draft(second), root_draft(third), by="root")
    assert kit.ledger.verify().check().size == 3
    with pytest.raises(Refused, match="step by one"):
        kit.append(root_draft(third), by="root")
    with pytest.raises(Refused, match="signatures"):
        kit.append(root_draft(changes.renewed(third, expires=third.expires)), by="reviewer")


def test_several_signers_sign_one_entry(kit):
    second = root_of({**kit.signers, "root2": signer("root2")}, threshold=1)
    second = replace(second, version=2, roles={**second.roles, "root": replace(second.roles["root"], threshold=1)})
    two = signer("root2")
    second = changes.enrolled(kit.root, enrolment.ask(ORIGIN, two), ["root"])
    second = replace(second, roles={**second.roles, "root": replace(second.roles["root"], threshold=2)})
    written = kit.ledger.append(
        [root_draft(second)], signers=[kit.signers["root"], two], log_signer=kit.signers["log"], now=NOW
    )
    assert {one.holder for one in written[0].signed_by} == {"root", "root2"}
    assert len(parse_leaf(kit.ledger.leaf(1)).signatures) == 2
    assert kit.ledger.verify().check()


def test_a_ledger_is_never_overwritten(kit):
    with pytest.raises(StorageError, match="already"):
        Ledger.create(
            kit.url, origin=ORIGIN, root=kit.root, root_signers=[kit.signers["root"]], log_signer=kit.signers["log"], now=NOW
        )
    assert kit.ledger.verify().check()


def test_a_first_root_that_is_not_valid_makes_no_ledger(tmp_path, url):
    kit = Kit(folder=tmp_path, url=url)
    signers = {name: signer(name) for name in ("root", "log", "pipeline")}
    root = root_of(signers)
    for origin, given in ((ORIGIN, replace(root, version=2)), ("other", root), ("no spaces", replace(root, origin="no spaces"))):
        with pytest.raises(GovernError):
            Ledger.create(
                url, origin=origin, root=given, root_signers=[signers["root"]], log_signer=signers["log"], now=NOW
            )
    with pytest.raises(GovernError):
        Ledger.create(url, origin=ORIGIN, root=root, root_signers=[signers["pipeline"]], log_signer=signers["log"], now=NOW)
    with pytest.raises(StorageError):
        Ledger.open(kit.url)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET leaf = leaf", "DELETE FROM entry", "UPDATE node SET hash = hash", "DELETE FROM node WHERE id = 0",
        "DELETE FROM checkpoint", "UPDATE checkpoint SET note = note", "DELETE FROM meta", "UPDATE meta SET value = '9'",
        "DELETE FROM submission", "UPDATE producer SET seq = 9", "DELETE FROM root", "DELETE FROM key",
        "INSERT INTO entry (idx, leaf) VALUES (9, 'x')", "INSERT INTO entry (idx, leaf) VALUES (0, 'x')",
        "INSERT INTO entry (idx, leaf) VALUES (-1, 'x')", "INSERT INTO node (id, hash) VALUES (77, 'x')",
        "INSERT INTO meta (key, value) VALUES ('origin', 'x')",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_recorded(kit, raw, statement):
    import sqlite3

    import psycopg

    kit.models(2)
    with pytest.raises((sqlite3.DatabaseError, psycopg.DatabaseError)):
        raw((statement,), triggers=True)
    if kit.url.startswith("sqlite"):
        for word in ("OR REPLACE", "OR IGNORE"):
            if statement.startswith("INSERT"):
                with pytest.raises(sqlite3.DatabaseError, match="append-only"):
                    raw((statement.replace("INSERT", f"INSERT {word}"),), triggers=True)
    assert kit.ledger.verify().check()


def test_the_writing_role_may_neither_change_nor_truncate(postgres_url, tmp_path):
    import psycopg

    kit = Kit.make(tmp_path, url=postgres_url)
    for role in ("govern_writer", "govern_owner"):
        with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
            connection.execute("SET search_path TO govern")
            connection.execute(f"SET ROLE {role}")
            for statement in ("TRUNCATE entry", "UPDATE entry SET leaf = leaf", "DELETE FROM node"):
                with pytest.raises(psycopg.DatabaseError), connection.transaction():
                    connection.execute(statement)
            with pytest.raises(psycopg.DatabaseError), connection.transaction():
                connection.execute("SET session_replication_role TO replica")
    with psycopg.connect(postgres_url.replace("+psycopg", "")) as connection:
        for role in ("govern_writer", "govern_owner"):
            assert connection.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", (role,)).fetchone() == (False,)
        # The usual way round triggers, open to superusers: ours fire all the same.
        connection.execute("SET LOCAL session_replication_role TO replica")
        with pytest.raises(psycopg.DatabaseError, match="append-only"):
            connection.execute("DELETE FROM govern.entry")
    kit.ledger.close()


def test_a_read_only_ledger_is_read(kit):
    kit.models(2)
    with Ledger.open(kit.url, read_only=True) as ledger:
        assert ledger.verify().check().size == 3
        with pytest.raises(StorageError, match="only be read"):
            ledger.append([model(8)], signers=[kit.signers["pipeline"]], log_signer=kit.signers["log"], now=NOW)


def test_repeating_a_submission_gives_the_old_index(kit, tmp_path):
    from store.kit_attacker import resigned

    first = kit.append(model(1))[0]
    entry = kit.ledger.leaf(first.index)
    header = replace(first.statement.header, producer=replace(first.statement.header.producer, seq=1, prev=first.leaf_hash))
    leaf = resigned(entry, kit.signers["pipeline"], change=lambda s: replace(s, header=header))
    submit = {"log_signer": kit.signers["log"], "trusted": kit.trusted}
    assert kit.ledger.submit([leaf], **submit) == (2,)
    assert kit.ledger.submit([leaf, entry], **submit) == (2, 1)
    assert kit.ledger.size == 3
    due = replace(header, producer=replace(header.producer, seq=2, prev=kit.ledger.entry(2).leaf_hash))
    stranger = resigned(entry, signer("stranger"), change=lambda s: replace(s, header=due))
    wrong_role = resigned(
        entry, kit.signers["reviewer"],
        change=lambda s: replace(
            s, fact=replace(s.fact, name="other"), header=replace(due, producer=replace(due.producer, seq=0, prev=None))
        ),
    )
    gap = resigned(
        entry, kit.signers["pipeline"],
        change=lambda s: replace(s, header=replace(header, producer=replace(header.producer, seq=7))),
    )
    for bad in (stranger, wrong_role, gap, leaf[:-1] + b" }"):
        with pytest.raises((VerificationError, DocumentError)):
            kit.ledger.submit([bad], **submit)
    assert kit.ledger.verify(trusted=kit.trusted).check().size == 3
