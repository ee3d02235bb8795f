"""`govern record`: signed statements of what exists. Digests are computed here, from the bytes at hand."""

from pathlib import Path
from typing import Annotated

import typer

from govern.cli.options import chosen, given, listed, pairs, whole
from govern.cli.session import Session, command, group
from govern.domain.text import moment
from govern.errors import UsageError

SCHEMA = "govern/written/v1"
TASKS = ("binary-classification", "multiclass-classification", "regression", "ranking")
TIERS = ("high", "medium", "low")
OUTCOMES = ("completed", "failed", "aborted")

Name = Annotated[str, typer.Option("--name", metavar="NAME", help="Its name; versions of one thing share it.", callback=given)]
Version = Annotated[
    str | None, typer.Option("--version", metavar="VERSION", help="Else the next whole number.", callback=given)
]
System = Annotated[str, typer.Option("--system", metavar="SYSTEM", help="The system that it belongs to.", callback=given)]


def add(app: typer.Typer) -> None:
    """Add the group."""
    record = group(app, "record", "Record systems, datasets, runs and models.")
    command(record, "system", signs=True)(system)
    command(record, "dataset", signs=True)(dataset)
    command(record, "run", signs=True)(run)
    command(record, "model", signs=True)(model)


def system(
    session: Session, *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The system's name, such as credit.")],
    purpose: Annotated[
        str, typer.Option("--purpose", metavar="WORD", callback=given, help="Such as credit or employment; policies apply by it.")
    ],
    owner: Annotated[
        str, typer.Option("--owner", metavar="PSEUDONYM", callback=given, help="The accountable person or team, pseudonymous.")
    ],
    task: Annotated[str, typer.Option("--task", metavar="TASK", help=f"One of: {', '.join(TASKS)}.")] = TASKS[0],
    tier: Annotated[str, typer.Option("--tier", metavar="TIER", help="Materiality: high, medium or low.")] = TIERS[0],
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="A title for people.")] = "",
    jurisdictions: Annotated[
        str | None, typer.Option("--jurisdictions", metavar="A,B", callback=given, help="Where it is used, such as US,EU.")
    ] = None,
    protected: Annotated[
        str | None, typer.Option("--protected", metavar="COL,COL", callback=given, help="Columns with protected attributes.")
    ] = None,
    description: Annotated[str, typer.Option("--description", metavar="TEXT", help="What it decides, for whom.")] = "",
) -> None:
    """Record a system: one use of a model.

    Its purpose, owner, tier, jurisdictions and protected attributes say which policies bind it.
    """
    from govern.domain.facts import SystemFact
    from govern.workflow.record.recording import record_system

    fact = SystemFact(
        name=name, title=title, purpose=purpose, task=chosen(task, TASKS, "--task"),  # type: ignore[arg-type] # checked
        tier=chosen(tier, TIERS, "--tier"), owner=owner, jurisdictions=listed(jurisdictions),  # type: ignore[arg-type]
        protected=listed(protected), description=description,
    )
    with session.workspace() as workspace:
        written = record_system(workspace, fact, key=session.key, passphrases=session.passphrases)
        session.wrote(written, schema=SCHEMA)
        session.voice.hint("Next: govern record dataset FILE --name …   and: govern record model FILE.skops --name … --system " + name)


def dataset(
    session: Session, *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet; only its digest and shape are recorded.")],
    name: Name,
    version: Version = None,
    purpose: Annotated[
        str, typer.Option("--purpose", metavar="WORD", help="Such as training, test, reference or window.")
    ] = "",
    period: Annotated[str, typer.Option("--period", metavar="TEXT", help="The time that its rows are from.")] = "",
    source: Annotated[
        list[str] | None, typer.Option("--from", metavar="REF", help="A dataset that it was derived from; repeat for more.")
    ] = None,
) -> None:
    """Record a version of a dataset by the digest of its file.

    Its columns and its number of rows go into the ledger; never a row.
    """
    from govern.workflow.record.recording import record_dataset

    with session.workspace() as workspace:
        written = record_dataset(
            workspace, file, name=name, version=version, purpose=purpose, period=period, sources=tuple(source or ()),
            key=session.key, passphrases=session.passphrases,
        )
        session.wrote(written, schema=SCHEMA)


