"""Where the user's own things lie: private keys and trusted checkpoints, outside every workspace."""

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from govern.trust.checkpoints import CheckpointStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Two folders of the user's own; who can write the ledger's file must not be able to write these."""

    keys: Path
    checkpoint_folder: Path

    @classmethod
    def at(cls, folder: Path) -> "Home":
        """Both folders under one, as `GOVERN_HOME` asks."""
        return cls(keys=folder / "keys", checkpoint_folder=folder / "checkpoints")

    @classmethod
    def default(cls) -> "Home":
        """`GOVERN_HOME`, or the platform's configuration and data folders."""
        chosen = os.environ.get("GOVERN_HOME")
        if chosen:
            return cls.at(Path(chosen))
        return cls(
            keys=platformdirs.user_config_path("govern") / "keys",
            checkpoint_folder=platformdirs.user_data_path("govern") / "checkpoints",
        )

    def checkpoints(self, origin: str) -> CheckpointStore:
        """Return the store of trusted checkpoints of one ledger."""
        return CheckpointStore(self.checkpoint_folder, origin)
