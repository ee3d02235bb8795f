"""`govern doctor`: whether this machine has what govern needs, and what to do where it does not."""

from pathlib import Path
from typing import Annotated

import typer

from govern.cli import health
from govern.cli.session import Session, command
from govern.cli.text import state
from govern.errors import ExitCode


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "doctor")(doctor)


def doctor(
    session: Session, *,
    model: Annotated[
        Path | None, typer.Argument(metavar="MODEL", help="A skops file: lists the types that it would need allowed.")
    ] = None,
) -> ExitCode:
    """Check what this machine has, and say what to do.

    Python, Pango and fonts, SQLite, the drift detector and its licence, keys, permissions, disk. Exit 0 where nothing is bad (warnings count as well), 4 where something would not work.
    """
    findings = list(health.check(session.home(), session.named_folder()))
    if model is not None:
        findings.append(health.model_file(model))
    bad = any(found.standing == "bad" for found in findings)
    code = ExitCode.ERROR if bad else ExitCode.OK
    if session.as_json:
        session.voice.document("govern/doctor/v1", {"exit_code": int(code), "findings": findings})
        return code
    session.voice.table([(state(found.standing), found.what, found.detail) for found in findings])
    advice = [(found.what, found.advice) for found in findings if found.advice]
    if advice:
        session.voice.line()
        session.voice.table(advice)
    return code
