"""`govern finding`: problems with an owner and a due date, from open to verified closed."""

from typing import Annotated

import typer

from govern.cli import options
from govern.cli.session import Session, command, group
from govern.cli.text import Cell, state, when

SCHEMA = "govern/written/v1"
SEVERITIES = ("low", "medium", "high", "critical")
Finding = Annotated[str, typer.Argument(metavar="F-ID", help="As `govern finding list` shows it.")]


def add(app: typer.Typer) -> None:
    """Add the group."""
    finding = group(app, "finding", "Problems with an owner and a due date.")
    command(finding, "list")(listed)
    command(finding, "open", signs=True)(begin)
    command(finding, "remediate", signs=True)(remediate)
    command(finding, "close", signs=True)(close)


def listed(session: Session) -> None:
    """List all findings, those due first in front."""
    from govern.workflow.read import reading

    with session.workspace() as workspace:
        rows = reading.findings(workspace)
    if session.as_json:
        session.voice.document("govern/findings/v1", {"findings": rows})
        return
    if not rows:
        session.voice.line("✓ no findings")
        return
    session.voice.table(
        [
            (Cell(row.id, "bold"), state(row.state), row.severity, row.model, row.owner,
             Cell(when(row.due) + (" overdue" if row.overdue else ""), "red" if row.overdue else ""), row.title)
            for row in rows
        ],
        ("ID", "STATE", "SEVERITY", "MODEL", "OWNER", "DUE", "WHAT"),
    )


def begin(
    session: Session, *,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Such as credit@2.")],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", callback=options.given, help="The problem, in one sentence.")],
    owner: Annotated[str, typer.Option("--owner", metavar="PSEUDONYM", callback=options.given, help="Who sees to it.")],
    due: Annotated[str, typer.Option("--due", metavar="TIME", callback=options.given, help="Until when, such as 2027-01-31.")],
    severity: Annotated[str, typer.Option("--severity", metavar="WORD", help=f"One of: {', '.join(SEVERITIES)}.")] = "medium",
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="More about it.")] = "",
) -> None:
    """Open a finding on a model.

    While it is overdue, what rests on the model is stale.
    """
    from govern.domain.text import moment
    from govern.workflow.review import findings

    with session.workspace() as workspace:
        written = findings.open_finding(
            workspace, model, title=title, severity=options.chosen(severity, SEVERITIES, "--severity"),  # type: ignore[arg-type]
            owner=owner, due=moment(due), reason=reason, key=session.key, passphrases=session.passphrases,
        )
        session.wrote(written, schema=SCHEMA, done="finding opened")


def remediate(session: Session, *, finding: Finding, reason: options.Reason) -> None:
    """Say how a finding was remediated; somebody else verifies it."""
    from govern.workflow.review import findings

    with session.workspace() as workspace:
        written = findings.remediate(
            workspace, finding, reason=reason, key=session.key, passphrases=session.passphrases
        )
        session.wrote(written, schema=SCHEMA, done=f"{finding} remediated")


def close(session: Session, *, finding: Finding, reason: options.Reason) -> None:
    """Verify a remediation and close the finding, as a reviewer."""
    from govern.workflow.review import findings

    with session.workspace() as workspace:
        written = findings.close(workspace, finding, reason=reason, key=session.key, passphrases=session.passphrases)
        session.wrote(written, schema=SCHEMA, done=f"{finding} closed")
