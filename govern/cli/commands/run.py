"""`govern run`: what is left of a run that was recorded."""

from pathlib import Path
from typing import Annotated

import typer

from govern.cli.session import Session, command, group
from govern.cli.text import brief, state
from govern.domain.text import counted
from govern.errors import ExitCode

WORDS = {"same": "ok", "changed": "wrong", "gone": "unchecked", "unknown": "unchecked"}


def add(app: typer.Typer) -> None:
    """Add the group."""
    run = group(app, "run", "What is left of a recorded run.")
    command(run, "verify")(verify)


def verify(
    session: Session, *,
    ref: Annotated[str, typer.Argument(metavar="RUN", help="Such as run/train-1, or the model that it made.")],
    file: Annotated[
        list[Path] | None, typer.Option("--file", metavar="FILE", help="A file that may be part of it; repeat for more.")
    ] = None,
    repository: Annotated[
        Path | None, typer.Option("--repository", metavar="DIR", help="Where its commit is looked for; else here.")
    ] = None,
) -> ExitCode:
    """Hash again what a run rested on and made.

    Says what can no longer be had. Exit 0 all is there; 1 a file lies in its place with other bytes; 4 something is gone or not known.
    """
    from govern.workflow.record import reproducing

    with session.workspace() as workspace:
        view = reproducing.verify_run(workspace, ref, files=tuple(file or ()), repository=repository)
    code = ExitCode.REFUSED if view.changed else ExitCode.ERROR if view.lost else ExitCode.OK
    if session.as_json:
        session.voice.document("govern/run-verification/v1", {"exit_code": int(code), "run": view})
        return code
    voice = session.voice
    voice.line(f"run/{view.run}  #{view.index}", "bold")
    voice.table(
        [
            (state("warn" if c.role == "platform" and c.standing != "same" else WORDS[c.standing]), c.role, c.name,
             brief(c.digest), c.detail)
            for c in view.checks
        ],
        indent="  ",
    )
    for note in view.notes:
        voice.paragraph(f"! {note}", indent="  ")
    voice.line(f"  {counted(len(view.lost), 'part')} of it can no longer be had here" if view.lost else "  all of it is at hand")
    return code
