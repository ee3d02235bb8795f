"""Rows that two models judged, reduced to what a paired comparison is computed from."""

import math
from typing import Any, Final

from govern.domain.evidence import JsonValue
from govern.measure.bias.groups import check_outcomes
from govern.measure.cells import MAX_CELLS
from govern.measure.frames import arrow, run
from govern.measure.labels import label, same
from govern.measure.numbers import text
from govern.measure.outcomes.quantities import quantities
from govern.measure.outcomes.scored import CLIP, MAX_SCORES
from govern.measure.study import Study
from govern.measure.sums import exact_sum, largest, scale_of, summed
from govern.measure.unmeasured import Unmeasured

GRID: Final = 2**10
"""Steps between 0 and 1 that both scores are rounded to where their pairs are too many to be told apart."""


def decisions(study: Study, baseline: str) -> JsonValue:
    """Count rows by whether either model was right."""
    check_outcomes(study, study.inputs.target, study.inputs.prediction or study.inputs.score, baseline)
    positive = study.positive() if study.judged == "score" else ""
    table = study.frame.table
    rows = run(table.group_by(target=table[study.inputs.target], one=study.outcome, other=table[baseline]).aggregate(n=table.count()).limit(MAX_CELLS),
               study.frame.name)
    counts = {"both": 0, "candidate": 0, "baseline": 0, "neither": 0}
    for row in rows:
        actual = label(row["target"]) or ""
        ours = (same(actual, positive) is bool(row["one"])) if study.judged == "score" else same(actual, label(row["one"]) or "")
        theirs = same(actual, label(row["other"]) or "")
        counts[("both" if theirs else "candidate") if ours else ("baseline" if theirs else "neither")] += int(row["n"])
    return dict[str, JsonValue](counts)


def scores(study: Study, baseline: str) -> dict[str, JsonValue]:
    """Placements and losses of both scores, row by row; `grid` says whether scores were rounded."""
    import numpy as np

    target, score = study.inputs.target, study.inputs.score
    check_outcomes(study, target, score, baseline)
    table = study.frame.table
    for grid in (False, True):
        keys = [(number * GRID).round() / GRID if grid else number for number in (table[score].cast("float64"), table[baseline].cast("float64"))]
        found = arrow(table.group_by(one=keys[0], other=keys[1], target=table[target]).aggregate(n=table.count()).limit(2 * MAX_SCORES + 1), study.frame.name)
        if found.num_rows <= 2 * MAX_SCORES:
            break
    else:
        raise Unmeasured("undefined", "the scores take more values than can be counted: give scores between 0 and 1")
    positive = study.positive()
    hit = {value: same(label(value) or "", positive) for value in set(found["target"].unique().to_pylist())}
    order = np.lexsort((found["other"].to_numpy(), found["one"].to_numpy()))
    is_positive = np.array([hit[value] for value in found["target"].to_pylist()], dtype=bool)[order]
    one, other = found["one"].to_numpy()[order], found["other"].to_numpy()[order]
    n = found["n"].to_numpy().astype(np.int64)[order]
    losses = None
    if min(one.min(), other.min()) >= 0 and max(one.max(), other.max()) <= 1:
        losses = _losses(one, other, is_positive, n)
    return {"grid": grid, "losses": losses, **_placements(one, other, is_positive, n)}


def _placements(one: Any, other: Any, is_positive: Any, n: Any) -> dict[str, JsonValue]:
    """Sums of placements, doubled so that ties stay whole, and of the squares of their differences; exact, as text."""
    import numpy as np

    n1, n0 = int(n[is_positive].sum()), int(n[~is_positive].sum())
    doubled = []
    for score in (one, other):
        values, place = np.unique(score, return_inverse=True)
        positives = np.bincount(place[is_positive], weights=n[is_positive], minlength=len(values)).astype(np.int64)
        negatives = np.bincount(place[~is_positive], weights=n[~is_positive], minlength=len(values)).astype(np.int64)
        beaten = (2 * (np.cumsum(negatives) - negatives) + negatives)[place]
        beating = (2 * (n1 - np.cumsum(positives)) + positives)[place]
        doubled.append(np.where(is_positive, beaten, beating))
    apart = [int(gap) for gap in doubled[0] - doubled[1]]
    sums = {True: 0, False: 0}
    for gap, times, side in zip(apart, n.tolist(), is_positive.tolist(), strict=True):
        sums[side] += gap * gap * times
    pairs = [sum(int(value) * times for value, times in zip(of[is_positive].tolist(), n[is_positive].tolist(), strict=True)) for of in doubled]
    return {"positives": n1, "negatives": n0, "pairs_candidate": str(pairs[0]), "pairs_baseline": str(pairs[1]),
            "squares1": str(sums[True]), "squares0": str(sums[False])}


def _losses(one: Any, other: Any, is_positive: Any, n: Any) -> dict[str, JsonValue]:
    import numpy as np

    found: dict[str, JsonValue] = {}
    for name in ("brier", "log_loss"):
        sides = []
        for score in (one, other):
            chance = np.where(is_positive, score, 1 - score)
            sides.append((1 - chance) ** 2 if name == "brier" else -np.log(np.clip(chance, CLIP, 1 - CLIP)))
        gap = sides[0] - sides[1]
        found[name] = {"candidate": text(math.fsum(sides[0] * n)), "baseline": text(math.fsum(sides[1] * n)),
                       "difference": text(math.fsum(gap * n)), "squares": text(math.fsum(gap * gap * n))}
    return found


def errors(study: Study, baseline: str) -> dict[str, JsonValue]:
    """Sums of both models' absolute and squared errors of a quantity, and of the squares of their differences."""
    actual, guess = quantities(study)
    if not study.frame.numeric(baseline):
        raise Unmeasured("undefined", f"“{baseline}” is no number")
    check_outcomes(study, baseline)
    table = study.frame.table
    one, other = actual - guess, actual - table[baseline].cast("float64")
    sizes = largest(study.frame, one=one, other=other)
    scale = scale_of(max(sizes.values()))
    absolute, squared = one.abs() - other.abs(), one * one - other * other
    terms = {
        "absolute_candidate": (one.abs(), scale), "absolute_baseline": (other.abs(), scale), "absolute_squares": (absolute * absolute, 2 * scale),
        "squared_candidate": (one * one, 2 * scale), "squared_baseline": (other * other, 2 * scale), "squared_squares": (squared * squared, 4 * scale),
    }
    row = run(table.aggregate(n=table.count(), **{key: exact_sum(term, own) for key, (term, own) in terms.items()}), study.frame.name)[0]
    return {"n": int(row["n"]), **{key: text(summed(row[key], own)) for key, (_, own) in terms.items()}}
