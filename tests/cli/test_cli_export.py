"""Exports on the command line: stopped in the middle, two at once, of a damaged ledger, with hostile words in it."""

import signal
import sqlite3
import time
from pathlib import Path

import pytest
from cli.runner import finished, govern, process

from govern.exchange.pdf import read_attachments


@pytest.mark.parametrize(("stop", "codes"), [(signal.SIGINT, {130, -signal.SIGINT}), (signal.SIGTERM, {143, -signal.SIGTERM})])
@pytest.mark.parametrize("after", [0.5, 1.8])
def test_an_export_that_is_stopped_leaves_no_file_and_no_entry(line: Path, stop: signal.Signals, codes: set[int], after: float):
    before = govern("log", "--json").ended(0).out
    started = process("export", "credit@2", "-o", "pack.pdf", folder=line)
    time.sleep(after)
    started.send_signal(stop)
    ran = finished(started)
    if ran.code == 0:
        pytest.skip("this machine exports faster than it could be stopped")
    assert ran.code in codes, ran.err
    now = govern("log", "--json").ended(0).out
    if now != before:
        pytest.skip("it was recorded before it was stopped")
    assert [path.name for path in line.iterdir() if "pack" in path.name] == []
    govern("verify", "--full").ended(0)


def test_two_exports_at_once_are_both_whole_and_one_name_is_given_once(line: Path):
    names = ("one.pdf", "two.pdf", "two.pdf")
    ran = [finished(one) for one in [process("export", "--kind", "ledger", "-o", name, folder=line) for name in names]]
    assert ran[0].code == 0, ran[0].err
    assert sorted(one.code for one in ran[1:]) == [0, 2], [one.err for one in ran]
    govern("trust", "show", "-o", "root.json").ended(0)
    for name in ("one.pdf", "two.pdf"):
        govern("verify", name, "--trust", "root.json").ended(0)
    assert sum("export" in row for row in govern("log", "--kind", "export").ended(0).out.splitlines()) == 2
    assert sorted(path.name for path in line.iterdir() if path.suffix == ".pdf" or path.name.startswith(".two")) == ["one.pdf", "two.pdf"]


def test_a_damaged_ledger_gives_a_pack_in_red_and_exit_1(line: Path):
    govern("trust", "show", "-o", "root.json").ended(0)
    database = sqlite3.connect(line / ".govern" / "ledger.db")
    database.execute("DROP TRIGGER entry_no_update")
    database.execute("UPDATE entry SET leaf = CAST(REPLACE(CAST(leaf AS TEXT), 'A', 'B') AS BLOB) WHERE idx = 9")
    database.commit()
    database.close()
    ran = govern("export", "credit@2", "-o", "pack.pdf").ended(1)
    assert "the pack says so on its cover" in ran.out
    html = read_attachments(line / "pack.pdf")["report.html"].decode()
    assert '<p class="alarm">The ledger behind this pack does not verify, and could not be read whole: entry #9: no ' in html
    assert "LEDGER DOES NOT VERIFY" in html
    assert "What can still be read of it: " in html
    assert "entry 9" in govern("verify", "pack.pdf", "--trust", "root.json").ended(1).out


def test_hostile_words_that_commands_recorded_stay_words_on_paper(line: Path):
    words = "\u202egnp.exe\u202c zero\u200bwidth <script>alert(1)</script> {{7*7}} ]]> \u0301\u0301\u0301\u0301\u0301"
    govern("review", "comment", "credit@2", "--to", "production", "--reason", words, "--as", "reviewer").ended(0)
    govern("finding", "open", "credit@2", "--title", words, "--owner", "<i>x</i>", "--due", "2031-12-05").ended(0)
    govern("review", "comment", "credit@2", "--reason", "x" * 1_000_000, "--as", "reviewer").ended(2)
    govern("export", "credit@2", "-o", "pack.pdf").ended(0)
    govern("trust", "show", "-o", "root.json").ended(0)
    govern("verify", "pack.pdf", "--trust", "root.json").ended(0)
    html = read_attachments(line / "pack.pdf")["report.html"].decode()
    assert html.count("⟨U+202E⟩gnp.exe⟨U+202C⟩ zero⟨U+200B⟩width &lt;script&gt;") >= 2
    assert "<script" not in html
