"""`govern monitor`: measure a window of live data, record the observation, open findings."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from govern.cli import options, verdict
from govern.cli.files import existing
from govern.cli.session import Session, command
from govern.cli.text import state
from govern.domain.text import counted
from govern.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from govern.workflow.monitor.hooks import Delivery
    from govern.workflow.monitor.monitoring import Monitored

WORST = (ExitCode.OK, ExitCode.INCONCLUSIVE, ExitCode.REFUSED, ExitCode.ERROR)
"""From the best to the worst that a window can come out with."""


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "monitor", signs=True)(monitor)


def monitor(
    session: Session, *,
    deployment: Annotated[
        str | None, typer.Argument(metavar="DEPLOYMENT", help="Its id, or what runs: a model such as credit@2, or a system such as credit.")
    ] = None,
    data: options.MaybeWindows = None,
    environment: Annotated[
        str | None,
        typer.Option("--environment", metavar="ENVIRONMENT", callback=options.given, help="Where, if it runs in several."),
    ] = None,
    window_column: options.WindowColumn = None,
    every: options.Every = "",
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
    """Measure windows of what a deployed model sees, in order.

    Each is compared with the baseline that the gate's evidence fixed; it moves only through the gate. Records an observation each, opens findings where policy says so, and tells the hooks of config.toml. Exit codes as of `govern gate`: 0 nothing found; 1 a rule failed; 3 inconclusive; 4 it could not be evaluated. Of several windows the worst counts.
    """
    if deliver:
        return _delivered(session)
    if deployment is None or not data:
        raise UsageError("a deployment or its data is missing", "As in: govern monitor credit@2 --data WINDOW.csv …")
    from govern.policy.outcome import exit_code_of
    from govern.workflow.gate import gating
    from govern.workflow.monitor import windowing

    words = gating.Data(
        data=existing(data[0]), data_name=data[0].name, reference=existing(reference), target=target, prediction=prediction,
        score=score, threshold=threshold, weight=weight, protected=options.listed(protected), cross=options.listed(cross),
        favourable=favourable, positive=positive, model=existing(model_file), seed=seed,
    )
    parts = windowing.windows(words, [existing(one) for one in data], column=window_column, every=every)
    seen: list[tuple[str, Monitored]] = []
    with session.workspace() as workspace, session.progress() as progress:
        seen.extend(windowing.monitor_each(
            workspace, deployment, parts, environment=environment, period=period, key=session.key,
            passphrases=session.passphrases, progress=progress,
        ))
    code = max((exit_code_of(one.decision) for _, one in seen), key=WORST.index)
    _show(session, seen, code)
    if prometheus is not None:
        from govern.workflow.monitor.prometheus import write_textfile

        # What was recorded is said before a file can be in the way.
        with session.workspace() as workspace:
            write_textfile(workspace, prometheus)
    return code


def _show(session: Session, seen: "Sequence[tuple[str, Monitored]]", code: ExitCode) -> None:
    """Say what each window gave."""
    if session.as_json:
        if len(seen) == 1:
            session.voice.document("govern/observation/v1", {"exit_code": int(code), "observation": seen[0][1]})
        else:
            shown = [{"window": window, "observation": one} for window, one in seen]
            session.voice.document("govern/observations/v1", {"exit_code": int(code), "observations": shown})
        return
    for window, one in seen:
        if len(seen) > 1:
            session.voice.line(f"Window {window}", "bold")
        verdict.show(session.voice, one.decision)
        session.voice.line()
        session.voice.paragraph(one.sentence, indent="  ")
        session.wrote(*one.written, schema="govern/written/v1")
        if one.deliveries:
            session.voice.line()
            session.voice.line("Hooks", "bold")
            _told(session, one.deliveries)
    if any(not told.delivered for _, one in seen for told in one.deliveries):
        session.voice.hint("Next: govern monitor --deliver tells the hooks again what they have not taken.")
    if code is not ExitCode.OK:
        session.voice.hint("Next: govern review list shows what this reopened.")


def _delivered(session: Session) -> ExitCode:
    """Tell the hooks what waits; exit 4 where something still does."""
    from govern.workflow.monitor import hooks

    with session.workspace() as workspace:
        found = hooks.deliver(workspace)
        hooks.record(workspace, key=session.key, passphrases=session.passphrases)
        left = [hooks.hook_of(file) for file in hooks.waiting(workspace)]
        unknown = sorted(set(left) - {hook.name for hook in workspace.config.hooks})
    code = ExitCode.ERROR if left else ExitCode.OK
    if session.as_json:
        session.voice.document("govern/deliveries/v1", {"exit_code": int(code), "deliveries": found, "waiting": left})
        return code
    _told(session, found)
    session.voice.line(f"{counted(sum(one.delivered for one in found), 'event')} delivered, {len(left)} still waiting")
    if unknown:
        session.voice.hint(f"config.toml names no hook {', '.join(unknown)} any more: name it again, or delete its events in .govern/outbox.")
    return code


def _told(session: Session, deliveries: "Sequence[Delivery]") -> None:
    session.voice.table(
        [
            (state("ok" if one.delivered else "bad"), one.hook, one.event, counted(one.attempts, "attempt"),
             f"{one.detail}: {one.said}" if one.said else one.detail)
            for one in deliveries
        ],
        indent="  ",
    )
