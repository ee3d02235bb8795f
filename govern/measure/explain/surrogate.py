"""Surrogate fidelity: how well a small decision tree retells the model."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, cast

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.groups import rows_of
from govern.measure.explain.permutation import needed_model, ranked
from govern.measure.numbers import real, text
from govern.measure.predicting import ask
from govern.measure.sampling import sample
from govern.measure.statistics.intervals import wilson
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"depth": 4, "level": "0.95", "sample": 4000}


class SurrogateFidelity:
    """Share of held-out rows on which a tree of small depth decides as the model does (R2 for quantities)."""

    id = "surrogate_fidelity@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Fit the tree on one half of a seeded sample and count agreement on the other."""
        del attribute
        own = settled(parameters, {**DEFAULTS, "seed": study.inputs.seed})
        model, columns = needed_model(study)
        rows = sample(study.frame, columns, integer(own, "sample"), integer(own, "seed"))
        half = len(rows) // 2
        if half < 50:  # noqa: PLR2004 - a tree of 16 leaves on fewer rows retells chance
            raise Unmeasured("insufficient-data", f"{len(rows)} rows: 100 are needed to fit and to judge a surrogate")
        said = ask(model, rows)
        coded = rows.apply(lambda column: column.fillna(-1e9) if column.dtype.kind in "iufb" else column.astype("category").cat.codes)
        return Measurement(measure=self.id, parameters=own, statistics=_retold(coded, said, half, own, columns))

    def evaluate(self, bare: Measurement) -> Measurement:
        """Fidelity with its interval, beside what always saying the same would reach."""
        importances = {str(row["feature"]): real(row["importance"]) for row in rows_of(bare.statistics, "features")}
        ranks = ranked(importances)
        features: tuple[Mapping[str, JsonValue], ...] = tuple({"feature": name, "importance": text(value), "rank": ranks[name]} for name, value in sorted(importances.items()))
        if "r2" in bare.statistics:
            return replace(bare, values={"fidelity": bare.statistics["r2"], "kind": "r2", "n": bare.statistics["n"]}, features=features)
        n, agreed, constant = (int(str(bare.statistics[key])) for key in ("n", "agreed", "constant"))
        values: dict[str, JsonValue] = {
            "fidelity": text(agreed / n), "fidelity_interval": wilson(agreed, n, str(bare.parameters["level"])).json(),
            "constant_fidelity": text(constant / n), "kind": "agreement", "n": n,
        }
        return replace(bare, values=values, features=features)


def _retold(coded: Any, said: Any, half: int, own: Parameters, columns: list[str]) -> dict[str, JsonValue]:
    import numpy as np
    from sklearn.metrics import r2_score
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    quantity = said.dtype.kind == "f" and len(np.unique(said)) > 20  # noqa: PLR2004 - as many as classes have
    kind = DecisionTreeRegressor if quantity else DecisionTreeClassifier
    tree = kind(max_depth=integer(own, "depth"), random_state=integer(own, "seed"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        retold = tree.fit(coded[:half], said[:half]).predict(coded[half:])
    features = cast("list[JsonValue]", [
        {"feature": name, "importance": text(float(value))} for name, value in sorted(zip(columns, tree.feature_importances_, strict=True))
    ])
    shown: dict[str, JsonValue] = {"n": len(said) - half, "features": features}
    if quantity:
        if len(np.unique(said[half:])) < 2:  # noqa: PLR2004 - nothing varies
            raise Unmeasured("undefined", "the model says the same whatever its columns hold")
        return shown | {"r2": text(float(r2_score(said[half:], retold)))}
    values, counts = np.unique(said[:half], return_counts=True)
    usual = values[int(np.argmax(counts))]
    return shown | {"agreed": int((retold == said[half:]).sum()), "constant": int((said[half:] == usual).sum())}
