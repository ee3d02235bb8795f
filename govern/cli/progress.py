"""Progress for people: bars on stderr, only where stderr is a terminal."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID


def ignore(part: str, done: int, total: int | None) -> None:
    """Show nothing."""
    del part, done, total


class Hidden:
    """Progress where nobody looks."""

    def __call__(self, part: str, done: int, total: int | None) -> None:
        """Show nothing."""
        del part, done, total

    @contextmanager
    def paused(self) -> Iterator[None]:
        """There is nothing to pause."""
        yield


class Shown(Hidden):
    """One bar a part, made when the part is first heard of."""

    def __init__(self, bars: "Bars") -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._running = ""

    def __call__(self, part: str, done: int, total: int | None) -> None:
        """Move the bar of `part`."""
        if part not in self._tasks:
            self._tasks[part] = self._bars.add_task(part, total=total)
        if self._running and self._running != part:
            self._finish(self._running)
        self._running = part
        self._bars.update(self._tasks[part], completed=done, total=total)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the bars away while something is asked on the terminal: they would draw over the question."""
        self._bars.stop()
        try:
            yield
        finally:
            self._bars.start()

    def _finish(self, part: str) -> None:
        """A part of unknown length is over when the next one begins."""
        task = self._tasks[part]
        known = next(t for t in self._bars.tasks if t.id == task)
        if known.total is None:
            self._bars.update(task, total=1, completed=1)

    def end(self) -> None:
        """End the last part."""
        if self._running:
            self._finish(self._running)


@contextmanager
def bars() -> Iterator[Hidden]:
    """Give the callback that use cases report to; the bars go when the block ends."""
    if not sys.stderr.isatty():
        yield Hidden()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(finished_text="✓"), TextColumn("{task.description}", markup=False), BarColumn(bar_width=24),
        MofNCompleteColumn(), TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        reporter = Shown(shown)
        yield reporter
        reporter.end()
