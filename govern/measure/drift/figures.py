"""All numbers of a drift measurement from its statistics; the same at replay."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import integer
from govern.measure.bias.groups import rows_of
from govern.measure.detectors.interface import Detector, TestCounts
from govern.measure.detectors.joint import numbers as joint_numbers
from govern.measure.detectors.scipy_ import from_counts
from govern.measure.drift.effects import coarse, jensen_shannon, psi, psi_at_parity, wasserstein
from govern.measure.drift.profile import Bins, Counted, counted_of, read_bins
from govern.measure.drift.testing import read, rounded
from govern.measure.numbers import text
from govern.measure.statistics.tests import adjusted
from govern.measure.unmeasured import Unmeasured

_NUMBERS = ("statistic", "p_value", "p_adjusted", "effect", "jensen_shannon", "wasserstein", "effect_at_parity")


def drift_numbers(bare: Measurement) -> Measurement:
    """Statistics, corrected p-values and effect sizes, feature by feature, and what the joint detectors found."""
    least = integer(bare.parameters, "min_rows")
    precise = _precision(bare)
    features: list[dict[str, JsonValue]] = []
    for row in rows_of(bare.statistics, "features"):
        features += _numbers(row, least, precise)
    p_values = [None if row["p_value"] is None else float(str(row["p_value"])) for row in features]
    for row, corrected in zip(features, adjusted(p_values, "bh" if bare.parameters["correction"] == "bh" else "holm"), strict=True):
        row["p_adjusted"] = None if corrected is None else text(corrected)
    features.sort(key=lambda row: str(row["feature"]))
    measured = [row for row in features if row["effect"] is not None]
    if not measured:
        raise Unmeasured("undefined", "no feature could be compared", features=tuple(features))
    largest = max(measured, key=lambda row: (float(str(row["effect"])), str(row["feature"])))
    values: dict[str, JsonValue] = {
        "largest_effect": largest["effect"], "largest_feature": largest["feature"], "effect_name": "psi",
        "features": len(features), "not_compared": len(features) - len(measured),
        "n_reference": bare.statistics["rows_reference"], "n_window": bare.statistics["rows_window"],
    }
    return replace(bare, values=values | _together(bare), features=tuple(features))


def _together(bare: Measurement) -> dict[str, JsonValue]:
    """The joint detectors' numbers, their p-values corrected for one another."""
    values: dict[str, JsonValue] = {}
    names = []
    for counted in rows_of(bare.statistics, "joint") if "joint" in bare.statistics else []:
        name = str(counted["name"])
        if "reason" in counted:
            values |= {f"{name}_p_value": None, f"{name}_p_adjusted": None, f"{name}_reason": counted["reason"]}
            continue
        names.append(name)
        values |= joint_numbers(counted)
    for name, corrected in zip(names, adjusted([float(str(values[f"{one}_p_value"])) for one in names]), strict=True):
        values[f"{name}_p_adjusted"] = None if corrected is None else text(corrected)
    return values


def _precision(bare: Measurement) -> Detector | None:
    """alibi-detect rounds to binary32; its numbers are computed again without importing it."""
    if bare.parameters.get("detector") != "alibi-detect":
        return None
    from govern.measure.detectors.alibi import AlibiDetector

    return AlibiDetector.__new__(AlibiDetector)


def _numbers(row: Mapping[str, Any], least: int, precise: Detector | None) -> list[dict[str, JsonValue]]:
    nothing: dict[str, JsonValue] = {"feature": row["feature"], "kind": row.get("kind"), **dict.fromkeys(_NUMBERS), "effect_name": "psi"}
    if "reason" in row:
        return [{**nothing, "n_reference": None, "n_window": None, "reason": row["reason"]}]
    reference, window = counted_of(row, "reference"), counted_of(row, "window")
    shown: dict[str, JsonValue] = {
        **nothing, "n_reference": reference.n, "n_window": window.n, "nulls_reference": reference.nulls,
        "nulls_window": window.nulls, "new_categories": list(window.new),
    }
    found = [_of_nulls(row, reference, window, nothing)] if reference.nulls or window.nulls else []
    if reference.infinite or window.infinite:
        return [{**shown, "reason": f"{reference.infinite + window.infinite} infinite values"}, *found]
    if min(reference.n, window.n) < least:
        return [{**shown, "reason": f"fewer than {least} rows with a value on one side"}, *found]
    bins = read_bins(row)
    test = read(row["test"])
    shift = rounded(from_counts(test), precise, test.test)
    if not math.isfinite(shift.p_value):
        return [{**shown, "reason": "the test gives no number"}, *found]
    if math.isfinite(shift.statistic):
        shown["statistic"] = text(shift.statistic)
    else:
        shown["statistic_reason"] = "the odds ratio is infinite or 0/0: one of the two values is not on one side"
    shown |= {"p_value": text(shift.p_value), "test": test.test}
    return [shown | _effects(bins, reference, window), *found]


def _effects(bins: Bins, reference: Counted, window: Counted) -> dict[str, JsonValue]:
    if bins.kind == "numeric":
        one, other = coarse(reference.counts, window.counts)
    else:
        pairs = [(a, b) for a, b in zip(reference.counts, window.counts, strict=True) if a or b]
        one, other = [a for a, _ in pairs], [b for _, b in pairs]
    moved = None
    if bins.kind == "numeric" and bins.spread > 0 and len(bins.edges) > 1:
        moved = wasserstein(bins.edges, reference.counts, window.counts) / bins.spread
    return {
        "effect": text(psi(one, other)), "effect_at_parity": text(psi_at_parity(len(one), reference.n, window.n)),
        "jensen_shannon": text(jensen_shannon(one, other)), "wasserstein": None if moved is None else text(moved), "bins": len(one),
    }


def _of_nulls(row: Mapping[str, Any], reference: Counted, window: Counted, nothing: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Missing values as a signal of their own, in the same shape as a feature."""
    one, other = (reference.n, reference.nulls), (window.n, window.nulls)
    shift = from_counts(TestCounts(test="chi-squared", reference=one, window=other))
    return {
        **nothing, "feature": f"{row['feature']} (missing)", "kind": "missing", "statistic": text(shift.statistic),
        "p_value": text(shift.p_value), "test": "chi-squared", "effect": text(psi(one, other)),
        "effect_at_parity": text(psi_at_parity(2, sum(one), sum(other))), "jensen_shannon": text(jensen_shannon(one, other)),
        "n_reference": sum(one), "n_window": sum(other), "nulls_reference": reference.nulls, "nulls_window": window.nulls,
        "new_categories": [],
    }
