"""The write-ahead log cut off: what is left is the state before the append or after it, and nothing between."""

import hashlib
import shutil
import sqlite3
from pathlib import Path

import pytest
from ledger.kit_ledger import Kit, model

from govern.store.ledger import Ledger
from govern.store.names import TABLES

FRAME = 24
"""Bytes of a frame's head, before its page (https://sqlite.org/fileformat.html, section 4.1)."""


@pytest.fixture
def log(tmp_path):
    """A ledger whose last append is in the log only: its folder, the file and the log."""
    kit = Kit.make(tmp_path / "good", seeded=True)
    kit.models(3)
    kit.reopen()
    before = kit.path().read_bytes()
    kit.append(model(7), model(8), trusted=False)
    written = Path(f"{kit.path()}-wal").read_bytes()
    folder = tmp_path / "cut"
    folder.mkdir()
    yield kit, folder, before, written
    kit.ledger.close()


def rows(path):
    """Digest of every row of every table, as SQLite reads them after its recovery."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        digest = hashlib.sha256()
        for table in TABLES:
            digest.update(repr(connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall()).encode())
        return digest.hexdigest()
    finally:
        connection.close()


def cut(kit, lengths, folder, before, written):
    """Cut the log at each length; every state found is verified once. Gives the sizes found, in order."""
    known, found = {}, []
    path = folder / "ledger.db"
    for length in lengths:
        shutil.rmtree(folder)
        folder.mkdir()
        path.write_bytes(before)
        (folder / "ledger.db-wal").write_bytes(written[:length])
        state = rows(path)
        if state not in known:
            with Ledger.open(f"sqlite:///{path}") as ledger:
                assert ledger.verify(trusted=kit.trusted).check()
                known[state] = ledger.size
        found.append(known[state])
    assert sorted(known.values()) == [4, 6], "exactly the state before and the state after"
    assert found == sorted(found), "once the last frame is whole, the append is there"
    return found


def test_the_log_cut_around_every_frame(log):
    kit, folder, before, written = log
    page = int.from_bytes(written[8:12], "big")
    borders = range(32, len(written) + 1, FRAME + page)
    lengths = {0, 1, 31, len(written)} | {border + by for border in borders for by in (-1, 0, 1, FRAME, page // 2)}
    found = cut(kit, sorted(length for length in lengths if 0 <= length <= len(written)), folder, before, written)
    assert found.count(6) == 1, "only the whole log holds the append"


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_faults_by_cutting_the_log_at_every_offset(log):
    kit, folder, before, written = log
    found = cut(kit, range(len(written) + 1), folder, before, written)
    assert found.count(6) == 1
