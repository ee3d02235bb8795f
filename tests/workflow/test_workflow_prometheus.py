"""The Prometheus textfile: read back by its grammar, and telling of what runs without standing."""

import re

import pytest
from workflow.conftest import Story
from workflow.test_workflow_monitor import window

from govern.errors import StorageError
from govern.workflow.monitor import monitoring, prometheus
from govern.workflow.release import promoting
from govern.workflow.review import reviewing

LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?[0-9.]+)')


def samples(text: str) -> dict[tuple[str, str], str]:
    """By the grammar of the exposition format: every sample after its TYPE, each once."""
    found: dict[tuple[str, str], str] = {}
    typed: set[str] = set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in typed
            typed.add(name)
        elif not line.startswith("#"):
            match = LINE.fullmatch(line)
            assert match, line
            assert match[1] in typed
            assert (match[1], match[2] or "") not in found
            found[match[1], match[2] or ""] = match[3]
    return found


def running(text: str) -> list[str]:
    return [value for (name, _), value in samples(text).items() if name == "govern_may_run"]


def test_drift_turns_what_runs_into_what_may_not(story: Story, passphrases, tmp_path):
    assert running(prometheus.text(story.ws)) == []
    dossier = reviewing.dossier(story.ws, "credit@2", "promote:production")
    reviewing.approve(story.ws, dossier, key="reviewer", passphrases=passphrases)
    promoting.promote(story.ws, "credit@2", to="production", passphrases=passphrases)
    promoting.deploy(story.ws, "credit@2", to="production", passphrases=passphrases)
    assert running(prometheus.text(story.ws)) == ["1"]
    monitoring.monitor(story.ws, "credit@2", data=window(story, "window_drifted.csv", tmp_path), passphrases=passphrases)
    out = tmp_path / "govern.prom"
    prometheus.write_textfile(story.ws, out)
    assert running(out.read_text()) == ["0"]
    found = samples(out.read_text())
    assert any(name == "govern_drift_effect" and float(value) > 0 for (name, _), value in found.items())
    assert sum(int(value) for (name, _), value in found.items() if name == "govern_open_findings") >= 1
    assert list(tmp_path.glob(".*.new")) == []


def test_labels_are_escaped_and_a_folder_that_is_not_there_is_said(story: Story, tmp_path):
    metric = prometheus.Metric(name="a", help="b", samples=(({"x": 'q"\\\n'}, "1"),))
    assert list(metric.lines())[-1] == 'a{x="q\\"\\\\\\n"} 1'
    with pytest.raises(StorageError, match="can't be written"):
        prometheus.write_textfile(story.ws, tmp_path / "no" / "x.prom")
