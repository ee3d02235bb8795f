"""The one place that turns an exception into sentences on stderr and an exit code; no traceback reaches a user."""

import errno
import os
import platform
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path

from govern.cli.speak import Voice
from govern.cli.text import clean
from govern.errors import ExitCode, GovernError, UnverifiableError, VerificationError, exit_code
from govern.version import VERSION

ERROR_SCHEMA = "govern/error/v1"

_DISK = {
    errno.ENOSPC: "Make room on that disk and run it again; what had been acknowledged is safe.",
    errno.EDQUOT: "Your quota on that disk is used up: make room and run it again.",
    errno.EROFS: "That disk can only be read: work in a folder that you may write to.",
    errno.EACCES: "Check the permissions of that file or folder.",
    errno.EPERM: "Check the permissions of that file or folder.",
    errno.EIO: "The disk reports a fault: check it, then `govern verify --full`.",
    errno.ENOENT: "Check the name, and the current folder.",
    errno.EMFILE: "Too many files are open: raise the limit with `ulimit -n`.",
}
"""What to do about the faults of a disk, where no room has turned them into an error of its own."""


def answer(error: BaseException, voice: Voice) -> ExitCode:
    """Say what happened and what to do about it; return the exit code."""
    with suppress(OSError):  # it may be that very error which is being answered
        voice.flush()
    if isinstance(error, KeyboardInterrupt):
        return _say(voice, error, "stopped", "What had been acknowledged stays; nothing else was written.")
    if isinstance(error, GovernError):
        return _say(voice, error, error.message, error.hint)
    if isinstance(error, OSError) and error.errno in _DISK:
        where = f" ({error.filename})" if error.filename else ""
        return _say(voice, error, f"{error.strerror}{where}", _DISK[error.errno])
    if isinstance(error, MemoryError):
        return _say(voice, error, "there was not enough memory", "Measure a sample, or use a machine with more.")
    try:
        place = _kept(error)
        hint = f"This is a fault in govern. What is known of it is in {place}; nothing was half written."
    except OSError:
        hint = "This is a fault in govern; no log file could be written. Nothing was half written."
    return _say(voice, error, f"unexpected {type(error).__name__}: {_first_line(error)}", hint)


def _say(voice: Voice, error: BaseException, message: str, hint: str) -> ExitCode:
    code = exit_code(error)
    voice.talk(f"govern: {clean(message)}", "red")
    for line in hint.splitlines():
        voice.talk(f"  {clean(line)}")
    if voice.as_json and not voice.documented:
        body: dict[str, object] = {
            "error": type(error).__name__, "message": message, "hint": hint, "exit_code": int(code)
        }
        if isinstance(error, VerificationError):
            body |= {"step": error.step, "index": error.index, "kind": error.kind, "touches": error.touches}
        elif isinstance(error, UnverifiableError):
            body |= {"kind": "unchecked"}
        with suppress(OSError):  # a stdout that takes nothing is what may have failed; stderr has said it
            voice.document(ERROR_SCHEMA, body)
    with suppress(OSError):
        voice.flush()
    return code


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["no more is known"])[0][:200]


def home() -> Path:
    """Return where a user's govern files lie: GOVERN_HOME, else the platform's folder for logs."""
    named = os.environ.get("GOVERN_HOME")
    if named:
        return Path(named)
    from platformdirs import user_log_path

    return user_log_path("govern")


def _kept(error: BaseException) -> Path:
    """Write the traceback to a log file; without local variables, which may hold data or passphrases."""
    folder = home() / "logs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The file's own time says when it was; mkstemp makes it readable to nobody else.
    descriptor, name = tempfile.mkstemp(prefix="fault-", suffix=".log", dir=folder)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as log:
        log.write(f"govern {VERSION}, Python {platform.python_version()}, {platform.platform()}\n")
        log.writelines(traceback.TracebackException.from_exception(error, capture_locals=False).format())
    return Path(name)
