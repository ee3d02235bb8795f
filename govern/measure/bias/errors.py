"""Counts of true and false positives and negatives by group: collected, kept, read back."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.bias.groups import check_outcomes, check_width, rows_of
from govern.measure.labels import same
from govern.measure.numbers import exact, text
from govern.measure.study import Judged, Study, by_group, split_unknown, too_many
from govern.measure.unmeasured import Unmeasured

Which = Literal["true_positives", "false_negatives", "false_positives", "true_negatives"]
KINDS: Final[tuple[Which, ...]] = ("true_positives", "false_negatives", "false_positives", "true_negatives")
_DENOMINATOR: Final[dict[str, tuple[Which, Which]]] = {
    "true_positive_rate": ("true_positives", "false_negatives"),
    "false_negative_rate": ("false_negatives", "true_positives"),
    "false_positive_rate": ("false_positives", "true_negatives"),
    "true_negative_rate": ("true_negatives", "false_positives"),
    "positive_predictive_value": ("true_positives", "false_positives"),
    "negative_predictive_value": ("true_negatives", "false_negatives"),
}
"""Rate to its numerator and what completes its denominator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """One group's confusion matrix: rows, weights, and squared weights."""

    group: str
    n: int
    counts: dict[Which, int]
    weights: dict[Which, Fraction]
    weights2: dict[Which, Fraction]
    weighted: bool

    def rate(self, name: str) -> Fraction | None:
        """A rate, exact; None where its denominator is zero."""
        one, other = _DENOMINATOR[name]
        whole = self.weights[one] + self.weights[other]
        return None if whole == 0 else self.weights[one] / whole

    def trials(self, name: str) -> tuple[float, float]:
        """Numerator and denominator of a rate, as effective sizes where rows carry weights."""
        one, other = _DENOMINATOR[name]
        if not self.weighted:
            return float(self.counts[one]), float(self.counts[one] + self.counts[other])
        whole, squares = self.weights[one] + self.weights[other], self.weights2[one] + self.weights2[other]
        size = float(whole**2 / squares) if squares else 0.0
        return float(self.weights[one] / whole) * size if whole else 0.0, size

    def json(self) -> dict[str, JsonValue]:
        """As evidence's groups begin: every count that a rate was divided from."""
        counts = self.counts
        shown: dict[str, JsonValue] = {"group": self.group, "n": self.n}
        shown |= {str(kind): count for kind, count in counts.items()}
        shown["positives"] = counts["true_positives"] + counts["false_negatives"]
        shown["negatives"] = counts["false_positives"] + counts["true_negatives"]
        if self.weighted:
            shown |= {f"weight_{kind}": text(self.weights[kind]) for kind in KINDS}
        return shown


def collect_confusions(study: Study, attribute: str, positive: str) -> tuple[dict[str, JsonValue], str]:
    """Count right and wrong decisions by group; return the statistics and what was judged. Raises `Unmeasured`."""
    judged = _checked(study, attribute)
    kept, unknown = split_unknown(study.cells(attribute))
    if too_many(kept):
        raise Unmeasured("undefined", f"“{attribute}” has too many different groups: give a cut or a coarser column")
    rows: list[JsonValue] = []
    for group, cells in by_group(kept).items():
        row: dict[str, JsonValue] = {"group": group}
        sums: dict[Which, list[Fraction]] = {kind: [Fraction(0)] * 3 for kind in KINDS}
        for cell in cells:
            decided = cell.outcome == "true" if judged == "score" else same(cell.outcome or "", positive)
            actual = same(cell.target or "", positive)
            total = sums[_which(actual=actual, decided=decided)]
            for place, value in enumerate((Fraction(cell.n), Fraction(cell.weight), Fraction(cell.weight2))):
                total[place] += value
        for kind, (n, weight, weight2) in sums.items():
            row[kind] = int(n)
            if study.weighted:
                row |= {f"weight_{kind}": text(weight), f"weight2_{kind}": text(weight2)}
        rows.append(row)
    return {"groups": rows, "unknown": unknown}, judged


def _checked(study: Study, attribute: str) -> Judged:
    """Return what is judged. Raises `Unmeasured` where something is missing or no class."""
    judged = study.judged
    if judged is None or judged == "target":
        raise Unmeasured("missing", "no prediction was given: name a prediction, a score with its threshold, or a model")
    if study.inputs.target is None:
        raise Unmeasured("missing", "no target was given: name the column of what really happened")
    for column, quantity in ((study.inputs.target, not study.target_classes()), (study.inputs.prediction, study.prediction_is_number())):
        if quantity:
            raise Unmeasured("undefined", f"“{column}” is a quantity and has no classes")
    check_width(study, attribute)
    check_outcomes(study, study.inputs.target, study.inputs.prediction or study.inputs.score)
    return judged


def read_confusions(bare: Measurement) -> list[Confusion]:
    """Read what `collect_confusions` kept."""
    found = []
    for row in rows_of(bare.statistics, "groups"):
        weighted = f"weight_{KINDS[0]}" in row
        counts = {kind: int(row[kind]) for kind in KINDS}
        found.append(Confusion(
            group=str(row["group"]), n=sum(counts.values()), counts=counts, weighted=weighted,
            weights={kind: exact(row[f"weight_{kind}"] if weighted else row[kind]) for kind in KINDS},
            weights2={kind: exact(row[f"weight2_{kind}"] if weighted else row[kind]) for kind in KINDS},
        ))
    return found


def _which(*, actual: bool, decided: bool) -> Which:
    if actual:
        return "true_positives" if decided else "false_negatives"
    return "false_positives" if decided else "true_negatives"
