"""Laying out in a process of its own: the job folder, the child's progress, its errors, and stopping it."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from govern.domain.text import Digest, instant
from govern.errors import GovernError, MissingExtraError, StorageError
from govern.workflow.interface import Progress
from govern.workflow.pack import Attachment
from govern_reports import fonts
from govern_reports.worker import PANGO_MISSING

PANGO_HINT: Final = (
    "On Debian or Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0. "
    "Until then `--format html` or `--format md` writes the same content without a PDF."
)
KEPT_VARIABLES: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "SYSTEMROOT")
"""All that a layout process gets of its parent's environment: no locale, no proxy, no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a layout process may use before it is stopped."""

    seconds: int
    """Of processor time."""
    memory: int
    """Bytes of address space."""


DISK_FULL: Final = ("No space left", "Disk quota", "File too large")
"""What systems say where a disk, a quota or the shell's limit on files is used up."""
OWN: Final = Limits(seconds=7200, memory=8 << 30)
"""For packs made here: enough for 10,000 pages, and still an end."""
FOREIGN: Final = Limits(seconds=600, memory=3 << 30)
"""For the HTML of a pack that somebody handed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is laid out."""

    html: bytes
    sheets: Sequence[bytes]
    attachments: Sequence[Attachment]
    """In ASCII order of their names."""
    manifest: Digest
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """A finished file in a folder that goes away with the context."""

    path: Path
    pages: int
    complaints: tuple[str, ...]


@contextmanager
def laid_out(job: Job, progress: Progress, *, limits: Limits = OWN) -> Iterator[LaidOut]:
    """Lay `job` out in a child process and give out the PDF; its folder is removed at the end.

    Raises `MissingExtraError` without Pango, `StorageError` on a full disk, `GovernError` where layout fails; whatever
    `progress` raises stops the child.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix="govern-pack-"))
    except OSError as error:
        raise _full(error) from error
    try:
        try:
            _write(folder, job)
        except OSError as error:
            raise _full(error) from error
        _run(folder, job.as_of, progress, limits)
        result = json.loads((folder / "result.json").read_text("utf-8"))
        yield LaidOut(path=folder / "pack.pdf", pages=result["pages"], complaints=tuple(result["complaints"]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(folder: Path, job: Job) -> None:
    """Fill the job folder."""
    (folder / "report.html").write_bytes(job.html)
    names = []
    for number, sheet in enumerate(job.sheets):
        (folder / f"sheet-{number}.css").write_bytes(sheet)
        names.append(f"sheet-{number}.css")
    for number, attachment in enumerate(job.attachments):
        (folder / f"attachment-{number}").write_bytes(attachment.data)
    description = {
        "as_of": instant(job.as_of),
        "identifier": job.manifest.removeprefix("sha256:")[:32],
        "stylesheets": names,
        "attachments": [
            {
                "name": item.name, "media_type": item.media_type, "description": item.description,
                "relationship": item.relationship,
            }
            for item in job.attachments
        ],
    }
    (folder / "job.json").write_text(json.dumps(description), encoding="utf-8")


def _environment(folder: Path, as_of: datetime) -> dict[str, str]:
    """Return the child's environment: the same everywhere, so that the same pack gives the same bytes."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return kept | {
        "PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
        # fontTools, where it has to stand in for HarfBuzz's subsetter, writes the time into every font otherwise.
        "SOURCE_DATE_EPOCH": str(int(as_of.timestamp())),
        "LC_ALL": "C.UTF-8",
        "HOME": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "TMPDIR": str(folder),
        "FONTCONFIG_FILE": str(fonts.write_configuration(folder)),
    }


def _run(folder: Path, as_of: datetime, progress: Progress, limits: Limits) -> None:
    """Run the child to its end, passing its progress on."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as told, (folder / "talk").open("wb") as talk:
        try:
            child = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [sys.executable, "-B", "-m", "govern_reports.worker", str(folder), str(writing)],
                stdout=talk, stderr=talk, stdin=subprocess.PIPE, cwd=folder, env=_environment(folder, as_of),
                start_new_session=True, pass_fds=(writing,),
            )
        finally:
            os.close(writing)
        try:
            _limit(child.pid, limits)
            for line in told:
                part, done, total = json.loads(line)
                progress(part, done, total)
            code = child.wait()
        except BaseException:
            child.kill()
            child.wait()
            raise
        finally:
            if child.stdin is not None:
                child.stdin.close()  # not before the child has ended: it ends with this
    if code:
        raise _failure(code, (folder / "talk").read_text("utf-8", "replace"))


def _limit(process: int, limits: Limits) -> None:
    """Put the limits on the child, where the system can put them on another process."""
    setter = getattr(resource, "prlimit", None)
    if setter is None:
        return
    try:
        setter(process, resource.RLIMIT_CPU, (limits.seconds, limits.seconds))
        setter(process, resource.RLIMIT_AS, (limits.memory, limits.memory))
    except (ProcessLookupError, PermissionError, ValueError):
        return  # it has ended already, or the parent has tighter limits than these


def _failure(code: int, talk: str) -> GovernError:
    """Say what a layout process that ended badly died of."""
    lines = talk.strip().splitlines()
    if code == PANGO_MISSING:
        return MissingExtraError("The PDF can't be made: WeasyPrint does not find the Pango libraries.", PANGO_HINT)
    if any(words in talk for words in DISK_FULL):
        return StorageError("The disk is full: no pack was written.", "Make room, then export again.")
    if "MemoryError" in talk or code < 0:
        return GovernError(
            f"The pack's layout was stopped by the system ({'out of memory' if 'Memory' in talk else f'signal {-code}'}).",
            "Export a narrower pack (one model, or a shorter period): the attachments hold everything anyway.",
        )
    return GovernError(
        f"The pack's layout failed: {lines[-1] if lines else f'exit code {code}'}",
        "If you use your own templates, try without them; else this is a defect, and the message above is what to report.",
    )


def _full(error: OSError) -> StorageError:
    """Say that the temporary folder can't take the job."""
    return StorageError(
        f"The pack could not be prepared in {tempfile.gettempdir()}: {error.strerror}.",
        "Make room there, or set TMPDIR to a folder that has some.",
    )
