"""Packs of ledgers that do not verify, and what a pack says of the pack before it and of the law."""

import base64
import hashlib
import json
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from store.kit_attacker import write_rows
from workflow.conftest import Story, asks

from govern.domain.statement import TreeHead
from govern.domain.text import digest_of
from govern.errors import (
    CorruptStoreError,
    Interrupted,
    NotFoundError,
    Refused,
    StorageError,
    UsageError,
    VerificationError,
)
from govern.trust.home import Home
from govern.workflow.gate import gating
from govern.workflow.interface import Progress, RenderedPack, silent
from govern.workflow.pack import PackData
from govern.workflow.packs import attached, exporting, packing
from govern.workflow.place.workspace import Workspace
from govern_reports import render_markdown


def as_markdown(pack: PackData, out: Path, progress: Progress = silent) -> RenderedPack:
    """Render the pack's pages without the layout, which takes seconds and adds no word."""
    del progress
    render_markdown(pack, out)
    return RenderedPack(path=out, digest=digest_of(out.read_bytes()), manifest=digest_of(b"none"), pages=0)


def exported(story: Story, out: Path, ref: str = "credit@2") -> tuple[RenderedPack, str]:
    pack = exporting.export(story.ws, ref, out, renderer=as_markdown, passphrases=asks)
    return pack, out.read_text("utf-8")


def damaged(story: Story, index: int, old: bytes, new: bytes) -> Story:
    """Change an entry where it lies, as whoever holds the file can."""
    story.ws.close()
    database = sqlite3.connect(story.ws.folder / "ledger.db")
    database.execute("DROP TRIGGER entry_no_update")
    (leaf,) = database.execute("SELECT leaf FROM entry WHERE idx = ?", (index,)).fetchone()
    assert old in leaf
    database.execute("UPDATE entry SET leaf = ? WHERE idx = ?", (leaf.replace(old, new, 1), index))
    database.commit()
    database.close()
    return replace(story, ws=Workspace.open(story.ws.folder, home=story.ws.home, clock=story.clock))


def index_of(story: Story, kind: str) -> int:
    return next(entry.index for entry in story.ws.ledger.entries() if entry.kind == kind)


def test_an_entry_that_can_not_be_read_gives_a_pack_of_what_is_left(story: Story, tmp_path: Path):
    index = index_of(story, "dataset")
    story = damaged(story, index, b'{"payload":"ey', b'{"payload":"AA')
    pack, text = exported(story, tmp_path / "pack.md")
    assert "LEDGER DOES NOT VERIFY" in text
    assert "credit@2" in text.partition("Not evidenced here")[2]
    assert f"could not be read whole: entry \\#{index}: no statement of ours" in text
    assert f"{index:>7}  CAN'T BE READ\n" in text
    assert str(story.ws.folder) not in text
    assert pack.recorded is None
    story.ws.close()


GARBAGE = "garbage on the page that holds entry 9"
DAMAGE = {
    # what was done: what the cover says of it
    "UPDATE entry SET leaf = 'text' WHERE idx = 9": "entry \\#9: a row of the ledger holds text where it should hold bytes",
    "DELETE FROM entry WHERE idx IN (9, 10)": "entries \\#9 to \\#10: missing",
    "UPDATE entry SET leaf = 'text' WHERE idx = 0": "the trust roots: none can be read, so no key has a holder",
    "DELETE FROM root": "",
    "DELETE FROM checkpoint": "the newest checkpoint: the ledger has no checkpoint; in its place stands the one of",
    "UPDATE checkpoint SET note = x'00' WHERE size = (SELECT max(size) FROM checkpoint)": "that was kept outside the ledger",
    GARBAGE: "the database is damaged",
}


def broken(story: Story, statement: str) -> Story:
    """Damage the ledger's database as a bad disk, or whoever holds the file, would."""
    path, leaf = story.ws.folder / "ledger.db", story.ws.ledger.leaf(9)
    story.ws.close()
    write_rows(path, *([(statement,)] if statement != GARBAGE else []))
    if statement == GARBAGE:
        data = bytearray(path.read_bytes())
        size = int.from_bytes(data[16:18], "big")
        page = data.index(leaf[:400]) // size * size
        data[page : page + size] = b"\x55" * size
        path.write_bytes(data)
    return replace(story, ws=Workspace.open(story.ws.folder, home=story.ws.home, clock=story.clock))


