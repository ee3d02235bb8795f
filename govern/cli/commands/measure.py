"""`govern measure`: evidence only; without a model nothing is recorded and no workspace is needed."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from govern.cli import figures, options
from govern.cli.files import existing, rows, write
from govern.cli.session import Session, command
from govern.cli.speak import plain
from govern.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from govern.domain.evidence import Evidence, MeasureRequest
    from govern.workflow.monitor.windowing import Windowed
    from govern.workflow.views import Written

WINDOWS_SCHEMA = "govern/windows/v1"


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "measure", signs=True)(measure)


def measure(
    session: Session, *,
    data: options.Windows,
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
    baseline: options.Baseline = None,
    shap: options.Shap = None,
    measures: options.Measures = None,
    with_: options.With = None,
    window_column: options.WindowColumn = None,
    every: options.Every = "",
    engine: options.Engine = None,
    seed: options.Seed = 0,
    reasons: options.Reasons = None,
    ll144: Annotated[
        Path | None, typer.Option("--ll144", metavar="FILE", help="Write the tables of 6 RCNY 5-301 there, as CSV.")
    ] = None,
    out: Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the evidence there, as JSON.")] = None,
) -> None:
    """Measure rows and print the evidence; no verdict.

    Bias, explanation, drift, performance and data quality. At least one of --target, --prediction and --score is needed, or --measures. A measure that needs another input says so. Several windows give one evidence each, in order.

    Drift: --with covariate_drift.numeric=ks or cramer-von-mises, categorical=chi-squared or fisher, joint=classifier,mmd (all columns together), correction=holm or bh. Explanation: --with method=shap.
    """
    from govern.workflow.gate.gating import Data
    from govern.workflow.monitor.windowing import Windowed, windows

    words = Data(
        data=rows(data[0], engine), data_name=data[0].name, reference=rows(reference, engine), engine=engine, target=target, prediction=prediction,
        score=score, threshold=threshold, weight=weight, protected=options.listed(protected), cross=options.listed(cross),
        control=options.listed(control), baseline_prediction=baseline_prediction, baseline_score=baseline_score, favourable=favourable, positive=positive, model=existing(model_file), seed=seed,
        attributions=existing(shap),
    )
    single = len(data) == 1 and window_column is None
    _check(named=bool(target or prediction or score), measures=bool(measures), with_=bool(with_), several=(ll144 or reasons) is not None and not single)
    from govern.workflow.gate import measuring
    from govern.workflow.monitor.baselines import read_evidence

    if baseline is not None:
        words = replace(words, baseline=read_evidence(baseline))
    parts = (Windowed(window=words.data_name, data=words),) if single else windows(
        words, [existing(one) for one in data], column=window_column, every=every
    )
    found = _measured(session, model, parts, measuring.requested(options.listed(measures), with_ or ()))
    if reasons is not None:
        write(reasons, measuring.reasons_table(words))
    if single:
        _report(session, found[0][1], found[0][2], out=out, ll144=ll144)
    else:
        _report_windows(session, found, out=out)


def _check(*, named: bool, measures: bool, with_: bool, several: bool) -> None:
    """Refuse options that do not go together. Raises `UsageError`."""
    if not (named or measures):
        raise UsageError("there is nothing to measure", "Name at least one of --target, --prediction and --score, or --measures.")
    if with_ and not measures:
        raise UsageError("--with is for measures that are asked for by name", "Name them with --measures.")
    if several:
        raise UsageError("--ll144 and --reasons are of one window", "Measure one file.")


def _measured(
    session: Session, model: str | None, parts: "Sequence[Windowed]", wanted: "Sequence[MeasureRequest]"
) -> "list[tuple[str, Evidence, Written | None]]":
    """Measure each window; record it where a model is named."""
    from govern.workflow.gate import measuring

    with session.progress() as progress:
        if model is None:
            return [(one.window, measuring.measure(one.data, wanted, progress=progress), None) for one in parts]
        with session.workspace() as workspace:
            return [
                (one.window, *measuring.record(
                    workspace, model, one.data, wanted, key=session.key, passphrases=session.passphrases, progress=progress
                ))
                for one in parts
            ]


def _report_windows(session: Session, found: "list[tuple[str, Evidence, Written | None]]", *, out: Path | None) -> None:
    """Write several windows' evidence, in order."""
    document: dict[str, Any] = {"windows": [{"window": name, "evidence": plain(evidence)} for name, evidence, _ in found]}
    if out is not None:
        from govern.canonical.jcs import canonical_bytes

        write(out, canonical_bytes({"schema": WINDOWS_SCHEMA, **document}))
    entries = [written for _, _, written in found if written is not None]
    if session.as_json:
        session.voice.document(WINDOWS_SCHEMA, document | ({"entries": entries} if entries else {}))
        return
    for name, evidence, _ in found:
        session.voice.line(f"Window {name}", "bold")
        figures.show(session.voice, evidence)
        session.voice.line()
    if entries:
        session.wrote(*entries, schema="govern/written/v1")


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
