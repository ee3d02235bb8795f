"""Bad input on both databases: one clear error with its exit code, nothing lost, nothing half written."""

import json
import sqlite3

import psycopg
import pytest
from ledger.kit_ledger import Kit, model
from postgresql import Server, binaries

from govern.canonical.dsse import MAX_LEAF, PAYLOAD_TYPE, Envelope, Signature, leaf_bytes, pae, parse_leaf
from govern.errors import (
    CorruptStoreError,
    DocumentError,
    ExitCode,
    StorageError,
    VerificationError,
    exit_code,
)
from govern.store import postgres, sqlite
from govern.store.faults import explained
from govern.store.ledger import Ledger
from govern.store.salvage import leaves_there


def unchanged(kit, size):
    """Nothing came of it, and the next append works."""
    assert kit.ledger.size == size
    kit.append(model(99))
    assert kit.ledger.verify(trusted=kit.trusted).check().size == size + 1


def signed(kit, payload):
    """A leaf whose payload is well signed, whatever it is."""
    one = kit.signers["pipeline"]
    return leaf_bytes(Envelope(payload=payload, signatures=(Signature(keyid=one.keyid, sig=one.sign(pae(PAYLOAD_TYPE, payload))),)))


def payload_of(kit):
    """The payload of an entry that this ledger would take next."""
    entry = kit.append(model(1))[0]
    said = json.loads(parse_leaf(kit.ledger.leaf(entry.index)).payload)
    said["predicate"]["producer"] = {"prev": entry.leaf_hash, "seq": 1}
    said["predicate"]["name"] = "PLACE"
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode()


BAD_PAYLOADS = {
    "invalid UTF-8": (lambda p: p.replace(b"PLACE", b"\xff\xfe"), "not UTF-8"),
    "deep JSON": (lambda p: p.replace(b'"PLACE"', b"[" * 40 + b"]" * 40), "more than 32 levels"),
    "very deep JSON": (lambda p: b'{"a":' * 6_000 + b"1" + b"}" * 6_000, "more than 32 levels"),
    "a key twice": (lambda p: p.replace(b'"name":"PLACE"', b'"name":"x","name":"y"'), "stands twice"),
    "a key twice, the same": (lambda p: p.replace(b'"name":"PLACE"', b'"name":"x","name":"x"'), "stands twice"),
    "a byte order mark": (lambda p: b"\xef\xbb\xbf" + p, "not JSON"),
    "NaN": (lambda p: p.replace(b'"PLACE"', b"NaN"), "NaN is not JSON"),
    "a fraction": (lambda p: p.replace(b'"size":10', b'"size":10.5'), "floating-point"),
    "too large a number": (lambda p: p.replace(b'"size":10', b'"size":9007199254740992'), "2^53"),
    "half a surrogate pair": (lambda p: p.replace(b"PLACE", rb"\ud800"), "surrogate"),
    "an unknown key": (lambda p: p.replace(b'"name":"PLACE"', b'"extra":1,"name":"x"'), "extra"),
    "cut off": (lambda p: p[:-20], "not JSON"),
    "nothing": (lambda p: b" ", "not JSON"),
}


def test_entries_signed_elsewhere_that_nobody_should_read(kit):
    payload = payload_of(kit)
    for name, (spoil, words) in BAD_PAYLOADS.items():
        with pytest.raises(VerificationError) as caught:
            # The good one before it in the batch must not stay either.
            kit.ledger.submit([signed(kit, payload), signed(kit, spoil(payload))], log_signer=kit.signers["log"], trusted=kit.trusted)
        assert words in caught.value.message, (name, caught.value.message)
        assert caught.value.message.startswith("entry 3 "), (name, caught.value.message)
        assert exit_code(caught.value) == ExitCode.REFUSED, name
        assert kit.ledger.size == 2, name
    assert kit.ledger.submit([signed(kit, payload)], log_signer=kit.signers["log"], trusted=kit.trusted) == (2,)
    assert kit.ledger.entry(2).fact.name == "PLACE"
    kit.ledger.verify(trusted=kit.trusted).check()


def test_bytes_that_are_no_envelope(kit):
    good = kit.ledger.leaf(0)
    twice = good.replace(b'{"payload"', b'{"payloadType":"x","payload"', 1)
    for leaf in (b"", b"\xff", b"[" * 100_000, twice, good + b"\n", b"x" * (MAX_LEAF + 1), b"null"):
        with pytest.raises((DocumentError, VerificationError)) as caught:
            kit.ledger.submit([leaf], log_signer=kit.signers["log"], trusted=kit.trusted)
        assert caught.value.hint
        assert exit_code(caught.value) in {ExitCode.REFUSED, ExitCode.USAGE}
    unchanged(kit, 1)


