"""Proxies: how well a protected attribute can be told from the features, and from which."""

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.attributes import parts
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.groups import check_width, rows_of
from govern.measure.drift.covariate import drift_features
from govern.measure.explain.association import cramers_v
from govern.measure.explain.permutation import ranked
from govern.measure.labels import is_unknown, label
from govern.measure.numbers import real, text
from govern.measure.outcomes.scored import ScoreCells, auc_with_error, ranking_statistics
from govern.measure.sampling import sample
from govern.measure.statistics.intervals import quantile
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"folds": 3, "level": "0.95", "min_group": 30, "sample": 2000}


class Proxy:
    """Cross-validated AUC of a boosted model that predicts the attribute; 0.5 is nothing, 1 is a perfect stand-in.

    Each group against the rest; `values.auc` is the largest. Protected columns themselves are never features here.
    """

    id = "proxy@1"
    per_attribute = True

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Predict the attribute out of sample, on a seeded sample."""
        check_width(study, attribute)
        own = settled(parameters, {**DEFAULTS, "seed": study.inputs.seed})
        pieces = parts(attribute, study.frame)
        protected = {part.column for one in (*study.inputs.protected, attribute) if study.has(one) for part in parts(one, study.frame)}
        columns = [name for name in drift_features(study, parameters) if name in study.frame.kinds and name not in protected]
        if not columns:
            raise Unmeasured("missing", "there is no feature that could be a proxy")
        rows = sample(study.frame, [*columns, *(piece.column for piece in pieces)], integer(own, "sample"), integer(own, "seed"))
        groups = [_group_of(pieces, values) for values in zip(*(rows[piece.column] for piece in pieces), strict=True)]
        known = [place for place, group in enumerate(groups) if group is not None]
        rows, groups = rows.iloc[known].reset_index(drop=True), [groups[place] for place in known]
        sizes = {str(group): groups.count(group) for group in sorted({str(one) for one in groups})}
        if len(sizes) < 2 or min(sizes.values()) < integer(own, "folds") or sorted(sizes.values())[-2] < integer(own, "min_group"):  # noqa: PLR2004 - groups to tell apart
            raise Unmeasured("insufficient-data", f"too few rows in the groups to tell them apart: {sizes}")
        own["rows"] = len(rows)
        ranks = _ranks(rows[columns], [str(group) for group in groups], own)
        import pandas as pd

        told = pd.Series([str(group) for group in groups])
        return Measurement(measure=self.id, attribute=attribute, parameters=own, statistics={
            "groups": [{"group": group, "n": sizes[group], **found} for group, found in sorted(ranks.items())],
            "features": [{"feature": name, "association": text(cramers_v(rows[name], told))} for name in columns],
        })

    def evaluate(self, bare: Measurement) -> Measurement:
        """AUC of each group against the rest with its interval, and the features by association."""
        groups = []
        for row in rows_of(bare.statistics, "groups"):
            found = auc_with_error(row)
            if found is None:
                continue
            auc, error = found
            half = quantile(str(bare.parameters["level"])) * (error or 0.0)
            groups.append({"group": row["group"], "n": row["n"], "auc": text(auc), "interval": None if error is None else {
                "method": "delong", "level": bare.parameters["level"], "low": text(max(0.0, auc - half)), "high": text(min(1.0, auc + half))}})
        if not groups:
            raise Unmeasured("undefined", "no group could be told from another")
        associations = {str(row["feature"]): real(row["association"]) for row in rows_of(bare.statistics, "features")}
        ranks = ranked(associations)
        features: tuple[Mapping[str, JsonValue], ...] = tuple({"feature": name, "association": text(strength), "rank": ranks[name]} for name, strength in sorted(associations.items()))
        strongest = min(associations, key=lambda name: ranks[name])
        values: dict[str, JsonValue] = {
            "auc": max((row["auc"] for row in groups), key=real), "strongest": strongest, "association": text(associations[strongest]),
        }
        return replace(bare, values=values, groups=tuple(groups), features=features)


def _group_of(pieces: Sequence[Any], values: Sequence[Any]) -> str | None:
    names = []
    for piece, value in zip(pieces, values, strict=True):
        plain = value.item() if hasattr(value, "item") else value
        if piece.op and plain is not None and not math.isnan(plain):
            bound = float(piece.value)
            plain = {"<=": plain <= bound, "<": plain < bound, ">=": plain >= bound, ">": plain > bound}[piece.op]
        name = piece.label(label(plain))
        if is_unknown(name):
            return None
        names.append(str(name))
    return "*".join(names)


def _ranks(rows: Any, groups: list[str], own: Parameters) -> dict[str, dict[str, JsonValue]]:
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from threadpoolctl import threadpool_limits

    coded = rows.apply(lambda column: column if column.dtype.kind in "iufb" else column.astype("category").cat.codes)
    folds = StratifiedKFold(integer(own, "folds"), shuffle=True, random_state=integer(own, "seed"))
    model = HistGradientBoostingClassifier(max_iter=40, random_state=integer(own, "seed"), early_stopping=False)
    # One thread: trees this small take longer to share out than to grow, above all on a busy machine.
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        chances = cross_val_predict(model, coded, groups, cv=folds, method="predict_proba")
    found = {}
    truth = np.asarray(groups)
    for place, group in enumerate(sorted(set(groups))):
        values, where = np.unique(chances[:, place], return_inverse=True)
        is_group = truth == group
        positives = np.bincount(where[is_group], minlength=len(values))
        cells = ScoreCells(score=values, positives=positives, negatives=np.bincount(where, minlength=len(values)) - positives, grid=False)
        found[group] = ranking_statistics(cells)
    return found
