"""Runs commands as a user does: in this process for speed, or in one of their own where a signal or a stream matters."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from govern.cli import main

REPOSITORY = Path(__file__).resolve().parents[2]
PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What one command said, and how it ended."""

    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout."""
        read = json.loads(self.out)
        assert isinstance(read, dict)
        assert read["schema"]
        return read

    def ended(self, code: int) -> "Ran":
        """Assert the exit code, showing what was said where it is another."""
        assert self.code == code, f"govern {' '.join(self.words)} ended with {self.code}\n{self.out}\n{self.err}"
        return self


def govern(*words: str | Path) -> Ran:
    """Run one command in this process."""
    out, err = _Stream(), _Stream()
    texts = tuple(str(word) for word in words)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(texts)
    ran = Ran(words=texts, code=code, out=out.text(), err=err.text())
    assert "Traceback" not in ran.out + ran.err, ran.err
    return ran


class _Stream(io.TextIOWrapper):
    """A text stream with a buffer below it, as sys.stdout is."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, encoding="utf-8", write_through=True)

    def text(self) -> str:
        """All that was written."""
        self.flush()
        return self._bytes.getvalue().decode()


def process(
    *words: str | Path, folder: Path, environment: Mapping[str, str] | None = None, before: Sequence[str] = (), **more: Any
) -> subprocess.Popen[str]:
    """Start one command in a process of its own; `before` stands in front of it, such as `unshare`."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
    return subprocess.Popen(
        [*before, sys.executable, "-m", "govern", *map(str, words)], cwd=folder, encoding="utf-8", errors="replace", env=variables(environment), **streams
    )


def variables(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a process that finds the packages of this checkout."""
    path = os.pathsep.join(str(REPOSITORY / part) for part in ("", "tui", "reports", "policies"))
    return {**os.environ, "PYTHONPATH": path, **(more or {})}


def finished(started: "subprocess.Popen[str]", words: Sequence[str] = ()) -> Ran:
    """Wait for a process and say how it ended."""
    out, err = started.communicate(timeout=120)
    ran = Ran(words=tuple(words), code=started.returncode, out=out or "", err=err or "")
    assert "Traceback" not in ran.out + ran.err, ran.err
    return ran
