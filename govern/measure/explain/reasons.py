"""Reason codes: the features that, at the background's value, would have helped a decision most; and their stability.

The score's change when one feature takes the background's value (its median or most frequent value) is that feature's
contribution: exact for the features that were scored, no protected attribute among them, ties by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.attributes import parts
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.groups import rows_of
from govern.measure.explain.attributions import Attributed, attributed, computed, method_of
from govern.measure.explain.permutation import needed_model
from govern.measure.labels import label
from govern.measure.numbers import real, text
from govern.measure.predicting import positive_place, scores
from govern.measure.sampling import sample
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

MOST_BY_SHAP: Final = 50
"""Decisions that the package explains over three backgrounds: each takes thousands of questions to the model."""
DEFAULTS: Final[Parameters] = {"decisions": 200, "sample": 2000, "top": 4}
_DIGITS: Final = 12
"""Contributions are rounded before they are ordered: noise in the last bit must not choose a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCode:
    """One reason for one decision."""

    feature: str
    contribution: str
    """Decimal text: how much the score of the favourable outcome would rise with the background's value."""


def background(rows: Any, columns: Sequence[str]) -> dict[str, Any]:
    """The value each feature is compared with: the median of numbers, else the most frequent value, ties by label."""
    chosen: dict[str, Any] = {}
    for name in columns:
        known = rows[name].dropna()
        if not len(known):
            chosen[name] = None
        elif known.dtype.kind in "iuf":
            chosen[name] = type(known.iloc[0])(sorted(known)[(len(known) - 1) // 2])
        else:
            counts = known.value_counts()
            chosen[name] = min(counts.index, key=lambda value: (-counts[value], label(value) or ""))
    return chosen


def reason_codes(
    model: Any, rows: Any, compared_with: Mapping[str, Any], *, columns: Sequence[str], protected: Sequence[str] = (),
    place: int | None = None, favourable_is_positive: bool = True, top: int = 4,
) -> list[tuple[ReasonCode, ...]]:
    """Return up to `top` reasons for each row (a pandas frame), the weightiest first.

    Only features that would have helped are reasons. Raises `DataError` where the model can't predict the rows.
    """
    import numpy as np

    usable = [name for name in columns if name not in protected and compared_with.get(name) is not None]
    before = np.asarray(scores(model, rows[list(columns)], place), dtype=float)
    sign = 1.0 if favourable_is_positive else -1.0
    helped = {}
    for name in usable:
        changed = rows[list(columns)].copy()
        changed[name] = compared_with[name]
        helped[name] = np.round(sign * (np.asarray(scores(model, changed, place), dtype=float) - before), _DIGITS)
    return weightiest(helped, len(rows), top)


def weightiest(helped: Mapping[str, Any], decisions: int, top: int) -> list[tuple[ReasonCode, ...]]:
    """Order each decision's contributions (arrays by feature), the weightiest first, ties by name, none that is not above 0."""
    answers = []
    for row in range(decisions):
        ordered = sorted((name for name in helped if helped[name][row] > 0), key=lambda name: (-helped[name][row], name))
        answers.append(tuple(ReasonCode(feature=name, contribution=text(float(helped[name][row]))) for name in ordered[:top]))
    return answers


class ReasonCodes:
    """How often each feature is a reason for the least favourable decisions.

    `values.stability` says how far reasons agree when the background is taken from one half of the data or the other.
    """

    id = "reason_codes@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Explain a seeded sample of decisions against two backgrounds."""
        del attribute
        own = settled(parameters, {**DEFAULTS, "seed": study.inputs.seed})
        own["method"] = method_of(study, parameters, "replacement")
        protected = sorted({part.column for one in study.inputs.protected for part in parts(one, study.frame)})
        own["protected"] = list[JsonValue](protected)
        columns, explained = explain(study, own, protected)
        counts = {name: sum(name in {code.feature for code in codes} for codes in explained[0]) for name in columns}
        overlap = None
        if len(explained) > 1:
            overlap = text(sum(_overlap({code.feature for code in one}, {code.feature for code in other}) for one, other in zip(*explained[1:], strict=True)))
        return Measurement(measure=self.id, parameters=own, statistics={
            "decisions": len(explained[0]), "without_reason": sum(not codes for codes in explained[0]),
            "overlap": overlap, "features": [{"feature": name, "n": counts[name]} for name in sorted(columns)],
        })

    def evaluate(self, bare: Measurement) -> Measurement:
        """Shares of decisions, and stability: 1 where both backgrounds give the same reasons."""
        n = int(str(bare.statistics["decisions"]))
        protected = bare.parameters["protected"]
        features = tuple(
            {"feature": row["feature"], "n": row["n"], "share": text(int(row["n"]) / n)} for row in rows_of(bare.statistics, "features")
        )
        overlap = bare.statistics["overlap"]
        values: dict[str, JsonValue] = {
            "n": n, "stability": None if overlap is None else text(real(overlap) / n),
            "without_reason": bare.statistics["without_reason"], "protected_left_out": protected,
        }
        if overlap is None:
            values["stability_reason"] = "the SHAP values were brought over one background: there is no other to compare with"
        return replace(bare, values=values, features=features)


Explained = list[list[tuple[ReasonCode, ...]]]
"""Reasons over all rows as background, then over one half of them and over the other."""


def explain(study: Study, own: Parameters, protected: Sequence[str]) -> tuple[list[str], Explained]:
    """Explain the least favourable decisions of a seeded sample. Raises `Unmeasured`."""
    import numpy as np

    positive = study.inputs.positive or study.inputs.favourable
    same_way = study.inputs.favourable is None or study.inputs.favourable == positive
    top, decisions = integer(own, "top"), integer(own, "decisions")
    if own["method"] == "shap" and study.inputs.attributions is not None:
        found = attributed(study, own)
        cast("dict[str, JsonValue]", own)["shap"] = found.said
        worst = np.argsort(np.round(found.values.sum(axis=1), 9) * (1 if same_way else -1), kind="stable")[:decisions]
        return found.features, [_by_shap(found, found.values[worst], protected, top, same_way=same_way)]
    model, columns = needed_model(study)
    rows = sample(study.frame, columns, integer(own, "sample"), integer(own, "seed"))
    place = positive_place(model, study.inputs)
    said = scores(model, rows, place)
    if said.dtype.kind not in "iufb":
        raise Unmeasured("undefined", "the model says classes without an order: declare the positive one")
    half = len(rows) // 2
    if half < 50:  # noqa: PLR2004 - two backgrounds
        raise Unmeasured("insufficient-data", f"{len(rows)} rows: 100 are needed for two backgrounds")
    order = np.argsort(np.asarray(said, dtype=float) * (1 if same_way else -1), kind="stable")
    backgrounds = (rows, rows[:half], rows[half:])
    if own["method"] == "shap":
        worst_rows = rows.iloc[order[: min(decisions, MOST_BY_SHAP)]].reset_index(drop=True)
        every = [computed(model, worst_rows, over, place, own) for over in backgrounds]
        cast("dict[str, JsonValue]", own)["shap"] = every[0].said
        return columns, [_by_shap(one, one.values, protected, top, same_way=same_way) for one in every]
    worst_rows = rows.iloc[order[:decisions]].reset_index(drop=True)
    compared = [background(part, columns) for part in backgrounds]
    cast("dict[str, JsonValue]", own)["background"] = {name: label(value) for name, value in sorted(compared[0].items())}
    return columns, [
        reason_codes(model, worst_rows, one, columns=columns, protected=protected, place=place, favourable_is_positive=same_way, top=top)
        for one in compared
    ]


def _by_shap(found: Attributed, values: Any, protected: Sequence[str], top: int, *, same_way: bool) -> list[tuple[ReasonCode, ...]]:
    """What each feature took away from the favourable outcome's score, less those that may be no reason."""
    sign = -1.0 if same_way else 1.0
    helped = {name: sign * values[:, place] for place, name in enumerate(found.features) if name not in protected}
    return weightiest(helped, len(values), top)


def _overlap(one: set[str], other: set[str]) -> float:
    return 1.0 if not one and not other else len(one & other) / len(one | other)