@pytest.mark.parametrize("statement", DAMAGE)
def test_rows_that_can_not_be_read_leave_a_pack_of_all_the_others(story: Story, tmp_path: Path, statement: str):
    size, holder = story.ws.ledger.size, story.ws.ledger.entry(12).holder
    pack, text = exported(broken(story, statement), tmp_path / "pack.md")
    cover, _, rest = text.partition("## 1 ")
    assert "LEDGER DOES NOT VERIFY" in cover
    assert DAMAGE[statement] in cover
    assert "None recorded" not in rest.replace("*Anchors.* None recorded", "")  # who could not read all can't say so
    shown = [int(index) for index in re.findall(r"^ {4} +(\d+)  20\d\d-", rest, re.MULTILINE)]
    runs = re.findall(r"^ {4} +(\d+)  CAN'T BE READ(?:, nor can those up to (\d+))?$", rest, re.MULTILINE)
    gaps = [index for first, last in runs for index in range(int(first), int(last or first) + 1)]
    assert sorted(shown + gaps) == list(range(size))
    assert bool(gaps) == statement.startswith(("UPDATE entry", "DELETE FROM entry", GARBAGE))
    assert (holder in rest) == ("trust roots" not in DAMAGE[statement])
    assert pack.recorded is None


def test_a_ledger_of_which_nothing_can_be_read_gives_no_pack(story: Story, tmp_path: Path):
    story.ws.close()
    (story.ws.folder / "ledger.db").write_bytes(b"\x55" * 8192 * 4)
    ws = Workspace.open(story.ws.folder, home=story.ws.home, clock=story.clock)
    with pytest.raises(CorruptStoreError) as raised:
        exported(replace(story, ws=ws), tmp_path / "pack.md")
    assert raised.value.hint
    assert not (tmp_path / "pack.md").exists()


def test_an_entry_with_another_signature_is_shown_whole_with_the_alarm(story: Story, tmp_path: Path):
    index = index_of(story, "dataset")
    story = damaged(story, index, b'"sig":"', b'"sig":"AAAA')
    _, text = exported(story, tmp_path / "pack.md")
    assert "LEDGER DOES NOT VERIFY" in text
    story.ws.close()


def test_a_trust_root_that_can_not_be_read_takes_no_entry_and_still_gives_a_pack(story: Story, tmp_path: Path):
    story = damaged(story, 1, b'{"payload":"ey', b'{"payload":"AA')
    pack, text = exported(story, tmp_path / "pack.md")
    assert "LEDGER DOES NOT VERIFY" in text
    assert pack.recorded is None
    story.ws.close()


def test_a_ledger_that_was_put_back_gives_a_pack_that_is_not_recorded(story: Story, tmp_path: Path):
    database = story.ws.folder / "ledger.db"
    story.ws.close()
    before = database.read_bytes()
    ws = Workspace.open(story.ws.folder, home=story.ws.home, clock=story.clock)
    exported(replace(story, ws=ws), tmp_path / "first.md")
    ws.close()
    for rest in story.ws.folder.glob("ledger.db-*"):
        rest.unlink()
    database.write_bytes(before)
    ws = Workspace.open(story.ws.folder, home=story.ws.home, clock=story.clock)
    pack, text = exported(replace(story, ws=ws), tmp_path / "second.md")
    assert "LEDGER DOES NOT VERIFY" in text
    assert pack.recorded is None
    assert ws.unguarded.checkpoint().size == len(list(ws.unguarded.entries()))
    ws.close()


def test_evidence_that_is_gone_is_named_as_not_evidenced(story: Story, tmp_path: Path):
    record = next(one for one in story.ws.state().decisions.values() if one.fact.outcome == "deny")
    story.ws.objects.path_of(record.fact.evidence[0]).unlink()
    _, text = exported(story, tmp_path / "pack.md")
    assert "could not be verified in full" in text
    assert re.search(r"Evidence.*: credit@1, entry .*#\d+: not at hand", text), [row for row in text.splitlines() if "not at hand" in row]
    assert "credit@2" in text.splitlines()[0]


