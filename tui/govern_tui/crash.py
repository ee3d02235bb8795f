"""What a crash may say: the kind of error and where in our code, never a value and never a local variable."""

import traceback
from pathlib import Path
from typing import Final

from textual.worker import WorkerFailed

PLACES: Final = 6
"""Innermost frames that are named."""


def account(error: BaseException) -> str:
    """Say what broke without any value: exception texts and locals may hold a typed passphrase."""
    if isinstance(error, WorkerFailed):
        error = error.error
    frames = traceback.extract_tb(error.__traceback__)[-PLACES:]
    where = "\n".join(f"  {Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames)
    return (
        f"govern tui stopped: an internal error ({type(error).__name__}).\n{where}\n"
        "Nothing was half written: an entry is in the ledger whole or not at all. `govern verify` proves it.\n"
    )
