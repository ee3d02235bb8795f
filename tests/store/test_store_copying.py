"""A whole workspace moved from one database to the other and back: objects, erased details, mark and trusted checkpoint."""

import pytest
from ledger.kit_ledger import Kit, model

from govern.errors import GovernError, NotFoundError, StorageError, VerificationError
from govern.ledger.proof import parse_proof
from govern.store.copying import copy_ledger
from govern.store.ledger import Ledger
from govern.trust.home import Home
from govern.workflow.custody import erasing
from govern.workflow.place.workspace import Workspace
from govern.workflow.policies import policies
from govern.workflow.prove import copying, verifying

SECRET = "a long enough passphrase"


def passphrases(name):
    return SECRET


def opened(folder, url):
    """Open the workspace with another database in its configuration, as a user would write it there."""
    config = folder / ".govern/config.toml"
    rows = [f'database = "{url}"' if row.startswith("database = ") else row for row in config.read_text().splitlines()]
    config.write_text("\n".join(rows) + "\n")
    return Workspace.open(folder, home=Home.at(folder / "home"))


def verified(ws, *, full):
    """Verify as `govern verify` does."""
    found = verifying.verify(ws, full=full)
    assert found.outcome == "verified", found
    return found


def test_a_workspace_moves_to_postgresql_and_back(tmp_path, postgres_url):
    ws = Workspace.create(tmp_path, passphrases=passphrases, origin="ledger.example/moving", home=Home.at(tmp_path / "home"))
    policies.install(ws, "baseline", passphrases=passphrases)
    kept, erased = erasing.keep(ws, b"kept"), erasing.keep(ws, b"erased")
    erasing.erase(ws, erased, reason="asked for", passphrases=passphrases)
    verified(ws, full=True)
    first, size = ws.ledger.checkpoint(), ws.ledger.size
    ws.close()
    file = f"sqlite:///{tmp_path}/.govern/ledger.db"
    assert copying.copy(file, postgres_url, home=ws.home).root == first.root
    ws = opened(tmp_path, postgres_url)
    assert verified(ws, full=True).root == first.root
    # The mark is of the ledger, not of its file: only what is new is looked at, also on the other database.
    second = erasing.keep(ws, b"another")
    erasing.erase(ws, second, reason="asked for again", passphrases=passphrases)
    resumed = verified(ws, full=False)
    assert any(f"{size} verified before" in step.detail for step in resumed.steps), resumed.steps
    assert erasing.side_store(ws).get(kept) == b"kept"
    with pytest.raises(NotFoundError):
        erasing.side_store(ws).get(erased)
    newest = ws.ledger.checkpoint()
    assert ws.ledger.root_at(size) == first.head, "the root at the size that was copied"
    assert parse_proof(ws.ledger.proof(1).encode()).index == 1
    ws.close()
    # The file that was left behind is an old copy now, and is refused as such.
    with pytest.raises(VerificationError, match="put back"):
        _ = opened(tmp_path, "sqlite:///ledger.db").ledger
    back = f"sqlite:///{tmp_path}/.govern/back.db"
    assert copying.copy(postgres_url, back, home=ws.home).root == newest.root
    ws = opened(tmp_path, "sqlite:///back.db")
    assert verified(ws, full=True).root == newest.root
    assert ws.ledger.size == size + 1
    ws.close()


def test_every_row_of_a_copy_is_as_if_written_there(kit, tmp_path, postgres_url):
    kit.models(40, batch=7)
    kit.append(model(99), by="pipeline")
    other = f"sqlite:///{tmp_path}/copy.db" if kit.url == postgres_url else postgres_url
    with copy_ledger(kit.ledger, other, trusted=kit.trusted) as copy:
        for table in ("meta", "entry", "node", "submission", "checkpoint", "key", "producer", "root"):
            assert rows_of(copy, table) == rows_of(kit.ledger, table), table
        twin = Kit(folder=kit.folder, url=other, signers=kit.signers, ledger=copy)
        twin.append(model(100))
        assert copy.verify(trusted=kit.trusted).check().size == kit.ledger.size + 1


def rows_of(ledger, table):
    """Every row of a table, in order."""
    with ledger.database.reading() as rows:
        return sorted(rows.all(f'SELECT * FROM "{table}"'))


def test_what_can_not_be_copied_leaves_nothing(kit, raw, tmp_path):
    kit.models(5)
    target = f"sqlite:///{tmp_path}/target.db"
    there = tmp_path / "there.db"
    there.write_bytes(b"x")
    with pytest.raises(StorageError, match="already"):
        copy_ledger(kit.ledger, f"sqlite:///{there}", trusted=kit.trusted)
    assert there.read_bytes() == b"x"
    with pytest.raises(GovernError):
        copy_ledger(kit.ledger, "mysql://x/y", trusted=kit.trusted)
    raw(("UPDATE node SET hash = %s WHERE id = 2", bytes(32)))
    with pytest.raises(VerificationError):
        copy_ledger(kit.ledger, target, trusted=kit.trusted)
    with pytest.raises(StorageError):
        Ledger.open(target)
