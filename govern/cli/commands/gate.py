"""`govern gate`: measure, decide, record; the exit code is the answer."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli import options
from govern.cli.files import existing, write
from govern.cli.session import Session, command
from govern.cli.text import brief, duration
from govern.errors import ExitCode, UsageError
from govern.version import VERSION

if TYPE_CHECKING:
    from govern.exchange.places import RulePlaces
    from govern.workflow.place.workspace import Workspace
    from govern.workflow.views import AttemptView, GateResult


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "gate", signs=True)(gate)


def gate(
    session: Session, *,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Such as credit@2, a digest's prefix, or #12.")],
    to: Annotated[str, typer.Option("--to", metavar="STAGE", callback=options.given, help="The stage it wants to reach.")],
    data: options.MaybeData = None,
    target: options.Target = None,
    prediction: options.Prediction = None,
    score: options.Score = None,
    threshold: options.Threshold = None,
    model_file: options.ModelFile = None,
    weight: options.Weight = None,
    protected: options.Protected = None,
    cross: options.Cross = None,
    favourable: options.Favourable = None,
    positive: options.Positive = None,
    reference: options.Reference = None,
    seed: options.Seed = 0,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write a JUnit report there.")] = None,
    sarif: Annotated[Path | None, typer.Option("--sarif", metavar="FILE", help="Write SARIF 2.1.0 there.")] = None,
    summary: Annotated[Path | None, typer.Option("--summary", metavar="FILE", help="Write Markdown there.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Record nothing; the same answer and exit code.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show every group of every rule, and what would turn it.")] = False,
    why: Annotated[
        str | None,
        typer.Option("--why", metavar="RULE", callback=options.given, help="Show all of one rule, a passing one too."),
    ] = None,
) -> ExitCode:
    """Ask policy whether a model may reach a stage.

    Measures, decides and records.

    Without --data, the evidence recorded last for this model is judged. Exit codes: 0 allowed; 1 denied, a rule failed; 2
    usage; 3 denied, inconclusive; 4 it could not be evaluated. There is no switch that turns a failure into 0.
    """
    from govern.workflow.gate import gating
    from govern.workflow.gate.attempts import attempts_of

    words = None
    if data is not None:
        words = gating.Data(
            data=existing(data), data_name=data.name, reference=existing(reference), target=target, prediction=prediction,
            score=score, threshold=threshold, weight=weight, protected=options.listed(protected),
            cross=options.listed(cross), favourable=favourable, positive=positive, model=existing(model_file), seed=seed,
        )
    elif target or prediction or score or reference:
        raise UsageError("columns are named, but no --data", "Add --data FILE, or leave all of them out.")
    with session.workspace() as workspace:
        with session.progress() as progress:
            result = gating.gate(
                workspace, model, to=to, data=words, key=session.key, passphrases=session.passphrases, dry_run=dry_run,
                progress=progress,
            )
        line = result.decision.subject_name.rpartition("@")[0]
        attempts = attempts_of(workspace, workspace.state(), line, result.decision.gate) if explain else ()
        report(session, result, explain=explain, why=why or "", dry_run=dry_run, attempts=attempts)
        reports(session, result, rule_places(workspace), junit=junit, sarif=sarif, summary=summary)
    from govern.policy.outcome import exit_code_of

    return exit_code_of(result.decision)


def report(
    session: Session, result: "GateResult", *, explain: bool, why: str, dry_run: bool, attempts: "Sequence[AttemptView]"
) -> None:
    """Write the answer to stdout."""
    from govern.cli import dossier, verdict
    from govern.policy.outcome import exit_code_of
    from govern.workflow.views import moved_goalposts

    code = exit_code_of(result.decision)
    if session.as_json:
        if why:
            verdict.chosen(result.decision, why)
        session.voice.document(
            "govern/gate/v1",
            {
                "outcome": result.decision.outcome, "exit_code": int(code), "dry_run": dry_run,
                "decision_digest": result.decision_digest, "evidence": result.evidence, "entries": result.written,
                "seconds": result.seconds, "decision": result.decision, "goalposts": result.goalposts,
                **({"attempts": attempts} if explain else {}),
            },
        )
        return
    voice = session.voice
    verdict.show(voice, result.decision, explain=explain, why=why)
    if result.goalposts is not None:
        voice.line()
        moved = moved_goalposts(result.decision, result.goalposts.outcome, result.goalposts.against)
        voice.paragraph(f"! The policy changed since the attempt before{f': {moved}' if moved else ''}", indent="  ")
        dossier.changed(voice, result.goalposts.changes)
    if explain:
        dossier.attempts(voice, attempts)
    voice.line()
    if dry_run:
        voice.line("· dry run: nothing was recorded")
    else:
        voice.table(
            [
                ("recorded", f"#{entry.index}", entry.kind, entry.subject, f"entry {brief(entry.digest)}")
                for entry in result.written
            ],
            indent="  ",
        )
    voice.line(f"  decision {result.decision_digest}")
    voice.talk(f"  {', '.join(f'{part} {duration(seconds)}' for part, seconds in result.seconds.items())}", "dim")
    if code is ExitCode.OK and not dry_run:
        approvals = ", ".join(f"{a.count} {a.role}" for a in result.missing)
        subject, stage = result.decision.subject_name, result.decision.gate.removeprefix("promote:")
        voice.hint(
            f"Next: {approvals} must sign: govern review show {subject} --to {stage}" if approvals
            else f"Next: govern promote {subject} --to {stage}"
        )
    elif code is not ExitCode.OK and not explain:
        voice.hint("Next: --explain shows every group and what would turn each rule; mend, and gate again.")


def reports(
    session: Session, result: "GateResult", places: "RulePlaces", *, junit: Path | None, sarif: Path | None,
    summary: Path | None,
) -> None:
    """Write the files for pipelines, and GitHub's annotations where its runner listens. Raises `StorageError`."""
    if junit is not None:
        from govern.exchange import junit as junit_format

        write(junit, junit_format.write(result.decision))
    if sarif is not None:
        from govern.exchange import sarif as sarif_format

        write(sarif, sarif_format.write(result.decision, places=places, version=VERSION))
    if summary is not None:
        from govern.exchange import summary as summary_format

        write(summary, summary_format.write(result.decision))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from govern.exchange.summary import annotations

        # The runner reads workflow commands from both streams; stdout stays data.
        for line in annotations(result.decision, places=places).splitlines():
            session.voice.talk(line)


def rule_places(workspace: "Workspace") -> "RulePlaces":
    """Say at which line of its document each rule in force stands; the document's place is that of a repository's habit."""
    from govern.exchange.places import RulePlace
    from govern.workflow.policies.policies import in_force

    return {
        (one.policy_digest, rule): RulePlace(uri=f"policies/{one.policy.name}/policy.yaml", line=line)
        for one in in_force(workspace.objects, workspace.state())
        for rule, line in one.policy.lines.items()
    }
