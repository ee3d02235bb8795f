"""Calibration: whether scores are the frequencies they claim to be."""

import math
from dataclasses import replace
from typing import Any, Final, cast

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, settled
from govern.measure.numbers import real, text
from govern.measure.outcomes.performance import calibration_error
from govern.measure.outcomes.scored import CALIBRATION_BINS, loss_statistics, score_cells
from govern.measure.statistics.intervals import wilson
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"bins": CALIBRATION_BINS, "level": "0.95"}


class Calibration:
    """Expected and largest calibration error over ten equal bins, and Spiegelhalter's test; bins are in `groups`."""

    id = "calibration@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Reduce scores to bins and the two sums of the test."""
        del attribute
        cells = score_cells(study)
        if cells.score[0] < 0 or cells.score[-1] > 1:
            raise Unmeasured("undefined", "the scores are no probabilities: they lie outside 0 to 1")
        own = settled(parameters, {**DEFAULTS, "grid": cells.grid, "positive": study.positive()})
        p, n1, n0 = cells.score, cells.positives, cells.negatives
        return Measurement(measure=self.id, parameters=own, statistics={
            "bins": loss_statistics(cells)["calibration"],
            "deviation": text(math.fsum([*((1 - p) * (1 - 2 * p) * n1), *(-p * (1 - 2 * p) * n0)])),
            "variance": text(math.fsum((1 - 2 * p) ** 2 * p * (1 - p) * (n1 + n0))),
        })

    def evaluate(self, bare: Measurement) -> Measurement:
        """Errors, and the test of perfect calibration (Spiegelhalter 1986, Stat. Med. 5, 421-433)."""
        bins = cast("list[dict[str, Any]]", bare.statistics["bins"])
        n = sum(int(one["n"]) for one in bins)
        groups = tuple(_bin(one, str(bare.parameters["level"])) for one in bins)
        variance = real(bare.statistics["variance"])
        p_value = None
        if variance > 0:
            p_value = text(math.erfc(abs(real(bare.statistics["deviation"]) / math.sqrt(variance)) / math.sqrt(2)))
        values: dict[str, JsonValue] = {
            "n": n, "calibration_error": text(calibration_error(bins, n)), "p_value": p_value, "test": "spiegelhalter",
            "largest_error": text(max(abs(real(row["gap"])) for row in groups)),
        }
        return replace(bare, values=values, groups=groups)


def _bin(one: dict[str, Any], level: str) -> dict[str, JsonValue]:
    n, positives, low = int(one["n"]), int(one["positives"]), int(one["bin"])
    return {
        "group": f"{low / CALIBRATION_BINS:.1f}-{(low + 1) / CALIBRATION_BINS:.1f}", "n": n, "positives": positives,
        "observed": text(positives / n), "observed_interval": wilson(positives, n, level).json(),
        "mean_score": text(real(one["scores"]) / n), "gap": text(positives / n - real(one["scores"]) / n),
    }
