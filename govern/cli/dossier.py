"""A dossier for people: the verdict first, then who has said what, what is lacking, and what would be signed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from govern.cli import verdict
from govern.cli.speak import Voice
from govern.cli.text import Cell, brief, state, when

if TYPE_CHECKING:
    from govern.policy.diff import Line
    from govern.workflow.views import AttemptView, DeadlineRow, Dossier, FindingRow


def show(voice: Voice, dossier: "Dossier") -> None:
    """Write a dossier to stdout."""
    if dossier.decision is None:
        voice.line(f"{voice.state('inconclusive')}  {dossier.name} at {dossier.gate}: no decision yet")
        voice.hint(f"Next: govern gate {dossier.name} --to {dossier.gate.removeprefix('promote:')} --data FILE …")
    else:
        verdict.show(voice, dossier.decision.decision)
        voice.line(f"  decision {dossier.decision.digest}, entry #{dossier.decision.index}, by {dossier.decision.holder}")
    _section(voice, "What it is")
    voice.table(
        [
            ("system", f"{dossier.system.name} ({dossier.system.purpose}, tier {dossier.system.tier}, owner {dossier.system.owner})"),
            ("replaces", dossier.incumbent or "nothing"),
            *dossier.facts.items(),
        ],
        indent="  ",
    )
    if len(dossier.attempts) > 1:
        attempts(voice, dossier.attempts)
    _people(voice, dossier)
    _findings(voice, dossier)
    _section(voice, "What an approval would be signed over")
    voice.line(f"  closure {dossier.closure or '–'}")
    voice.table([(node.kind, node.name, brief(node.digest)) for node in dossier.closure_nodes], indent="  ")
    voice.hint(f"Next: govern review approve {dossier.name} --gate {dossier.gate} --as KEY --reason “…”   (or reject, request-changes)")


def attempts(voice: Voice, made: "Sequence[AttemptView]") -> None:
    """Write every attempt of a model line, what policy changed in between, and what the earlier policy says of it."""
    _section(voice, "Attempts, oldest first")
    for one in made:
        score = one.decision.before_waivers
        against = f", against {', '.join(one.against)}" if one.against else ""
        voice.line(
            f"  {one.number}. {voice.state(one.decision.outcome.value)}  {one.decision.subject_name}, #{one.index}, "
            f"{when(one.decision.as_of)}: {score.passed} of {score.total} pass{against}"
        )
        changed(voice, one.changes)
        if one.earlier_policy:
            voice.paragraph(f"! {one.earlier_policy}", indent="     ")


def changed(voice: Voice, changes: "Sequence[Line]") -> None:
    """Write what policies and bindings changed in meaning."""
    voice.table([(Cell(line.kind, "yellow"), line.where, f"{line.before} → {line.after}") for line in changes], indent="     ")


def _people(voice: Voice, dossier: "Dossier") -> None:
    _section(voice, "Reviews")
    voice.table(
        [
            (f"#{r.index}", when(r.time), Cell(r.action, "bold"), f"{r.holder} as {r.role}", state(r.standing),
             " · ".join(part for part in (r.reason, r.note) if part))
            for r in dossier.reviews
        ]
        or [("none yet",)],
        indent="  ",
    )
    asked = ", ".join(f"{q.count} {q.role} (not among {', '.join(q.distinct_from)})" for q in dossier.quorum)
    lacks = ", ".join(f"{q.count} {q.role}" for q in dossier.missing)
    voice.line(f"  asked: {asked or 'nobody'}")
    voice.line(f"  lacking: {lacks}" if lacks else "  lacking: nobody")
    for conflict in dossier.conflicts:
        voice.line(f"  {conflict.holder} may not approve: {conflict.reason} (#{conflict.index})")


def conditions(voice: Voice, findings: "Sequence[FindingRow]") -> None:
    """Write what an approval was given on."""
    for row in findings:
        voice.line(f"  on condition {row.id} ({row.severity}, {row.owner} until {when(row.due)}): {row.title}")


def due_rows(due: "Sequence[DeadlineRow]") -> list[tuple[object, ...]]:
    """Return what ends, the most urgent first, as rows of a table."""
    return [
        (Cell(when(d.due) + (" overdue" if d.overdue else ""), "red" if d.overdue else ""), d.kind, f"#{d.index}", d.what)
        for d in due
    ]


def _findings(voice: Voice, dossier: "Dossier") -> None:
    if not dossier.findings:
        return
    _section(voice, "Findings")
    voice.table(
        [
            (Cell(row.id, "bold"), state(row.state), row.severity, row.owner,
             Cell(when(row.due) + (" overdue" if row.overdue else ""), "red" if row.overdue else ""), row.title,
             "" if row.condition_of is None else f"condition of #{row.condition_of}")
            for row in dossier.findings
        ],
        indent="  ",
    )


def _section(voice: Voice, title: str) -> None:
    voice.line()
    voice.line(title, "bold")
