"""Impact ratio: each group's rate of favourable outcomes over the reference group's (29 CFR 1607.4D)."""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Final

from govern.domain.evidence import JsonValue, Measurement
from govern.domain.leaving_out import LEFT_OUT
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.groups import GroupCount, collect_selected, need_groups, read_selected
from govern.measure.bias.leaving_out import parted
from govern.measure.labels import declared
from govern.measure.numbers import exact, text
from govern.measure.statistics.intervals import katz, wilson
from govern.measure.statistics.power import minimum_detectable, rows_needed
from govern.measure.statistics.tests import Result, adjusted, omnibus, two_rates
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {
    "level": "0.95", "min_reference": 30, "reference": "highest", "threshold": "0.8", "unknown": "exclude-and-count",
}


class ImpactRatio:
    """Selection rates, their ratios, and how sure one can be of them.

    Categories that `leave_out` names with a reason are counted in `values.left_out` and compared with nobody.
    """

    id = "impact_ratio@1"
    per_attribute = True

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Count selected people by group."""
        favourable = study.favourable(parameters.get("favourable"))
        statistics, judged = collect_selected(study, attribute, favourable)
        own = settled(parameters, {**DEFAULTS, "judged": judged, "seed": study.inputs.seed})
        return Measurement(
            measure=self.id, attribute=attribute, favourable=favourable, reference=str(own["reference"]),
            parameters=own, statistics=statistics,
        )

    def evaluate(self, bare: Measurement) -> Measurement:
        """Compute rates, ratios, intervals, tests, flips, shortfalls and what the sample could have shown."""
        counts, left_out = parted(read_selected(bare), bare.attribute, bare.parameters)
        shown: dict[str, JsonValue] = {LEFT_OUT: list[JsonValue](left_out)} if left_out else {}
        try:
            found = _compared(bare, counts)
        except Unmeasured as answer:
            answer.values = {**answer.values, **shown}
            raise
        return replace(found, values={**found.values, **shown})


def _compared(bare: Measurement, counts: list[GroupCount]) -> Measurement:
    """Compare the groups that are to be compared with the reference among them. Raises `Unmeasured`."""
    need_groups([count.json() | {"rate": text(count.rate)} for count in counts], bare.attribute)
    reference = reference_of(counts, bare.reference, integer(bare.parameters, "min_reference"), bare.attribute)
    whole = not counts[0].weighted
    overall = omnibus([c.chosen for c in counts], [c.size for c in counts], seed=integer(bare.parameters, "seed"), whole=whole)
    if reference.weight_selected == 0:
        raise Unmeasured(
            "undefined", f"nobody of the reference group “{reference.group}” has the outcome “{bare.favourable}”",
            groups=tuple(c.json() | {"rate": text(c.rate)} for c in counts), values={"reference_group": reference.group},
        )
    pairwise = [None if c is reference else two_rates(c.chosen, c.size, reference.chosen, reference.size, whole=whole) for c in counts]
    holm = adjusted([None if result is None else result.p_value for result in pairwise])
    groups = tuple(
        _group(count, reference, bare, result, corrected)
        for count, result, corrected in zip(counts, pairwise, holm, strict=True)
    )
    lowest = min((c for c in counts if c is not reference), key=lambda c: (c.rate, c.group))
    values: dict[str, JsonValue] = {
        "reference_group": reference.group, "p_value": text(overall.p_value), "test": overall.test,
        "smallest_ratio": text(lowest.rate / reference.rate), "smallest_group": lowest.group,
    }
    return replace(bare, values=values, groups=groups)


def reference_of(counts: list[GroupCount], wanted: str, least: int, attribute: str) -> GroupCount:
    """The named group, or the highest rate among groups that are large enough to be measured against.

    Raises `Unmeasured` where the named group does not occur.
    """
    if wanted != "highest":
        named = [count for count in counts if count.group == declared(wanted)]
        if not named:
            reason = f"the reference group “{wanted}” does not occur in “{attribute}”"
            raise Unmeasured("undefined", reason, groups=tuple(count.json() for count in counts))
        return named[0]
    large = [count for count in counts if count.n >= least]
    return min(large or counts, key=lambda count: (-count.rate, -count.n, count.group))


def _group(
    count: GroupCount, reference: GroupCount, bare: Measurement, result: Result | None, corrected: float | None,
) -> dict[str, JsonValue]:
    level = str(bare.parameters["level"])
    shown = count.json() | {
        "rate": text(count.rate), "rate_interval": wilson(count.chosen, count.size, level).json(),
        "ratio": text(count.rate / reference.rate),
    }
    if result is None:
        return shown | dict.fromkeys((
            "interval", "p_value", "pairwise_p_value", "test", "flip", "shortfall", "minimum_detectable", "rows_needed",
        ))
    interval = katz(count.chosen, count.size, reference.chosen, reference.size, level)
    pooled = (count.weight_selected + reference.weight_selected) / (count.weight + reference.weight)
    needed = rows_needed(float(count.rate), float(reference.rate), count.size, reference.size)
    return shown | {
        "interval": None if interval is None else interval.json(),
        "p_value": None if corrected is None else text(corrected), "pairwise_p_value": text(result.p_value),
        "test": result.test, "flip": flips(count, reference, exact(bare.parameters["threshold"])),
        "shortfall": text(count.weight * pooled - count.weight_selected),
        "minimum_detectable": text(minimum_detectable(float(pooled), count.size, reference.size)), "rows_needed": needed,
    }


def flips(count: GroupCount, reference: GroupCount, threshold: Fraction) -> bool:
    """Whether one person selected in place of another would move the ratio across the threshold.

    The one-person test of UGESP Questions and Answers, 20 and 21 (44 FR 11996): below the threshold one more of this
    group and one fewer of the reference are selected, at or above it the other way round. Weighted data move by one
    average weight.
    """
    below = count.rate / reference.rate < threshold
    one, other = count.weight / count.n, reference.weight / reference.n
    step = 1 if below else -1
    own = min(count.weight, max(Fraction(0), count.weight_selected + step * one)) / count.weight
    its = min(reference.weight, max(Fraction(0), reference.weight_selected - step * other)) / reference.weight
    if its == 0:
        return below
    return (own / its < threshold) is not below


def to_threshold(count: GroupCount, reference: GroupCount, threshold: Fraction) -> int:
    """How many more people of the group would have to be selected for the ratio to reach the threshold."""
    return max(0, math.ceil(threshold * reference.rate * count.n) - count.selected)
