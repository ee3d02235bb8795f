"""The command line: one file a command, and the only writer of stdout and stderr."""

import io
import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `govern` with `arguments` (those of the process by default) and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # Pydantic would look through every installed package for one that wants to see what is validated: that takes time, and
    # nobody else's code has a say in what a ledger holds.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    try:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                # A terminal that can't show “✓” gets an escape instead of a traceback.
                stream.reconfigure(errors="backslashreplace")
        if "--check" in words:
            from govern.cli.asking import answered

            code = answered(words)
            if code is not None:
                return int(code)
        from govern.cli.app import run

        return _left(run(words), process=arguments is None)
    except KeyboardInterrupt:
        # Before a command had begun: there is nothing to say about what it did.
        sys.stderr.write("govern: stopped\n")
        return 130


def _left(code: int, *, process: bool) -> int:
    """Return the exit code, or end the process of a command with it at once."""
    if process:
        from govern.cli.leaving import leave

        leave(code)
    return code
