"""`govern deploy`: let a promoted model run in an environment, or ask whether it may."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli import options
from govern.cli.files import existing, read
from govern.cli.options import chosen
from govern.cli.session import Session, command
from govern.errors import ExitCode, UsageError

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
    pack: Annotated[
        Path | None, typer.Option("--pack", metavar="PACK.pdf", help="With --check: ask a pack, offline; it knows its own time.")
    ] = None,
    trust: Annotated[
        Path | None, typer.Option("--trust", metavar="ROOT", help="With --pack: the trust root, from outside.")
    ] = None,
    traffic: Annotated[
        int | None, typer.Option("--traffic", metavar="PERCENT", min=0, max=100, help="Share of the traffic, if not all.")
    ] = None,
) -> ExitCode | None:
    """Record that a model runs in an environment, or ask if it may.

    Refused unless the ledger allows it. --check is what a pipeline or an admission controller calls.
    """
    if check:
        from govern.cli import asking

        return asking.say(session.voice, _permission(session, asking.reference(model), to, pack, trust), model, to)
    if pack is not None or trust is not None:
        raise UsageError("--pack and --trust are for --check", "A deployment is recorded in a workspace.")
    from govern.workflow.release import promoting

    with session.workspace() as workspace:
        written = promoting.deploy(
            workspace, model, to=to, mode=chosen(mode, MODES, "--mode"), traffic=traffic, key=session.key,  # type: ignore[arg-type]
            passphrases=session.passphrases,
        )
        session.wrote(written, schema="govern/written/v1", within=workspace, done=f"deployed to {to}")
    return None


def _permission(session: Session, model: str, to: str, pack: Path | None, trust: Path | None) -> "Permission":
    """Ask whether a model may run, of a pack or of the ledger."""
    if pack is not None:
        if trust is None:
            raise UsageError("a pack answers only with a trust root from outside", "Give --trust ROOT.")
        from govern.workflow.place.workspace import system_clock
        from govern.workflow.release.checking import check_pack

        with session.progress() as progress:
            return check_pack(
                existing(pack), model, environment=to, trust=read(trust, "the trust root"), now=system_clock(),
                progress=progress,
            ).permission
    from govern.workflow.release import promoting

    with session.workspace() as workspace:
        return promoting.check(workspace, model, to=to)
