"""Reason codes: the features that, at the background's value, would have helped a decision most; and their stability.

The score's change when one feature takes the background's value (its median or most frequent value) is that feature's
contribution: exact for the features that were scored, no protected attribute among them, ties by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.attributes import parts
from govern.measure.base import Parameters, Unmeasured, integer, settled
from govern.measure.bias.groups import rows_of
from govern.measure.explain.permutation import needed_model
from govern.measure.labels import label
from govern.measure.numbers import real, text
from govern.measure.predicting import positive_place, scores
from govern.measure.sampling import sample
from govern.measure.study import Study

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
    answers = []
    for row in range(len(rows)):
        ordered = sorted((name for name in usable if helped[name][row] > 0), key=lambda name: (-helped[name][row], name))
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
        import numpy as np

        del attribute
        own = settled(parameters, {**DEFAULTS, "seed": study.inputs.seed})
        model, columns = needed_model(study)
        protected = sorted({part.column for one in study.inputs.protected for part in parts(one, study.frame)})
        rows = sample(study.frame, columns, integer(own, "sample"), integer(own, "seed"))
        place = positive_place(model, study.inputs)
        said = scores(model, rows, place)
        if said.dtype.kind not in "iufb":
            raise Unmeasured("undefined", "the model says classes without an order: declare the positive one")
        positive = study.inputs.positive or study.inputs.favourable
        same_way = study.inputs.favourable is None or study.inputs.favourable == positive
        order = np.argsort(np.asarray(said, dtype=float) * (1 if same_way else -1), kind="stable")
        worst = rows.iloc[order[: integer(own, "decisions")]].reset_index(drop=True)
        half = len(rows) // 2
        if half < 50:  # noqa: PLR2004 - two backgrounds
            raise Unmeasured("insufficient-data", f"{len(rows)} rows: 100 are needed for two backgrounds")
        explained = [
            reason_codes(model, worst, background(part, columns), columns=columns, protected=protected, place=place,
                         favourable_is_positive=same_way, top=integer(own, "top"))
            for part in (rows, rows[:half], rows[half:])
        ]
        counts = {name: sum(name in {code.feature for code in codes} for codes in explained[0]) for name in columns}
        own |= {"protected": list[JsonValue](protected)}
        overlaps = [
            _overlap({code.feature for code in one}, {code.feature for code in other})
            for one, other in zip(explained[1], explained[2], strict=True)
        ]
        return Measurement(measure=self.id, parameters=own, statistics={
            "decisions": len(worst), "without_reason": sum(not codes for codes in explained[0]),
            "overlap": text(sum(overlaps)), "features": [{"feature": name, "n": counts[name]} for name in sorted(columns)],
        })

    def evaluate(self, bare: Measurement) -> Measurement:
        """Shares of decisions, and stability: 1 where both backgrounds give the same reasons."""
        n = int(str(bare.statistics["decisions"]))
        protected = bare.parameters["protected"]
        features = tuple(
            {"feature": row["feature"], "n": row["n"], "share": text(int(row["n"]) / n)} for row in rows_of(bare.statistics, "features")
        )
        values: dict[str, JsonValue] = {
            "n": n, "stability": text(real(bare.statistics["overlap"]) / n), "without_reason": bare.statistics["without_reason"],
            "protected_left_out": protected,
        }
        return replace(bare, values=values, features=features)


def _overlap(one: set[str], other: set[str]) -> float:
    return 1.0 if not one and not other else len(one & other) / len(one | other)
