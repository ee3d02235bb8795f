"""`govern monitor`: measure a window of live data, record the observation, open findings."""

from typing import Annotated

import typer

from govern.cli import options, verdict
from govern.cli.files import existing
from govern.cli.session import Session, command
from govern.cli.text import count, state
from govern.errors import ExitCode, UsageError


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "monitor", signs=True)(monitor)


def monitor(
    session: Session, *,
    deployment: Annotated[
        str | None, typer.Argument(metavar="DEPLOYMENT", help="Its id, or the model or system that runs: credit@2.")
    ] = None,
    data: options.MaybeData = None,
    environment: Annotated[
        str | None,
        typer.Option("--environment", metavar="ENVIRONMENT", callback=options.given, help="Where, if it runs in several."),
    ] = None,
    period: Annotated[str, typer.Option("--period", metavar="TEXT", help="The time that the window's rows are from.")] = "",
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
    prometheus: options.Prometheus = None,
    deliver: Annotated[
        bool, typer.Option("--deliver", help="Measure nothing; tell the hooks what they have not taken yet.")
    ] = False,
) -> ExitCode:
    """Measure one window of what a deployed model sees.

    Records an observation, opens findings where policy says so, and tells the hooks of config.toml. Exit codes as of `govern gate`: 0 nothing found; 1 a rule failed; 3 inconclusive; 4 it could not be evaluated.
    """
    if deliver:
        return _delivered(session)
    if deployment is None or data is None:
        raise UsageError("a deployment or its data is missing", "As in: govern monitor credit@2 --data WINDOW.csv …")
    from govern.policy.outcome import exit_code_of
    from govern.workflow import gating, monitoring

    words = gating.Data(
        data=existing(data), data_name=data.name, reference=existing(reference), target=target, prediction=prediction,
        score=score, threshold=threshold, weight=weight, protected=options.listed(protected), cross=options.listed(cross),
        favourable=favourable, positive=positive, model=existing(model_file), seed=seed,
    )
    with session.workspace() as workspace, session.progress() as progress:
        seen = monitoring.monitor(
            workspace, deployment, data=words, environment=environment, period=period, key=session.key,
            passphrases=session.passphrases, progress=progress,
        )
        if prometheus is not None:
            from govern.workflow.prometheus import write_textfile

            write_textfile(workspace, prometheus)
    code = exit_code_of(seen.decision)
    if session.as_json:
        session.voice.document("govern/observation/v1", {"exit_code": int(code), "observation": seen})
        return code
    verdict.show(session.voice, seen.decision)
    session.voice.line()
    session.voice.paragraph(seen.sentence, indent="  ")
    session.wrote(*seen.written, schema="govern/written/v1")
    if code is not ExitCode.OK:
        session.voice.hint("Next: govern review list shows what this reopened.")
    return code


def _delivered(session: Session) -> ExitCode:
    """Tell the hooks what waits; exit 4 where something still does."""
    from govern.workflow import hooks

    with session.workspace() as workspace:
        found = hooks.deliver(workspace)
    left = [one for one in found if not one.delivered]
    code = ExitCode.ERROR if left else ExitCode.OK
    if session.as_json:
        session.voice.document("govern/deliveries/v1", {"exit_code": int(code), "deliveries": found})
        return code
    session.voice.table(
        [(state("ok" if one.delivered else "bad"), one.hook, one.event, count(one.attempts, "attempt"), one.detail) for one in found]
    )
    session.voice.line(f"{count(len(found) - len(left), 'event')} delivered, {len(left)} still waiting")
    return code
