"""Several windows in one call: each measured, judged and recorded as one is, in order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from govern.errors import DataError, UsageError
from govern.measure.windows import checked_every, windows_of
from govern.workflow.gate.gating import Data
from govern.workflow.interface import Passphrases, Progress, silent
from govern.workflow.monitor.monitoring import Monitored, monitor
from govern.workflow.place.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Windowed:
    """One window's name and its rows."""

    window: str
    data: Data
    period: str = ""


def windows(data: Data, files: Sequence[Path], *, column: str | None = None, every: str = "") -> tuple[Windowed, ...]:
    """Part what the caller gave into windows: a file each, or the values of a column of one file.

    Raises `UsageError`, `DataError`.
    """
    length = checked_every(every)
    if column is None:
        if every:
            raise UsageError("--every needs the column with the time", "Name it with --window-column.")
        if len(set(files)) != len(files):
            raise UsageError("a file is named twice as a window", "Name each window once.")
        return tuple(Windowed(window=one.name, data=replace(data, data=one, data_name=one.name)) for one in files)
    if len(files) != 1:
        raise UsageError("--window-column parts one file, and several are named", "Name one file, or leave the option out.")
    if data.engine is not None:
        raise UsageError("a file on another engine can't be parted here", "Part it there, and name the files.")
    return tuple(
        Windowed(
            window=one.name, period=one.name,
            data=replace(data, data=one.data, data_name=f"{files[0].name} ({column} {one.name})", window=column),
        )
        for one in windows_of(files[0], column, length)
    )


def monitor_each(
    ws: Workspace, ref: str, parts: Sequence[Windowed], *, environment: str | None = None, period: str = "", key: str | None = None,
    passphrases: Passphrases, progress: Progress = silent,
) -> Iterator[tuple[str, Monitored]]:
    """Monitor each window as `monitor` does one, in order: what was recorded stays if a later window can't be measured."""
    for before, one in enumerate(parts):
        try:
            seen = monitor(
                ws, ref, data=one.data, environment=environment, period=period or one.period, key=key, passphrases=passphrases,
                progress=progress,
            )
        except (DataError, UsageError) as error:
            if len(parts) == 1:
                raise
            raise type(error)(f"window {one.window}: {error.message}", f"{error.hint} {before} of {len(parts)} windows are recorded.") from error
        yield one.window, seen
