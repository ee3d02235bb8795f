"""Packs of every wide kind from a real ledger of 10,000 entries with 200 judged models: bounded memory, and they verify."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from workflow.conftest import Story, asks

from govern.canonical.values import from_json, object_bytes
from govern.domain.evidence import Evidence
from govern.domain.facts import DatasetFact
from govern.domain.statement import Draft
from govern.domain.text import digest_of
from govern.workflow.gate import gating
from govern.workflow.packs import exporting, verifying_packs
from govern.workflow.place.workspace import about

MODELS = 200
ENTRIES = 10_000
MEMORY = 1200 << 20
"""Of either process, the one that gathers and the one that lays out."""

EXPORT = """
import resource, sys
from datetime import datetime, timedelta
from pathlib import Path
from govern.trust.home import Home
from govern.workflow.packs import exporting
from govern.workflow.place.workspace import Workspace
from govern_reports import render_pack
folder, kind, ref, now, out = Path(sys.argv[1]), *sys.argv[2:5], Path(sys.argv[5])
ws = Workspace.open(folder, home=Home.at(folder / "home"), clock=lambda: datetime.fromisoformat(now))
done = exporting.export(ws, ref, out, kind=kind, renderer=render_pack, passphrases=lambda _: "correct horse")
own, laid = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(done.pages, own, laid)
"""


def grown(story: Story) -> None:
    """Record and judge models until there are 200, each on evidence of its own, and datasets until there are 10,000 entries."""
    ws = story.ws
    state = ws.state()
    first = next(one for one in state.models.values() if one.name == "credit@2")
    held = next(one for one in state.evidence_of(first.digest))
    measured = from_json(Evidence, ws.objects.get(held.digest))
    for number in range(3, MODELS + 1):
        digest, name = digest_of(f"model {number}".encode()), f"credit@{number}"
        own = tuple(
            replace(one, parameters={**one.parameters, "seed": number}) if one.measure.startswith("permutation") else one
            for one in measured.measures
        )
        stored = ws.objects.put(object_bytes(replace(measured, measures=own)))
        subjects = about(name, digest)
        ws.write([Draft(subjects=subjects, fact=replace(first.fact, version=str(number)))], key="developer", passphrases=asks)
        fact = replace(held.fact, evidence=stored, collected=ws.now())
        ws.write([Draft(subjects=subjects, fact=fact)], key="pipeline", passphrases=asks)
        gating.gate(ws, name, to="production", data=None, passphrases=asks)
    drafts = [
        Draft(
            subjects=about(f"window-{number}@1", digest_of(f"window {number}".encode())),
            fact=DatasetFact(name=f"window-{number}", version="1", media_type="text/csv", size=number, rows=number),
        )
        for number in range(ENTRIES - ws.ledger.size)
    ]
    for begin in range(0, len(drafts), 1000):
        ws.write(drafts[begin:begin + 1000], key="developer", passphrases=asks)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_packs_of_two_hundred_models_and_ten_thousand_entries_stay_bounded_and_verify(story: Story, tmp_path: Path, repository: Path):
    grown(story)
    assert (story.ws.ledger.size, len(story.ws.state().models)) == (ENTRIES, MODELS)
    trust, folder, now = exporting.trust_root_file(story.ws), story.ws.folder.parent, story.ws.now().isoformat()
    story.ws.close()
    for kind, ref in (("system", "credit"), ("control", "nist-ai-rmf"), ("ledger", "")):
        out = tmp_path / f"{kind}.pdf"
        done = subprocess.run(
            [sys.executable, "-c", EXPORT, str(folder), kind, ref, now, str(out)], capture_output=True, text=True, timeout=1200,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(str(repository / part) for part in (".", "reports", "policies"))},
        )
        assert done.returncode == 0, done.stderr
        pages, *memory = map(int, done.stdout.split())
        print(kind, pages, memory)
        assert pages < 400
        unit = 1 if sys.platform == "darwin" else 1024
        assert max(memory) * unit < MEMORY, (kind, memory)
        found = verifying_packs.verify_pack(out, trust=trust, replay=kind == "system")
        assert found.outcome == "verified", found
