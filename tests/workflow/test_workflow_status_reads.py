"""What `status` reads of a ledger that was watched for long: what it shows, not every window there ever was."""

import os
import subprocess
import sys

import pytest

from govern.store.objects import ObjectFolder
from govern.store.read_tables import ReadTables
from govern.trust.home import Home
from govern.workflow.place.workspace import Workspace
from govern.workflow.read import performing, reading

SYSTEMS = 3


@pytest.fixture(scope="module")
def watched(tmp_path_factory, repository):
    """Three systems, ten models each, some sixty windows of each deployment."""
    folder = tmp_path_factory.mktemp("watched") / "w"
    words = [sys.executable, str(repository / "tests/benchmarks/large_ledger.py"), str(folder), "700"]
    subprocess.run(words, check=True, env=os.environ | {"GOVERN_BENCH_ENTRIES": "700"}, stdout=subprocess.DEVNULL)
    with Workspace.open(folder, home=Home.at(folder / "home")) as ws:
        ws.state()
    return folder


@pytest.fixture
def ws(watched):
    with Workspace.open(watched, home=Home.at(watched / "home")) as opened:
        yield opened


@pytest.fixture
def asked(monkeypatch):
    """Documents and rows that were asked for, by what they are of."""
    found = []
    get, value = ObjectFolder.get, ReadTables.value
    monkeypatch.setattr(ObjectFolder, "get", lambda self, digest: (found.append("document"), get(self, digest))[1])
    monkeypatch.setattr(ReadTables, "value", lambda self, table, key, size: (found.append(table), value(self, table, key, size))[1])
    return found


def test_documents_are_read_of_so_many_windows_as_are_asked_for(ws, asked):
    state = ws.state()
    assert all(state.series.count(("windows", f"D-{number}")) > 50 for number in range(SYSTEMS))
    for windows in (2, 6, 30):
        asked.clear()
        view = reading.status(ws, windows=windows)
        rows = performing.performance(ws, windows=windows)
        assert len(view.drift) == len(rows) == SYSTEMS
        # A decision and evidence a window, and of each deployment what its gate measured and its last decision.
        assert SYSTEMS * 2 * windows <= asked.count("document") <= SYSTEMS * (2 * windows + 8)


def test_what_the_gate_measured_is_found_without_reading_every_window(ws, asked):
    state = ws.state()
    models = [state.deployments[f"D-{number}"].model for number in range(SYSTEMS)]
    for model in models:
        asked.clear()
        found = performing._gated(ws, state, model)
        assert asked.count("evidence") <= 2
        assert asked.count("decisions") <= 2
        assert list(found) == [one.digest for one in state.evidence_of(model) if one.fact.purpose == "gate"]
        assert len(found) == 1
        assert len(state.evidence_of(model)) > 50


def test_status_of_all_systems_says_of_the_last_windows_what_status_of_one_says(ws):
    few, many = reading.status(ws, windows=6), reading.status(ws)
    assert few.systems == many.systems
    assert few.due == many.due
    for short, long in zip(few.drift, many.drift, strict=True):
        assert (short.sentence, short.standing, short.limit) == (long.sentence, long.standing, long.limit)
        assert short.values == long.values[len(long.values) - len(short.values):]


def test_of_many_systems_a_slip_is_told_the_nearest():
    few, many = [f"system-{n}" for n in range(3)], [f"system-{n}" for n in range(300)]
    assert reading.systems_like("system-7", few) == "Systems here: system-0, system-1, system-2."
    assert reading.systems_like("sytem-20", many).startswith("Nearest of 300 systems here: system-20")
    assert "system-0" in reading.systems_like("zzz", many)
    assert reading.systems_like("zzz", []) == "Systems here: none."
