"""Scoring rate: the share of a group that scores strictly above the median of the whole sample (6 RCNY 5-301)."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from govern.domain.evidence import JsonValue, Measurement
from govern.domain.leaving_out import LEFT_OUT
from govern.measure.attributes import parts
from govern.measure.base import Parameters, settled
from govern.measure.bias.groups import check_outcomes, check_width
from govern.measure.bias.impact_ratio import DEFAULTS, ImpactRatio
from govern.measure.cells import Keys, count
from govern.measure.frames import how_many, run
from govern.measure.numbers import text
from govern.measure.study import Study, by_group, joined, split_unknown, too_many
from govern.measure.unmeasured import Unmeasured


class ScoringRate:
    """Scoring rates and their impact ratios, with the intervals and tests of `impact_ratio@1`.

    The median is of all rows with a score, whatever their group; rows that tie with it are not above it, and their
    number is in `values.ties`. With more than half of all scores equal, hardly anybody is above: read `ties` first.
    """

    id = "scoring_rate@1"
    per_attribute = True

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Find the median and count who lies above it."""
        column = study.inputs.score or (study.inputs.prediction if study.prediction_is_number() else None)
        if column is None:
            raise Unmeasured("missing", "no score was given: name the column of the model's scores")
        check_width(study, attribute)
        check_outcomes(study, column)
        table = study.frame.table
        score = table[column].cast("float64")
        median = float(run(table.aggregate(median=score.median()), study.frame.name)[0]["median"])
        ties = int(run(table.aggregate(n=how_many(score == median)), study.frame.name)[0]["n"])
        keys = Keys(parts=parts(attribute, study.frame), target=None, outcome=score > median, weight=None)
        kept, unknown = split_unknown([joined(cell) for cell in count(study.frame, keys) or []])
        if too_many(kept):
            raise Unmeasured("undefined", f"“{attribute}” has too many different groups: give a cut or a coarser column")
        rows: list[JsonValue] = [
            {"group": group, "n": sum(cell.n for cell in cells), "selected": sum(cell.n for cell in cells if cell.outcome == "true")}
            for group, cells in by_group(kept).items()
        ]
        own = settled(parameters, {**DEFAULTS, "judged": "score", "seed": study.inputs.seed})
        return Measurement(
            measure=self.id, attribute=attribute, reference=str(own["reference"]), favourable="above median", parameters=own,
            statistics={"groups": rows, "unknown": unknown, "median": text(median), "ties": ties},
        )

    def evaluate(self, bare: Measurement) -> Measurement:
        """Compute what an impact ratio has, over those above the median."""
        try:
            found = ImpactRatio().evaluate(bare)
        except Unmeasured as answer:
            answer.groups = tuple(_renamed(row) for row in answer.groups)
            answer.values = _with_names(answer.values)
            raise
        median: dict[str, JsonValue] = {"median": bare.statistics["median"], "ties": bare.statistics["ties"]}
        return replace(
            found, values={**_with_names(found.values), **median}, groups=tuple(_renamed(row) for row in found.groups)
        )


def published_ratio(one: tuple[int, int], highest: tuple[int, int], places: int = 2) -> str:
    """An impact ratio as a bias audit publishes it: exact counts divided, rounded once, half up.

    `one` and `highest` are (above or selected, n). Dividing published rates instead is wrong in the last place.
    """
    ratio = Fraction(one[0] * highest[1], one[1] * highest[0])
    scaled = ratio * 10**places
    return f"{int(scaled + Fraction(1, 2)) / 10**places:.{places}f}"


def _renamed(row: Mapping[str, Any]) -> dict[str, JsonValue]:
    return {("above" if key == "selected" else key): value for key, value in row.items()}


def _with_names(values: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    left_out = values.get(LEFT_OUT)
    renamed: list[JsonValue] = [_renamed(row) for row in left_out if isinstance(row, dict)] if isinstance(left_out, list) else []
    return {**values, LEFT_OUT: renamed} if renamed else dict(values)
