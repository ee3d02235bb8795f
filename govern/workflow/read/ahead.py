"""Reading a long ledger in a process of its own, so that whoever waits for it can go on with other things meanwhile.

`python -P -m govern.workflow.read.ahead PART FOLDER KEYS CHECKPOINTS` folds the ledger into the read tables (`state`) or indexes its
entries (`entries`), and ends when whoever started it is gone. What it keeps is what reading would keep anyway.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final, Literal

from govern.errors import StorageError
from govern.lineage.snapshot import latest
from govern.store.entry_index import EntryIndex
from govern.store.read_tables import ReadTables
from govern.trust.home import Home
from govern.workflow.place.folded import index_path, rows_path
from govern.workflow.place.workspace import Workspace
from govern.workflow.read import logbook

Part = Literal["state", "entries"]
FEW: Final = 5_000
"""Entries that are read sooner than a process has started."""
BETWEEN_LOOKS: Final = 0.25
"""Seconds between two looks at how far it is."""


class Ahead:
    """One part of a workspace's read tables, brought up to date by another process where that is worth one."""

    def __init__(self, part: Part, *, few: int = FEW) -> None:
        """Up to `few` entries are left for this process."""
        self._part, self._few = part, few
        self._kept: EntryIndex | ReadTables | None = None
        self.done = 0
        self.total = 0
        self.running = False

    @property
    def standing(self) -> tuple[int, int] | None:
        """Entries read and to be read, while a process reads; None otherwise."""
        return (self.done, self.total) if self.running else None

    def catch_up(self, ws: Workspace) -> None:
        """Wait until few entries are left to be read in this process; one that was killed on its way is followed by another.

        Says nothing of what goes wrong: whoever reads next reads the rest here, and finds the same.
        """
        self.total = ws.ledger.size
        if self.total <= self._few:
            return
        try:
            reached = self._reached(ws)
            while self.total - reached > self._few:
                before, self.done, self.running = reached, reached, True
                self._follow(ws)
                reached = self._reached(ws)
                if reached <= before:
                    return
        except (StorageError, OSError):
            return
        finally:
            self.running = False

    def _follow(self, ws: Workspace) -> None:
        # -P: a folder named `govern` where somebody happens to stand must not be taken for this package.
        command = [sys.executable, "-P", "-m", __name__, self._part, *map(str, (ws.folder, ws.home.keys, ws.home.checkpoint_folder))]
        process = subprocess.Popen(  # noqa: S603 - this interpreter, this module, folders as they are
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )
        try:
            while not _ended(process):
                self.done = self._reached(ws)
        finally:
            if process.stdin is not None:
                process.stdin.close()  # it ends when this does
            process.wait()

    def _reached(self, ws: Workspace) -> int:
        if self._kept is None:
            home, origin = ws.home, ws.config.origin
            self._kept = EntryIndex(index_path(home, origin)) if self._part == "entries" else ReadTables(rows_path(home, origin))
        if isinstance(self._kept, EntryIndex):
            return self._kept.reached()[0]
        kept = latest(self._kept)
        return 0 if kept is None else kept.size


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(BETWEEN_LOOKS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end_with_starter() -> None:
    # Not through `sys.stdin`: a thread that waits in it when the process ends has the interpreter abort.
    while os.read(0, 1):
        pass
    os._exit(1)


def main() -> int:
    """Read; what stands in `sys.argv` says what."""
    threading.Thread(target=_end_with_starter, daemon=True).start()
    os.nice(5)
    part, folder, keys, checkpoints = sys.argv[1:]
    ws = Workspace(Path(folder), Home(keys=Path(keys), checkpoint_folder=Path(checkpoints)))
    if part == "entries":
        logbook.log(ws, limit=1, kinds=("trust-root",))  # the first question indexes every entry
    else:
        ws.state()
    return 0


if __name__ == "__main__":
    sys.exit(main())
