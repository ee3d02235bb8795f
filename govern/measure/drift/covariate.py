"""Covariate drift: how far each feature's distribution in a window lies from the reference's."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from govern.domain.evidence import Evidence, JsonValue, Measurement
from govern.measure.base import Parameters, Unmeasured, integer, settled
from govern.measure.bias.groups import rows_of
from govern.measure.detectors.interface import Detector, Shift, TestCounts, detector
from govern.measure.detectors.scipy_ import category_counts, from_counts, ks_counts
from govern.measure.drift.effects import coarse, jensen_shannon, psi, psi_at_parity, wasserstein
from govern.measure.drift.profile import (
    Bins,
    Counted,
    Side,
    Unprofiled,
    count_columns,
    counted_of,
    make_bins,
    read_bins,
)
from govern.measure.frames import Frame
from govern.measure.inputs import DetectorName
from govern.measure.models import features_of, load_model
from govern.measure.numbers import text
from govern.measure.sampling import sample
from govern.measure.statistics.tests import adjusted
from govern.measure.study import Study

DEFAULTS: Final[Parameters] = {"correction": "holm", "min_rows": 50, "sample": 50_000}
_NUMBERS = ("statistic", "p_value", "p_adjusted", "effect", "jensen_shannon", "wasserstein", "effect_at_parity")


class CovariateDrift:
    """A test and effect sizes for each feature. Tests run on a seeded sample of each side, effects on all rows.

    The reference's histograms stay in the evidence, so that a later window is judged without reference rows
    (`Inputs.baseline`); tests then run on the histograms, whose statistic is off by at most the largest bin's mass.
    """

    id = "covariate_drift@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Count both sides over the reference's bins, and test a sample."""
        del attribute
        own = settled(parameters, {**DEFAULTS, "detector": study.inputs.detector, "seed": study.inputs.seed})
        own["measured_against"] = "rows" if study.reference is not None else "histograms"
        features = drift_features(study, parameters)
        reference = self.reference(study)
        if reference is not None:
            _need_rows(reference.rows(), study.rows, integer(own, "min_rows"))
            statistics = against_rows(study, reference, features, own)
        elif study.inputs.baseline is not None:
            statistics = against_baseline(study, features, own, self.id)
        else:
            raise Unmeasured("missing", "no reference was given: name reference data, or evidence that holds its histograms")
        return Measurement(measure=self.id, parameters=own, statistics=statistics)

    def reference(self, study: Study) -> Frame | None:
        """The frame that the window is compared with."""
        return study.reference

    def evaluate(self, bare: Measurement) -> Measurement:
        """Compute statistics, corrected p-values and effect sizes from counts."""
        return drift_numbers(bare)


def drift_features(study: Study, parameters: Parameters) -> list[str]:
    """The columns compared: those asked for, those the model wants, or all without another role. Sorted."""
    asked = parameters.get("features")
    if isinstance(asked, list | tuple):
        return sorted(str(one) for one in asked)
    if study.inputs.features:
        return sorted(study.inputs.features)
    if study.inputs.model is not None:
        named = features_of(load_model(study.inputs.model, study.inputs.allowed_types))
        if named:
            return sorted(named)
    roles = {study.inputs.target, study.inputs.prediction, study.inputs.score, study.inputs.weight}
    columns = {*study.frame.kinds, *(study.reference.kinds if study.reference is not None else ())}
    if study.inputs.baseline is not None and study.reference is None:
        columns |= {str(row["feature"]) for row in _stored(study.inputs.baseline, CovariateDrift.id)}
    return sorted(columns - roles)


def against_rows(study: Study, reference: Frame, features: Sequence[str], own: Parameters) -> dict[str, JsonValue]:
    """Compare with reference rows."""
    common = [name for name in features if name in reference.kinds and name in study.frame.kinds]
    keep = [name for name in common if reference.kinds[name] != "other" and study.frame.kinds[name] != "other"]
    tester = detector(cast("DetectorName", own["detector"]))
    size, seed = integer(own, "sample"), integer(own, "seed")
    rows_reference = reference.rows()
    before = Side(frame=reference, sample=sample(reference, keep, size, seed) if keep else None, whole=rows_reference <= size)
    after = Side(frame=study.frame, sample=sample(study.frame, keep, size, seed) if keep else None, whole=study.rows <= size)
    fixed = {name: _fixed(before, name) for name in keep}
    every = [bins for bins in fixed.values() if isinstance(bins, Bins)]
    there, here = count_columns(before, every, is_reference=True), count_columns(after, every, is_reference=False)
    rows: list[JsonValue] = []
    for done, name in enumerate(features):
        study.progress("drift", done, len(features))
        if name not in keep:
            rows.append(_absent(name, reference, study.frame))
            continue
        try:
            bins = fixed[name]
            one, other = there.get(name), here.get(name)
            if not (isinstance(bins, Bins) and isinstance(one, Counted) and isinstance(other, Counted)):
                rows.append({"feature": name, "reason": str(next(part for part in (bins, one, other) if isinstance(part, Unprofiled)))})
                continue
            row = _sides(bins, one, other)
            row["test"] = _tested(bins, before.column(name), after.column(name), tester)
        except Unprofiled as answer:
            row = {"feature": name, "reason": str(answer)}
        rows.append(row)
    return {"features": rows, "rows_reference": rows_reference, "rows_window": study.rows}


def _fixed(side: Side, name: str) -> Bins | Unprofiled:
    try:
        return make_bins(side, name)
    except Unprofiled as answer:
        return answer