def test_an_entry_over_the_limit(kit):
    with pytest.raises(DocumentError) as caught:
        kit.append(model(1), model(2, name="x" * MAX_LEAF), model(3))
    assert "the limit is 65535" in caught.value.message
    assert "object folder" in caught.value.hint
    assert exit_code(caught.value) == ExitCode.USAGE
    # A leaf holds its payload in base64: the largest that still fits goes in and comes out.
    room = MAX_LEAF
    while True:
        try:
            kit.append(model(4, name="x" * room))
        except DocumentError:
            room -= 97
        else:
            break
    assert kit.ledger.entry(1).fact.name == "x" * room
    assert MAX_LEAF - 400 < len(kit.ledger.leaf(1)) <= MAX_LEAF
    unchanged(kit, 2)


def test_texts_that_no_utf_8_can_hold(kit):
    for text in ("\ud800", "a\udfffb"):
        with pytest.raises(DocumentError, match="surrogate") as caught:
            kit.append(model(1), model(2, name=text))
        assert exit_code(caught.value) == ExitCode.USAGE
    kit.append(model(1, name="nul \x00, 𝄞 and \u2028"))
    assert kit.ledger.entry(1).fact.name == "nul \x00, 𝄞 and \u2028"
    unchanged(kit, 2)


def test_a_database_of_a_newer_version(kit, raw):
    raw(("UPDATE meta SET value = '2' WHERE key = 'format'",))
    with pytest.raises(StorageError) as caught:
        Ledger.open(kit.url)
    assert caught.value.message == "this ledger has format 2, this govern knows 1"
    assert caught.value.hint == "Use the govern that wrote it, or newer."
    assert exit_code(caught.value) == ExitCode.ERROR
    for nonsense in ("x", "", "-1", "1.0", "²"):
        raw(("UPDATE meta SET value = %s WHERE key = 'format'", nonsense))
        with pytest.raises(CorruptStoreError, match="no whole ledger"):
            Ledger.open(kit.url)
    raw(("DELETE FROM meta WHERE key = 'format'",))
    with pytest.raises(CorruptStoreError, match="no whole ledger"):
        Ledger.open(kit.url)


