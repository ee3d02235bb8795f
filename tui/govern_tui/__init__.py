"""The terminal application: menu bar, nine pages and dialogs over `govern.workflow`.

Textual is imported late and only by `run`: by then the variables that make it write down key strokes are gone.
"""

import os
from typing import TYPE_CHECKING, Final

from govern_tui.loading import hurry, loaded

if TYPE_CHECKING:
    from govern.workflow.interface import PackRenderer
    from govern.workflow.place.workspace import Workspace

RECORDING_VARIABLES: Final = ("TEXTUAL_LOG", "TEXTUAL", "TEXTUAL_DEBUG", "TEXTUAL_SCREENSHOT", "TEXTUAL_PRESS")
"""With these Textual logs or sends away every key, the passphrase among them, or takes pictures by itself."""


def forget_recording() -> None:
    """Drop the variables that make Textual record keys; Textual reads them once, when it is imported."""
    for variable in RECORDING_VARIABLES:
        os.environ.pop(variable, None)


def run(workspace: "Workspace", renderer: "PackRenderer | None" = None) -> int:
    """Run the application on a workspace until the user leaves; return the process's exit code.

    `renderer` makes evidence packs; without one, export says that it is not there.
    """
    forget_recording()
    hurry()
    from govern_tui.start import start

    loaded()
    return start(workspace, renderer)


__all__ = ["RECORDING_VARIABLES", "forget_recording", "hurry", "loaded", "run"]