def against_baseline(study: Study, features: Sequence[str], own: Parameters, measure: str) -> dict[str, JsonValue]:
    """Compare with histograms stored in earlier evidence; the test's counts come from them."""
    stored = {str(row["feature"]): row for row in _stored(cast("Evidence", study.inputs.baseline), measure)}
    if not stored:
        raise Unmeasured("missing", "the baseline evidence holds no histograms: measure drift against a reference first")
    rows: list[JsonValue] = []
    sizes = []
    for name in features:
        if name not in stored or name not in study.frame.kinds:
            where = "the baseline" if name not in stored else "the window"
            rows.append({"feature": name, "reason": f"not in {where}"})
            continue
        if "reason" in stored[name]:
            rows.append({"feature": name, "reason": str(stored[name]["reason"])})
            continue
        bins, reference = read_bins(stored[name]), counted_of(stored[name], "reference")
        window = count_columns(Side(frame=study.frame), [bins], is_reference=False)[name]
        if isinstance(window, Unprofiled):
            rows.append({"feature": name, "reason": str(window)})
            continue
        sizes.append(reference.n + reference.nulls)
        row = _sides(bins, reference, window)
        row["test"] = _binned(bins, reference, window)
        rows.append(row)
    _need_rows(max(sizes, default=0), study.rows, integer(own, "min_rows"))
    return {"features": rows, "rows_reference": max(sizes, default=0), "rows_window": study.rows}


def drift_numbers(bare: Measurement) -> Measurement:
    """All numbers of a drift measurement from its statistics."""
    least = integer(bare.parameters, "min_rows")
    precise = detector_precision(bare)
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
    return replace(bare, values=values, features=tuple(features))


def detector_precision(bare: Measurement) -> Detector | None:
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
    test = _read_test(row["test"])
    shift = _rounded(from_counts(test), precise)
    if not math.isfinite(shift.p_value):
        return [{**shown, "reason": "the test gives no number"}, *found]
    shown |= {"statistic": text(shift.statistic), "p_value": text(shift.p_value), "test": test.test}
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


def _sides(bins: Bins, reference: Counted, window: Counted) -> dict[str, JsonValue]:
    return {
        **bins.json(), "reference": list(reference.counts), "window": list(window.counts),
        "nulls_reference": reference.nulls, "nulls_window": window.nulls,
        "infinite_reference": reference.infinite, "infinite_window": window.infinite, "new": list(window.new),
    }


def _tested(bins: Bins, before: Any, after: Any, tester: Detector) -> dict[str, JsonValue]:
    """Ask the detector about the sample, and keep the counts that give its answer again."""
    one, other = _coded(bins, before), _coded(bins, after)
    if len(one) == 0 or len(other) == 0:
        return {"name": "ks" if bins.kind == "numeric" else "chi-squared", "reference": [0, 0], "window": [0, 0]}
    numeric = bins.kind == "numeric"
    counts = ks_counts(one, other) if numeric else category_counts(one, other)
    asked = tester.numeric(one, other) if numeric else tester.categorical(one, other)
    again = _rounded(from_counts(counts), tester)
    if not (math.isclose(asked.statistic, again.statistic, rel_tol=1e-5, abs_tol=1e-7) and math.isclose(asked.p_value, again.p_value, rel_tol=1e-4, abs_tol=1e-7)):
        raise Unprofiled(f"{tester.name} and the counts disagree: {asked} against {again}")
    return {"name": counts.test, "reference": list(counts.reference), "window": list(counts.window)}


def _coded(bins: Bins, values: Any) -> Any:
    """A sample as finite numbers, or as codes of its categories."""
    import numpy as np

    if bins.kind == "numeric":
        numbers = values.to_numpy(dtype=float)
        return numbers[np.isfinite(numbers)]
    from govern.measure.labels import label

    places = {name: place for place, name in enumerate(bins.categories)}
    codes = {value: places.get(label(value) or "", len(places)) for value in values.dropna().unique() if label(value)}
    return values.map(codes).dropna().to_numpy(dtype=np.int64)


def _binned(bins: Bins, reference: Counted, window: Counted) -> dict[str, JsonValue]:
    if bins.kind != "numeric":
        one, other = ((*counted.counts[:-2], sum(counted.counts[-2:])) for counted in (reference, window))
        pairs = [(a, b) for a, b in zip(one, other, strict=True) if a or b]
        return {"name": "chi-squared", "reference": [a for a, _ in pairs], "window": [b for _, b in pairs]}
    n1, n2 = max(1, reference.n), max(1, window.n)
    sums = [(sum(reference.counts[: place + 1]), sum(window.counts[: place + 1])) for place in range(len(bins.edges))]
    a, b = max(sums, key=lambda pair: abs(pair[0] / n1 - pair[1] / n2), default=(0, 0))
    return {"name": "ks", "reference": [a, reference.n - a], "window": [b, window.n - b]}


def _read_test(test: Mapping[str, Any]) -> TestCounts:
    return TestCounts(test=test["name"], reference=tuple(test["reference"]), window=tuple(test["window"]))


def _rounded(shift: Shift, precise: Detector | None) -> Shift:
    if precise is None:
        return shift
    return Shift(statistic=precise.rounded(shift.statistic), p_value=precise.rounded(shift.p_value))


def _absent(name: str, reference: Frame, window: Frame) -> dict[str, JsonValue]:
    missing = [where for where, frame in (("the reference", reference), ("the window", window)) if name not in frame.kinds]
    return {"feature": name, "reason": f"not in {' and not in '.join(missing)}" if missing else "holds neither numbers nor text"}


def _need_rows(reference: int, window: int, least: int) -> None:
    if min(reference, window) < least:
        raise Unmeasured("insufficient-data", f"{reference} rows in the reference and {window} in the window: {least} are needed in each")


def _stored(baseline: Evidence, measure: str) -> list[dict[str, Any]]:
    for one in baseline.measures:
        if one.measure == measure and one.statistics:
            return rows_of(one.statistics, "features")
    return []
