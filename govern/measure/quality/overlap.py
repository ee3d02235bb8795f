"""Train-test overlap: rows of the data that the reference holds as well."""

from dataclasses import replace

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, settled
from govern.measure.columns import NUMERIC, Kind
from govern.measure.drift.covariate import drift_features
from govern.measure.frames import Frame, run
from govern.measure.numbers import text
from govern.measure.sampling import row_key
from govern.measure.statistics.intervals import wilson
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured


class TrainTestOverlap:
    """Share of rows whose features (to the fifth decimal) occur in the reference, and of those with the same target."""

    id = "train_test_overlap@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Join keyed hashes of content; no row leaves the engine."""
        del attribute
        reference = study.reference
        if reference is None:
            raise Unmeasured("missing", "no reference was given: name the training data")
        shared = [name for name in drift_features(study, parameters) if name in study.frame.kinds and name in reference.kinds]
        columns = [name for name in shared if _alike(study.frame.kinds[name], reference.kinds[name])]
        if not columns:
            raise Unmeasured("undefined", "the two frames have no column in common that holds the same kind of values")
        target = study.inputs.target
        both = [*columns, target] if target is not None and target in reference.kinds and _alike(study.frame.kinds[target], reference.kinds[target]) else None
        return Measurement(measure=self.id, parameters=settled(parameters, {"level": "0.95"}), statistics={
            "rows": study.rows, "rows_reference": reference.rows(), "columns": len(columns),
            "not_compared": list[JsonValue](sorted(set(shared) - set(columns))),
            "overlap": _found(study, columns), "overlap_with_target": None if both is None else _found(study, both),
        })

    def evaluate(self, bare: Measurement) -> Measurement:
        """Shares with an interval."""
        n, overlap = int(str(bare.statistics["rows"])), int(str(bare.statistics["overlap"]))
        same = bare.statistics["overlap_with_target"]
        values: dict[str, JsonValue] = {
            "n": n, "n_reference": bare.statistics["rows_reference"], "overlap": overlap, "share": text(overlap / n),
            "share_interval": wilson(overlap, n, str(bare.parameters["level"])).json(), "overlap_with_target": same,
            "share_with_target": None if same is None else text(int(str(same)) / n),
            "columns": bare.statistics["columns"], "not_compared": bare.statistics["not_compared"],
        }
        return replace(bare, values=values)


def _alike(one: Kind, other: Kind) -> bool:
    """Whether values can be equal: of one kind, or numbers both. Else every row would differ, and the share be 0."""
    return "other" not in {one, other} and (one == other or {one, other} <= NUMERIC)


def _found(study: Study, columns: list[str]) -> int:
    reference = study.reference
    if reference is None or reference.table.get_backend() is not study.frame.table.get_backend():
        raise Unmeasured("undefined", "data and reference live in different engines and can't be joined")
    apart = [name for name in columns if study.frame.kinds[name] != reference.kinds[name]]
    one, other = (_as_numbers(frame, apart) for frame in (study.frame, reference))
    ours = one.table.select(key=row_key(one, columns, "overlap"))
    theirs = other.table.select(other=row_key(other, columns, "overlap")).distinct()
    met = ours.semi_join(theirs, ours["key"] == theirs["other"])
    return int(run(met.aggregate(n=met.count()), study.frame.name)[0]["n"])


def _as_numbers(frame: Frame, columns: list[str]) -> Frame:
    """Make columns floats, so that 5 and 5.0 have one hash."""
    if not columns:
        return frame
    made = frame.table.mutate(**{name: frame.table[name].cast("float64") for name in columns})
    return replace(frame, table=made, kinds={**frame.kinds, **dict.fromkeys(columns, "float")})
