"""Scores against what happened, reduced in the engine to one cell a distinct score, and from there to statistics."""

import math
from dataclasses import dataclass
from typing import Any, Final

from govern.domain.evidence import JsonValue
from govern.errors import DataError
from govern.measure.bias.groups import check_outcomes
from govern.measure.frames import arrow
from govern.measure.labels import label, same
from govern.measure.numbers import text
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

MAX_SCORES: Final = 1_000_000
"""Distinct scores that are told apart; beyond, scores are rounded to a grid, and the evidence says so."""
GRID: Final = 2**17
"""Steps of that grid between 0 and 1: an AUC moves by at most the chance that two scores share a step."""
CLIP: Final = 2.220446049250313e-16
"""Log loss takes scores no nearer to 0 and 1 than binary64's epsilon, as scikit-learn does."""
CALIBRATION_BINS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCells:
    """Distinct scores, ascending, with how many rows of each class have them (numpy arrays)."""

    score: Any
    positives: Any
    negatives: Any
    grid: bool


def score_cells(study: Study) -> ScoreCells:
    """Count classes by distinct score. Raises `Unmeasured` where target or score are missing or not finite."""
    import numpy as np

    target, score = study.inputs.target, study.inputs.score
    if score is None:
        raise Unmeasured("missing", "no score was given: name the column of the model's scores")
    if target is None:
        raise Unmeasured("missing", "no target was given: name the column of what really happened")
    check_outcomes(study, target, score)
    table = study.frame.table
    positive = study.positive()
    number = table[score].cast("float64")
    for grid in (False, True):
        key = (number * GRID).round() / GRID if grid else number
        counted = table.group_by(score=key, target=table[target]).aggregate(n=table.count())
        found = arrow(counted.limit(2 * MAX_SCORES + 1), study.frame.name)
        if found.num_rows <= 2 * MAX_SCORES:
            break
    else:
        raise DataError("the scores take more values than can be counted", "Give scores between 0 and 1.")
    hit = {value: same(label(value) or "", positive) for value in set(found["target"].unique().to_pylist())}
    is_positive = np.array([hit[value] for value in found["target"].to_pylist()], dtype=bool)
    values, place = np.unique(found["score"].to_numpy(), return_inverse=True)
    n = found["n"].to_numpy().astype(np.int64)
    positives = np.bincount(place[is_positive], weights=n[is_positive], minlength=len(values)).astype(np.int64)
    negatives = np.bincount(place[~is_positive], weights=n[~is_positive], minlength=len(values)).astype(np.int64)
    return ScoreCells(score=values, positives=positives, negatives=negatives, grid=grid)


def ranking_statistics(cells: ScoreCells) -> dict[str, JsonValue]:
    """What the AUC and its variance are computed from: twice the concordant pairs, and squared placements.

    Large counts are text: JSON's numbers end at 2^53. Placements are doubled to stay whole numbers at ties.
    """
    positives, negatives = [int(one) for one in cells.positives], [int(one) for one in cells.negatives]
    n1, n0 = sum(positives), sum(negatives)
    below1 = below0 = pairs2 = squares1 = squares0 = 0
    for here1, here0 in zip(positives, negatives, strict=True):
        beaten2 = 2 * below0 + here0
        beating2 = 2 * (n1 - below1 - here1) + here1
        pairs2 += here1 * beaten2
        squares1 += here1 * beaten2 * beaten2
        squares0 += here0 * beating2 * beating2
        below1, below0 = below1 + here1, below0 + here0
    return {"positives": n1, "negatives": n0, "pairs2": str(pairs2), "squares1": str(squares1), "squares0": str(squares0)}


def auc_with_error(statistics: dict[str, Any]) -> tuple[float, float | None] | None:
    """AUC and its standard error (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44, 837-845); None for one class."""
    from fractions import Fraction

    n1, n0 = int(statistics["positives"]), int(statistics["negatives"])
    if n1 == 0 or n0 == 0:
        return None
    pairs2, squares1, squares0 = (int(statistics[key]) for key in ("pairs2", "squares1", "squares0"))
    auc = Fraction(pairs2, 2 * n1 * n0)
    if n1 < 2 or n0 < 2:  # noqa: PLR2004 - a variance
        return float(auc), None
    s1 = (Fraction(squares1, (2 * n0) ** 2) - n1 * auc * auc) / (n1 - 1)
    s0 = (Fraction(squares0, (2 * n1) ** 2) - n0 * auc * auc) / (n0 - 1)
    return float(auc), math.sqrt(max(0.0, float(s1 / n1 + s0 / n0)))


def loss_statistics(cells: ScoreCells) -> dict[str, JsonValue]:
    """Sums and sums of squares of squared error and log loss, and calibration bins; None outside 0 to 1.

    Sums are `math.fsum` over cells in order of score: they do not depend on how rows were ordered.
    """
    import numpy as np

    if cells.score[0] < 0 or cells.score[-1] > 1:
        return {"losses": None, "calibration": None}
    clipped = np.clip(cells.score, CLIP, 1 - CLIP)
    losses: dict[str, JsonValue] = {}
    for name, hit, miss in (
        ("brier", (1 - cells.score) ** 2, cells.score**2), ("log_loss", -np.log(clipped), -np.log1p(-clipped)),
    ):
        losses[name] = text(math.fsum([*(hit * cells.positives), *(miss * cells.negatives)]))
        losses[f"{name}_squares"] = text(math.fsum([*(hit**2 * cells.positives), *(miss**2 * cells.negatives)]))
    which = np.minimum((cells.score * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    both = cells.positives + cells.negatives
    bins: list[JsonValue] = [
        {"bin": place, "n": int(both[which == place].sum()), "positives": int(cells.positives[which == place].sum()),
         "scores": text(math.fsum((cells.score * both)[which == place]))}
        for place in range(CALIBRATION_BINS) if (which == place).any()
    ]
    return {"losses": losses, "calibration": bins}
