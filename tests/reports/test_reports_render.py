"""Rendering: whole or not at all, the same everywhere, stoppable, and clear about what is missing."""

import contextlib
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from reports.pack_builder import build

from govern.errors import GovernError, Interrupted, MissingExtraError, StorageError, UsageError
from govern.workflow.pack import Attachment
from govern_reports import layout, render_pack
from govern_reports.render import prepare, write_whole

SAME = """
import sys
from pathlib import Path
from reports.pack_builder import build
from govern_reports import render_pack
print(render_pack(build(), Path(sys.argv[1])).digest)
"""


def test_another_process_with_other_seed_zone_and_locale_gives_the_same_bytes(rendered, tmp_path, repository):
    environment = {
        "PATH": os.environ["PATH"], "PYTHONHASHSEED": "4711", "TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "LANG": "de_DE",
        "PYTHONPATH": os.pathsep.join(str(repository / part) for part in (".", "reports", "tests")), "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", SAME, str(tmp_path / "again.pdf")], env=environment, capture_output=True, text=True, timeout=200,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == rendered.digest
    assert (tmp_path / "again.pdf").read_bytes() == rendered.path.read_bytes()


def test_a_taken_name_and_a_missing_folder_are_refused_before_any_work(tmp_path):
    taken = tmp_path / "pack.pdf"
    taken.write_bytes(b"mine")
    with pytest.raises(UsageError, match="there already"):
        render_pack(build(), taken)
    assert taken.read_bytes() == b"mine"
    with pytest.raises(UsageError, match="no folder"):
        render_pack(build(), tmp_path / "none" / "pack.pdf")


def test_stopping_leaves_nothing_and_ends_the_child(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "jobs"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "jobs").mkdir()
    seen = []

    def stop(part, done, total):
        seen.append(part)
        if part == "layout":
            raise Interrupted("stopped")

    with pytest.raises(Interrupted):
        render_pack(build(), tmp_path / "pack.pdf", stop)
    assert "layout" in seen
    assert list((tmp_path / "jobs").iterdir()) == []
    assert not (tmp_path / "pack.pdf").exists()


FULL = """
import resource, sys, tempfile
from pathlib import Path
from reports.pack_builder import build
from govern.errors import StorageError
from govern_reports import render_pack
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
try:
    render_pack(build(), Path(sys.argv[2]))
except StorageError as error:
    print(error.message)
"""


@pytest.mark.parametrize("room", [20_000, 150_000])
def test_a_full_disk_is_a_storage_error_and_leaves_nothing(room, tmp_path, repository):
    """First there is no room for the job, then for the draft."""
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(room), str(tmp_path / "pack.pdf")], capture_output=True, text=True, timeout=200,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(jobs),
             "PYTHONPATH": os.pathsep.join(str(repository / part) for part in (".", "reports", "tests"))},
    )
    assert done.returncode == 0, done.stderr
    assert "could not be prepared" in done.stdout or "The disk is full" in done.stdout
    assert (list(jobs.iterdir()), list(tmp_path.iterdir())) == ([], [jobs])


def test_no_room_beside_the_target_leaves_nothing(tmp_path, repository):
    code = (
        "import resource, sys; from pathlib import Path; from govern.errors import StorageError; from govern_reports.render import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: write_whole(Path(sys.argv[1]), b'x' * 100_000)\nexcept StorageError as error: print(error.message)"
    )
    path = os.pathsep.join(str(repository / part) for part in (".", "reports"))
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "pack.pdf")], capture_output=True, text=True, timeout=60,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
    )
    assert "could not be written: File too large" in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []


