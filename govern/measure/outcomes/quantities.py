"""Errors of predicted quantities: MAE, RMSE and R2, from sums that the engine takes in one scan."""

import math
from collections.abc import Mapping
from typing import Any, cast

from govern.domain.evidence import JsonValue
from govern.measure.base import Unmeasured
from govern.measure.bias.groups import check_outcomes
from govern.measure.frames import run
from govern.measure.numbers import real, text
from govern.measure.statistics.intervals import Bounds, quantile
from govern.measure.study import Study

_SUM = "decimal(38,9)"
"""Sums of decimals do not depend on the order in which threads finish."""


def collect_quantities(study: Study) -> dict[str, JsonValue]:
    """Sum errors, their squares and fourth powers. Raises `Unmeasured`."""
    prediction, target = study.inputs.prediction or study.inputs.score, study.inputs.target
    if prediction is None or target is None:
        raise Unmeasured("missing", "no prediction was given for a target that is a quantity")
    if not (study.frame.numeric(target) and study.frame.numeric(prediction)):
        raise Unmeasured("undefined", f"“{target}” has too many values to be classes, and is not a number")
    check_outcomes(study, target, prediction)
    table = study.frame.table
    actual, guess = table[target].cast("float64"), table[prediction].cast("float64")
    error = actual - guess

    def total(expression: Any) -> Any:
        return expression.cast(_SUM).sum()

    sums = run(table.aggregate(
        absolute=total(error.abs()), squares=total(error * error), fourths=total(error * error * error * error),
        actual=total(actual), actual2=total(actual * actual), n=table.count(),
    ), study.frame.name)[0]
    return {"quantities": {"n": int(sums["n"]), **{key: text(sums[key]) for key in ("absolute", "squares", "fourths", "actual", "actual2")}}}


def quantity_values(statistics: Mapping[str, JsonValue], level: str) -> dict[str, JsonValue]:
    """MAE, RMSE and R2; intervals by the normal approximation of the means of errors and squared errors."""
    sums = cast("dict[str, Any]", statistics["quantities"])
    n = int(sums["n"])
    mae, mse = real(sums["absolute"]) / n, real(sums["squares"]) / n
    z = quantile(level)
    half = z * math.sqrt(max(0.0, mse - mae * mae) / n)
    half2 = z * math.sqrt(max(0.0, real(sums["fourths"]) / n - mse * mse) / n)
    spread = real(sums["actual2"]) - real(sums["actual"]) ** 2 / n
    return {
        "n": n, "mae": text(mae), "mae_interval": Bounds(method="normal", level=level, low=max(0.0, mae - half), high=mae + half).json(),
        "rmse": text(math.sqrt(mse)), "rmse_interval": Bounds(
            method="normal", level=level, low=math.sqrt(max(0.0, mse - half2)), high=math.sqrt(mse + half2)).json(),
        "r2": text(1 - real(sums["squares"]) / spread) if spread > 0 else None,
    }
