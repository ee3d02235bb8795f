"""`govern deploy`: let a promoted model run in an environment, or ask whether it may."""

from typing import Annotated

import typer

from govern.cli import options
from govern.cli.session import Session, command
from govern.errors import ExitCode


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "deploy", signs=True)(deploy)


def deploy(
    session: Session, *,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Such as credit@2, or the digest of the file that would run.")],
    to: Annotated[
        str, typer.Option("--to", metavar="ENVIRONMENT", callback=options.given, help="Such as production (config.toml).")
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Only ask: exit 0 if exactly this model may run there now; writes nothing.")
    ] = False,
) -> ExitCode | None:
    """Record that a model runs in an environment, or ask if it may.

    Refused unless the ledger allows it. --check is what a pipeline or an admission controller calls.
    """
    from govern.workflow import promoting

    with session.workspace() as workspace:
        if check:
            return _check(session, promoting.check(workspace, model, to=to), model, to)
        written = promoting.deploy(workspace, model, to=to, key=session.key, passphrases=session.passphrases)
        session.wrote(written, schema="govern/written/v1", done=f"deployed to {to}")
    return None


def _check(session: Session, permission: object, model: str, to: str) -> ExitCode:
    allowed = bool(permission.allowed)  # type: ignore[attr-defined]
    refusals = permission.refusals  # type: ignore[attr-defined]
    code = ExitCode.OK if allowed else ExitCode.REFUSED
    if session.as_json:
        session.voice.document(
            "govern/permission/v1",
            {"model": model, "environment": to, "allowed": allowed, "refusals": refusals, "exit_code": int(code)},
        )
        return code
    session.voice.line(f"{session.voice.state('allow' if allowed else 'deny')}  {model} in {to}")
    session.voice.table(
        [(f"#{r.index}" if r.index is not None else "", r.reason) for r in refusals], indent="  "
    )
    return code
