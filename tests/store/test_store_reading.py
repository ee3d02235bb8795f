"""Reading a ledger with the driver alone: no SQLAlchemy, one snapshot, threads, forks, and nothing but what belongs in a column."""

import json
import os
import subprocess
import sys
import textwrap
import threading

import pytest
from ledger.kit_ledger import model

from govern.errors import CorruptStoreError, GovernError
from govern.store.ledger import Ledger

READER = textwrap.dedent("""
    import json, sys
    sys.path[:0] = json.loads(sys.argv[1])
    from govern.store.ledger import Ledger

    with Ledger.open(sys.argv[2], read_only=True) as ledger:
        size = ledger.size
        assert len(list(ledger.entries())) == len(ledger.entries_at(range(size))) == size
        assert ledger.proof(1) and ledger.consistency(1, size) is not None
        assert ledger.proved() == ledger.checkpoint() == ledger.checkpoint_at(size)
        assert len(list(ledger.checkpoints())) and len(list(ledger.stored_nodes())) and ledger.root_leaves()
        assert ledger.next_producer(ledger.entry(1).signed_by[0].keyid).seq == size - 1
        assert ledger.verify().check().size == size
    print(json.dumps(sorted({"sqlalchemy", "sqlmodel", "psycopg"} & set(sys.modules))))
""")


def test_who_only_reads_a_file_loads_no_sqlalchemy(tmp_path, repository):
    from ledger.kit_ledger import Kit

    kit = Kit.make(tmp_path)
    kit.models(7)
    kit.ledger.close()
    done = subprocess.run(
        [sys.executable, "-c", READER, json.dumps([str(repository)]), kit.url], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_what_is_read_in_one_go_is_one_moment(kit):
    with kit.ledger.database.reading() as rows:
        before = rows.size()
        kit.append(model(1))
        seen = rows.size()
    # PostgreSQL reads what is committed at each statement; each question of the ledger's is one that this does not touch.
    assert seen == (before if kit.url.startswith("sqlite") else before + 1)
    assert kit.ledger.size == before + 1


def test_a_question_that_fails_leaves_the_ledger_usable(kit):
    for _ in range(25):
        with pytest.raises(GovernError), kit.ledger.database.reading() as rows:
            rows.all("SELECT nothing FROM nowhere")
    assert kit.ledger.size == 1
    kit.append(model(1))
    assert kit.ledger.size == 2


def test_many_threads_read_through_one_ledger(kit):
    kit.models(40)
    whole, found = list(kit.ledger.leaves()), []

    def read():
        found.extend(list(kit.ledger.leaves()) == whole and kit.ledger.checkpoint().size == len(whole) for _ in range(5))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 40


def test_a_fork_reads_with_a_connection_of_its_own(tmp_path):
    from ledger.kit_ledger import Kit

    kit = Kit.make(tmp_path)
    kit.models(3)
    assert kit.ledger.size == 4  # a connection lies ready now
    child = os.fork()
    if child == 0:
        code = 1
        try:
            inherited = list(kit.ledger.database._file._idle)
            with kit.ledger.database.reading() as rows:
                code = 0 if rows.size() == 4 and all(rows._cursor.connection is not one for one in inherited) else 2
            kit.ledger.close()
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    kit.append(model(9))
    assert kit.ledger.verify(trusted=kit.trusted).check().size == 5


@pytest.mark.parametrize(
    ("change", "question"),
    [
        ("UPDATE entry SET leaf = 'text' WHERE idx = 1", lambda ledger: ledger.leaf(1)),
        ("UPDATE entry SET leaf = 'text' WHERE idx = 1", lambda ledger: list(ledger.leaves())),
        ("UPDATE entry SET leaf = 'text' WHERE idx = 1", lambda ledger: ledger.entries_at([1])),
        ("UPDATE node SET hash = 'text' WHERE id = 0", lambda ledger: list(ledger.stored_nodes())),
        ("UPDATE node SET hash = 'text' WHERE id = 0", lambda ledger: ledger.nodes([0])),
        ("UPDATE checkpoint SET note = x'00' WHERE size = 2", lambda ledger: ledger.checkpoint()),
        ("UPDATE checkpoint SET note = x'00' WHERE size = 2", lambda ledger: list(ledger.checkpoints())),
        ("UPDATE checkpoint SET note = x'00' WHERE size = 2", lambda ledger: ledger.checkpoint_at(2)),
        ("UPDATE meta SET value = x'00' WHERE key = 'origin'", lambda ledger: Ledger.open(ledger.database.url)),
        ("UPDATE producer SET idx = 'text' WHERE seq = 0", lambda ledger: ledger.next_producer(ledger.entry(1).signed_by[0].keyid)),
    ],
)
def test_a_value_of_another_type_is_a_damage(tmp_path, change, question):
    import sqlite3

    from ledger.kit_ledger import Kit

    kit = Kit.make(tmp_path)
    kit.append(model(1))
    connection = sqlite3.connect(kit.path())
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(change)
    connection.commit()
    connection.close()
    with pytest.raises(CorruptStoreError, match="where it should hold"):
        question(kit.ledger)
