"""What `govern doctor` looks at: each check is a small function that gives a finding and never raises."""

import ctypes.util
import importlib.util
import os
import platform
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from govern.domain.text import counted
from govern.errors import GovernError

if TYPE_CHECKING:
    from govern.trust.home import Home

SQLITE_FIXED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))
"""The releases in which SQLite mended its WAL-reset defect, one a branch (https://sqlite.org/wal.html)."""
SMALL_DISK = 500_000_000
"""Bytes; below this a long measurement that spills, or a large pack, may not fit."""
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    what: str
    standing: Literal["ok", "warn", "bad"]
    detail: str
    advice: str = ""


def check(home: "Home", workspace: Path | None) -> Iterator[Finding]:
    """Run every check."""
    checks: tuple[Callable[[], Finding], ...] = (python, pango, fonts, sqlite, detector_package)
    for one in checks:
        yield _caught(one)
    yield _caught(lambda: keys(home))
    yield _caught(passphrase_file)
    yield from _workspace(workspace)


def _caught(one: Callable[[], Finding]) -> Finding:
    try:
        return one()
    except (OSError, GovernError, ValueError) as error:
        return Finding(what="check", standing="bad", detail=str(error).splitlines()[0])


def python() -> Finding:
    """The interpreter: alibi-detect caps it at 3.12."""
    version = sys.version_info[:3]
    text = f"{platform.python_version()} on {platform.system()}"
    if (3, 11) <= version[:2] < (3, 13):
        return Finding(what="Python", standing="ok", detail=text)
    return Finding(what="Python", standing="warn", detail=text, advice="govern is tested on Python 3.11 and 3.12.")


