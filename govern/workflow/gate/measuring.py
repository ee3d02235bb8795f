"""Measuring without a verdict: evidence to look at, or to record for a later gate."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from govern.domain.evidence import Evidence, JsonValue, MeasureRequest
from govern.errors import UsageError
from govern.lineage.refs import resolve
from govern.workflow.gate import gating
from govern.workflow.gate.gating import Data
from govern.workflow.interface import Passphrases, Progress, silent
from govern.workflow.place.workspace import Workspace
from govern.workflow.views import Written


def measure(
    data: Data, ids: Sequence[str | MeasureRequest] = (), *, detector: Literal["scipy", "alibi-detect"] = "scipy",
    allowed_types: tuple[str, ...] = (), progress: Progress = silent,
) -> Evidence:
    """Measure without a workspace: nothing is recorded. Without `ids`, all that the data allows.

    Raises `UsageError`, `DataError`.
    """
    from govern.measure import default_requests
    from govern.measure import measure as run

    inputs = gating.inputs_of(data, detector=detector, allowed_types=allowed_types)
    return run(requested(ids) or default_requests(inputs), inputs, progress=progress)


def reasons_table(data: Data, *, top: int = 4) -> str:
    """Reason codes of every decision as CSV: the row's number and its features with their contributions.

    It speaks of single people: it goes to the file that was asked for, and into no evidence. Raises `UsageError`, `DataError`.
    """
    from govern.measure.explain.local import local_reasons

    held = io.StringIO()
    table = csv.writer(held, lineterminator="\n")
    table.writerow(["row", *(f"{what}_{place}" for place in range(1, top + 1) for what in ("reason", "contribution"))])
    for row, codes in local_reasons(gating.inputs_of(data, detector="scipy", allowed_types=()), top):
        cells = [cell for code in codes for cell in (code.feature, code.contribution)]
        table.writerow([row, *cells, *[""] * (2 * top - len(cells))])
    return held.getvalue()


def record(
    ws: Workspace, model: str, data: Data, ids: Sequence[str | MeasureRequest] = (), *, key: str | None = None, passphrases: Passphrases,
    progress: Progress = silent,
) -> tuple[Evidence, Written]:
    """Measure a recorded model and record the evidence, for a later gate to judge. Raises `UsageError`, `DataError`."""
    if data.engine is not None and not isinstance(data.data, Path):
        raise UsageError(
            f"the table {data.data_name} has no digest, so that nothing can be recorded about it",
            "Leave the model out to look only, or measure a file that the table was written to.",
        )
    state = ws.state()
    node = resolve(state, model, kinds=("model",))
    fact = state.models[node.digest].fact
    system = state.systems[fact.system].fact
    complete = gating.completed(ws, node.digest, node.name, data, system, fact.threshold)
    signs = ws.key_for("evaluator", key)
    ws.ready(signs, passphrases)
    evidence = measure(
        complete, ids, detector=ws.config.detector, allowed_types=ws.config.models.allowed_types, progress=progress
    )
    draft, _ = gating.evidence_draft(
        ws, node.name, node.digest, system.name, complete, evidence, ws.now(), key, purpose="measure"
    )
    written = ws.write([draft], key=signs, passphrases=passphrases)
    return evidence, written[0]


def requested(ids: Sequence[str | MeasureRequest], words: Sequence[str] = ()) -> tuple[MeasureRequest, ...]:
    """Name measures by id, with parameters as `KEY=VALUE` for all of them or `MEASURE.KEY=VALUE` for one.

    A value is JSON where it reads as such (`["a", "b"]`, `5`), else text. Raises `UsageError`.
    """
    from govern.measure import ALL_MEASURES

    wanted: dict[str, dict[str, JsonValue]] = {}
    for given in ids:
        if isinstance(given, MeasureRequest):
            wanted[given.measure] = dict(given.parameters)
            continue
        name = given if "@" in given else f"{given}@1"
        if name not in ALL_MEASURES:
            raise UsageError(f"there is no measure “{given}”", f"The measures are: {', '.join(sorted(ALL_MEASURES))}.")
        wanted[name] = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or not key.strip() or not value.strip():
            raise UsageError(f"--with “{word}” is not KEY=VALUE", "Write it as in: --with covariate_drift.numeric=cramer-von-mises")
        measure, dot, own = key.strip().rpartition(".")
        named = [name for name in wanted if not dot or name in {measure, f"{measure}@1"}]
        if not named:
            raise UsageError(f"--with “{word}” is for no measure that is asked for", "Name it with --measures.")
        for name in named:
            wanted[name][own] = _value(value.strip())
    return tuple(MeasureRequest(measure=name, parameters=parameters) for name, parameters in wanted.items())


def _value(text: str) -> JsonValue:
    try:
        value: JsonValue = json.loads(text, parse_float=str)
    except ValueError:
        return text
    return value