LONG = """
import sys
from pathlib import Path
from reports.pack_builder import many
from govern_reports import render_pack
render_pack(many(12), Path(sys.argv[1]), lambda part, done, total: print(part, flush=True))
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for the child in /proc")
def test_the_layout_does_not_outlive_a_parent_that_was_killed(tmp_path, repository):
    jobs = tmp_path / "jobs"
    jobs.mkdir()
    parent = subprocess.Popen(
        [sys.executable, "-c", LONG, str(tmp_path / "pack.pdf")], stdout=subprocess.PIPE, text=True,
        env={"PATH": os.environ["PATH"], "TMPDIR": str(jobs),
             "PYTHONPATH": os.pathsep.join(str(repository / part) for part in (".", "reports", "tests"))},
    )
    assert parent.stdout is not None
    assert any(line.strip() == "layout" for line in parent.stdout)
    assert len(layouts_in(jobs)) == 1
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while (layouts_in(jobs) or list(jobs.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert (layouts_in(jobs), list(jobs.iterdir())) == ([], [])


def layouts_in(jobs):
    """The layout processes whose job lies in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if b"govern_reports.worker" in (words := process.read_bytes()) and str(jobs).encode() in words:
                found.append(process.parent.name)
    return found


def test_a_folder_that_can_not_be_written_is_a_storage_error(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(StorageError):
        write_whole(tmp_path / "pack.pdf", b"x")


def test_without_pango_the_message_names_the_packages():
    error = layout._failure(layout.PANGO_MISSING, "")
    assert isinstance(error, MissingExtraError)
    for package in ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"):
        assert package in error.hint


def test_the_child_says_so_itself_when_pango_can_not_be_loaded(tmp_path):
    """Run the real child with a ctypes/cffi loader that finds no Pango."""
    (tmp_path / "job.json").write_text("{}")
    (tmp_path / "cffi").mkdir()
    block = "import sys\nclass Refuse:\n    def find_spec(self, name, path=None, target=None):\n        if name == 'weasyprint':\n            raise OSError('cannot load library libpango-1.0-0')\nsys.meta_path.insert(0, Refuse())\nimport runpy\nsys.argv = sys.argv[1:]\nrunpy.run_module('govern_reports.worker', run_name='__main__')\n"
    reading, writing = os.pipe()  # the child ends with its stdin
    done = subprocess.run(
        [sys.executable, "-c", block, "worker", str(tmp_path), "1"], capture_output=True, text=True, timeout=60, stdin=reading,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)},
    )
    os.close(reading)
    os.close(writing)
    assert done.returncode == layout.PANGO_MISSING, done.stderr


def test_layout_that_takes_too_long_is_stopped_with_a_hint():
    pack = build()
    prepared = prepare(pack)
    job = layout.Job(html=prepared.html, sheets=prepared.sheets, attachments=(), manifest=prepared.manifest, as_of=pack.as_of)
    short = layout.Limits(seconds=1, memory=8 << 30)
    with pytest.raises(GovernError, match="stopped by the system") as caught, layout.laid_out(job, lambda *_: None, limits=short):
        pytest.fail("it was not stopped")
    assert "narrower pack" in caught.value.hint


@pytest.mark.parametrize("name", ["../up.json", "/etc/passwd", "a b.json", "report.html", "manifest.json", "ü.json", "a/../b", "x" * 200])
def test_an_unfit_attachment_name_is_refused(name):
    pack = build()
    odd = Attachment(name=name, media_type="text/plain", data=b"odd", description="")
    with pytest.raises(UsageError):
        prepare(replace(pack, attachments=(*pack.attachments, odd)))


def test_two_attachments_of_one_content_are_refused():
    pack = build()
    twin = replace(pack.attachments[0], name="twin.jsonl")
    with pytest.raises(UsageError, match="same content"):
        prepare(replace(pack, attachments=(*pack.attachments, twin)))


@pytest.mark.slow
def test_layout_has_no_complaints():
    pack = build()
    prepared = prepare(pack)
    job = layout.Job(html=prepared.html, sheets=prepared.sheets, attachments=prepared.attachments, manifest=prepared.manifest, as_of=pack.as_of)
    with layout.laid_out(job, lambda *_: None) as done:
        said = [complaint for complaint in done.complaints if "HarfBuzz-Subset" not in complaint]
    assert said == []
