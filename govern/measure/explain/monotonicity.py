"""Monotonicity: partial dependence of the model on each number, and how far it goes against its direction."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.groups import rows_of
from govern.measure.explain.permutation import needed_model
from govern.measure.numbers import real, text
from govern.measure.predicting import positive_place, scores
from govern.measure.sampling import sample
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"grid": 10, "sample": 500}


class Monotonicity:
    """Share of a feature's total variation that goes against its direction: 0 is monotone, 0.5 has no direction.

    The parameter `directions` declares `increasing` or `decreasing` by feature; without it, the direction is the one
    that the dependence takes on the whole (Friedman 2001, Ann. Stat. 29, partial dependence).
    """

    id = "monotonicity@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Ask the model with one column held at each point of a grid of rounded quantiles."""
        import numpy as np

        del attribute
        own = settled(parameters, {**DEFAULTS, "seed": study.inputs.seed})
        model, columns = needed_model(study)
        rows = sample(study.frame, columns, integer(own, "sample"), integer(own, "seed"))
        place = positive_place(model, study.inputs)
        if scores(model, rows.head(2), place).dtype.kind not in "iufb":
            raise Unmeasured("undefined", "the model says classes without an order: declare the positive one")
        found: list[JsonValue] = []
        for name in sorted(columns):
            if rows[name].dtype.kind not in "iuf" or rows[name].nunique() < 3:  # noqa: PLR2004 - a direction
                continue
            values = rows[name].dropna().to_numpy(dtype=float)
            spread = float(np.std(values))
            digits = 2 - math.floor(math.log10(spread)) if spread > 0 else 2
            grid = sorted({round(float(one), digits) for one in np.quantile(values, np.linspace(0.05, 0.95, integer(own, "grid")))})
            means = []
            for point in grid:
                held = rows.copy()
                held[name] = point if rows[name].dtype.kind == "f" else round(point)
                means.append(text(float(np.mean(scores(model, held, place)))))
            found.append({"feature": name, "grid": [text(point) for point in grid], "means": list[JsonValue](means)})
        if not found:
            raise Unmeasured("undefined", "the model has no feature that is a number")
        return Measurement(measure=self.id, parameters=own, statistics={"features": found})

    def evaluate(self, bare: Measurement) -> Measurement:
        """Direction, variation against it and the dependence itself."""
        declared = bare.parameters.get("directions")
        directions = declared if isinstance(declared, Mapping) else {}
        features = tuple(_feature(row, directions.get(row["feature"])) for row in rows_of(bare.statistics, "features"))
        asked = [row for row in features if row["declared"]] if directions else list(features)
        worst = max(asked or features, key=lambda row: (real(row["against"]), str(row["feature"])))
        values: dict[str, JsonValue] = {
            "largest_against": worst["against"], "largest_feature": worst["feature"],
            "violations": sum(1 for row in asked if real(row["against"]) > 0),
        }
        return replace(bare, values=values, features=features)


def _feature(row: Mapping[str, Any], direction: object) -> dict[str, JsonValue]:
    means = [real(one) for one in row["means"]]
    steps = [after - before for before, after in itertools.pairwise(means)]
    total = math.fsum(abs(step) for step in steps)
    up = math.fsum(step for step in steps if step > 0)
    down = total - up
    toward = str(direction) if direction else ("increasing" if up >= down else "decreasing")
    against = down if toward == "increasing" else up
    return {
        "feature": str(row["feature"]), "direction": toward, "declared": bool(direction),
        "against": text(max(0.0, against) / total if total > 0 else 0.0), "range": text(max(means) - min(means)),
        "grid": row["grid"], "means": row["means"],
    }
