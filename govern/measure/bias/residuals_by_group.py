"""Predicted quantities by group: means, errors and residuals, and how far they lie apart."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.attributes import parts
from govern.measure.base import Parameters, settled
from govern.measure.bias.groups import check_width, need_groups, rows_of
from govern.measure.frames import run
from govern.measure.labels import declared, is_unknown, label
from govern.measure.numbers import exact, text
from govern.measure.outcomes.quantities import quantities
from govern.measure.statistics.intervals import Bounds
from govern.measure.statistics.means import Sample, welch, welch_difference
from govern.measure.statistics.tests import adjusted
from govern.measure.study import Study
from govern.measure.sums import exact_sum, largest, scale_of, summed
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"level": "0.95", "reference": "largest", "unknown": "exclude-and-count"}
MAX_GROUPS: Final = 1000
_SUMS: Final = ("prediction", "prediction2", "error", "error2", "absolute", "fourth")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Errors:
    """Sums of one group. A residual is what happened less what was predicted: positive, and the model said too little."""

    group: str
    n: int
    prediction: Sample
    residual: Sample
    absolute: Sample
    squares: Sample


class ResidualsByGroup:
    """Mean prediction, mean residual, MAE and RMSE of each group, with Welch's tests; a group is compared with one.

    The reference is the largest group or the one that is named. Rows count once each, whatever their weight.
    """

    id = "residuals_by_group@1"
    per_attribute = True

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Sum predictions, errors and their squares by group, in one scan."""
        actual, guess = quantities(study)
        check_width(study, attribute)
        error = actual - guess
        sizes = largest(study.frame, error=error, prediction=guess)
        e, p = scale_of(sizes["error"]), scale_of(sizes["prediction"])
        terms = {
            "prediction": (guess, p), "prediction2": (guess * guess, 2 * p), "error": (error, e), "error2": (error * error, 2 * e),
            "absolute": (error.abs(), e), "fourth": (error * error * error * error, 4 * e),
        }
        pieces = parts(attribute, study.frame)
        counted = study.frame.table.group_by(**{f"k{i}": piece.expression(study.frame) for i, piece in enumerate(pieces)}).aggregate(
            n=study.frame.table.count(), **{key: exact_sum(term, scale) for key, (term, scale) in terms.items()},
        )
        groups: dict[str, dict[str, Any]] = {}
        unknown = 0
        for row in run(counted, study.frame.name):
            names = [piece.label(label(row[f"k{i}"])) for i, piece in enumerate(pieces)]
            if any(is_unknown(name) for name in names):
                unknown += int(row["n"])
                continue
            total = groups.setdefault("*".join(str(name) for name in names), {"n": 0, **dict.fromkeys(_SUMS, 0)})
            total["n"] += int(row["n"])
            for key, (_, scale) in terms.items():
                total[key] += summed(row[key], scale)
        if len(groups) > MAX_GROUPS:
            raise Unmeasured("undefined", f"“{attribute}” has too many different groups: give a cut or a coarser column")
        own = settled(parameters, {**DEFAULTS, "seed": study.inputs.seed})
        return Measurement(measure=self.id, attribute=attribute, reference=str(own["reference"]), parameters=own, statistics={
            "unknown": unknown,
            "groups": [{"group": group, "n": sums["n"], **{key: text(sums[key]) for key in _SUMS}} for group, sums in sorted(groups.items())],
        })

    def evaluate(self, bare: Measurement) -> Measurement:
        """Means with their intervals, differences from the reference, and tests of all groups at once."""
        found = [_read(row) for row in rows_of(bare.statistics, "groups")]
        need_groups([{"group": one.group, "n": one.n} for one in found], bare.attribute)
        reference = _reference(found, bare)
        level = str(bare.parameters["level"])
        pairs = [None if one is reference else welch_difference(one.residual, reference.residual, level) for one in found]
        holm = adjusted([None if pair is None else pair[1] for pair in pairs])
        groups = tuple(_group(one, reference, pair, p, level) for one, pair, p in zip(found, pairs, holm, strict=True))
        values: dict[str, JsonValue] = {"reference_group": reference.group}
        for name, samples in (
            ("mean_prediction", [one.prediction for one in found]), ("mean_residual", [one.residual for one in found]),
            ("mae", [one.absolute for one in found]),
        ):
            values |= _apart(name, found, samples, level)
        errors = [(math.sqrt(one.squares.mean), one.group) for one in found]
        values |= {"rmse_difference": text(max(errors)[0] - min(errors)[0]), "rmse_highest": max(errors)[1], "rmse_lowest": min(errors)[1]}
        values |= {"p_value": values["mean_residual_p_value"], "test": "welch"}
        return replace(bare, values=values, groups=groups)


def _read(row: Mapping[str, Any]) -> _Errors:
    n = int(row["n"])
    sums = {key: exact(row[key]) for key in _SUMS}
    return _Errors(
        group=str(row["group"]), n=n, prediction=Sample.of(n, sums["prediction"], sums["prediction2"]),
        residual=Sample.of(n, sums["error"], sums["error2"]), absolute=Sample.of(n, sums["absolute"], sums["error2"]),
        squares=Sample.of(n, sums["error2"], sums["fourth"]),
    )


def _reference(found: Sequence[_Errors], bare: Measurement) -> _Errors:
    if bare.reference == "largest":
        return min(found, key=lambda one: (-one.n, one.group))
    named = [one for one in found if one.group == declared(bare.reference)]
    if not named:
        reason = f"the reference group “{bare.reference}” does not occur in “{bare.attribute}”"
        raise Unmeasured("undefined", reason, groups=tuple({"group": one.group, "n": one.n} for one in found))
    return named[0]


def _group(one: _Errors, reference: _Errors, pair: tuple[Bounds, float] | None, corrected: float | None, level: str) -> dict[str, JsonValue]:
    shown: dict[str, JsonValue] = {"group": one.group, "n": one.n}
    for name, sample in (("mean_prediction", one.prediction), ("mean_residual", one.residual), ("mae", one.absolute)):
        bounds = sample.interval(level)
        shown |= {name: text(sample.mean), f"{name}_interval": None if bounds is None else bounds.json()}
    squares = one.squares.interval(level)
    shown |= {"rmse": text(math.sqrt(one.squares.mean)), "rmse_interval": None if squares is None else Bounds(
        method="normal", level=level, low=math.sqrt(max(0.0, squares.low)), high=math.sqrt(squares.high)).json()}
    return shown | {
        "residual_difference": text(one.residual.exact - reference.residual.exact),
        "residual_difference_interval": None if pair is None else pair[0].json(), "p_value": None if corrected is None else text(corrected),
    }


def _apart(name: str, found: Sequence[_Errors], samples: Sequence[Sample], level: str) -> dict[str, JsonValue]:
    means = [(sample.exact, one.group, sample) for one, sample in zip(found, samples, strict=True)]
    high, low = max(means, key=lambda m: m[:2]), min(means, key=lambda m: m[:2])
    # Of more than two groups the extremes were chosen from the data: an interval of theirs never covers equality.
    pair = welch_difference(high[2], low[2], level) if len(found) == 2 else None  # noqa: PLR2004 - a pair
    p_value = welch(samples)
    return {
        f"{name}_difference": text(Fraction(high[0] - low[0])), f"{name}_highest": high[1], f"{name}_lowest": low[1],
        f"{name}_difference_interval": None if pair is None else pair[0].json(), f"{name}_p_value": None if p_value is None else text(p_value),
    }

