"""Data quality: missing values, duplicates, constant and leaking columns, and a schema that changed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.groups import rows_of
from govern.measure.explain.association import cramers_v
from govern.measure.frames import Frame, how_many, run
from govern.measure.numbers import real, text
from govern.measure.predicting import PREDICTION, SCORE
from govern.measure.sampling import row_key, sample
from govern.measure.study import Study

DEFAULTS: Final[Parameters] = {"leak_association": "0.95", "sample": 5000}


class DataQuality:
    """Counts for each column and for the whole; what is too many, a policy says."""

    id = "data_quality@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Count in the engine; leaks are looked for in a seeded sample."""
        del attribute
        own = settled(parameters, {**DEFAULTS, "seed": study.inputs.seed})
        frame = study.frame
        made = {PREDICTION, SCORE} if study.inputs.model is not None else set()
        columns = sorted(name for name, kind in frame.kinds.items() if kind != "other" and name not in made)
        counted = _columns(frame, columns)
        leaks = _leaks(study, columns, own)
        reference = study.reference.kinds if study.reference is not None else None
        rows: list[JsonValue] = [
            {"feature": name, "kind": frame.kinds[name], **counted[name], "association": leaks.get(name),
             "reference_kind": None if reference is None else reference.get(name)} for name in columns
        ]
        missing = [] if reference is None else sorted(set(reference) - set(frame.kinds))
        return Measurement(measure=self.id, parameters=own, statistics={
            "rows": study.rows, "distinct_rows": _distinct_rows(frame, columns), "features": rows,
            "columns_missing": list[JsonValue](missing), "compared": reference is not None,
        })

    def evaluate(self, bare: Measurement) -> Measurement:
        """Shares, and lists of the columns that stand out."""
        n = int(str(bare.statistics["rows"]))
        compared = bool(bare.statistics["compared"])
        features, constant, leaking, changed, added = [], [], [], [], []
        least = real(bare.parameters["leak_association"])
        for row in rows_of(bare.statistics, "features"):
            name, nulls = str(row["feature"]), int(row["nulls"])
            features.append({
                "feature": name, "kind": row["kind"], "nulls": nulls, "null_share": text(nulls / n), "infinite": row["infinite"],
                "constant": row["constant"], "association_with_target": row["association"],
            })
            constant += [name] if row["constant"] else []
            leaking += [name] if row["association"] is not None and real(row["association"]) >= least else []
            added += [name] if compared and row["reference_kind"] is None else []
            changed += [name] if compared and row["reference_kind"] not in {None, row["kind"]} else []
        duplicates = n - int(str(bare.statistics["distinct_rows"]))
        cells = n * max(1, len(features))
        values: dict[str, JsonValue] = {
            "rows": n, "duplicates": duplicates, "duplicate_share": text(duplicates / n),
            "null_share": text(sum(int(str(row["nulls"])) for row in features) / cells),
            "largest_null_share": text(max((real(row["null_share"]) for row in features), default=0.0)),
            "infinite": sum(int(str(row["infinite"])) for row in features), "constant": len(constant), "leaking": len(leaking),
            "columns_missing": len(bare.statistics["columns_missing"] or ()) if compared else None,  # type: ignore[arg-type]
            "columns_added": len(added) if compared else None, "columns_changed": len(changed) if compared else None,
            "constant_columns": list[JsonValue](constant), "leaking_columns": list[JsonValue](leaking),
            "missing_columns": bare.statistics["columns_missing"], "added_columns": list[JsonValue](added), "changed_columns": list[JsonValue](changed),
        }
        return replace(bare, values=values, features=tuple(features))


def _columns(frame: Frame, columns: Sequence[str]) -> dict[str, dict[str, JsonValue]]:
    table = frame.table
    sums: dict[str, Any] = {}
    for place, name in enumerate(columns):
        value = table[name]
        null = value.isnull()
        if frame.kinds[name] == "float":
            null = null | value.isnan().fill_null(False)
            sums[f"i{place}"] = how_many(value.isinf().fill_null(False))
        if frame.kinds[name] == "text":
            null = null | (value.strip() == "").fill_null(False)
        sums[f"n{place}"] = how_many(null)
        plain = value.ifelse(1, 0) if frame.kinds[name] == "boolean" else value
        sums[f"l{place}"], sums[f"h{place}"] = plain.min(), plain.max()
    row = run(table.aggregate(**sums), frame.name)[0]
    return {
        name: {"nulls": int(row[f"n{place}"] or 0), "infinite": int(row.get(f"i{place}") or 0),
               "constant": row[f"l{place}"] == row[f"h{place}"] or row[f"l{place}"] is None}
        for place, name in enumerate(columns)
    }


def _distinct_rows(frame: Frame, columns: Sequence[str]) -> int:
    keyed = frame.table.select(key=row_key(frame, columns, "rows"))
    return int(run(keyed.aggregate(n=keyed["key"].nunique()), frame.name)[0]["n"])


def _leaks(study: Study, columns: Sequence[str], own: Parameters) -> dict[str, JsonValue]:
    target = study.inputs.target
    looked_at = [name for name in columns if name not in study.inputs.roles]
    if target is None or not looked_at or not study.target_classes():
        return {}
    rows = sample(study.frame, [*looked_at, target], integer(own, "sample"), integer(own, "seed"))
    return {name: text(cramers_v(rows[name], rows[target])) for name in looked_at}
