"""The command line: one file a command, and the only writer of stdout and stderr."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `govern` with `arguments` (those of the process by default) and return its exit code."""
    try:
        from govern.cli.app import run

        return run(list(sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        # Before a command had begun: there is nothing to say about what it did.
        sys.stderr.write("govern: stopped\n")
        return 130
