"""Where the workspace is, said without loading what opens it."""

import os
from pathlib import Path

FOLDER = ".govern"
"""As `govern.workflow.place.workspace` calls it, which takes long to load (a test holds the two together)."""


def named_folder(option: Path | None) -> Path | None:
    """Return the folder that the caller names as the workspace, by option or by GOVERN_WORKSPACE."""
    variable = os.environ.get("GOVERN_WORKSPACE")
    return option or (Path(variable) if variable else None)


def found_folder(named: Path | None) -> Path | None:
    """Return the `.govern` folder of the workspace that is named, or found upward; None if there is none."""
    if named is not None:
        place = named if named.name == FOLDER else named / FOLDER
        return place if place.is_dir() else None
    start = Path.cwd()
    return next((up / FOLDER for up in (start, *start.parents) if (up / FOLDER / "config.toml").is_file()), None)
