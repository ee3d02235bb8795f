"""Ctrl-C in the middle: exit 130, one sentence, nothing half written, and the command can simply be run again."""

import signal
import time
from pathlib import Path

import pytest
from cli.conftest import Sample
from cli.runner import finished, govern, process


@pytest.mark.parametrize("after", [0.3, 1.2])
def test_a_gate_that_is_stopped(line: Path, sample: Sample, after: float):
    words = sample.gate("2")
    started = process(*words, folder=line)
    time.sleep(after)
    started.send_signal(signal.SIGINT)
    ran = finished(started)
    # A signal that strikes while an import executes generated code makes CPython end by that signal, though it was
    # handled: for a shell that is 130 as well.
    assert ran.code in {0, 130, -signal.SIGINT}, ran.err
    if ran.code:
        assert ran.err.splitlines()[0] == "govern: stopped"
    govern("verify", "--full").ended(0)
    govern(*words).ended(0)


def test_following_the_log_ends_with_ctrl_c(line: Path):
    started = process("log", "--follow", "--limit", "1", folder=line)
    time.sleep(3)
    govern("record", "system", "seen-later", "--purpose", "p", "--owner", "o").ended(0)
    time.sleep(3)
    started.send_signal(signal.SIGINT)
    ran = finished(started)
    assert ran.code == 130
    assert "seen-later" in ran.out
