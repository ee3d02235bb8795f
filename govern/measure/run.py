"""Run requests over one study."""

import json
from collections.abc import Iterable, Sequence

from govern.domain.evidence import Evidence, Excluded, JsonValue, Measurement, MeasureRequest
from govern.measure.base import Measure, Parameters, evaluated, settled
from govern.measure.bias.leaving_out import checked, narrowed
from govern.measure.frames import Frames
from govern.measure.inputs import Inputs, Progress
from govern.measure.registry import find
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured


def run_all(requests: Sequence[MeasureRequest], inputs: Inputs, frames: Frames, progress: Progress) -> Evidence:
    """Measure all requests; sorted, each once. Raises as `govern.measure.interface.measure`."""
    named = [attribute for request in requests for attribute in asked_attributes(request, inputs)]
    study = Study(inputs, frames, named, progress)
    measures: dict[tuple[str, str, str], Measurement] = {}
    for done, request in enumerate(requests):
        progress(request.measure, done, len(requests))
        for one in _request(request, study):
            measures[_order(one)] = one
    progress("measured", len(requests), len(requests))
    ordered = tuple(measures[key] for key in sorted(measures))
    return Evidence(rows=study.rows, excluded=_excluded(ordered), measures=ordered)


def asked_attributes(request: MeasureRequest, inputs: Inputs) -> tuple[str, ...]:
    """The attributes that a request names, else all that the inputs name."""
    asked = request.parameters.get("attributes")
    if isinstance(asked, list | tuple):
        return tuple(str(one) for one in asked)
    return (*inputs.protected, *inputs.cross) if asked is None else (str(asked),)


def _request(request: MeasureRequest, study: Study) -> list[Measurement]:
    measure = find(request.measure)
    attributes = asked_attributes(request, study.inputs)
    checked(request, attributes)
    if not measure.per_attribute:
        return [_one(measure, study, "", request.parameters)]
    if not attributes:
        return [_answer(measure, "", request.parameters, Unmeasured("missing", "no protected attribute was named"))]
    return [_one(measure, study, attribute, narrowed(request.parameters, attribute)) for attribute in attributes]


def _one(measure: Measure, study: Study, attribute: str, parameters: Parameters) -> Measurement:
    if attribute and not study.has(attribute):
        return _answer(measure, attribute, parameters, Unmeasured("missing", f"the data has no column for “{attribute}”"))
    try:
        return evaluated(measure, measure.collect(study, attribute, parameters))
    except Unmeasured as answer:
        return _answer(measure, attribute, parameters, answer)


def _answer(measure: Measure, attribute: str, parameters: Parameters, answer: Unmeasured) -> Measurement:
    own: dict[str, JsonValue] = settled(parameters, {})
    return Measurement(
        measure=measure.id, attribute=attribute, favourable=str(parameters.get("favourable", "") or ""),
        reference=str(parameters.get("reference", "") or ""), availability=answer.availability, reason=answer.reason,
        parameters=own, values=answer.values, groups=answer.groups, features=answer.features,
    )


def _excluded(measures: Iterable[Measurement]) -> tuple[Excluded, ...]:
    """Gather the rows whose group is not known, once an attribute, from the statistics."""
    counts = {one.attribute: one.statistics["unknown"] for one in measures if "unknown" in one.statistics}
    return tuple(
        Excluded(attribute=attribute, value="", n=n) for attribute, n in sorted(counts.items()) if isinstance(n, int)
    )


def _order(one: Measurement) -> tuple[str, str, str]:
    """Sort key of measurements: evidence does not depend on the order of requests."""
    return one.measure, one.attribute, json.dumps(dict(one.parameters), sort_keys=True)
