"""One long job at a time: it runs in a thread, tells how far it is, and stops when the user says so."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from textual.app import App
from textual.message import Message

from govern.errors import GovernError, Interrupted

BETWEEN_REPORTS: Final = 0.1
"""Seconds between two reports: more would only cost drawing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a job is."""

    title: str
    part: str
    done: int
    total: int | None
    seconds: float

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where the total is not known."""
        return None if not self.total else min(1.0, self.done / self.total)

    @property
    def rate(self) -> float:
        """Steps a second."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds left at this rate; None where that is not known."""
        return (self.total - self.done) / self.rate if self.total and self.rate > 0 else None


class JobMoved(Message):
    """A job went on."""

    def __init__(self, standing: Standing) -> None:
        super().__init__()
        self.standing = standing


class JobEnded(Message):
    """A job is over: with a result, or with the error that ended it."""

    def __init__(self, title: str, result: Any, error: GovernError | None, then: Callable[[Any], None] | None) -> None:
        super().__init__()
        self.title = title
        self.result = result
        self.error = error
        self.then = then


class Jobs:
    """Runs one job at a time for the application."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._stop = threading.Event()
        self._began = 0.0
        self._told = 0.0
        self._part = ""
        self.title = ""
        self.standing: Standing | None = None

    @property
    def running(self) -> bool:
        """Whether a job runs now."""
        return bool(self.title)

    def stop(self) -> None:
        """Ask the job to stop at its next step."""
        self._stop.set()

    def start(
        self, title: str, work: Callable[[Callable[[str, int, int | None], None]], Any], then: Callable[[Any], None] | None = None,
    ) -> bool:
        """Run `work(progress)` in a thread; False where another job runs. `then` gets the result in the main thread."""
        if self.running:
            return False
        self.title = title
        self._stop.clear()
        self._began = monotonic()
        self._told = 0.0
        self._part = ""

        def body() -> None:
            result: Any = None
            failed: GovernError | None = None
            try:
                result = work(self._progress)
            except GovernError as error:
                failed = error
            self._app.post_message(JobEnded(title, result, failed, then))

        self._app.run_worker(body, thread=True, group="job", name=title, exit_on_error=True)
        return True

    def ended(self) -> None:
        """Forget the job that is over."""
        self.title = ""
        self.standing = None

    def _progress(self, part: str, done: int, total: int | None) -> None:
        if self._stop.is_set():
            raise Interrupted("stopped", "What had been acknowledged stays; start again when you like.")
        now = monotonic()
        if part == self._part and now - self._told < BETWEEN_REPORTS:
            return
        if part != self._part:
            self._part = part
            self._began = now
        self._told = now
        self._app.post_message(
            JobMoved(Standing(title=self.title, part=part, done=done, total=total, seconds=now - self._began))
        )