def test_a_locked_database(kit, monkeypatch):
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.2)
    monkeypatch.setattr(postgres, "LOCK_SECONDS", 0.2)
    kit.models(3)
    kit.reopen()
    if kit.url.startswith("sqlite"):
        holder = sqlite3.connect(kit.path(), isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
    else:
        holder = psycopg.connect(kit.url.replace("+psycopg", ""))
        holder.execute("SELECT pg_advisory_xact_lock(%s)", (postgres._LOCK,))
    with pytest.raises(StorageError) as caught:
        kit.append(model(9))
    assert caught.value.message == "nothing was written: another process holds the ledger’s database"
    assert caught.value.hint == "Wait for it to end and repeat the command."
    assert exit_code(caught.value) == ExitCode.ERROR
    assert kit.ledger.verify(trusted=kit.trusted).check().size == 4, "readers go on"
    holder.rollback()
    holder.close()
    unchanged(kit, 4)


def looked_at(kit):
    """Open and verify; what is said against it, if anything. No other kind of error may come."""
    try:
        with Ledger.open(kit.url) as ledger:
            return ledger.verify(trusted=kit.trusted).failure
    except StorageError as error:
        return error


@pytest.mark.parametrize(
    "statement",
    [
        "update entry set leaf = cast(leaf as text) where idx = 1", "update checkpoint set note = cast(note as blob) where size = 3",
        "update node set hash = 'abc' where id = 2", "update node set hash = cast(hash as text) where id = 2",
        "update producer set seq = 'x' where seq = 1",
    ],
)
def test_values_of_another_type_in_a_row(tmp_path, statement):
    """SQLite keeps what it is given, whatever the column says."""
    kit = Kit.make(tmp_path)
    kit.models(2)
    connection = sqlite3.connect(kit.path())
    for (name,) in connection.execute("select name from sqlite_master where type = 'trigger'").fetchall():
        connection.execute(f"drop trigger {name}")
    connection.execute(statement)
    connection.commit()
    connection.close()
    kit.reopen()
    found = kit.ledger.verify(trusted=kit.trusted)
    states = {step.number: step.state for step in found.steps}
    if "producer" in statement:
        assert found.check(), "only the next append reads it"
    elif "entry" in statement:
        assert found.failure.index == 1
        assert {states[number] for number in (3, 4, 5, 6, 7)} == {"not-run"}, "what comes after it was not looked at"
        assert [len(leaf) > 9 for _, leaf in leaves_there(kit.ledger.database, 0, 3) if isinstance(leaf, bytes)] == [True, True]
        assert [index for index, leaf in leaves_there(kit.ledger.database, 0, 3) if not isinstance(leaf, bytes)] == [1]
    else:
        assert {states[number] for number in (4, 5, 6, 7)} == {"ok"}, "entries are looked at all the same"
        with pytest.raises((VerificationError, CorruptStoreError)):
            kit.ledger.verify().check()
    if "entry" not in statement:
        with pytest.raises(CorruptStoreError):
            kit.append(model(9))
    kit.ledger.close()


def test_damaged_pages_of_sqlite(tmp_path):
    kit = Kit.make(tmp_path)
    kit.models(3)
    kit.ledger.close()
    good = kit.path().read_bytes()
    size = int.from_bytes(good[16:18], "big")
    outcomes = {}
    for page in range(len(good) // size):
        data = bytearray(good)
        for offset in range(100 if page == 0 else 0, size, 7):
            data[page * size + offset] ^= 0x55
        kit.path().write_bytes(bytes(data))
        for suffix in ("-wal", "-shm"):
            kit.path().with_name(kit.path().name + suffix).unlink(missing_ok=True)
        error = looked_at(kit)
        assert error is None or error.hint, page
        outcomes[page] = "unnoticed" if error is None else exit_code(error)
    kit.path().write_bytes(good)
    with sqlite3.connect(kit.path()) as connection:
        pages = connection.execute("SELECT pageno - 1, name FROM dbstat").fetchall()
    connection.close()
    # What is derived for writers only is not looked at by a verification: an append looks at it.
    unread = {"submission", "producer", "key", "sqlite_autoindex_key_1", "sqlite_autoindex_meta_1"}
    assert {name for page, name in pages if outcomes[page] == "unnoticed"} <= unread
    assert set(outcomes.values()) == {"unnoticed", ExitCode.REFUSED, ExitCode.ERROR}
    kit.reopen()
    unchanged(kit, 4)


def test_damaged_pages_of_postgresql(tmp_path):
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    server, outcomes = Server("fsync=off"), set()
    try:
        server.start()
        with server.admin() as admin:
            admin.execute("CREATE DATABASE damaged")
        kit = Kit.make(tmp_path, url=f"{server.url}/damaged")
        kit.models(3)
        kit.ledger.close()
        with server.admin("damaged") as admin:
            admin.execute("CHECKPOINT")
            files = {table: admin.execute(f"SELECT pg_relation_filepath('govern.{table}')").fetchone()[0] for table in ("entry", "node")}
        server.kill()
        for table, offset, length in (("entry", 0, 24), ("entry", 6000, 900), ("node", 0, 24), ("node", 7900, 200)):
            path = server.folder / "data" / files[table]
            good = path.read_bytes()
            path.write_bytes(good[:offset] + bytes(byte ^ 0x55 for byte in good[offset : offset + length]) + good[offset + length :])
            server.start()
            error = looked_at(kit)
            assert isinstance(error, VerificationError | CorruptStoreError), (table, offset, error)
            assert error.hint
            outcomes.add(exit_code(error))
            server.kill()
            path.write_bytes(good)
        server.start()
        kit.ledger = Ledger.open(kit.url)
        unchanged(kit, 4)
        kit.ledger.close()
        assert outcomes == {ExitCode.REFUSED, ExitCode.ERROR}
    finally:
        server.remove()


def test_what_a_database_says_is_put_into_words():
    """No driver's own words, no traceback: what happened, and what to do."""
    for said, message in (
        ("FATAL: the database system is starting up", "not ready yet"),
        ("could not extend file: No space left on device", "disk is full"),
        ("server closed the connection unexpectedly", "connection to the database was lost"),
        ('connection to server at "h", port 1 failed: FATAL:  database "x" does not exist', "there is no such database"),
        ('connection to server at "h", port 1 failed: FATAL:  role "x" does not exist', "no such user"),
        ('connection failed: FATAL:  password authentication failed for user "x"', "refused the password"),
        ('connection to server at "127.0.0.1", port 1 failed: Connection refused', "does not answer"),
        ("failed to resolve host 'nowhere.invalid': Name or service not known", "host is not known"),
        ("permission denied for table entry", "refuses this"),
        ("cannot execute INSERT in a read-only transaction", "only be read"),
    ):
        found = explained(Exception(said), "nothing was written")
        assert message in found.message
        assert said.lower() not in found.message
        assert found.hint
        assert exit_code(found) == ExitCode.ERROR
