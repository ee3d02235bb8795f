"""Permutation importance: how much worse a model gets when one column is shuffled (Breiman 2001; scikit-learn)."""

import math
import statistics
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.groups import check_outcomes, rows_of
from govern.measure.explain.association import clusters
from govern.measure.models import load_model
from govern.measure.numbers import real, text
from govern.measure.predicting import model_columns
from govern.measure.sampling import sample
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"cluster_association": "0.5", "repeats": 10, "sample": 2000}
NO_MODEL: Final = "no model was given: name a skops file"


class PermutationImportance:
    """Loss of the model's score on a seeded sample, a feature, and its spread over repeats.

    Features that go together (Cramér's V of 0.5 or more, also by way of others) are shuffled together as well: shuffled
    apart, each stands in for the other and both look unimportant.
    """

    id = "permutation_importance@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Ask the model; needs rows once, and leaves one number a feature and repeat."""
        del attribute
        own = settled(parameters, {**DEFAULTS, "seed": study.inputs.seed})
        model, columns = needed_model(study)
        target = study.inputs.target
        if target is None:
            raise Unmeasured("missing", "no target was given: importance is what is lost without a column")
        check_outcomes(study, target)
        rows = sample(study.frame, [*columns, target], integer(own, "sample"), integer(own, "seed"))
        scoring = scoring_of(model, rows[target])
        own |= {"scoring": scoring, "rows": len(rows)}
        result = shuffled(model, rows[columns], rows[target], scoring, own)
        baseline = float(result["baseline"])
        together = clusters(rows, columns, real(own["cluster_association"]))
        return Measurement(measure=self.id, parameters=own, statistics={
            "baseline": text(baseline),
            "features": [
                {"feature": name, "importances": [text(float(one)) for one in values]}
                for name, values in sorted(zip(columns, result["importances"], strict=True), key=lambda pair: pair[0])
            ],
            "clusters": [
                {"features": list(names), "importances": [text(one) for one in shuffled_together(model, rows[columns], rows[target], names, scoring, own)]}
                for names in together
            ],
        })

    def evaluate(self, bare: Measurement) -> Measurement:
        """Mean, spread and rank of each feature, and the same of its cluster."""
        spread = [
            (str(row["feature"]), *mean_and_std([real(one) for one in row["importances"]]))
            for row in rows_of(bare.statistics, "features")
        ]
        ranks = ranked({name: mean for name, mean, _ in spread})
        together = {
            str(name): (row["features"], *mean_and_std([real(one) for one in row["importances"]]))
            for row in (rows_of(bare.statistics, "clusters") if "clusters" in bare.statistics else []) for name in row["features"]
        }
        features = tuple(_shown(name, mean, std, ranks[name], *together.get(name, ([], mean, std))) for name, mean, std in spread)
        values: dict[str, JsonValue] = {
            "baseline": bare.statistics["baseline"], "scoring": bare.parameters["scoring"],
            "clusters": len({tuple(cluster) for cluster, _, _ in together.values()}),
        }
        return replace(bare, values=values, features=features)


def _shown(name: str, mean: float, std: float, rank: int, cluster: Sequence[str], mean_of_cluster: float, std_of_cluster: float) -> Mapping[str, JsonValue]:
    return {
        "feature": name, "importance": text(mean), "std": text(std), "rank": rank, "cluster": list(cluster),
        "cluster_importance": text(mean_of_cluster), "cluster_std": text(std_of_cluster),
    }


def needed_model(study: Study) -> tuple[Any, list[str]]:
    """Load the study's model and name its columns. Raises `Unmeasured` without one."""
    if study.inputs.model is None:
        raise Unmeasured("missing", NO_MODEL)
    model = load_model(study.inputs.model, study.inputs.allowed_types)
    return model, model_columns(model, study.frame)


def mean_and_std(numbers: Sequence[float]) -> tuple[float, float]:
    """Mean and population standard deviation, summed exactly."""
    mean = math.fsum(numbers) / len(numbers)
    return mean, statistics.pstdev(numbers, mu=mean) if len(numbers) > 1 else 0.0


def ranked(importances: Mapping[str, float]) -> dict[str, int]:
    """Ranks from 1, the most important first; equal ones by name."""
    ordered = sorted(importances, key=lambda name: (-importances[name], name))
    return {name: rank for rank, name in enumerate(ordered, start=1)}


def scoring_of(model: Any, target: Any) -> str:
    """What a model is scored by. Raises `Unmeasured` for a target of one class."""
    from sklearn.base import is_regressor

    classes = target.nunique()
    if is_regressor(model):
        return "r2"
    if classes < 2:  # noqa: PLR2004 - classes to tell apart
        raise Unmeasured("undefined", "the target has one class only: nothing can be told apart")
    return "roc_auc" if classes == 2 and hasattr(model, "predict_proba") else "accuracy"  # noqa: PLR2004 - binary


def shuffled(model: Any, rows: Any, target: Any, scoring: str, own: Parameters) -> dict[str, Any]:
    """Importances by feature and repeat, and the score without shuffling. Raises `Unmeasured`."""
    from sklearn.inspection import permutation_importance
    from sklearn.metrics import get_scorer

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = permutation_importance(
                model, rows, target, scoring=scoring, n_repeats=integer(own, "repeats"), random_state=integer(own, "seed"),
            )
            baseline = get_scorer(scoring)(model, rows, target)
    except (ValueError, TypeError) as error:
        raise Unmeasured("undefined", f"the model can't be scored on this data: {str(error)[:200]}") from error
    if not math.isfinite(baseline):
        raise Unmeasured("undefined", "the model's score is not a finite number on this data")
    return {"importances": found.importances, "baseline": baseline}


def shuffled_together(model: Any, rows: Any, target: Any, names: Sequence[str], scoring: str, own: Parameters) -> list[float]:
    """Losses of the score, a repeat each, when several columns take another row's values in one."""
    import numpy as np
    from sklearn.metrics import get_scorer

    # A generator of its own for each cluster: another cluster must not change this one's numbers.
    generator = np.random.default_rng([integer(own, "seed"), *"\x1f".join(names).encode()])
    scorer = get_scorer(scoring)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        baseline = float(scorer(model, rows, target))
        losses = []
        for _ in range(integer(own, "repeats")):
            order = generator.permutation(len(rows))
            moved = rows.copy()
            for name in names:
                moved[name] = rows[name].to_numpy()[order]
            losses.append(baseline - float(scorer(model, moved, target)))
    return losses
