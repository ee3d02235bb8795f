"""The desk before anything was read: what the configuration says at once, everything else by the real desk, loaded when first asked.

Loading what reads a ledger takes as long as loading all of the application. So the first page is painted before it, and takes
keys; whoever reads first, in a thread, loads it, and what is read meanwhile waits there. Nothing is claimed until it was read.
"""

from collections.abc import Callable
from threading import Event, Lock
from typing import Any, Final, cast

from govern.workflow.interface import PackRenderer
from govern.workflow.place.workspace import Workspace
from govern_tui.desk import Desk
from govern_tui.loading import hurry, loaded
from govern_tui.placed import Placed

PAINTED_WITHIN: Final = 2.0
"""Seconds after which loading begins although nothing was painted: a terminal that takes its time is no reason to wait for ever."""


class LateDesk(Placed):
    """A `Desk` whose reading and writing is made by `make` when it is first asked for, once the screen was painted."""

    def __init__(self, workspace: Workspace, make: Callable[[], Desk]) -> None:
        """`make` loads what reads, too."""
        super().__init__(workspace)
        self._make = make
        self._turn = Lock()
        self._painted = Event()
        self._desk: Desk | None = None

    def painted(self) -> None:
        """Take note that the first page is on the screen: loading would have kept it from there."""
        self._painted.set()

    def catching_up(self) -> tuple[int, int] | None:
        """How far a long ledger is read, if one is; asked by who draws, who must not wait."""
        return None if self._desk is None else self._desk.catching_up()

    def reopen(self) -> None:
        """Read from the database that is there now: before the first reading, that is what will be read."""
        if self._desk is not None:
            self._desk.reopen()

    def close(self) -> None:
        """Let go of the database, if it was opened."""
        if self._desk is not None:
            self._desk.close()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Everything else that a desk does, loaded when it is called and not when it is named: naming is done by who draws."""
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*given: Any, **named: Any) -> Any:
            return getattr(self._made(), name)(*given, **named)

        return call

    def _made(self) -> Desk:
        with self._turn:
            if self._desk is None:
                self._painted.wait(PAINTED_WITHIN)
                hurry()
                try:
                    self._desk = self._make()
                finally:
                    loaded()
            return self._desk


def late_desk(workspace: Workspace, renderer: PackRenderer | None = None) -> tuple[Desk, Callable[[], None]]:
    """The desk over a workspace, and whom to tell that the first page was painted."""

    def make() -> Desk:
        from govern_tui.workflow_desk import WorkflowDesk

        return WorkflowDesk(workspace, renderer)

    desk = LateDesk(workspace, make)
    return cast("Desk", desk), desk.painted
