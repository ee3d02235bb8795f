"""The only writer of stdout and stderr: stdout is data, stderr is talk."""

import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TextIO

from govern.cli import text
from govern.domain.text import instant


def colours(stream: TextIO) -> bool:
    """Whether `stream` wants colours: a terminal, and nobody said NO_COLOR (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def plain(value: Any) -> Any:
    """Turn views and domain values into what JSON can hold. Moments become RFC 3339, paths and enums their text."""
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return instant(value) if isinstance(value, datetime) else str(value)


class Voice:
    """Writes for one command. A reader that went away (`| head`) ends the writing and never the command."""

    def __init__(self, *, as_json: bool = False) -> None:
        """Speak JSON or to a person."""
        self.as_json = as_json
        self.heard = True
        """Whether somebody still reads stdout."""
        self.documented = False
        """Whether the one JSON document was written."""

    @property
    def columns(self) -> int | None:
        """How wide the terminal is; None where stdout is no terminal, so that lines stay whole for other tools."""
        return shutil.get_terminal_size().columns if sys.stdout.isatty() else None

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines of data to stdout."""
        for line in lines:
            self._write(line + "\n")

    def line(self, line: str = "", colour: str = "") -> None:
        """Write one line of data to stdout."""
        self.lines([text.paint(line, colour, on=colours(sys.stdout)) if colour else line])

    def table(
        self, rows: Iterable[Sequence[object]], headers: Sequence[str] = (), *, right: Iterable[int] = (), indent: str = "",
    ) -> None:
        """Write an aligned table to stdout."""
        self.lines(
            text.table(rows, headers, colour=colours(sys.stdout), columns=self.columns, right=right, indent=indent)
        )

    def paragraph(self, sentence: str, *, indent: str = "") -> None:
        """Write a sentence to stdout, wrapped on a terminal."""
        self.lines(text.paragraph(sentence, columns=self.columns, indent=indent))

    def state(self, word: str) -> str:
        """Return a state's glyph and word, coloured where stdout wants colours."""
        cell = text.state(word)
        return text.paint(cell, cell.colour, on=colours(sys.stdout) and bool(cell.colour))

    def document(self, schema: str, body: object) -> None:
        """Write the one JSON document of a command to stdout; `body` is a mapping or a dataclass."""
        self.documented = True
        document = {"schema": schema, **{key: value for key, value in plain(body).items() if key != "schema"}}
        self._write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")

    def raw(self, data: bytes) -> None:
        """Write bytes to stdout as they are."""
        self.flush()
        if self.heard:
            try:
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
            except BrokenPipeError:
                self._unheard()

    def talk(self, sentence: str, colour: str = "") -> None:
        """Write a line to stderr."""
        shown = text.paint(sentence, colour, on=colours(sys.stderr)) if colour else sentence
        try:
            sys.stderr.write(shown + "\n")
            sys.stderr.flush()
        except OSError:
            return  # nobody reads the talk; the data and the exit code still count

    def hint(self, sentence: str) -> None:
        """Say what to do next: talk, so that data stays data."""
        if not self.as_json:
            self.talk(sentence, "dim")

    def flush(self) -> None:
        """Hand over what is buffered. Raises `OSError` once where it can't be, such as on a full disk."""
        if self.heard:
            try:
                sys.stdout.flush()
            except BrokenPipeError:
                self._unheard()
            except OSError:
                self._unheard()
                raise

    def _write(self, data: str) -> None:
        if not self.heard:
            return
        try:
            sys.stdout.write(data)
        except BrokenPipeError:
            self._unheard()

    def _unheard(self) -> None:
        self.heard = False
        # Python flushes stdout once more when it ends; that must find a place to go to, or it complains.
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
