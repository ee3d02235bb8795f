"""Verification that goes on from the signed mark: what somebody does to the entries verified before is not slipped past it."""

from dataclasses import replace

import pytest
from ledger.kit_ledger import NOW, ROLES, Kit, model, root_of, signer
from store.kit_attacker import edited, resigned, write_rows

from govern.canonical.statement import fact_digest
from govern.domain.facts import Role
from govern.domain.statement import Draft, Subject
from govern.domain.text import digest_of
from govern.ledger import tree
from govern.ledger.asked import Asked
from govern.ledger.checkpoint import sign_checkpoint
from govern.ledger.entries import sign_draft
from govern.ledger.mark import MarkStore
from govern.ledger.verify import verify as verify_source
from govern.trust import changes


@pytest.fixture
def kit(tmp_path):
    kit = Kit.make(tmp_path)
    kit.models(6)
    assert not verify(kit, full=True).failures
    yield kit
    kit.ledger.close()


def verify(kit, *, full=False):
    return kit.ledger.verify(
        trusted=kit.trusted, now=NOW, full=full, mark=MarkStore(kit.home.checkpoint_folder, kit.origin)
    )


def write(kit, *statements):
    """As whoever owns the database."""
    write_rows(kit.path(), *statements)
    kit.reopen()


def appended(kit, leaf, log):
    """The rows of one more entry, and of the tree and checkpoint over it."""
    size = kit.ledger.size
    nodes, root = tree.append_nodes(size, [tree.leaf_hash(leaf)], kit.ledger.nodes)
    return [
        ("insert into entry values (?, ?)", size, leaf),
        *(("insert into node values (?, ?)", tree.stored_count(size) + place, node) for place, node in enumerate(nodes)),
        ("insert into checkpoint values (?, ?)", size + 1, sign_checkpoint(kit.origin, size + 1, root, log).note),
    ]


def drafted(root):
    return Draft(subjects=(Subject(name=f"trust-root@{root.version}", digest=fact_digest(root)),), fact=root)


def found(kit):
    failure = verify(kit).failure
    assert failure is not None
    assert verify(kit, full=True).failure is not None, "the whole run finds it too"
    return failure.step, failure.kind


def test_a_trust_root_of_their_own_in_place_of_the_first(kit):
    """The tree is left as it was, and they are the log and the recorder from now on: no key of the ledger is needed."""
    mine = {name: signer(name) for name in ROLES}
    root = root_of(mine)
    roles = {
        name: Role(keyids=tuple(sorted({*role.keyids, *kit.root.roles[name].keyids}))) for name, role in root.roles.items()
    }
    root = replace(root, keys={**kit.root.keys, **root.keys}, roles=roles)
    first = sign_draft(drafted(root), signers=[mine["root"]], origin=kit.origin, producers={}, now=NOW, seen=None).leaf
    seen = kit.trusted.head()
    new = sign_draft(model(77), signers=[mine["pipeline"]], origin=kit.origin, producers={}, now=NOW, seen=seen).leaf
    write(kit, ("update entry set leaf = ? where idx = 0", first), *appended(kit, new, mine["log"]))
    assert found(kit) == (1, "trust-root")


def test_a_revocation_that_is_hidden(kit):
    second = changes.revoked(kit.root, kit.signers["pipeline"].keyid, void_from=kit.ledger.size, reason="compromised")
    kit.append(drafted(second), by="root")
    assert not verify(kit).failures
    write(kit, ("delete from root where version = 2",))
    assert found(kit) == (1, "trust-root")
    kit.append(model(99))  # what appends sees the table only; whoever verifies is told
    assert found(kit) == (1, "trust-root")


def test_the_newest_checkpoint_in_another_hand(kit):
    head = kit.ledger.root_at(kit.ledger.size)
    root = bytes.fromhex(head.root.removeprefix("sha256:"))
    for note in (
        sign_checkpoint(kit.origin, head.size, root, signer("them")).note,
        sign_checkpoint(kit.origin, head.size, b"x" * 32, kit.signers["log"]).note,
    ):
        write(kit, ("update checkpoint set note = ? where size = ?", note, head.size))
        assert found(kit) == (3, "checkpoint")


def test_what_a_signer_saw_is_proved_though_old_nodes_say_it(kit):
    """Whoever signs saw another tree of three entries, and the nodes of that size are made to say the same."""
    other = [digest_of(b"%d" % number) for number in range(2)]
    nodes = [bytes.fromhex(one.removeprefix("sha256:")) for one in other]
    said = tree.fold_peaks(nodes)
    last = resigned(
        kit.ledger.leaf(6), kit.signers["pipeline"],
        change=lambda s: replace(
            s, subjects=(replace(s.subjects[0], digest=other[0]),),
            header=replace(
                s.header, seen=replace(s.header.seen, size=3, root=f"sha256:{said.hex()}"),
                producer=replace(s.header.producer, seq=6, prev=kit.ledger.entry(6).leaf_hash),
            ),
        ),
    )
    places = tree.peak_indices(0, 3)
    rows = appended(kit, last, kit.signers["log"])
    write(kit, *(("update node set hash = ? where id = ?", node, at) for node, at in zip(nodes, places, strict=True)), *rows)
    assert verify(kit).failure.step == 3
    assert verify(kit).failure.index == 7


def test_a_mark_of_another_form_costs_one_whole_run(kit):
    store = MarkStore(kit.home.checkpoint_folder, kit.origin)
    assert store.read().roots == ((0, kit.ledger.entry(0).leaf_hash),)
    assert verify(kit).from_size == 7
    store.path.write_bytes(store.path.read_bytes().replace(b'\\"roots\\"', b'\\"toors\\"'))
    assert store.read() is None
    assert verify(kit).from_size == 0
    assert verify(kit).from_size == 7


def test_what_reads_otherwise_the_second_time_is_noticed(kit):
    """Step 8 reads the entries again: a view in place of a table, or a quick hand, could show it others."""

    class Turning:
        def __init__(self):
            self.reads = 0

        def __getattr__(self, name):
            return getattr(kit.ledger, name)

        def leaves(self, start=0, stop=None):
            self.reads += 1
            for index, leaf in enumerate(kit.ledger.leaves(start, stop), start):
                yield edited(leaf, name="other") if self.reads == 2 and index == 3 else leaf

    result = verify_source(Turning(), Asked(now=NOW, history=lambda _, entries: list(entries)))
    assert (result.failure.step, result.failure.kind) == (8, "changed")


def test_what_cannot_be_remembered_is_proved_nevertheless(kit, tmp_path):
    """An auditor's machine lets a process read, and write nothing; what it lost by that is said."""
    (tmp_path / "file").write_bytes(b"")
    nowhere = MarkStore(tmp_path / "file" / "folder", kit.origin)
    found = kit.ledger.verify(trusted=kit.trusted, now=NOW, mark=nowhere)
    assert found.failure is None
    assert "could not be remembered" in found.forgotten
    assert verify(kit).forgotten == ""
