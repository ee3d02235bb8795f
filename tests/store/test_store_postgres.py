"""PostgreSQL when things go wrong: connections cut anywhere, a killed server, a full disk, and roles that may not."""

import json
import subprocess
import sys
import textwrap
import threading
import time

import psycopg
import pytest
from ledger.kit_ledger import NOW, Kit, model, signer
from postgresql import Server, binaries
from store.test_store_ledger import root_draft

from govern.domain.text import digest_of
from govern.errors import ExitCode, StorageError, exit_code
from govern.store import rows
from govern.store.ledger import Ledger
from govern.store.names import TABLES
from govern.trust import changes, enrolment


@pytest.fixture(scope="module")
def server():
    """A server that may be killed, and that syncs as users' servers do."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    made = Server("max_connections=60")
    try:
        yield made.start()
    finally:
        made.remove()


def database(server, name):
    """Make an empty database; its URL."""
    with server.admin() as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{server.url}/{name}"


def cut(url):
    """End every connection to a database but this one."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )


class Cutting:
    """A signer during whose work the server gives the connection up."""

    def __init__(self, inner, url, after=0):
        self.inner, self.url, self.left = inner, url, after
        self.keyid, self.public = inner.keyid, inner.public

    def sign(self, message):
        if not self.left:
            cut(self.url)
        self.left -= 1
        return self.inner.sign(message)


def clear(caught, *words):
    """The error says what happened and what to do, with the code for what could not be done."""
    assert exit_code(caught.value) == ExitCode.ERROR
    assert caught.value.hint
    assert any(word in caught.value.message for word in words), caught.value.message


@pytest.mark.parametrize("place", ["first entry", "last entry", "checkpoint", *TABLES[1:]])
def test_a_connection_lost_anywhere_in_a_batch(postgres_url, tmp_path, monkeypatch, place):
    kit = Kit.make(tmp_path, url=postgres_url)
    kit.models(2)
    pipeline, log, drafts = kit.signers["pipeline"], kit.signers["log"], [model(7), model(8), model(9)]
    fresh = signer("pipeline", 77) if place == "key" else None
    if place in {"first entry", "last entry"}:
        pipeline = Cutting(pipeline, postgres_url, 0 if place == "first entry" else 2)
    elif place == "checkpoint":
        log = Cutting(log, postgres_url)
    else:
        insert = rows.Rows.add

        def add(self, table, values):
            if table == place:
                cut(postgres_url)
            insert(self, table, values)

        monkeypatch.setattr(rows.Rows, "add", add)
    if place in {"key", "root"}:
        asked = enrolment.ask(kit.origin, fresh or signer("reviewer", 78))
        drafts, pipeline = [root_draft(changes.enrolled(kit.root, asked, ["recorder"]))], kit.signers["root"]
        if place == "key":
            monkeypatch.undo()
            kit.ledger.append(drafts, signers=[pipeline], log_signer=log, now=NOW)
            drafts, pipeline = [model(7)], fresh
            monkeypatch.setattr(rows.Rows, "add", add)
    before = kit.ledger.size
    with pytest.raises(StorageError) as caught:
        kit.ledger.append(drafts, signers=[pipeline], log_signer=log, now=NOW, trusted=kit.trusted)
    clear(caught, "connection to the database was lost", "the database shut down")
    assert caught.value.message.startswith("nothing was written")
    monkeypatch.undo()
    assert kit.ledger.size == before, "nothing is half written"
    kit.append(model(10))
    assert kit.ledger.verify(trusted=kit.trusted).check().size == before + 1
    kit.ledger.close()


def test_a_connection_lost_while_the_commit_is_on_its_way(server, tmp_path):
    """The server has committed and waits for a standby that never answers: nobody can say so but by looking."""
    url = database(server, "doubt")
    kit = Kit.make(tmp_path, url=url)
    with server.admin() as admin:
        admin.execute("ALTER SYSTEM SET synchronous_standby_names TO 'nobody'")
        admin.execute("SELECT pg_reload_conf()")
        time.sleep(0.5)
        try:
            def later():
                while not admin.execute(
                    "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = 'doubt'"
                ).fetchone():
                    time.sleep(0.05)
                cut(url)

            thread = threading.Thread(target=later)
            thread.start()
            with pytest.raises(StorageError) as caught:
                kit.append(model(1))
            thread.join()
        finally:
            admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
            admin.execute("SELECT pg_reload_conf()")
    clear(caught, "whether this was written is not certain")
    assert "govern status" in caught.value.hint
    assert kit.ledger.size == 2, "it was"
    kit.append(model(2))
    assert kit.ledger.verify(trusted=kit.trusted).check().size == 3
    kit.ledger.close()


