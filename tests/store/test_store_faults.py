"""Bad storage: damaged pages, full disks, locks, lost connections, newer formats, interruptions; each one clear error."""

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from ledger.kit_ledger import NOW, Kit, model

from govern.errors import (
    CorruptStoreError,
    ExitCode,
    NotFoundError,
    StorageError,
    UnverifiableError,
    UsageError,
    exit_code,
)
from govern.store import sqlite
from govern.store.ledger import Ledger
from govern.store.objects import ObjectFolder


@pytest.fixture
def small(tmp_path):
    made = Kit.make(tmp_path)
    made.models(3)
    yield made
    made.ledger.close()


def still_whole(kit, size=4):
    kit.reopen()
    assert kit.ledger.size == size
    assert kit.ledger.verify(trusted=kit.trusted).check()


def test_what_is_no_ledger(tmp_path):
    for name, data in (("empty.db", b""), ("text.db", b"hello" * 1000), ("cut.db", b"SQLite format 3\0" + b"x" * 50)):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CorruptStoreError) as caught:
            Ledger.open(f"sqlite:///{tmp_path}/{name}")
        assert caught.value.hint
        assert exit_code(caught.value) == ExitCode.ERROR
    with pytest.raises(StorageError, match="no ledger"):
        Ledger.open(f"sqlite:///{tmp_path}/nothing.db")
    assert not (tmp_path / "nothing.db").exists(), "opening must not create"
    with pytest.raises(StorageError):
        Ledger.open(f"sqlite:///{tmp_path}")
    for url in ("mysql://x/y", "sqlite://", "ledger.db", ""):
        with pytest.raises(UsageError, match="no known kind"):
            Ledger.open(url)
    for url, words in (("127.0.0.1:1", "does not answer"), ("nowhere.invalid", "host is not known")):
        with pytest.raises(StorageError, match=words):
            Ledger.open(f"postgresql+psycopg://{url}/x")


def test_a_full_disk_leaves_the_old_state(small):
    with small.ledger.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    limited = Ledger.open(small.url)

    def limit(connection, _):
        connection.execute(f"PRAGMA max_page_count={pages}")

    from sqlalchemy import event

    event.listen(limited.database.engine, "connect", limit)
    limited.database.engine.dispose()

    def fill():
        for number in range(10, 200):
            limited.append(
                [model(number, name="x" * 9000)], signers=[small.signers["pipeline"]], log_signer=small.signers["log"], now=NOW
            )

    with pytest.raises(StorageError, match="disk is full") as caught:
        fill()
    assert "nothing was half written" in caught.value.hint
    limited.close()
    small.reopen()
    assert small.ledger.verify(trusted=small.trusted).check()


def test_an_interruption_in_the_middle_of_a_batch(kit):
    class Interrupting:
        def __init__(self, signer, after):
            self.signer, self.left = signer, after
            self.keyid, self.public = signer.keyid, signer.public

        def sign(self, message):
            self.left -= 1
            if self.left < 0:
                raise KeyboardInterrupt
            return self.signer.sign(message)

    for after in range(3):
        with pytest.raises(KeyboardInterrupt):
            kit.ledger.append(
                [model(1), model(2), model(3)], signers=[Interrupting(kit.signers["pipeline"], after)],
                log_signer=kit.signers["log"], now=NOW, trusted=kit.trusted,
            )
    with pytest.raises(KeyboardInterrupt):
        kit.ledger.append(
            [model(1)], signers=[kit.signers["pipeline"]], log_signer=Interrupting(kit.signers["log"], 0), now=NOW
        )
    assert kit.ledger.size == 1
    kit.append(model(1))
    assert kit.ledger.verify(trusted=kit.trusted).check().size == 2


def test_verification_can_be_interrupted(small):
    class Stop(Exception):  # noqa: N818
        pass

    def progress(part, done, total):
        raise Stop

    with pytest.raises(Stop):
        small.ledger.verify(progress=progress)
    assert small.ledger.verify().check()


@pytest.mark.skipif(os.geteuid() != 0, reason="making a folder read-only for everybody needs root")
def test_a_read_only_folder_is_read_and_says_so_when_written(small, tmp_path):
    small.ledger.close()
    script = (
        "import sys; sys.path[:0] = sys.argv[2:4]\n"
        "from govern.store.ledger import Ledger\nfrom govern.errors import StorageError\n"
        "for words in (dict(read_only=True), {}):\n"
        "    ledger = Ledger.open(sys.argv[1], **words)\n    print(ledger.verify().check().size)\n    ledger.close()\n"
        "from pathlib import Path\nfrom govern.store.glance import head_of\nprint(head_of(Path(sys.argv[1][10:]))[0])\n"
    )
    command = (
        f"mount --bind {tmp_path} {tmp_path} && mount -o remount,ro,bind {tmp_path} && "
        f'exec "{sys.executable}" -c \'{script}\' "{small.url}" "{Path(__file__).parents[2]}"'
    )
    done = subprocess.run(["unshare", "-m", "sh", "-c", command], capture_output=True, text=True, check=False)
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()[:80]}")
    assert done.stdout == "4\n4\n4\n", done.stderr
    still_whole(small)


def test_a_damaged_trusted_checkpoint_stops_everything(small):
    for data in (b"", b"{}", small.trusted.path.read_bytes()[:-2], b"x" * (2 << 20)):
        small.trusted.path.write_bytes(data)
        with pytest.raises(UnverifiableError) as caught:
            small.append(model(9))
        assert "backup" in caught.value.hint or "readable" in caught.value.hint
    small.trusted.path.unlink()
    small.append(model(9))
    still_whole(small, 5)


def test_objects_are_hashed_again(tmp_path):
    folder = ObjectFolder(tmp_path / "objects")
    digest = folder.put(b"one")
    assert folder.put(b"one") == digest
    assert folder.get(digest) == b"one"
    assert folder.has(digest)
    folder.path_of(digest).write_bytes(b"two")
    with pytest.raises(CorruptStoreError):
        folder.get(digest)
    folder.path_of(digest).unlink()
    with pytest.raises(NotFoundError):
        folder.get(digest)
    for bad in ("sha256:../../etc/passwd", "x", "", "sha256:" + "A" * 64):
        with pytest.raises(UsageError):
            folder.get(bad)
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError):
        ObjectFolder(tmp_path / "file").put(b"x")
    faults = []

    def put():
        try:
            assert folder.put(b"same") == folder.put(b"same")
        except Exception as error:  # noqa: BLE001
            faults.append(error)

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert not list((tmp_path / "objects").rglob(".*"))


def test_the_linked_sqlite_is_judged(monkeypatch):
    for version, sound in (((3, 40, 1), False), ((3, 44, 5), False), ((3, 44, 6), True), ((3, 45, 0), False), ((3, 50, 7), True),
                           ((3, 51, 2), False), ((3, 51, 3), True), ((3, 60, 0), True)):
        monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
        assert (sqlite.warning() == "") == sound, version
