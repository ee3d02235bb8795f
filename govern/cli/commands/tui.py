"""`govern tui`: the terminal application."""

import sys

import typer

from govern.cli.session import Session, command
from govern.errors import ExitCode, UsageError


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "tui", json=False)(tui)


def tui(session: Session) -> ExitCode:
    """Open the terminal application.

    Systems, review queue with dossiers, ledger, lineage, verification, export.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the terminal application needs a terminal", "Run it in one; in a pipeline use the other commands.")
    from govern.cli.rendering import renderer
    from govern_tui import hurry, run

    hurry()
    with session.workspace() as workspace:
        return ExitCode(run(workspace, renderer()))
