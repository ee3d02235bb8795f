"""`govern ledger`: move a ledger to another database, go on after a loss, keep details beside it and erase them."""

from pathlib import Path
from typing import Annotated

import typer

from govern.cli.commands.verify import report
from govern.cli.files import read
from govern.cli.options import Reason, given
from govern.cli.session import Session, command, group
from govern.errors import ExitCode, UsageError


def add(app: typer.Typer) -> None:
    """Add the group."""
    ledger = group(app, "ledger", "Copy, recover, keep details beside, erase them.")
    command(ledger, "copy", workspace=False)(copy)
    command(ledger, "recover", secrets=True)(recover)
    command(ledger, "keep")(keep)
    command(ledger, "erase", secrets=True)(erase)


def database(named: str) -> str:
    """Read a database: a URL as it is, anything else as a SQLite file."""
    return named if "://" in named else f"sqlite:///{Path(named).resolve()}"


def copy(
    session: Session, *,
    source: Annotated[str, typer.Argument(metavar="FROM", help="A SQLite file, or postgresql+psycopg://…")],
    target: Annotated[str, typer.Argument(metavar="TO", help="The same; it must be empty.")],
) -> ExitCode:
    """Copy a ledger to another database and verify the copy.

    Entries, checkpoints and roots are the same there. Then name it in config.toml (`database`).
    """
    from govern.workflow.prove import copying

    with session.progress() as progress:
        view = copying.copy(database(source), database(target), home=session.home(), progress=progress)
    return report(session, view, f"copy in {target}")


def recover(
    session: Session, *,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", callback=given, help="What was lost, and how; signed by root.")
    ] = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Trust, on this machine, a recovery that somebody else has recorded.")
    ] = False,
    trust: Annotated[
        Path | None,
        typer.Option("--trust", metavar="ROOT", help="The trust root from elsewhere, where this machine does not remember it."),
    ] = None,
) -> None:
    """Go on with a ledger that is behind what is trusted here.

    Both notes, of what was lost and of what was found, stay in the ledger as evidence. Look for the newer copy first.
    """
    from govern.workflow.custody import recovering

    if accept == bool(reason):
        raise UsageError("give --reason or --accept", "--reason records a recovery; --accept trusts one that is recorded.")
    known = None if trust is None else read(trust, "the trust root")
    with session.workspace() as workspace:
        if accept:
            index = recovering.accept(workspace, trust=known)
            if session.as_json:
                session.voice.document("govern/accepted/v1", {"entry": index})
            else:
                session.voice.line(f"✓ the recovery #{index} is trusted here from now on", "green")
            return
        written = recovering.recover(workspace, reason=reason or "", passphrases=session.passphrases, trust=known)
        session.wrote(written, schema="govern/written/v1", done="recovered")


def keep(
    session: Session, *, file: Annotated[Path, typer.Argument(metavar="FILE", help="A detail that may have to be erased one day.")]
) -> None:
    """Keep a detail beside the ledger and print its commitment.

    The commitment is salted: a reason or a name may refer to it, and says nothing once the detail is erased.
    """
    from govern.workflow.custody import erasing

    with session.workspace() as workspace:
        commitment = erasing.keep(workspace, read(file, "the detail"))
    if session.as_json:
        session.voice.document("govern/commitment/v1", {"commitment": commitment})
        return
    session.voice.line(commitment)


def erase(
    session: Session, *,
    commitment: Annotated[str, typer.Argument(metavar="COMMITMENT", help="As `govern ledger keep` printed it.")],
    reason: Reason,
    basis: Annotated[str, typer.Option("--legal-basis", metavar="TEXT", help="Such as GDPR Art. 17.")] = "",
) -> None:
    """Erase a detail and its salt; every proof stays valid.

    The redaction is an entry of its own, signed by root. Do not repeat in the reason what is erased.
    """
    from govern.domain.text import as_digest
    from govern.workflow.custody import erasing

    with session.workspace() as workspace:
        written = erasing.erase(
            workspace, as_digest(commitment), reason=reason, legal_basis=basis, passphrases=session.passphrases
        )
        session.wrote(written, schema="govern/written/v1", done="erased")