def test_a_pack_that_can_not_be_recorded_does_not_leave_the_house(story: Story, tmp_path: Path):
    def and_then_the_ledger_is_gone(pack: PackData, out: Path, progress: Progress = silent) -> RenderedPack:
        rendered = as_markdown(pack, out, progress)
        (story.ws.folder / "ledger.db").rename(tmp_path / "taken.db")
        return rendered

    with pytest.raises(StorageError):
        exporting.export(story.ws, "credit@2", tmp_path / "pack.md", renderer=and_then_the_ledger_is_gone, passphrases=asks)
    assert (tmp_path / "taken.db").exists()
    assert not (tmp_path / "pack.md").exists()


def test_a_pack_that_was_handed_out_is_not_written_over(story: Story, tmp_path: Path):
    def over(pack: PackData, out: Path, progress: Progress = silent) -> RenderedPack:
        del pack, progress
        out.write_text("anew")
        return RenderedPack(path=out, digest=digest_of(b"anew"), manifest=digest_of(b"none"), pages=0)

    (tmp_path / "pack.md").write_text("handed out")
    with pytest.raises(UsageError, match="is there already"):
        exporting.export(story.ws, "credit@2", tmp_path / "pack.md", renderer=over, passphrases=asks)
    assert (tmp_path / "pack.md").read_text() == "handed out"


def test_a_model_that_is_not_there_stays_a_mistake_of_the_one_who_asks(story: Story, tmp_path: Path):
    with pytest.raises(NotFoundError):
        exported(story, tmp_path / "pack.md", "credit@9")
    assert not (tmp_path / "pack.md").exists()


def test_the_second_pack_proves_that_it_continues_the_first(story: Story, tmp_path: Path):
    assert "consistency.json" not in {one.name for one in packing.pack_data(story.ws, "credit@2").attachments}
    exported(story, tmp_path / "first.md")
    exported(story, tmp_path / "other.md", "credit@1")
    pack = packing.pack_data(story.ws, "credit@2")
    files = {one.name: one.data for one in pack.attachments}
    head = TreeHead(size=pack.size, root=pack.root)
    said = attached.check_previous(files, head)
    assert said.startswith(f"the {pack.previous_checkpoint.splitlines()[1]} entries")
    assert int(pack.previous_checkpoint.splitlines()[1]) == pack.size - 2
    proof = json.loads(files["consistency.json"])
    for spoiled in (
        {"consistency.json": json.dumps(proof | {"hashes": proof["hashes"][:-1]}).encode()}, {"consistency.json": b"{}"},
        {"checkpoint-previous.txt": files["checkpoint.txt"]}, {"checkpoint-previous.txt": b"\xff"},
    ):
        with pytest.raises(VerificationError, match="not proved"):
            attached.check_previous(files | spoiled, head)


def test_controls_stand_on_paper_with_title_law_and_what_is_left_to_people(story: Story, tmp_path: Path):
    out = tmp_path / "control.md"
    pack = packing.pack_data(story.ws, "us-mrm", kind="control")
    render_markdown(pack, out)
    text = out.read_text("utf-8")
    assert "SR 11-7 (2011) is superseded" in text
    assert "guidance, from 2026-04-17" in text
    assert "**ongoing-monitoring** Ongoing monitoring" in text
    assert "**not evidenced**" in text
    assert "no rule shows: the response" in text
    assert [one.name for one in pack.attachments if one.name.startswith("controls/")] == ["controls/us-mrm.yaml"]
    model = tmp_path / "model.md"
    render_markdown(packing.pack_data(story.ws, "credit@2"), model)
    words = model.read_text("utf-8")
    assert "29 CFR 1607.4D (four-fifths rule) is up for rescission" in words
    assert "**up for rescission**, from 1978-09-25" in words
    assert "4 of 5 controls of eeoc-ugesp" in words


