"""Performance: accuracy, AUC, Brier score, log loss and calibration error; errors of quantities; with intervals."""

import math
from dataclasses import replace
from typing import Any, Final, cast

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, settled
from govern.measure.bias.groups import check_outcomes
from govern.measure.labels import same
from govern.measure.numbers import real, text
from govern.measure.outcomes.quantities import collect_quantities, quantity_values
from govern.measure.outcomes.scored import auc_with_error, loss_statistics, ranking_statistics, score_cells
from govern.measure.statistics.intervals import Bounds, clopper_pearson, quantile, wilson
from govern.measure.statistics.mann_whitney import area_interval
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"level": "0.95"}


class Performance:
    """How right the model is on the whole; what needs a score is None without one.

    Rows count once each, whatever their weight.
    """

    id = "performance@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Count right decisions, and reduce scores to ranks and sums of losses."""
        del attribute
        if study.inputs.target is None:
            raise Unmeasured("missing", "no target was given: name the column of what really happened")
        own = settled(parameters, DEFAULTS)
        if not study.target_classes():
            return Measurement(measure=self.id, parameters=own | {"judged": "quantity"}, statistics=collect_quantities(study))
        statistics: dict[str, JsonValue] = {}
        if study.judged in {"prediction", "score"}:
            statistics["decided"] = _decided(study)
        if study.inputs.score is not None:
            cells = score_cells(study)
            statistics["scored"] = {**ranking_statistics(cells), **loss_statistics(cells)}
            own["grid"] = cells.grid
        if not statistics:
            raise Unmeasured("missing", "no prediction and no score was given")
        own |= {"judged": study.judged or "", "positive": study.positive() if study.inputs.score is not None else ""}
        return Measurement(measure=self.id, favourable="", parameters=own, statistics=statistics)

    def evaluate(self, bare: Measurement) -> Measurement:
        """Compute the numbers and their intervals."""
        level = str(bare.parameters["level"])
        if bare.parameters["judged"] == "quantity":
            return replace(bare, values=quantity_values(bare.statistics, level))
        values: dict[str, JsonValue] = dict.fromkeys(
            key for name in ("accuracy", "auc", "brier", "log_loss") for key in (name, f"{name}_interval")
        )
        decided = cast("dict[str, int] | None", bare.statistics.get("decided"))
        if decided is not None:
            n, right = decided["n"], decided["right"]
            values |= {"n": n, "accuracy": text(right / n), "accuracy_interval": wilson(right, n, level).json()}
        scored = cast("dict[str, Any] | None", bare.statistics.get("scored"))
        if scored is not None:
            values |= score_values(scored, level)
            if scored["positives"] == 0 or scored["negatives"] == 0:
                raise Unmeasured("undefined", "the target has one class only: nothing can be told apart", values=values)
        return replace(bare, values=values)


def score_values(scored: dict[str, Any], level: str) -> dict[str, JsonValue]:
    """AUC, Brier score, log loss and expected calibration error from statistics."""
    n = int(scored["positives"]) + int(scored["negatives"])
    values: dict[str, JsonValue] = {"n": n, "positives": scored["positives"], "negatives": scored["negatives"]}
    found = auc_with_error(scored)
    if found is not None:
        auc, error = found
        values |= {"auc": text(auc), "auc_interval": auc_interval(auc, error, int(scored["positives"]), int(scored["negatives"]), level)}
    losses = scored["losses"]
    if losses is not None:
        for name in ("brier", "log_loss"):
            mean = real(losses[name]) / n
            spread = math.sqrt(max(0.0, real(losses[f"{name}_squares"]) / n - mean * mean) / n)
            z = quantile(level)
            bounds = Bounds(method="normal", level=level, low=max(0.0, mean - z * spread), high=mean + z * spread)
            # Equal losses everywhere show no spread, and an interval of no length would claim certainty.
            values |= {name: text(mean), f"{name}_interval": bounds.json() if spread > 0 else None}
        values["calibration_error"] = text(calibration_error(scored["calibration"], n))
        values["calibration_error_interval"] = calibration_interval(scored["calibration"], n, level).json()
    return values


def calibration_error(bins: list[dict[str, Any]], n: int) -> float:
    """Expected calibration error over equal bins (Naeini, Cooper and Hauskrecht 2015)."""
    return math.fsum(abs(real(one["positives"]) - real(one["scores"])) for one in bins) / n


def calibration_interval(bins: list[dict[str, Any]], n: int, level: str) -> Bounds:
    """Least and greatest calibration error over all frequencies that the bins do not contradict.

    Each bin's frequency moves within Clopper and Pearson's interval (1934, Biometrika 26, 404-413) at a level shared out
    over the bins (Bonferroni), so that all of them hold at once: the interval covers at least as often as it says, and
    reaches 0 where nothing speaks against a perfect calibration. A resampling interval would never do so, for the error
    can't be negative.
    """
    each = 1 - (1 - float(level)) / len(bins)
    low = high = 0.0
    for one in bins:
        size, mean = int(one["n"]), real(one["scores"]) / int(one["n"])
        bounds = clopper_pearson(int(one["positives"]), size, each)
        low += size / n * max(0.0, bounds.low - mean, mean - bounds.high)
        high += size / n * max(abs(bounds.low - mean), abs(bounds.high - mean))
    return Bounds(method="clopper-pearson-bonferroni", level=level, low=low, high=high)


def auc_interval(auc: float, error: float | None, positives: int, negatives: int, level: str) -> dict[str, JsonValue]:
    """An AUC's interval on the logit scale, so that it stays between 0 and 1 (Pepe 2003, 5.2).

    Where nothing varies (an area of 0 or 1, or one row of a class) DeLong has no error to give, and Newcombe's method 5
    takes its place.
    """
    if not error or auc in {0.0, 1.0}:
        return area_interval(auc, positives, negatives, level).json()
    centre, half = math.log(auc / (1 - auc)), quantile(level) * error / (auc * (1 - auc))
    bounds = Bounds(method="delong-logit", level=level, low=1 / (1 + math.exp(half - centre)), high=1 / (1 + math.exp(-half - centre)))
    return bounds.json()


def _decided(study: Study) -> JsonValue:
    check_outcomes(study, study.inputs.target, study.inputs.prediction or study.inputs.score)
    if study.prediction_is_number():
        raise Unmeasured("undefined", f"“{study.inputs.prediction}” is a quantity and “{study.inputs.target}” has classes: give it as the score")
    positive = study.positive() if study.judged == "score" else ""
    right = n = 0
    for cell in study.whole():
        n += cell.n
        hit = same(cell.target or "", positive) is (cell.outcome == "true") if study.judged == "score" else same(cell.target or "", cell.outcome or "")
        right += cell.n * hit
    return {"n": n, "right": right}
