"""Measuring without a verdict: evidence to look at, or to record for a later gate."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from govern.domain.evidence import Evidence, MeasureRequest
from govern.errors import UsageError
from govern.lineage.refs import resolve
from govern.workflow import gating
from govern.workflow.gating import Data
from govern.workflow.interface import Passphrases, Progress, silent
from govern.workflow.views import Written
from govern.workflow.workspace import Workspace


def measure(
    data: Data, ids: Sequence[str] = (), *, detector: Literal["scipy", "alibi-detect"] = "scipy",
    allowed_types: tuple[str, ...] = (), progress: Progress = silent,
) -> Evidence:
    """Measure without a workspace: nothing is recorded. Without `ids`, all that the data allows.

    Raises `UsageError`, `DataError`.
    """
    from govern.measure import default_requests
    from govern.measure import measure as run

    inputs = gating.inputs_of(data, detector=detector, allowed_types=allowed_types)
    return run(_requests(ids) or default_requests(inputs), inputs, progress=progress)


def record(
    ws: Workspace, model: str, data: Data, ids: Sequence[str] = (), *, key: str | None = None, passphrases: Passphrases,
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


def _requests(ids: Sequence[str]) -> tuple[MeasureRequest, ...]:
    from govern.measure import ALL_MEASURES

    wanted = []
    for given in ids:
        name = given if "@" in given else f"{given}@1"
        if name not in ALL_MEASURES:
            raise UsageError(f"there is no measure “{given}”", f"The measures are: {', '.join(sorted(ALL_MEASURES))}.")
        wanted.append(MeasureRequest(measure=name))
    return tuple(wanted)