def pango() -> Finding:
    """The library that WeasyPrint sets text with."""
    found = [name for name in ("pango-1.0", "pangoft2-1.0", "harfbuzz") if ctypes.util.find_library(name)]
    if len(found) == 3:  # noqa: PLR2004 - all of the three named above
        return Finding(what="Pango", standing="ok", detail="found: evidence packs can be made")
    return Finding(
        what="Pango", standing="bad", detail="not found: `govern export` can't make a pack",
        advice="Debian and Ubuntu: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    )


def fonts() -> Finding:
    """The fonts that packs embed; the reports room brings its own."""
    spec = importlib.util.find_spec("govern_reports")
    if spec is None or not spec.submodule_search_locations:
        return Finding(what="Fonts", standing="bad", detail="the reports room is not installed", advice="Reinstall govern.")
    folder = Path(next(iter(spec.submodule_search_locations)))
    shipped = [path for pattern in ("*.ttf", "*.otf") for path in folder.rglob(pattern)]
    if shipped:
        return Finding(what="Fonts", standing="ok", detail=f"{counted(len(shipped), 'font')} of its own")
    system = [place for place in ("/usr/share/fonts", "/usr/local/share/fonts") if any(Path(place).rglob("*.[ot]tf"))]
    if system:
        return Finding(what="Fonts", standing="ok", detail="the system's")
    return Finding(
        what="Fonts", standing="bad", detail="none found: packs would show empty boxes",
        advice="Debian and Ubuntu: sudo apt-get install fonts-dejavu-core",
    )


def sqlite() -> Finding:
    """The linked SQLite, and whether it has the WAL-reset defect."""
    version = sqlite3.sqlite_version_info
    mended = version >= SQLITE_FIXED[-1] or any(version[:2] == fixed[:2] and version >= fixed for fixed in SQLITE_FIXED)
    if mended:
        return Finding(what="SQLite", standing="ok", detail=sqlite3.sqlite_version)
    return Finding(
        what="SQLite", standing="warn",
        detail=f"{sqlite3.sqlite_version} has the WAL-reset defect (mended in 3.44.6, 3.50.7, 3.51.3)",
        advice="It needs two processes that write and checkpoint at one moment, and `govern verify` would show the damage. "
        "Teams use PostgreSQL, or a Python with a newer SQLite.",
    )


def detector_package() -> Finding:
    """The licence of alibi-detect, which is installed beside govern."""
    try:
        version = metadata.version("alibi-detect")
    except metadata.PackageNotFoundError:
        return Finding(what="Drift detector", standing="ok", detail="scipy (alibi-detect is not installed)")
    return Finding(
        what="alibi-detect", standing="ok",
        detail=f"{version}, Business Source License 1.1: most production use needs its owner's licence; "
        'it is imported only where a workspace sets detector = "alibi-detect"',
    )


def keys(home: "Home") -> Finding:
    """The keys on this machine, and who else can read them."""
    from govern.trust.keyring import Keyring

    names = Keyring(home.keys).names()
    if not names:
        return Finding(
            what="Keys", standing="ok", detail=f"none yet in {home.keys}",
            advice="`govern init` makes the first, `govern key new NAME` your own.",
        )
    open_files = [path.name for path in home.keys.iterdir() if path.suffix != ".json" and path.stat().st_mode & OTHERS]
    if open_files:
        return Finding(
            what="Keys", standing="bad", detail=f"others can read {', '.join(sorted(open_files))} in {home.keys}",
            advice=f"chmod 600 {home.keys}/*.pem {home.keys}/*.passphrase",
        )
    return Finding(what="Keys", standing="ok", detail=f"{', '.join(names)} in {home.keys}")


def passphrase_file() -> Finding:
    """The file with passphrases, if one is named."""
    named = os.environ.get("GOVERN_PASSPHRASE_FILE")
    if not named:
        return Finding(what="Passphrases", standing="ok", detail="asked for at the prompt, or --passphrase-fd")
    if not Path(named).is_file():
        return Finding(what="Passphrases", standing="bad", detail=f"GOVERN_PASSPHRASE_FILE names {named}, which is no file")
    if Path(named).stat().st_mode & OTHERS:
        return Finding(
            what="Passphrases", standing="warn", detail=f"others can read {named}", advice=f"chmod 600 {named}"
        )
    return Finding(what="Passphrases", standing="ok", detail=f"from {named}")


def _workspace(folder: Path | None) -> Iterator[Finding]:
    from govern.errors import UsageError
    from govern.workflow.place.workspace import Workspace

    try:
        workspace = Workspace.open(folder)
    except UsageError as error:
        yield Finding(what="Workspace", standing="ok" if folder is None else "bad", detail=error.message, advice=error.hint)
        return
    except GovernError as error:
        yield Finding(what="Workspace", standing="bad", detail=error.message, advice=error.hint)
        return
    with workspace:
        yield _caught(lambda: _ledger(workspace.folder, lambda: workspace.ledger.size))
        yield Finding(
            what="Drift detector", standing="ok", detail=f"{workspace.config.detector}, as {workspace.folder}/config.toml says",
            advice="alibi-detect may need its owner's licence for production; “scipy” gives the same univariate tests freely."
            if workspace.config.detector == "alibi-detect" else "",
        )
        yield _caught(lambda: _disk(workspace.folder))


def _ledger(folder: Path, size: Callable[[], int]) -> Finding:
    entries = size()
    if not os.access(folder, os.W_OK):
        return Finding(
            what="Workspace", standing="warn", detail=f"{folder}: {counted(entries, 'entry', 'entries')}, can only be read",
            advice="Reading and verifying work; recording needs a folder that you may write to.",
        )
    return Finding(what="Workspace", standing="ok", detail=f"{folder}: {counted(entries, 'entry', 'entries')}")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    text = f"{free / 1e9:.1f} GB free at {folder}"
    if free < SMALL_DISK:
        return Finding(what="Disk", standing="warn", detail=text, advice="Make room before long measurements or exports.")
    return Finding(what="Disk", standing="ok", detail=text)


def model_file(path: Path) -> Finding:
    """The types that a skops file would need, without loading it."""
    from govern.measure import check_model_file

    try:
        shape = check_model_file(path, ())
    except GovernError as error:
        return Finding(what=path.name, standing="bad", detail=error.message, advice=error.hint)
    if shape.unknown_types:
        names = ", ".join(f'"{name}"' for name in shape.unknown_types)
        return Finding(
            what=path.name, standing="warn", detail=f"needs types that are not allowed everywhere: {names}",
            advice=f"After looking at what they are: [models] allowed_types = [{names}] in config.toml.",
        )
    return Finding(what=path.name, standing="ok", detail=f"{shape.media_type}, needs no type that must be allowed")
