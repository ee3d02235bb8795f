"""`govern deploy`: let a promoted model run in an environment, or ask whether it may."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli import options
from govern.cli.options import chosen
from govern.cli.session import Session, command
from govern.errors import ExitCode

if TYPE_CHECKING:
    from govern.lineage.permission import Permission

MODES = ("full", "canary", "blue-green", "shadow")


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "deploy", signs=True)(deploy)


def deploy(
    session: Session, *,
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Such as credit@2; with --check also the file that would run.")
    ],
    to: Annotated[
        str, typer.Option("--to", metavar="ENVIRONMENT", callback=options.given, help="Such as production (config.toml).")
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Only ask: exit 0 if exactly this model may run there now; writes nothing.")
    ] = False,
    mode: Annotated[
        str, typer.Option("--mode", metavar="MODE", help=f"One of: {', '.join(MODES)}.")
    ] = MODES[0],
    traffic: Annotated[
        int | None, typer.Option("--traffic", metavar="PERCENT", min=0, max=100, help="Share of the traffic, if not all.")
    ] = None,
) -> ExitCode | None:
    """Record that a model runs in an environment, or ask if it may.

    Refused unless the ledger allows it. --check is what a pipeline or an admission controller calls.
    """
    from govern.workflow import promoting

    with session.workspace() as workspace:
        if check:
            return _check(session, promoting.check(workspace, _reference(model), to=to), model, to)
        written = promoting.deploy(
            workspace, model, to=to, mode=chosen(mode, MODES, "--mode"), traffic=traffic, key=session.key,  # type: ignore[arg-type]
            passphrases=session.passphrases,
        )
        session.wrote(written, schema="govern/written/v1", done=f"deployed to {to}")
    return None


def _reference(model: str) -> str:
    """Return a reference as it is, and of a file its digest: what counts is the very bytes that would run."""
    from govern.workflow.places import file_digest

    named = "@" in model or model.startswith(("sha256:", "#"))
    return model if named or not Path(model).is_file() else file_digest(Path(model))


def _check(session: Session, permission: "Permission", model: str, to: str) -> ExitCode:
    code = ExitCode.OK if permission.allowed else ExitCode.REFUSED
    if session.as_json:
        session.voice.document(
            "govern/permission/v1",
            {"model": model, "environment": to, "exit_code": int(code), "permission": permission},
        )
        return code
    session.voice.line(f"{session.voice.state('allow' if permission.allowed else 'deny')}  {model} in {to}")
    session.voice.table(
        [(f"#{r.index}" if r.index is not None else "", r.reason) for r in permission.refusals], indent="  "
    )
    for note in permission.notes:
        session.voice.paragraph(f"! {note}", indent="  ")
    return code
