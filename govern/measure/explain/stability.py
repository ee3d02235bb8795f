"""Rank stability: whether features come out in the same order over seeds and resamples."""

import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.groups import check_outcomes, rows_of
from govern.measure.explain.attributions import attributed, method_of
from govern.measure.explain.permutation import needed_model, ranked, scoring_of, shuffled
from govern.measure.numbers import text
from govern.measure.sampling import sample
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"repeats": 3, "resamples": 6, "sample": 1000, "top": 5}


class RankStability:
    """Mean rank correlation (Spearman) of importances over pairs of resamples, each with its own seed.

    Importance is that of permutation, or, where SHAP values were brought or are asked for (`method: shap`), their mean size.
    """

    id = "rank_stability@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Rank the features on several bootstrap resamples."""
        del attribute
        own = settled(parameters, {**DEFAULTS, "seed": study.inputs.seed})
        own["method"] = method_of(study, parameters, "permutation")
        orders = _by_shap(study, own) if own["method"] == "shap" else _by_permutation(study, own)
        if len(orders[0]) < 2:  # noqa: PLR2004 - an order
            raise Unmeasured("undefined", "the model has one feature: there is no order of features")
        return Measurement(measure=self.id, parameters=own, statistics={
            "features": [{"feature": name, "ranks": [order[name] for order in orders]} for name in sorted(orders[0])],
        })

    def evaluate(self, bare: Measurement) -> Measurement:
        """Correlation of ranks, overlap of the top, and each feature's range of ranks."""
        rows = rows_of(bare.statistics, "features")
        turns = list(zip(*([int(rank) for rank in row["ranks"]] for row in rows), strict=True))
        pairs = [(one, other) for i, one in enumerate(turns) for other in turns[i + 1:]]
        if not pairs:
            raise Unmeasured("insufficient-data", "one resample has nothing to be compared with")
        top = min(integer(bare.parameters, "top"), len(rows))
        correlations = [_spearman(one, other) for one, other in pairs]
        overlaps = [len(_top(one, top) & _top(other, top)) / top for one, other in pairs]
        features = tuple(
            {"feature": row["feature"], "rank_low": min(row["ranks"]), "rank_high": max(row["ranks"]),
             "rank_median": text(float(statistics.median(row["ranks"])))} for row in rows
        )
        values: dict[str, JsonValue] = {
            "stability": text(statistics.fmean(correlations)), "lowest": text(min(correlations)), "top": top,
            "top_overlap": text(statistics.fmean(overlaps)),
        }
        return replace(bare, values=values, features=features)


def _by_permutation(study: Study, own: dict[str, JsonValue]) -> list[dict[str, int]]:
    """Ranks by permutation importance, a resample each."""
    import numpy as np

    model, columns = needed_model(study)
    target = study.inputs.target
    if target is None:
        raise Unmeasured("missing", "no target was given: importance is what is lost without a column")
    check_outcomes(study, target)
    rows = sample(study.frame, [*columns, target], integer(own, "sample"), integer(own, "seed"))
    own["scoring"] = scoring_of(model, rows[target])
    orders: list[dict[str, int]] = []
    for turn in range(integer(own, "resamples")):
        study.progress("rank stability", turn, integer(own, "resamples"))
        generator = np.random.default_rng([integer(own, "seed"), turn])
        drawn = rows.iloc[generator.integers(0, len(rows), len(rows))].reset_index(drop=True)
        found = shuffled(model, drawn[columns], drawn[target], str(own["scoring"]), {**own, "seed": integer(own, "seed") + turn + 1})
        orders.append(ranked({name: float(values.mean()) for name, values in zip(columns, found["importances"], strict=True)}))
    return orders


def _by_shap(study: Study, own: dict[str, JsonValue]) -> list[dict[str, int]]:
    """Ranks by mean absolute SHAP value, a bootstrap resample of decisions each."""
    import numpy as np

    found = attributed(study, own)
    own["shap"] = found.said
    size = np.abs(found.values)
    orders = []
    for turn in range(integer(own, "resamples")):
        drawn = size[np.random.default_rng([integer(own, "seed"), turn]).integers(0, len(size), len(size))]
        means = np.round(drawn.mean(axis=0), 12)
        orders.append(ranked({name: float(mean) for name, mean in zip(found.features, means, strict=True)}))
    return orders


def _spearman(one: Sequence[int], other: Sequence[int]) -> float:
    n = len(one)
    return 1 - 6 * sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) / (n * (n * n - 1))


def _top(ranks: Sequence[int], top: int) -> set[int]:
    return {place for place, rank in enumerate(ranks) if rank <= top}
