"""`govern status`: the workspace, or one system, at a glance."""

from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli import options, past
from govern.cli.dossier import due_rows
from govern.cli.session import Session, command
from govern.cli.text import Cell, brief, figure, state, when
from govern.domain.text import counted

if TYPE_CHECKING:
    from govern.workflow.views import PerformanceRow, StatusView, SystemRow

SHOWN = 6
"""Windows of each deployment in a line; of all systems no more are read than are shown."""


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "status")(status)


def status(
    session: Session, *,
    system: Annotated[str | None, typer.Argument(metavar="SYSTEM", help="Such as credit; else all.")] = None,
    as_of: options.AsOf = None,
    prometheus: options.Prometheus = None,
) -> None:
    """Show what runs where, and what waits for whom.

    With findings, waivers, drift, and the tail of the ledger that no outside anchor covers yet. Of all systems it reads the
    last 6 windows of each deployment, of one system the last 30, and 90 for performance.
    """
    from govern.workflow.read import performing, reading

    name = system and system.removeprefix("system/")
    with session.workspace() as workspace:
        less = {} if name else {"windows": SHOWN}
        view = reading.status(workspace, as_of=options.as_of(as_of), system=name, **less)
        measured = performing.performance(workspace, workspace.state(as_of=options.as_of(as_of)), system=name, **less)
        if prometheus is not None:
            from govern.workflow.monitor.prometheus import write_textfile

            write_textfile(workspace, prometheus)
    systems = view.systems
    if session.as_json:
        session.voice.document("govern/status/v1", {"status": view, "systems": systems, "performance": measured})
        return
    _systems(session, systems)
    wanted = {row.name for row in systems}
    _open(session, view, wanted)
    _performance(session, measured)
    voice = session.voice
    voice.line()
    minutes = f", {counted(view.unanchored_minutes, 'minute')}" if view.unanchored_minutes is not None else ""
    voice.line(
        f"ledger {view.origin}: {counted(view.size, 'entry', 'entries')}, root {brief(view.root)}, last {when(view.last_append)}"
    )
    voice.line(f"unanchored tail: {counted(view.unanchored, 'entry', 'entries')}{minutes}")
    if view.clock_behind_minutes:
        voice.paragraph(
            f"! this machine's clock is {counted(view.clock_behind_minutes, 'minute')} behind the ledger: what ends at a time is "
            "judged by the ledger's clock; set this one right before anything is signed"
        )
    if view.past is not None:
        past.show(voice, view.past)


def _systems(session: Session, systems: "tuple[SystemRow, ...]") -> None:
    if not systems:
        session.voice.line("no systems are recorded yet")
        session.voice.hint("Next: govern record system NAME --purpose … --owner … --tier …")
        return
    session.voice.table(
        [
            (
                state(row.standing), Cell(row.name, "bold"), row.tier,
                ", ".join(f"{stage}: {model or '–'}" for stage, model in row.stages.items()),
                ", ".join((*(f"{place}: {model}" for place, model in row.deployments.items()), *row.trials)) or "–", row.headline,
            )
            for row in systems
        ],
        ("STATE", "SYSTEM", "TIER", "STAGES", "RUNS", "WHAT"),
    )


def _performance(session: Session, rows: "tuple[PerformanceRow, ...]") -> None:
    if rows:
        session.voice.line()
        session.voice.line("Performance of what runs", "bold")
        session.voice.table(
            [
                (state(row.standing), row.model, row.environment, row.metric.replace("_", " ") or "–",
                 " → ".join(figure(point.value) for point in row.points[-SHOWN:]), row.sentence)
                for row in rows
            ],
            indent="  ",
        )


def _open(session: Session, view: "StatusView", wanted: set[str]) -> None:
    voice = session.voice
    due = [(i.name, i.gate, i.why, when(i.due), i.headline) for i in view.due if i.system in wanted]
    findings = [
        (f.id, state(f.state), f.severity, f.model, f.owner, Cell(when(f.due), "red" if f.overdue else ""), f.title)
        for f in view.findings if f.system in wanted and f.state != "verified-closed"
    ]
    waivers = [
        (w.id, state(w.state), w.rule, w.model, f"until {when(w.expires)}", w.reason)
        for w in view.waivers if w.system in wanted
    ]
    drift = [
        (state(d.standing), d.deployment, d.model, d.environment,
         " → ".join(figure(value) for _, value in d.values[-SHOWN:]), d.sentence)
        for d in view.drift if d.system in wanted
    ]
    deadlines = due_rows([d for d in view.deadlines if not d.system or d.system in wanted])
    for sentence in view.emergencies:
        voice.line()
        voice.paragraph(f"! emergency rollback {sentence}")
    for title, rows in (
        ("Waits for people", due), ("Findings", findings), ("Deadlines", deadlines), ("Waivers", waivers), ("Drift", drift)
    ):
        if rows:
            voice.line()
            voice.line(title, "bold")
            voice.table(rows, indent="  ")