WRITER = textwrap.dedent("""
    import json, sys, time
    sys.path[:0] = json.loads(sys.argv[1])
    from pathlib import Path
    from ledger.kit_ledger import Kit, ROLES, model, signer
    from govern.errors import StorageError, exit_code
    from govern.store.ledger import Ledger

    url, folder, number = sys.argv[2], sys.argv[3], int(sys.argv[4])
    kit = Kit(folder=Path(folder), url=url)
    kit.signers = {name: signer(name, seed) for seed, name in enumerate(ROLES, 1)}
    kit.ledger = Ledger.open(url)
    print("ready", flush=True)
    for line in sys.stdin:
        batch = int(line)
        for attempt in range(300):
            try:
                written = kit.append(*(model(number * 1000 + batch * 10 + one) for one in range(3)))
            except StorageError as error:
                # What a person sees: one clear error, and the command can be repeated.
                print(json.dumps({"refused": error.message, "hint": error.hint, "code": int(exit_code(error))}), flush=True)
                time.sleep(0.1)
            else:
                print(json.dumps({"written": [[entry.index, entry.leaf_hash] for entry in written]}), flush=True)
                break
    kit.ledger.close()
""")


def test_the_server_is_killed_while_several_append(server, tmp_path, repository):
    url = database(server, "killed")
    kit = Kit.make(tmp_path, url=url, seeded=True)
    paths = json.dumps([str(repository), str(repository / "tests")])
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, paths, url, tmp_path, str(number)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(3)
    ]
    for one in writers:
        assert one.stdout.readline() == "ready\n", one.stderr.read()
        one.stdin.write("".join(f"{batch}\n" for batch in range(15)))
        one.stdin.close()
    for size in (20, 70):
        with server.admin("killed") as admin:
            while admin.execute("SELECT max(idx) FROM govern.entry").fetchone()[0] < size:
                time.sleep(0.01)
        server.kill()
        server.start()
    said = []
    for one in writers:
        said += [json.loads(line) for line in one.stdout]
        assert one.wait(120) == 0, one.stderr.read()
        one.stdout.close()
        one.stderr.close()
    refused = [one for one in said if "refused" in one]
    assert refused, "the server was killed too late to be noticed"
    assert all(one["code"] == ExitCode.ERROR and one["hint"] for one in refused)
    known = ("could not", "lost", "shut down", "not ready", "not certain", "does not answer")
    assert not [one for one in refused if not any(words in one["refused"] for words in known)]
    acknowledged = [pair for one in said for pair in one.get("written", ())]
    assert len(acknowledged) == 3 * 15 * 3, "every batch was written in the end"
    kit.reopen()
    assert all(kit.ledger.entry(index).leaf_hash == digest for index, digest in acknowledged), "an acknowledged entry is lost"
    assert len({index for index, _ in acknowledged}) == len(acknowledged)
    assert [entry.index for entry in kit.ledger.entries()] == list(range(kit.ledger.size))
    assert kit.ledger.verify(trusted=kit.trusted).check().size == kit.ledger.size
    kit.ledger.close()


def test_a_full_disk(server, tmp_path):
    small = server.folder / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size=24m,mode=0700,uid={server.uid}", "none", small], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk can't be mounted here: {mounted.stderr.strip()[:100]}")
    kit = None
    try:
        with server.admin() as admin:
            admin.execute(f"CREATE TABLESPACE small LOCATION '{small}'")
            admin.execute('CREATE DATABASE "full" TABLESPACE small')
        kit = Kit.make(tmp_path, url=f"{server.url}/full")
        # Names that PostgreSQL can't press together.
        large = [model(number, name="".join(digest_of(b"%d %d" % (number, part)) for part in range(125))) for number in range(100)]

        def fill():
            for _ in range(50):
                kit.append(*large)

        with pytest.raises(StorageError) as caught:
            fill()
        clear(caught, "the disk is full")
        assert caught.value.message.startswith("nothing was written")
        size = kit.ledger.size
        assert size % 100 == 1, "whole batches only"
        assert kit.ledger.verify(trusted=kit.trusted).check()
        subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
        kit.append(*large)
        assert kit.ledger.verify(trusted=kit.trusted).check().size == size + 100
    finally:
        if kit is not None:
            kit.ledger.close()
        with server.admin() as admin:
            admin.execute('DROP DATABASE IF EXISTS "full" WITH (FORCE)')
            admin.execute("DROP TABLESPACE IF EXISTS small")
        subprocess.run(["umount", small], check=True)