def run(
    session: Session, *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The run's name, such as train-2026-11.")],
    system: System,
    inputs: Annotated[
        list[str] | None, typer.Option("--input", metavar="REF", help="A dataset or model it started from; repeat for more.")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--parameter", metavar="NAME=VALUE", help="Repeat for more.")
    ] = None,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="NAME=NUMBER", help="Claimed by the run, never used by a gate; repeat for more."),
    ] = None,
    seed: Annotated[list[str] | None, typer.Option("--seed", metavar="NAME=N", help="Repeat for more.")] = None,
    code: Annotated[Path | None, typer.Option("--code", metavar="FILE", help="The script; its digest is recorded.")] = None,
    revision: Annotated[
        str, typer.Option("--revision", metavar="COMMIT", help="The code's commit, written gitCommit:…")
    ] = "",
    dirty: Annotated[bool, typer.Option("--dirty", help="The code had changes that no commit holds.")] = False,
    environment: Annotated[
        Path | None, typer.Option("--environment", metavar="FILE", help="The lock file; its digest is recorded.")
    ] = None,
    started: Annotated[str | None, typer.Option("--started", metavar="TIME", callback=given, help="Else now.")] = None,
    finished: Annotated[str | None, typer.Option("--finished", metavar="TIME", callback=given, help="Else now.")] = None,
    outcome: Annotated[
        str, typer.Option("--outcome", metavar="WORD", help=f"One of: {', '.join(OUTCOMES)}.")
    ] = OUTCOMES[0],
) -> None:
    """Record one execution, such as a training run.

    What it started from, with which code, parameters, seeds and environment.
    """
    from govern.workflow.record.recording import record_run

    with session.workspace() as workspace:
        begun = moment(started) if started else workspace.now()
        ended = moment(finished) if finished else max(workspace.now(), begun)
        if ended < begun:
            raise UsageError("--finished is before --started", "Give the times in the order in which they were.")
        written = record_run(
            workspace, name=name, system=system, inputs=tuple(inputs or ()), parameters=pairs(parameter, "--parameter"),
            metrics=pairs(metric, "--metric"), seeds={word: whole(number, f"--seed {word}") for word, number in pairs(seed, "--seed").items()}, started=begun, finished=ended, code=code,
            code_revision=revision, code_dirty=dirty, environment=environment,
            outcome=chosen(outcome, OUTCOMES, "--outcome"), key=session.key, passphrases=session.passphrases,
        )
        session.wrote(written, schema=SCHEMA)


def model(
    session: Session, *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The model's file: skops; a pickle is never loaded.")],
    name: Name,
    system: System,
    version: Version = None,
    run: Annotated[
        str | None, typer.Option("--run", metavar="REF", callback=given, help="The run that made it, such as run/train-1.")
    ] = None,
    data: Annotated[
        list[str] | None, typer.Option("--data", metavar="REF", help="A dataset it was made from; repeat for more.")
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option("--threshold", metavar="X", callback=given, help="Of its score: a part of the version's identity."),
    ] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="MODEL", callback=given, help="The model that it is meant to replace.")
    ] = None,
) -> None:
    """Record a version of a model by the digest of its file.

    It is looked into without being loaded; a pickle is refused.
    """
    from govern.workflow.record.recording import record_model

    with session.workspace() as workspace:
        written = record_model(
            workspace, file, name=name, system=system, version=version, run=run, datasets=tuple(data or ()),
            threshold=threshold or "", baseline=baseline, key=session.key, passphrases=session.passphrases,
        )
        session.wrote(written, schema=SCHEMA)
        session.voice.hint(f"Next: govern gate {written.subject} --to STAGE --data FILE --target COL")
