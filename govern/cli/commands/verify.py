"""`govern verify`: the ledger of a workspace; an evidence pack, or one entry, with nothing but a trust root from outside."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli.files import existing, read
from govern.cli.options import When, when
from govern.cli.outside import Authorities, Folders, Printed, Repositories, outside
from govern.cli.session import Session, command
from govern.cli.text import brief, clean, duration, state
from govern.domain.text import counted
from govern.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from govern.workflow.custody.anchors import Outside
    from govern.workflow.verify_views import VerifyView

CODES = {"verified": ExitCode.OK, "wrong": ExitCode.REFUSED, "unchecked": ExitCode.ERROR}
ENTRY = ".dsse.json"
"""How the name of a file with one entry ends."""


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "verify")(verify)


def verify(
    session: Session, *,
    pack: Annotated[
        Path | None,
        typer.Argument(
            metavar="PACK.pdf|ENTRY.dsse.json",
            help="An evidence pack, or one entry with its proof beside it; else the workspace's ledger is verified.",
        ),
    ] = None,
    trust: Annotated[
        Path | None,
        typer.Option("--trust", metavar="ROOT", help="The trust root that you were given on another way than pack or ledger."),
    ] = None,
    certificate: Annotated[
        list[Path] | None,
        typer.Option("--certificate", metavar="FILE", help="What signatures inside a PDF are held against; repeat for more."),
    ] = None,
    proof: Annotated[
        Path | None, typer.Option("--proof", metavar="FILE", help="The entry's proof; without it, ENTRY.tlog-proof is taken.")
    ] = None,
    authority: Authorities = None,
    repository: Repositories = None,
    folder: Folders = None,
    printed: Printed = None,
    as_of: When = None,
    full: Annotated[bool, typer.Option("--full", help="Everything again, not only what is new since the last time.")] = False,
    replay: Annotated[bool, typer.Option("--replay", help="With a pack: derive every verdict again, and lay its pages out again.")] = False,
) -> ExitCode:
    """Verify the ledger, an evidence pack, or one entry, step by step.

    With --as-of, the ledger as it stood then, under the checkpoint of that time; and that all that came since continues it.

    Exit 0 verified; 1 wrong, with step, entry and kind of damage; 4 it could not be checked. A pack, and an
    entry as `govern proof` writes it, is verified without the workspace and without a network, against a trust root that came on another way.
    """
    around = bool(authority or repository or folder or printed)
    if pack is None:
        if replay or certificate or proof:
            raise UsageError("--replay, --certificate and --proof are for a file", "Name it: govern verify FILE --trust ROOT")
        moment = when(as_of)
        if moment is not None:
            if full or around or trust:
                raise UsageError("--as-of stands alone: all of it is looked at", "Anchors are held against the whole ledger.")
            return ledger_of(session, moment, said=str(as_of))
        # Without anchors the entries are not read for them: where one is damaged, the steps say so in their order.
        given = outside(authority, repository, folder, printed) if around else None
        return ledger(session, full=full, given=given, trust=trust)
    if around or full or as_of:
        raise UsageError("anchors, --full and --as-of are for a ledger", "Leave them out, or leave the file out.")
    if trust is None:
        raise UsageError(
            "a file is verified against a trust root from outside, and none is named",
            "Give --trust ROOT. A key that only the file itself brings along proves nothing.",
        )
    existing(pack)
    known = read(trust, "the trust root")
    if proof is not None or pack.name.endswith(ENTRY):
        if replay or certificate:
            raise UsageError("--replay and --certificate are for a pack", "Leave them out: this is one entry.")
        return one_entry(session, pack, proof=proof, trust=known)
    return whole_pack(session, pack, trust=known, replay=replay, certificates=[read(one, "a certificate") for one in certificate or ()])


def ledger(session: Session, *, full: bool, given: "Outside | None", trust: Path | None) -> ExitCode:
    """Verify the workspace's ledger."""
    from govern.workflow.prove.verifying import verify as verify_ledger

    with session.workspace() as workspace, session.progress() as progress:
        known = None if trust is None else read(trust, "the trust root")
        view = verify_ledger(workspace, full=full, outside=given, trust=known, progress=progress)
    return report(session, view, "ledger")


def ledger_of(session: Session, moment: datetime | int, *, said: str) -> ExitCode:
    """Verify the workspace's ledger as it stood at a time, or with an entry, which the caller named as `said`."""
    from govern.workflow.prove.verifying import verify_as_of

    with session.workspace() as workspace, session.progress() as progress:
        view = verify_as_of(workspace, moment, progress=progress)
    return report(session, view, f"ledger as of {said}")


def whole_pack(session: Session, path: Path, *, trust: bytes, replay: bool, certificates: list[bytes]) -> ExitCode:
    """Verify an evidence pack."""
    from govern.cli.rendering import lay_out_again
    from govern.workflow.packs.verifying_packs import verify_pack

    with session.progress() as progress:
        view = verify_pack(
            path, trust=trust, replay=replay, again=lay_out_again() if replay else None, certificates=certificates,
            progress=progress,
        )
    return report(session, view, str(path))


def one_entry(session: Session, path: Path, *, proof: Path | None, trust: bytes) -> ExitCode:
    """Verify one entry, in the files that `govern proof` writes."""
    from govern.workflow.prove.verifying_entry import verify_one_entry

    beside = proof or path.with_name(path.name.removesuffix(ENTRY) + ".tlog-proof")
    view = verify_one_entry(leaf=read(path, "the entry"), proof=read(beside, "the entry's proof"), trust=trust)
    return report(session, view, str(path))


def report(session: Session, view: "VerifyView", what: str) -> ExitCode:
    """Write what a verification found, and return its exit code."""
    code = CODES[view.outcome]
    if session.as_json:
        session.voice.document(
            "govern/verification/v1", {"outcome": view.outcome, "exit_code": int(code), "verification": view}
        )
        return code
    voice = session.voice
    tree = f": {view.origin}, {counted(view.size, 'entry', 'entries')}, root {brief(view.root)}" if view.origin else ""
    voice.line(f"{voice.state(view.outcome)}  {what}{tree}")
    if view.problem:
        where = f" at entry #{view.index}" if view.index is not None else ""
        voice.paragraph(f"{view.kind or 'problem'}{where}: {view.problem}", indent="  ")
        if view.touches:
            voice.paragraph(f"touches: {', '.join(view.touches)}", indent="  ")
        if view.hint:
            first, *rest = view.hint.splitlines()
            voice.paragraph(f"→ {first}", indent="  ")
            for line in rest:
                voice.line(f"    {clean(line)}")
    voice.table([(f"({s.number})", state(s.state), s.title, s.detail) for s in view.steps], indent="  ", right=(0,))
    if view.forgotten:
        voice.talk(f"  ! {view.forgotten}: an older copy put in its place would not be known by this run", "yellow")
    voice.talk(f"  in {duration(view.seconds)}", "dim")
    return code
