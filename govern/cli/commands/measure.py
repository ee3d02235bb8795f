"""`govern measure`: evidence only; without a model nothing is recorded and no workspace is needed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli import figures, options
from govern.cli.files import existing, rows, write
from govern.cli.session import Session, command
from govern.cli.speak import plain
from govern.errors import UsageError

if TYPE_CHECKING:
    from govern.domain.evidence import Evidence
    from govern.workflow.views import Written


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "measure", signs=True)(measure)


def measure(
    session: Session, *,
    data: options.Data,
    model: Annotated[
        str | None, typer.Argument(metavar="MODEL", help="A recorded model: then the evidence is recorded for it.")
    ] = None,
    target: options.Target = None,
    prediction: options.Prediction = None,
    score: options.Score = None,
    threshold: options.Threshold = None,
    model_file: options.ModelFile = None,
    weight: options.Weight = None,
    protected: options.Protected = None,
    cross: options.Cross = None,
    control: options.Control = None,
    baseline_prediction: options.BaselinePrediction = None,
    baseline_score: options.BaselineScore = None,
    favourable: options.Favourable = None,
    positive: options.Positive = None,
    reference: options.Reference = None,
    measures: Annotated[
        str | None,
        typer.Option("--measures", metavar="ID,ID", callback=options.given, help="Such as impact_ratio,performance; else all that apply."),
    ] = None,
    engine: options.Engine = None,
    seed: options.Seed = 0,
    ll144: Annotated[
        Path | None, typer.Option("--ll144", metavar="FILE", help="Write the tables of 6 RCNY 5-301 there, as CSV.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the evidence there, as JSON.")] = None,
) -> None:
    """Measure rows and print the evidence; no verdict.

    Bias, explanation, drift, performance and data quality. At least one of --target, --prediction and --score is needed. A measure that needs another input says so.
    """
    from govern.workflow.gating import Data

    words = Data(
        data=rows(data, engine), data_name=data.name, reference=rows(reference, engine), engine=engine, target=target, prediction=prediction,
        score=score, threshold=threshold, weight=weight, protected=options.listed(protected), cross=options.listed(cross),
        control=options.listed(control), baseline_prediction=baseline_prediction, baseline_score=baseline_score, favourable=favourable, positive=positive, model=existing(model_file), seed=seed,
    )
    if not (target or prediction or score or measures):
        raise UsageError("there is nothing to measure", "Name at least one of --target, --prediction and --score.")
    from govern.workflow import measuring

    with session.progress() as progress:
        if model is None:
            evidence = measuring.measure(words, options.listed(measures), progress=progress)
            written = None
        else:
            with session.workspace() as workspace:
                evidence, written = measuring.record(
                    workspace, model, words, options.listed(measures), key=session.key, passphrases=session.passphrases,
                    progress=progress,
                )
    _report(session, evidence, written, out=out, ll144=ll144)


def _report(
    session: Session, evidence: "Evidence", written: "Written | None", *, out: Path | None, ll144: Path | None
) -> None:
    """Write the evidence to stdout and into the files that were asked for."""
    if out is not None:
        from govern.canonical.values import object_bytes

        write(out, object_bytes(evidence))
    if ll144 is not None:
        from govern.exchange import ll144 as tables

        write(ll144, tables.write(evidence))
    if session.as_json:
        session.voice.document(evidence.schema, plain(evidence) | ({"entries": [written]} if written else {}))
        return
    figures.show(session.voice, evidence)
    if written is not None:
        session.voice.line()
        session.wrote(written, schema="govern/written/v1")
