"""Somebody who owns the database or the workspace's folder, and no key: what they write there is believed by no command."""

import shutil
from dataclasses import replace

import pytest
from ledger.kit_ledger import ROLES, root_of, signer
from store.kit_attacker import write_rows
from workflow.conftest import Story, asks

from govern.canonical.dsse import leaf_bytes, parse_leaf
from govern.canonical.statement import fact_digest
from govern.domain.facts import Role, SystemFact
from govern.domain.statement import Draft
from govern.errors import CorruptStoreError, VerificationError
from govern.ledger import tree
from govern.ledger.checkpoint import sign_checkpoint
from govern.ledger.entries import sign_draft
from govern.trust.home import Home
from govern.workflow.place.workspace import Workspace, about
from govern.workflow.prove import verifying
from govern.workflow.read import reading
from govern.workflow.record import recording
from govern.workflow.release import promoting
from govern.workflow.review import reviewing

GATE = "promote:production"


def rewritten(ws: Workspace, *statements: tuple) -> Workspace:
    """Write rows with the triggers dropped, and open the workspace again."""
    ws.close()
    write_rows(ws.folder / "ledger.db", *statements)
    return Workspace.open(ws.folder, home=ws.home, clock=ws.now)


def added(ws: Workspace, leaves: list[bytes], *, log=None) -> list[tuple]:
    """Rows of more entries, the tree over them as it should be, and a checkpoint that `log` signs, if anybody does."""
    size = ws.ledger.size
    nodes, root = tree.append_nodes(size, [tree.leaf_hash(leaf) for leaf in leaves], ws.ledger.nodes)
    first = tree.stored_count(size)
    made = [("insert into entry values (?, ?)", size + place, leaf) for place, leaf in enumerate(leaves)]
    made += [("insert into node values (?, ?)", first + place, node) for place, node in enumerate(nodes)]
    if log is not None:
        note = sign_checkpoint(ws.config.origin, size + len(leaves), root, log).note
        made.append(("insert into checkpoint values (?, ?)", size + len(leaves), note))
    return made


def as_if_it_ran(story: Story) -> list[bytes]:
    """What approval, promotion and deployment of credit@2 would write: made on a copy."""
    folder = story.ws.folder.parent.parent / "copy"
    shutil.copytree(story.ws.folder.parent, folder)
    with Workspace.open(folder, home=Home.at(folder / "home"), clock=story.clock) as ws:
        size = ws.ledger.size
        seen = reviewing.dossier(ws, "credit@2", GATE)
        reviewing.approve(ws, seen, reason="fine", key="reviewer", passphrases=asks)
        promoting.promote(ws, "credit@2", to="production", passphrases=asks)
        promoting.deploy(ws, "credit@2", to="production", passphrases=asks)
        assert promoting.check(ws, "credit@2", to="production").allowed
        shutil.copytree(ws.folder / "objects", story.ws.folder / "objects", dirs_exist_ok=True)
        return list(ws.ledger.leaves(size))


def unsigned(leaf: bytes) -> bytes:
    """The same statement without a signature that anybody made."""
    envelope = parse_leaf(leaf)
    return leaf_bytes(replace(envelope, signatures=tuple(replace(one, sig=bytes(64)) for one in envelope.signatures)))


def believed_by_nobody(ws: Workspace) -> None:
    """No command that decides, shows or writes goes on with it."""
    system = SystemFact(name="x", purpose="credit", task="binary-classification", tier="high", owner="o")
    for command in (
        lambda: promoting.check(ws, "credit@2", to="production"),
        lambda: promoting.deploy(ws, "credit@2", to="production", passphrases=asks),
        lambda: reading.status(ws),
        lambda: recording.record_system(ws, system, passphrases=asks),
    ):
        with pytest.raises((VerificationError, CorruptStoreError)):
            command()
    assert verifying.verify(ws, full=False).outcome == "wrong"
    ws.close()


