"""Reliance on protected attributes: how far the model's answers move when they, and their proxies, are shuffled."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.attributes import parts
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.groups import rows_of
from govern.measure.explain.association import cramers_v
from govern.measure.explain.attributions import Attributed, attributed, method_of
from govern.measure.explain.permutation import mean_and_std, needed_model
from govern.measure.numbers import real, text
from govern.measure.predicting import positive_place, scores
from govern.measure.sampling import sample
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"proxy_association": "0.3", "repeats": 10, "sample": 2000}


class ProtectedReliance:
    """Share of all movement that comes from protected columns, alone and together with their proxies.

    Needs no target. A column moves the model by the mean absolute change of its score (of its decision, where it has
    no score) when the column is shuffled. Columns that go together with a protected attribute are shuffled with it:
    shuffled apart, correlated twins stand in for each other and both look unimportant. A Cramér's V of 0.3 makes a proxy:
    a large effect by Cohen's measure (w of 0.5) for an attribute of four groups, and most of it for one of three.
    With SHAP values (brought, or `method: shap`) a column moves the model by their mean size, a cluster by that of their sum.
    """

    id = "protected_reliance@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Ask the model with columns shuffled, on a seeded sample."""
        del attribute
        own = settled(parameters, {**DEFAULTS, "seed": study.inputs.seed})
        own["method"] = method_of(study, parameters, "permutation")
        found = attributed(study, own) if own["method"] == "shap" else None
        model, columns = (None, found.features) if found is not None else needed_model(study)
        asked = parameters.get("attributes")
        attributes = [str(one) for one in asked] if isinstance(asked, list | tuple) else list(study.inputs.protected)
        named = list(dict.fromkeys(
            part.column for one in attributes if study.has(one) for part in parts(one, study.frame)
        ))
        if not named:
            raise Unmeasured("missing", "no protected attribute was named, or none of them is in the data")
        for column in columns:
            study.frame.require(column, "feature with SHAP values" if found is not None else "feature of the model")
        rows = sample(study.frame, [*columns, *named], integer(own, "sample"), integer(own, "seed"))
        own["rows"] = len(rows)
        proxies = {name: _proxies(rows, name, columns, real(own["proxy_association"])) for name in named}
        units: dict[tuple[str, ...], list[str]] = {(column,): [column] for column in columns}
        clusters = {name: sorted({*found, *([name] if name in columns else [])}) for name, found in proxies.items()}
        every = sorted({*[name for name in named if name in columns], *(one for found in clusters.values() for one in found)})
        for cluster in (*clusters.values(), every):
            if cluster:
                units[tuple(cluster)] = cluster
        if found is not None:
            own["shap"] = found.said
            moved = _by_shap(found, list(units.values()), own)
        else:
            moved = _moved(model, rows[columns], list(units.values()), positive_place(model, study.inputs), own)
        return Measurement(measure=self.id, parameters=own, statistics={
            "columns": list(columns),
            "units": [
                {"columns": list(unit), "moved": [text(one) for one in values]}
                for unit, values in sorted(zip(units, moved, strict=True))
            ],
            "attributes": [
                {"feature": name, "cluster": list(clusters[name]), "proxies": [
                    {"feature": column, "association": text(strength)} for column, strength in sorted(proxies[name].items())
                ]} for name in sorted(named)
            ],
        })

    def evaluate(self, bare: Measurement) -> Measurement:
        """Compute shares of the whole movement."""
        moved = {tuple(row["columns"]): mean_and_std([real(one) for one in row["moved"]]) for row in rows_of(bare.statistics, "units")}
        columns = [str(one) for one in bare.statistics["columns"]]  # type: ignore[union-attr]
        whole = sum(moved[(column,)][0] for column in columns)
        if whole <= 0:
            raise Unmeasured("undefined", "the model says the same whatever its columns hold")
        features = []
        attributes = rows_of(bare.statistics, "attributes")
        for row in attributes:
            name, cluster = str(row["feature"]), tuple(row["cluster"])
            alone, std = moved.get((name,), (0.0, 0.0))
            together = moved[cluster][0] if cluster else 0.0
            features.append({
                "feature": name, "in_model": name in columns, "reliance": text(alone), "std": text(std),
                "share": text(_share(alone, whole)), "share_with_proxies": text(_share(together, whole)), "proxies": row["proxies"],
            })
        own = [name for name in (str(row["feature"]) for row in attributes) if name in columns]
        every = tuple(sorted({*own, *(column for row in attributes for column in row["cluster"])}))
        values: dict[str, JsonValue] = {
            "share": text(_share(sum(moved[(name,)][0] for name in own), whole)),
            "share_with_proxies": text(_share(moved[every][0] if every else 0.0, whole)),
        }
        return replace(bare, values=values, features=tuple(features))


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole)


def _proxies(rows: Any, name: str, columns: Sequence[str], least: float) -> dict[str, float]:
    found = {column: cramers_v(rows[column], rows[name]) for column in columns if column != name}
    return {column: strength for column, strength in found.items() if strength >= least}


def _by_shap(found: Attributed, units: Sequence[Sequence[str]], own: Parameters) -> list[list[float]]:
    """Mean absolute sum of a unit's SHAP values, over bootstrap resamples of the decisions: SHAP values add up."""
    import numpy as np

    place = {name: i for i, name in enumerate(found.features)}
    sums = [np.abs(found.values[:, [place[name] for name in unit]].sum(axis=1)) for unit in units]
    moved: list[list[float]] = [[] for _ in units]
    for turn in range(integer(own, "repeats")):
        drawn = np.random.default_rng([integer(own, "seed"), turn]).integers(0, len(found.values), len(found.values))
        for values, size in zip(moved, sums, strict=True):
            values.append(float(np.mean(size[drawn])))
    return moved


def _moved(model: Any, rows: Any, units: Sequence[Sequence[str]], place: int | None, own: Parameters) -> list[list[float]]:
    import numpy as np

    before = scores(model, rows, place)
    classes = place is None and before.dtype.kind not in "fc"
    moved = []
    for unit in units:
        # A generator of its own for each unit: an added column must not change another column's number.
        generator = np.random.default_rng([integer(own, "seed"), *"\x1f".join(unit).encode()])
        repeats = []
        for _ in range(integer(own, "repeats")):
            shuffled = rows.copy()
            order = generator.permutation(len(rows))
            for column in unit:
                shuffled[column] = rows[column].to_numpy()[order]
            after = scores(model, shuffled, place)
            repeats.append(float(np.mean(after != before) if classes else np.mean(np.abs(after - before))))
        moved.append(repeats)
    return moved
