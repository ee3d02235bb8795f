"""Errors of predicted quantities: MAE, RMSE and R2, from sums that the engine takes in one scan."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, cast

from govern.domain.evidence import JsonValue
from govern.measure.bias.groups import check_outcomes
from govern.measure.frames import run
from govern.measure.numbers import exact, real, text
from govern.measure.statistics.intervals import Bounds, quantile
from govern.measure.study import Study
from govern.measure.sums import exact_sum, largest, scale_of, summed
from govern.measure.unmeasured import Unmeasured


def quantities(study: Study) -> tuple[Any, Any]:
    """Expressions of the target and the predicted quantity. Raises `Unmeasured` where one is missing or no number."""
    prediction, target = study.inputs.prediction or study.inputs.score, study.inputs.target
    if prediction is None or target is None:
        raise Unmeasured("missing", "no prediction was given for a target that is a quantity")
    if not (study.frame.numeric(target) and study.frame.numeric(prediction)):
        raise Unmeasured("undefined", f"“{target}” has too many values to be classes, and is not a number")
    check_outcomes(study, target, prediction)
    table = study.frame.table
    return table[target].cast("float64"), table[prediction].cast("float64")


def collect_quantities(study: Study) -> dict[str, JsonValue]:
    """Sum errors and deviations of the target, their squares, fourth powers and products. Raises `Unmeasured`."""
    actual, guess = quantities(study)
    table, name = study.frame.table, study.frame.name
    ends = run(table.aggregate(low=actual.min(), high=actual.max()), name)[0]
    centre = text((float(ends["low"]) + float(ends["high"])) / 2)
    error, deviation = actual - guess, actual - float(centre)
    sizes = largest(study.frame, error=error, deviation=deviation)
    e, d = scale_of(sizes["error"]), scale_of(sizes["deviation"])
    terms = {
        "absolute": (error.abs(), e), "squares": (error * error, 2 * e), "fourths": (error * error * error * error, 4 * e),
        "deviations": (deviation, d), "deviations2": (deviation * deviation, 2 * d), "deviations3": (deviation * deviation * deviation, 3 * d),
        "deviations4": (deviation * deviation * deviation * deviation, 4 * d), "products": (error * error * deviation, 2 * e + d),
        "products2": (error * error * deviation * deviation, 2 * e + 2 * d),
    }
    sums = run(table.aggregate(n=table.count(), **{key: exact_sum(term, scale) for key, (term, scale) in terms.items()}), name)[0]
    return {"quantities": {"n": int(sums["n"]), "centre": centre, **{key: text(summed(sums[key], scale)) for key, (_, scale) in terms.items()}}}


def quantity_values(statistics: Mapping[str, JsonValue], level: str) -> dict[str, JsonValue]:
    """MAE, RMSE and R2.

    Intervals by the normal approximation of means of errors and squared errors; of R2 by the delta method on the means
    of squared errors and squared deviations (van der Vaart 1998, Asymptotic Statistics, 3.1).
    """
    sums = cast("dict[str, Any]", statistics["quantities"])
    n = int(sums["n"])
    mae, mse = real(sums["absolute"]) / n, real(sums["squares"]) / n
    z = quantile(level)
    half = z * math.sqrt(max(0.0, mse - mae * mae) / n)
    half2 = z * math.sqrt(max(0.0, real(sums["fourths"]) / n - mse * mse) / n)
    return {
        "n": n, "mae": text(mae), "mae_interval": Bounds(method="normal", level=level, low=max(0.0, mae - half), high=mae + half).json(),
        "rmse": text(math.sqrt(mse)), "rmse_interval": Bounds(
            method="normal", level=level, low=math.sqrt(max(0.0, mse - half2)), high=math.sqrt(mse + half2)).json(),
        **_explained(sums, level),
    }


def _explained(sums: dict[str, Any], level: str) -> dict[str, JsonValue]:
    n = int(sums["n"])
    mean = exact(sums["deviations"]) / n
    d1, d2, d3, d4 = (exact(sums[key]) / n for key in ("deviations", "deviations2", "deviations3", "deviations4"))
    variance = d2 - mean * mean
    if variance <= 0:
        return {"r2": None, "r2_interval": None}
    mse = exact(sums["squares"]) / n
    fourth = d4 - 4 * mean * d3 + 6 * mean**2 * d2 - 4 * mean**3 * d1 + mean**4
    both = (exact(sums["products2"]) - 2 * mean * exact(sums["products"])) / n + mean**2 * mse
    spread = (
        (exact(sums["fourths"]) / n - mse**2) / variance**2 - 2 * mse * (both - mse * variance) / variance**3
        + mse**2 * (fourth - variance**2) / variance**4
    )
    r2 = 1 - mse / variance
    half = quantile(level) * math.sqrt(max(Fraction(0), spread) / n)
    return {
        "r2": text(float(r2)), "r2_interval": Bounds(method="delta", level=level, low=float(r2) - half, high=min(1.0, float(r2) + half)).json(),
    }
