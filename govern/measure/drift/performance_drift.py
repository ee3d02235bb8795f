"""Performance drift: how much better or worse the model does in a window than in the reference."""

import math
from dataclasses import replace
from typing import Any, Final, cast

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, integer, settled
from govern.measure.drift.unlabelled import REASON, bands, estimate
from govern.measure.numbers import real, text
from govern.measure.outcomes.performance import Performance
from govern.measure.outcomes.scored import auc_with_error
from govern.measure.statistics.intervals import Bounds, newcombe, quantile
from govern.measure.statistics.tests import two_rates
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"level": "0.95", "min_rows": 50}


class PerformanceDrift:
    """Window less reference, metric by metric.

    Without labels in the window an estimate from scores is shown, and the measurement stays `missing`: nothing that was
    not labelled passes a model. `reference_target` names the column of labels that only the reference has.
    """

    id = "performance_drift@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Take `performance@1` on both sides."""
        if study.reference is None and study.inputs.baseline is None:
            raise Unmeasured("missing", "no reference was given")
        own = settled(parameters, DEFAULTS)
        if study.inputs.target is None:
            return self._unlabelled(study, attribute, own)
        window = Performance().collect(study, attribute, {"level": own["level"]})
        before = _before(study, attribute, own, str(window.parameters["judged"]))
        return Measurement(measure=self.id, parameters=own | {"judged": window.parameters["judged"]}, statistics={
            "reference": dict(before.statistics), "window": dict(window.statistics),
        })

    def _unlabelled(self, study: Study, attribute: str, own: Parameters) -> Measurement:
        """Bands of scores on both sides; the reference's with its labels."""
        window = bands(study)
        target = own.get("reference_target")
        if study.reference is not None and target is None:
            raise Unmeasured("missing", "no target was given; name the reference's labels in reference_target for an estimate")
        before = _before(study, attribute, own, None, target=None if target is None else str(target))
        if "scored" not in before.statistics:
            raise Unmeasured("missing", "the baseline evidence holds no scores to estimate from")
        return Measurement(measure=self.id, parameters={**own, "judged": "estimate"}, statistics={
            "reference": dict(before.statistics), "window": window,
        })

    def evaluate(self, bare: Measurement) -> Measurement:
        """Differences with intervals and p-values."""
        if bare.parameters["judged"] == "estimate":
            before = cast("dict[str, Any]", bare.statistics["reference"])
            raise Unmeasured("missing", REASON, values=estimate(before["scored"], cast("list[dict[str, Any]]", bare.statistics["window"])))
        level = str(bare.parameters["level"])
        sides = [self._side(bare, side) for side in ("reference", "window")]
        least = integer(bare.parameters, "min_rows")
        sizes = [int(str(side["n"])) for side in sides]
        if min(sizes) < least:
            raise Unmeasured("insufficient-data", f"{sizes[0]} rows in the reference and {sizes[1]} in the window: {least} are needed in each")
        features = tuple(
            {"feature": name, "reference": sides[0].get(name), "window": sides[1].get(name), **_compared(name, bare, sides, level)}
            for name in ("accuracy", "auc", "brier", "log_loss", "mae", "rmse", "r2")
            if sides[0].get(name) is not None and sides[1].get(name) is not None
        )
        if not features:
            raise Unmeasured("undefined", "no metric is defined on both sides")
        values: dict[str, JsonValue] = {"n_reference": sizes[0], "n_window": sizes[1]}
        for row in features:
            values[f"{row['feature']}_difference"] = row["difference"]
        return replace(bare, values=values, features=features)

    @staticmethod
    def _side(bare: Measurement, side: str) -> dict[str, JsonValue]:
        statistics = cast("dict[str, JsonValue]", bare.statistics[side])
        try:
            return dict(Performance().evaluate(replace(bare, statistics=statistics)).values)
        except Unmeasured as answer:
            return dict(answer.values)


def _before(study: Study, attribute: str, own: Parameters, judged: str | None, target: str | None = None) -> Measurement:
    if study.reference is not None:
        reference = study.predicted_reference
        inputs = replace(study.inputs, data=reference, reference=None, model=None, target=target or study.inputs.target)
        before = Study(inputs, study.frames, (), study.progress)
        return Performance().collect(before, attribute, {"level": own["level"]})
    stored = [one for one in (study.inputs.baseline.measures if study.inputs.baseline else ()) if one.measure == Performance.id and one.statistics]
    if not stored or (judged is not None and stored[0].parameters.get("judged") != judged):
        raise Unmeasured("missing", "the baseline evidence holds no performance to compare with")
    return stored[0]


def _compared(name: str, bare: Measurement, sides: list[dict[str, JsonValue]], level: str) -> dict[str, JsonValue]:
    difference = real(sides[1][name]) - real(sides[0][name])
    shown: dict[str, JsonValue] = {"difference": text(difference), "interval": None, "p_value": None}
    before, after = (cast("dict[str, Any]", bare.statistics[side]) for side in ("reference", "window"))
    if name == "accuracy":
        (a, n), (b, m) = ((int(side["decided"]["right"]), int(side["decided"]["n"])) for side in (before, after))
        return shown | {"interval": newcombe(b, m, a, n, level).json(), "p_value": text(two_rates(b, m, a, n).p_value)}
    error = _error(name, before, after)
    if error is None or error <= 0:
        return shown
    half = quantile(level) * error
    bounds = Bounds(method="normal", level=level, low=difference - half, high=difference + half)
    return shown | {"interval": bounds.json(), "p_value": text(math.erfc(abs(difference) / error / math.sqrt(2)))}


def _error(name: str, before: dict[str, Any], after: dict[str, Any]) -> float | None:
    """Standard error of a difference between two independent samples; None where there is no closed form."""
    squares = []
    for side in (before, after):
        if name == "auc":
            found = auc_with_error(side["scored"])
            if found is None or found[1] is None:
                return None
            squares.append(found[1] ** 2)
        elif name in {"brier", "log_loss"}:
            n = int(side["scored"]["positives"]) + int(side["scored"]["negatives"])
            mean = real(side["scored"]["losses"][name]) / n
            squares.append(max(0.0, real(side["scored"]["losses"][f"{name}_squares"]) / n - mean * mean) / n)
        elif name == "mae":
            sums = side["quantities"]
            n = int(sums["n"])
            squares.append(max(0.0, real(sums["squares"]) / n - (real(sums["absolute"]) / n) ** 2) / n)
        else:
            return None
    return math.sqrt(sum(squares))
