"""Calibration within groups: whether a score means the same for everybody."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.attributes import parts
from govern.measure.base import Parameters, settled
from govern.measure.bias.groups import check_outcomes, check_width, need_groups, rows_of
from govern.measure.frames import run
from govern.measure.labels import is_unknown, label, same
from govern.measure.numbers import real, text
from govern.measure.statistics.intervals import wilson
from govern.measure.study import Study
from govern.measure.sums import exact_sum, summed
from govern.measure.unmeasured import Unmeasured

BINS: Final = 10
DEFAULTS: Final[Parameters] = {"bins": BINS, "level": "0.95"}


class CalibrationByGroup:
    """Observed share of positives less the mean score, a group and a group's bin."""

    id = "calibration_by_group@1"
    per_attribute = True

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Sum scores and count positives by group and bin of the score."""
        score, target = study.inputs.score, study.inputs.target
        if score is None or target is None:
            raise Unmeasured("missing", "a score and a target are needed")
        check_width(study, attribute)
        check_outcomes(study, score, target)
        own = settled(parameters, {**DEFAULTS, "positive": study.positive()})
        table = study.frame.table
        number = table[score].cast("float64")
        bins = int(str(own["bins"]))
        pieces = parts(attribute, study.frame)
        counted = run(table.group_by(
            **{f"k{i}": piece.expression(study.frame) for i, piece in enumerate(pieces)}, target=table[target],
            bin=(number * bins).floor().cast("int64").clip(0, bins - 1),
        ).aggregate(n=table.count(), scores=exact_sum(number.clip(0, 1), 0), low=number.min(), high=number.max()), study.frame.name)
        if any(row["low"] < 0 or row["high"] > 1 for row in counted):
            raise Unmeasured("undefined", "the scores are no probabilities: they lie outside 0 to 1")
        groups: dict[str, dict[int, list[Any]]] = {}
        unknown = 0
        for row in counted:
            names = [piece.label(label(row[f"k{i}"])) for i, piece in enumerate(pieces)]
            if any(is_unknown(name) for name in names):
                unknown += row["n"]
                continue
            total = groups.setdefault("*".join(str(name) for name in names), {}).setdefault(int(row["bin"]), [0, 0, 0])
            hit = same(label(row["target"]) or "", str(own["positive"]))
            for place, value in enumerate((row["n"], row["n"] * hit, summed(row["scores"], 0))):
                total[place] += value
        return Measurement(measure=self.id, attribute=attribute, parameters=own, statistics={"unknown": unknown, "groups": [
            {"group": group, "bins": [
                {"bin": place, "n": n, "positives": positives, "scores": text(scores)} for place, (n, positives, scores) in sorted(found.items())
            ]} for group, found in sorted(groups.items())
        ]})

    def evaluate(self, bare: Measurement) -> Measurement:
        """Gap, calibration error and interval of each group; how far the gaps lie apart."""
        level = str(bare.parameters["level"])
        groups = tuple(_group(row, level) for row in rows_of(bare.statistics, "groups"))
        need_groups(groups, bare.attribute)
        gaps = [real(row["gap"]) for row in groups]
        values: dict[str, JsonValue] = {
            "difference": text(max(gaps) - min(gaps)), "largest_gap": text(max(abs(gap) for gap in gaps)),
            "largest_error": text(max(real(row["calibration_error"]) for row in groups)),
        }
        return replace(bare, values=values, groups=groups)


def _group(row: Mapping[str, Any], level: str) -> dict[str, JsonValue]:
    bins = cast("list[dict[str, Any]]", row["bins"])
    n, positives = sum(int(one["n"]) for one in bins), sum(int(one["positives"]) for one in bins)
    scores = math.fsum(real(one["scores"]) for one in bins)
    error = math.fsum(abs(real(one["positives"]) - real(one["scores"])) for one in bins) / n
    return {
        "group": str(row["group"]), "n": n, "positives": positives, "observed": text(positives / n),
        "observed_interval": wilson(positives, n, level).json(), "mean_score": text(scores / n),
        "gap": text(positives / n - scores / n), "calibration_error": text(error),
    }