@pytest.mark.parametrize("log", ["nobody", "them"])
def test_entries_that_nobody_signed_let_nothing_run(story: Story, log):
    leaves = [unsigned(leaf) for leaf in as_if_it_ran(story)]
    assert not promoting.check(story.ws, "credit@2", to="production").allowed
    believed_by_nobody(rewritten(story.ws, *added(story.ws, leaves, log=signer(log) if log == "them" else None)))


def test_entries_that_nobody_signed_under_a_checkpoint_by_the_logs_key(story: Story):
    """Whoever writes to a shared ledger has the log's key: what they add is read as verification reads it."""
    leaves = [unsigned(leaf) for leaf in as_if_it_ran(story)]
    log = story.ws.log_signer(story.ws.ledger.trust_root(), asks)
    ws = rewritten(story.ws, *added(story.ws, leaves, log=log))
    for command in (lambda: promoting.check(ws, "credit@2", to="production"), lambda: reading.status(ws)):
        with pytest.raises(VerificationError, match="does not fit its content"):
            command()
    ws.close()


def test_what_others_really_signed_is_read(story: Story):
    leaves = as_if_it_ran(story)
    log = story.ws.log_signer(story.ws.ledger.trust_root(), asks)
    ws = rewritten(story.ws, *added(story.ws, leaves, log=log))
    assert ws.trusted.head().size < ws.ledger.size
    assert promoting.check(ws, "credit@2", to="production").allowed
    assert verifying.verify(ws, full=False).outcome == "verified"
    ws.close()


def test_a_trust_root_of_their_own_in_place_of_the_first(story: Story):
    """Nothing else is touched, the tree neither: with it they would be the log, and everybody that they like."""
    mine = {name: signer(name) for name in ROLES}
    first = replace(story.ws.ledger.roots().versions[0][1])
    theirs = root_of(mine, origin=first.origin)
    roles = {name: Role(keyids=(*role.keyids, *first.roles[name].keyids)) for name, role in theirs.roles.items() if name in first.roles}
    root = replace(theirs, keys={**first.keys, **theirs.keys}, roles=roles)
    draft = Draft(subjects=about("trust-root@1", fact_digest(root)), fact=root)
    leaf = sign_draft(draft, signers=[mine["root"]], origin=first.origin, producers={}, now=story.clock(), seen=None).leaf
    story.ws.state()
    leaves = [unsigned(one) for one in as_if_it_ran(story)]
    rows = [("delete from root where version > 1",), ("update entry set leaf = ? where idx = 0", leaf)]
    believed_by_nobody(rewritten(story.ws, *rows, *added(story.ws, leaves, log=mine["log"])))


def test_a_table_of_trust_roots_with_a_version_less(story: Story):
    """Entries are judged by the roots that entries brought; a command notices that the table has fewer."""
    ws = rewritten(story.ws, ("delete from root where version = (select max(version) from root)",))
    with pytest.raises(VerificationError, match="trust roots of this ledger"):
        promoting.check(ws, "credit@2", to="production")
    ws.close()
    shutil.rmtree(ws.home.checkpoint_folder.parent / "read-tables")
    ws = Workspace.open(ws.folder, home=ws.home, clock=ws.now)
    with pytest.raises(VerificationError, match="trust root"):
        promoting.check(ws, "credit@2", to="production")
    ws.close()


def test_another_name_in_the_configuration_does_not_make_what_is_trusted_forgotten(story: Story):
    """What is trusted is looked up by the ledger's name, and the file that says it lies in the workspace."""
    config = story.ws.folder / "config.toml"
    story.ws.close()
    config.write_text(config.read_text().replace('"govern/test"', '"govern/other"'))
    ws = Workspace.open(story.ws.folder, home=story.ws.home, clock=story.clock)
    for command in (lambda: verifying.verify(ws), lambda: reading.status(ws)):
        with pytest.raises(VerificationError, match=r"config\.toml names govern/other"):
            command()
    ws.close()