def test_roles_are_really_apart(server, tmp_path):
    url = database(server, "apart")
    with server.admin("apart") as admin:
        # Who makes the ledger is an ordinary login, as in a company: it may create roles and a schema, no more.
        admin.execute("CREATE ROLE founder LOGIN CREATEROLE")
        admin.execute("GRANT CREATE ON DATABASE apart TO founder")
        # The other tests' ledgers on this server made the roles already, which only their administrator may hand on.
        admin.execute("DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'govern_owner') THEN "
                      "GRANT govern_owner, govern_writer TO founder WITH ADMIN OPTION; END IF; END $$")
    kit = Kit.make(tmp_path, url=url.replace("admin@", "founder@"))
    with server.admin() as admin:
        admin.execute("CREATE ROLE alice LOGIN")
        admin.execute("GRANT govern_writer TO alice")
        admin.execute("CREATE ROLE mallory LOGIN")
    alice = Kit(folder=tmp_path, url=url.replace("admin@", "alice@"), signers=kit.signers)
    alice.ledger = Ledger.open(alice.url)
    alice.append(model(1))
    assert alice.ledger.verify(trusted=kit.trusted).check().size == 2
    alice.ledger.close()
    plain = server.plain.replace("admin@", "alice@") + "/apart"
    refused = [
        *(f"{verb} govern.{table}" for table in TABLES for verb in ("TRUNCATE", "DELETE FROM", "DROP TABLE")),
        "UPDATE govern.entry SET leaf = leaf", "UPDATE govern.checkpoint SET note = note", "UPDATE govern.meta SET value = '9'",
        *(f"ALTER TABLE govern.{table} DISABLE TRIGGER ALL" for table in TABLES), "DROP TRIGGER entry_next ON govern.entry",
        "ALTER TABLE govern.entry OWNER TO alice", "DROP SCHEMA govern CASCADE", "CREATE TABLE govern.more (x int)",
        "CREATE OR REPLACE FUNCTION govern.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        "DROP FUNCTION govern.refuse() CASCADE", "SET ROLE govern_owner", "SET session_replication_role TO replica",
        "CREATE RULE quiet AS ON INSERT TO govern.entry DO INSTEAD NOTHING",
        "INSERT INTO govern.entry VALUES (9, 'x')", "INSERT INTO govern.entry VALUES (0, 'x')",
    ]
    with psycopg.connect(plain, autocommit=True) as connection:
        for statement in refused:
            with pytest.raises(psycopg.DatabaseError) as caught:
                connection.execute(statement)
            assert caught.value.sqlstate in {"42501", "P0001", "23505"}, (statement, caught.value)
        # To hand on what one does not hold is only a warning in PostgreSQL; it must have given nothing.
        connection.execute("GRANT UPDATE, DELETE, TRUNCATE ON govern.entry TO alice")
        assert connection.execute("SELECT has_table_privilege('govern.entry', 'UPDATE, DELETE, TRUNCATE')").fetchone() == (False,)
    founder = server.plain.replace("admin@", "founder@") + "/apart"
    with psycopg.connect(founder, autocommit=True) as connection, pytest.raises(psycopg.DatabaseError, match="permission denied"):
        connection.execute("SET ROLE govern_owner")
    for role in ("govern_owner", "govern_writer"):
        with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
            psycopg.connect(server.plain.replace("admin@", f"{role}@") + "/apart")
    with pytest.raises(StorageError, match="refuses this") as caught:
        Ledger.open(url.replace("admin@", "mallory@"))
    assert "govern_writer" in caught.value.hint
    assert kit.ledger.verify(trusted=kit.trusted).check().size == 2
    kit.ledger.close()
