"""What can be said of a model's performance before outcomes are known: an estimate that never passes a model alone.

Each band of scores keeps the share of positives that it had where labels were known, and the window says how many rows are
in each band (confidence-based estimation, as in NannyML's CBPE). Where a score no longer means what it meant (concept
drift), the estimate does not move: 0.851 was estimated of a model whose area under the curve was 0.673.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from govern.domain.evidence import JsonValue
from govern.measure.frames import run
from govern.measure.numbers import text
from govern.measure.outcomes.scored import CALIBRATION_BINS
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

REASON: Final = (
    "the window has no labels: what is estimated from scores holds only if a score means what it meant in the reference, and "
    "never passes a model"
)


def bands(study: Study) -> list[JsonValue]:
    """Rows of the window in each band of scores. Raises `Unmeasured` for scores that are no probabilities."""
    score = study.inputs.score
    if score is None:
        raise Unmeasured("missing", "no target was given, and no score to estimate anything from")
    bad = study.unknown_in(score)
    if bad:
        raise Unmeasured("undefined", f"{bad} rows have no finite value in “{score}”")
    number = study.frame.table[score].cast("float64")
    place = (number * CALIBRATION_BINS).floor().cast("int64")
    marked = study.frame.table.select(bin=place.clip(upper=CALIBRATION_BINS - 1), outside=(number < 0) | (number > 1))
    found = run(marked.group_by("bin").aggregate(n=marked.count(), outside=marked["outside"].cast("int64").sum()), study.frame.name)
    if any(int(row["outside"]) for row in found):
        raise Unmeasured("undefined", "some scores are not between 0 and 1: they are no probabilities")
    return [{"bin": int(row["bin"]), "n": int(row["n"])} for row in sorted(found, key=lambda row: int(row["bin"]))]


def estimate(before: Mapping[str, Any], window: Sequence[Mapping[str, Any]]) -> dict[str, JsonValue]:
    """Expected share of positives and area under the curve of the window, beside those of the reference."""
    calibrated = before.get("calibration")
    if not calibrated:
        raise Unmeasured("undefined", "the reference's scores are no probabilities: nothing can be estimated from them")
    shares = {int(one["bin"]): Fraction(int(one["positives"]), int(one["n"])) for one in calibrated}
    rows = {int(one["bin"]): int(one["n"]) for one in window}
    known = {place: n for place, n in rows.items() if place in shares}
    reference = {int(one["bin"]): int(one["n"]) for one in calibrated}
    found = {"reference": _expected(reference, shares), "window": _expected(known, shares)}
    values: dict[str, JsonValue] = {
        "n_window": sum(rows.values()), "n_reference": sum(reference.values()), "rows_without_estimate": sum(rows.values()) - sum(known.values()),
    }
    for side, (rate, area) in found.items():
        values |= {f"estimated_positive_rate_{side}": text(rate), f"estimated_auc_{side}": text(area)}
    if found["reference"][1] is not None and found["window"][1] is not None:
        values["estimated_auc_difference"] = text(found["window"][1] - found["reference"][1])
    return values


def _expected(rows: Mapping[int, int], shares: Mapping[int, Fraction]) -> tuple[Fraction | None, Fraction | None]:
    """Share of positives, and area under the curve with the rows of one band tied; None where there is nothing."""
    total = sum(rows.values())
    positives = {place: n * shares[place] for place, n in rows.items()}
    hits = sum(positives.values(), Fraction(0))
    if not total or hits in {0, total}:
        return (hits / total if total else None), None
    area = below = Fraction(0)
    for place in sorted(rows):
        misses = rows[place] - positives[place]
        area += positives[place] * (below + misses / 2)
        below += misses
    return hits / total, area / (hits * (total - hits))
