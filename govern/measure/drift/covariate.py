"""Covariate drift: how far each feature's distribution in a window lies from the reference's."""

from collections.abc import Sequence
from typing import Any, cast

from govern.domain.evidence import Evidence, JsonValue, Measurement
from govern.measure.base import Parameters, integer
from govern.measure.bias.groups import rows_of
from govern.measure.detectors.choosing import detector
from govern.measure.drift.figures import drift_numbers
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
from govern.measure.drift.settings import asked_of
from govern.measure.drift.testing import Undecided, binned, tested
from govern.measure.drift.together import asked_together
from govern.measure.frames import Frame
from govern.measure.inputs import DetectorName
from govern.measure.models import features_of, load_model
from govern.measure.sampling import sample
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured


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
        own = asked_of(study, parameters)
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
    columns = {*study.frame.kinds, *(study.reference.kinds if study.reference is not None else ())}
    if study.inputs.baseline is not None and study.reference is None:
        columns |= {str(row["feature"]) for row in _stored(study.inputs.baseline, CovariateDrift.id)}
    return sorted(columns - study.inputs.roles)


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
        bins, one, other = fixed[name], there.get(name), here.get(name)
        if isinstance(bins, Bins) and isinstance(one, Counted) and isinstance(other, Counted):
            rows.append(_sides(bins, one, other))
        else:
            rows.append({"feature": name, "reason": str(next(part for part in (bins, one, other) if isinstance(part, Unprofiled)))})
    compared = {str(row["feature"]): row for row in cast("list[dict[str, JsonValue]]", rows) if "reason" not in row}
    answers = tested([(cast("Bins", fixed[name]), before.column(name), after.column(name)) for name in compared], own, tester)
    for name, answer in answers.items():
        compared[name].update({"reason": answer.reason} if isinstance(answer, Undecided) else {"test": answer})
    found: dict[str, JsonValue] = {"features": rows, "rows_reference": rows_reference, "rows_window": study.rows}
    if own["joint"]:
        study.progress("drift of all columns together", 0, None)
        numeric, categorical = ([name for name in compared if (cast("Bins", fixed[name]).kind == "numeric") is wanted] for wanted in (True, False))
        found["joint"] = asked_together(before.sample, after.sample, numeric, categorical, own, tester)
    return found


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
        row["test"] = binned(bins, reference, window, own)
        rows.append(row)
    _need_rows(max(sizes, default=0), study.rows, integer(own, "min_rows"))
    found: dict[str, JsonValue] = {"features": rows, "rows_reference": max(sizes, default=0), "rows_window": study.rows}
    if own["joint"]:
        found["joint"] = [{"name": name, "reason": "not available: it needs reference rows, and histograms hold none"} for name in cast("list[str]", own["joint"])]
    return found


def _sides(bins: Bins, reference: Counted, window: Counted) -> dict[str, JsonValue]:
    return {
        **bins.json(), "reference": list(reference.counts), "window": list(window.counts),
        "nulls_reference": reference.nulls, "nulls_window": window.nulls,
        "infinite_reference": reference.infinite, "infinite_window": window.infinite, "new": list(window.new),
    }


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
