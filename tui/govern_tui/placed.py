"""What a workspace's configuration says of it before its ledger is read."""

import os
from datetime import datetime
from pathlib import Path

from govern.workflow.place.workspace import Workspace


class Placed:
    """A desk as far as the configuration makes one."""

    def __init__(self, workspace: Workspace) -> None:
        self._ws = workspace
        self.title = workspace.config.origin
        self.stages = tuple(workspace.config.stages)

    @property
    def writable(self) -> bool:
        """Whether this user may write to the workspace at all."""
        return os.access(self._ws.folder, os.W_OK)

    def now(self) -> datetime:
        """The workspace's clock."""
        return self._ws.now()

    def place(self) -> Path:
        """Beside the user's keys, never in the workspace."""
        return Path(self._ws.home.keys).parent

    def exports(self) -> Path:
        """A folder beside `.govern`."""
        return self._ws.folder.parent / "exports"
