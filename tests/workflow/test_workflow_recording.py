"""Recording data: a dataset is its bytes, under one name for good."""

from pathlib import Path

import pytest

from govern.errors import UsageError
from govern.lineage.refs import resolve
from govern.trust.home import Home
from govern.workflow.place.workspace import Workspace
from govern.workflow.record.recording import end_existence, record_dataset


def asks(_: str) -> str:
    return "correct horse"


@pytest.fixture
def ws(tmp_path: Path):
    with Workspace.create(tmp_path / "w", passphrases=asks, home=Home.default(), origin="govern/record") as opened:
        yield opened


def test_the_same_bytes_are_the_same_version_and_never_a_second_name_that_leads_nowhere(ws, tmp_path):
    file = tmp_path / "rows.csv"
    file.write_text("a,b\n1,2\n")
    first = record_dataset(ws, file, name="train", passphrases=asks)
    again = record_dataset(ws, file, name="train", passphrases=asks)
    assert (first.subject, again.subject) == ("train@1", "train@1")
    for words in ({"name": "other"}, {"name": "train", "version": "2"}, {"name": "train", "version": "one"}):
        with pytest.raises(UsageError, match=f"recorded already, as train@1 \\(#{first.index}\\)"):
            record_dataset(ws, file, **words, passphrases=asks)
    file.write_text("a,b\n3,4\n")
    assert record_dataset(ws, file, name="train", passphrases=asks).subject == "train@2"
    assert record_dataset(ws, file, name="train", version="2", passphrases=asks).subject == "train@2"
    for name in ("train@1", "train@2"):
        assert resolve(ws.state(), name, kinds=("dataset",)).name == name
    end_existence(ws, "train@1", state="withdrawn", reason="The licence ended.", passphrases=asks)
    assert [record.name for record in ws.state().datasets.values() if record.state != "active"] == ["train@1"]
