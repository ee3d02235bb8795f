"""Leaving the process once a command has said all: taking the measuring libraries apart would take a second for nothing."""

import atexit
import os
import sys
import threading

HEAVY = ("pandas", "sklearn", "alibi_detect", "weasyprint")
"""Packages whose thousands of modules the interpreter would take apart one by one."""


def leave(code: int) -> None:
    """End the process with a code, if that is worth it; return where the interpreter has to end it itself.

    What registered for the end is run, threads that still work are waited for (by returning), and a stream that can't be
    flushed is left to the interpreter, which complains of it.
    """
    if not any(name in sys.modules for name in HEAVY) or threading.active_count() > 1:
        return
    try:
        atexit._run_exitfuncs()  # noqa: SLF001 - the only way to run them; each then is forgotten and not run twice
        sys.stdout.flush()
        sys.stderr.flush()
    except Exception:  # noqa: BLE001 - whatever it is, the usual end meets it again and says it
        return
    os._exit(code)
