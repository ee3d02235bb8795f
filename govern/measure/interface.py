"""The room's public face: measure data into evidence, and compute evidence's numbers again without the data."""

from collections.abc import Sequence
from dataclasses import replace

from govern.domain.evidence import Evidence, MeasureRequest
from govern.errors import UsageError
from govern.measure.inputs import DetectorName, FrameSource, Inputs, Progress, silent
from govern.measure.registry import ALL_MEASURES, find

__all__ = [
    "ALL_MEASURES", "DetectorName", "FrameSource", "Inputs", "Progress", "default_requests", "measure", "recompute",
]


def measure(requests: Sequence[MeasureRequest], inputs: Inputs, *, progress: Progress = silent) -> Evidence:
    """Measure what is asked for and return evidence: sufficient statistics and numbers, and no row.

    The same data, inputs and requests give an equal value, whatever frame or engine the data came in. A measure that
    lacks an input, or is not defined on this data, is in the evidence with its reason.

    Raises `UsageError` for files, columns and measures that are not there and for labels nobody declared a favourable
    value of, `DataError` for data that can't be read or has no rows, `UnsafeModelError` for a model file that could
    run code, `MissingExtraError` for an optional package.
    """
    from govern.measure.frames import Frames
    from govern.measure.run import run_all

    for request in requests:
        find(request.measure)
    with Frames(inputs.engine) as frames:
        if not requests:
            frames.open(inputs.data)
            raise UsageError(
                "these inputs leave nothing to be measured",
                "Name protected attributes for bias, a prediction or score for performance, a reference for drift, or a measure.",
            )
        return run_all(requests, inputs, frames, progress)


def recompute(evidence: Evidence) -> Evidence:
    """Compute every number again from the statistics in the evidence; equal to it unless something was altered.

    Raises `UsageError` for a measure that this version does not know.
    """
    from govern.measure.base import evaluated, stripped

    return replace(evidence, measures=tuple(
        one if not one.statistics else evaluated(find(one.measure), stripped(one)) for one in evidence.measures
    ))


def default_requests(inputs: Inputs) -> tuple[MeasureRequest, ...]:
    """What these inputs allow to be measured, each with its default parameters."""
    scored = inputs.score is not None and inputs.threshold is not None
    modelled = inputs.model is not None
    judged = inputs.prediction is not None or scored or modelled
    wanted: list[str] = []
    if inputs.protected or inputs.cross:
        if judged or inputs.target is not None:
            wanted += ["impact_ratio@1", "demographic_parity@1"]
        if judged and inputs.target is not None:
            wanted += ["equalized_odds@1", "error_rates@1"]
        if inputs.control and (judged or inputs.target is not None):
            wanted.append("conditional_disparity@1")
    if inputs.target is not None and (judged or inputs.score is not None):
        wanted.append("performance@1")
        if inputs.baseline_prediction is not None or inputs.baseline_score is not None:
            wanted.append("candidate_against_baseline@1")
    if modelled:
        wanted += ["permutation_importance@1", "protected_reliance@1"]
    if inputs.reference is not None or inputs.baseline is not None:
        wanted.append("covariate_drift@1")
    return tuple(MeasureRequest(measure=one) for one in wanted if one in ALL_MEASURES)