def test_a_ledger_without_any_model_can_still_be_audited(tmp_path: Path):
    ws = Workspace.create(tmp_path / "new", passphrases=asks, home=Home.at(tmp_path / "home"), origin="govern/new")
    told = []
    pack = packing.pack_data(ws, "", kind="ledger", progress=lambda part, done, total: told.append(part))
    render_markdown(pack, tmp_path / "pack.md")
    assert "LEDGER AUDIT" in (tmp_path / "pack.md").read_text("utf-8")
    assert {"gather", "proofs", "verify"} <= set(told)
    with pytest.raises(UsageError, match="nothing happened"):
        packing.pack_data(ws, "nist-ai-rmf", kind="control")
    ws.close()


def test_stopping_while_the_pack_is_gathered_leaves_nothing(story: Story, tmp_path: Path):
    size = story.ws.ledger.size

    def stop(part: str, done: int, total: int | None) -> None:
        del done, total
        if part == "proofs":
            raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        exporting.export(story.ws, "credit@2", tmp_path / "pack.md", renderer=as_markdown, passphrases=asks, progress=stop)
    assert not (tmp_path / "pack.md").exists()
    assert story.ws.ledger.size == size


def test_the_commands_for_a_check_without_this_software_print_what_the_page_says(story: Story, tmp_path: Path):
    for tool in ("bash", "jq", "xxd", "openssl", "sha256sum"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (see .ci/run)")
    pack = packing.pack_data(story.ws, "credit@2")
    render_markdown(pack, tmp_path / "pack.md")
    page = (tmp_path / "pack.md").read_text("utf-8").partition("How to verify this document")[2].partition("Policy documents")[0]
    desk = tmp_path / "desk"
    desk.mkdir()
    for item in pack.attachments:
        if "/" not in item.name:
            (desk / item.name).write_bytes(item.data)
    (desk / "TRUST-ROOT.json").write_bytes(exporting.trust_root_file(story.ws))
    lines = [line[4:] for line in page.splitlines() if line.startswith("    ")]
    assert all(len(line) < 112 for line in lines), "what breaks on paper can't be typed as it stands"
    said = 0
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        command = line[2:].partition("            (")[0]
        if not line.startswith("$ ") or any(word in command for word in ("govern ", "python3", "pdfdetach", "manifest.json")):
            continue
        done = subprocess.run(["bash", "-c", command], cwd=desk, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        if below.startswith("  "):
            assert done.stdout.split()[0] == below.split()[0], command
            said += 1
    assert said == 4  # entries.jsonl, the root, the signature, the leaf
    root = bytes.fromhex(re.findall(r"gives ([0-9a-f]{64}), the root", page)[0])
    so_far = bytes.fromhex(next(below for line, below in pairwise(lines) if "printf '\\000'" in line).strip())
    for node, side in re.findall(r"with ([0-9a-f]{64}) on its (left|right)", page):
        pair = bytes.fromhex(node) + so_far if side == "left" else so_far + bytes.fromhex(node)
        so_far = hashlib.sha256(b"\x01" + pair).digest()
    assert so_far == root == bytes.fromhex(pack.root.removeprefix("sha256:"))


def test_everything_that_a_verifier_wants_is_attached_under_its_name(story: Story, tmp_path: Path):
    exported(story, tmp_path / "first.md")
    names = [one.name for one in packing.pack_data(story.ws, "credit@2").attachments]
    assert len(names) == len(set(names))
    assert {name.partition("/")[0] for name in names} == {
        "VERIFY.txt", "bindings", "checkpoint-previous.txt", "checkpoint.txt", "consistency.json", "controls", "decisions",
        "entries.jsonl", "evidence", "policies", "proofs.jsonl", "schema.json", "trust-root.json", "verify_pack.py",
    }


def test_what_another_version_was_told_at_another_gate_is_attached_too(story: Story):
    gating.gate(story.ws, "credit@1", to="staging", data=None, passphrases=asks)
    files = {one.name: one.data for one in packing.pack_data(story.ws, "credit@2").attachments}
    proof = attached.proved_entries(files, trust=exporting.trust_root_file(story.ws))
    assert "promote:staging" in {entry.fact.gate for entry in proof.entries if entry.kind == "decision"}
    attached.require_decisions(proof, attached.AttachedObjects(files))


def test_the_attached_schemas_name_every_field_of_what_is_attached(story: Story):
    files = {one.name: one.data for one in packing.pack_data(story.ws, "credit@2").attachments}
    schemas = json.loads(files["schema.json"])

    def held(value: dict, schema: dict) -> None:
        assert schema["required"]
        assert set(schema["required"]) <= set(value) <= set(schema["properties"])

    kinds = set()
    for line in files["entries.jsonl"].splitlines():
        statement = json.loads(base64.b64decode(json.loads(line)["payload"]))
        kinds.add(statement["predicateType"].split(":")[2].removesuffix("/v1"))
        held(statement["predicate"], schemas[statement["predicateType"].split(":")[2].removesuffix("/v1")])
    assert kinds >= {"model", "decision", "evidence", "trust-root"}
    for folder, kind in (("evidence/", "object/evidence"), ("decisions/", "object/decision")):
        documents = [json.loads(data) for name, data in files.items() if name.startswith(folder)]
        assert documents
        for document in documents:
            held(document, schemas[kind])


def test_whoever_may_not_record_an_export_is_told_before_the_pack_is_made(story: Story, tmp_path: Path):
    def never(pack: PackData, out: Path, progress: Progress = silent) -> RenderedPack:
        raise AssertionError

    with pytest.raises(Refused, match="no role auditor"):
        exporting.export(story.ws, "credit@2", tmp_path / "pack.md", renderer=never, key="reviewer", passphrases=asks)


def test_the_proofs_of_a_pack_are_those_of_the_ledger_and_are_read_in_one_go(story: Story, monkeypatch: pytest.MonkeyPatch):
    ledger, size, asked = story.ws.ledger, story.ws.ledger.size, []
    wanted = [ledger.inclusion(index, size) for index in range(size)]
    own = type(ledger).nodes
    monkeypatch.setattr(type(ledger), "nodes", lambda self, ids: asked.append(len(ids)) or own(self, ids))
    pack = packing.pack_data(story.ws, "credit@2")
    lines = next(item.data for item in pack.attachments if item.name == "proofs.jsonl").splitlines()
    assert [tuple(map(base64.b64decode, json.loads(line)["hashes"])) for line in lines] == wanted
    assert len(asked) < size


GATHER = """
import sys
from datetime import datetime
from pathlib import Path
from govern.domain.text import digest_of
from govern.trust.home import Home
from govern.workflow.packs import packing
from govern.workflow.place.workspace import Workspace
from govern_reports.render import prepare
folder = Path(sys.argv[1])
ws = Workspace.open(folder, home=Home.at(folder / "home"), clock=lambda: datetime.fromisoformat(sys.argv[2]))
for kind, ref in (("model", "credit@2"), ("system", "credit"), ("control", "nist-ai-rmf"), ("ledger", "")):
    made = prepare(packing.pack_data(ws, ref, kind=kind))
    print(kind, made.manifest, digest_of(b"".join(made.sheets)))
"""


def test_the_same_ledger_and_moment_give_the_same_pack_wherever_it_lies_and_whoever_asks(story: Story, tmp_path: Path, repository: Path):
    now, folder = story.ws.now().isoformat(), story.ws.folder.parent
    story.ws.close()
    other = Path(shutil.copytree(folder, tmp_path / "else where" / "copy"))
    said = []
    for place, more in ((folder, {"PYTHONHASHSEED": "1", "TZ": "UTC"}), (other, {"PYTHONHASHSEED": "9", "TZ": "Pacific/Chatham", "LC_ALL": "C", "HOME": "/nowhere"})):
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(str(repository / part) for part in (".", "reports", "policies"))} | more
        done = subprocess.run(
            [sys.executable, "-c", GATHER, str(place), now], capture_output=True, text=True, timeout=300, env=environment, cwd=tmp_path if place is other else "/",
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert said[0] == said[1]
    assert len(said[0].splitlines()) == 4
