"""Error rates by group, with the counts they were divided from, and equalized odds as Fairlearn defines them."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.errors import Confusion, collect_confusions, read_confusions
from govern.measure.bias.fair import Rates, WeightedCell, by_rate
from govern.measure.bias.groups import need_groups
from govern.measure.numbers import finite, text
from govern.measure.statistics.intervals import newcombe, wilson
from govern.measure.statistics.tests import omnibus
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"level": "0.95", "unknown": "exclude-and-count"}


class _OfErrors:
    """What measures of errors share."""

    id = ""
    per_attribute = True
    rates: tuple[str, ...] = ()

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Count right and wrong decisions by group."""
        positive = study.positive()
        statistics, judged = collect_confusions(study, attribute, positive)
        own = settled(parameters, {**DEFAULTS, "judged": judged, "positive": positive, "seed": study.inputs.seed})
        return Measurement(
            measure=self.id, attribute=attribute, favourable=study.favourable(parameters.get("favourable")),
            parameters=own, statistics=statistics,
        )

    def prepared(self, bare: Measurement) -> tuple[list[Confusion], tuple[dict[str, JsonValue], ...]]:
        """Read the counts and show each rate with its interval. Raises `Unmeasured` without two groups."""
        confusions = read_confusions(bare)
        level = str(bare.parameters["level"])
        groups = tuple(one.json() | rates_shown(one, self.rates, level) for one in confusions)
        need_groups(groups, bare.attribute)
        return confusions, groups

    def need_denominators(self, confusions: list[Confusion], groups: Sequence[dict[str, JsonValue]], rates: Sequence[str]) -> None:
        """Raise `Unmeasured` where a rate of a group would be divided by zero."""
        for rate in rates:
            empty = [one.group for one in confusions if one.rate(rate) is None]
            if empty:
                reason = f"{rate.replace('_', ' ')} has no denominator in {', '.join(f'“{group}”' for group in empty)}"
                raise Unmeasured("undefined", reason, groups=tuple(groups))


class EqualizedOdds(_OfErrors):
    """The larger of the differences in true and in false positive rates, and the smaller of their ratios."""

    id = "equalized_odds@1"
    rates = ("true_positive_rate", "false_positive_rate")

    def evaluate(self, bare: Measurement) -> Measurement:
        """Let Fairlearn compute the rates on weighted cells."""
        confusions, groups = self.prepared(bare)
        self.need_denominators(confusions, groups, self.rates)
        found = {rate: fair_rates(rate, confusions) for rate in self.rates}
        ratios = [one.ratio for one in found.values()]
        # Fairlearn lets a ratio of 0/0 (nobody wrongly selected in any group) drop out; both gone is undefined.
        values: dict[str, JsonValue] = {
            "difference": finite(max(one.difference for one in found.values())),
            "ratio": finite(min((ratio for ratio in ratios if not math.isnan(ratio)), default=float("nan"))),
        }
        for rate, one in found.items():
            values |= {f"{rate}_difference": finite(one.difference), f"{rate}_ratio": finite(one.ratio)}
            values |= tested(rate, confusions, bare)
        return replace(bare, values=values, groups=groups)


class EqualOpportunity(_OfErrors):
    """Differences in true positive rates alone."""

    id = "equal_opportunity@1"
    rates = ("true_positive_rate",)

    def evaluate(self, bare: Measurement) -> Measurement:
        """Let Fairlearn compute the rate on weighted cells; an interval where there are two groups."""
        confusions, groups = self.prepared(bare)
        self.need_denominators(confusions, groups, self.rates)
        found = fair_rates("true_positive_rate", confusions)
        values: dict[str, JsonValue] = {"difference": finite(found.difference), "ratio": finite(found.ratio)}
        result = tested("true_positive_rate", confusions, bare)
        values |= {"p_value": result["true_positive_rate_p_value"], "test": result["true_positive_rate_test"],
                   "difference_interval": result["true_positive_rate_difference_interval"]}
        return replace(bare, values=values, groups=groups)


class PredictiveParity(_OfErrors):
    """Differences in how often a positive decision is right, and a negative one."""

    id = "predictive_parity@1"
    rates = ("positive_predictive_value", "negative_predictive_value")

    def evaluate(self, bare: Measurement) -> Measurement:
        """Compare exact rates; groups in which nobody was predicted positive have none."""
        confusions, groups = self.prepared(bare)
        self.need_denominators(confusions, groups, self.rates[:1])
        values: dict[str, JsonValue] = {}
        for rate in self.rates:
            values |= spread(rate, confusions)
            values |= tested(rate, confusions, bare)
        values |= {"difference": values["positive_predictive_value_difference"], "ratio": values["positive_predictive_value_ratio"]}
        return replace(bare, values=values, groups=groups)


class ErrorRates(_OfErrors):
    """False and true positive and negative rates; a group without a denominator shows None and its counts."""

    id = "error_rates@1"
    rates = ("false_positive_rate", "false_negative_rate", "true_positive_rate", "true_negative_rate")

    def evaluate(self, bare: Measurement) -> Measurement:
        """Compare exact rates; undefined only where no group has any denominator for a rate."""
        confusions, groups = self.prepared(bare)
        self.need_denominators(confusions, groups, self.rates[:2])
        values: dict[str, JsonValue] = {}
        for rate in self.rates[:2]:
            values |= spread(rate, confusions)
            values |= tested(rate, confusions, bare)
        differences = [float(str(values[f"{rate}_difference"])) for rate in self.rates[:2]]
        values["difference"] = text(max(differences))
        return replace(bare, values=values, groups=groups)


def fair_rates(rate: str, confusions: Sequence[Confusion]) -> Rates:
    """Hand weighted cells to Fairlearn."""
    cells: list[WeightedCell] = []
    for one in confusions:
        cells += [
            (one.group, True, True, one.weights["true_positives"]), (one.group, True, False, one.weights["false_negatives"]),
            (one.group, False, True, one.weights["false_positives"]), (one.group, False, False, one.weights["true_negatives"]),
        ]
    return by_rate(rate, cells)


def rates_shown(one: Confusion, rates: Sequence[str], level: str) -> dict[str, JsonValue]:
    """Show a group's rates with their intervals; None where a denominator is zero."""
    shown: dict[str, JsonValue] = {}
    for rate in rates:
        shown[rate] = text(one.rate(rate))
        x, n = one.trials(rate)
        shown[f"{rate}_interval"] = wilson(x, n, level).json() if n > 0 else None
    return shown


def spread(rate: str, confusions: Sequence[Confusion]) -> dict[str, JsonValue]:
    """Largest difference and smallest ratio of a rate over the groups that have one."""
    rates = [value for value in (one.rate(rate) for one in confusions) if value is not None]
    if not rates:
        return {f"{rate}_difference": None, f"{rate}_ratio": None}
    highest, lowest = max(rates), min(rates)
    return {f"{rate}_difference": text(highest - lowest), f"{rate}_ratio": text(lowest / highest) if highest else None}


def tested(rate: str, confusions: Sequence[Confusion], bare: Measurement) -> dict[str, JsonValue]:
    """Test whether all groups share one rate; an interval of the difference where there are two."""
    trials = [(x, n) for x, n in (one.trials(rate) for one in confusions) if n > 0]
    if len(trials) < 2:  # noqa: PLR2004 - a pair
        return {f"{rate}_p_value": None, f"{rate}_test": None, f"{rate}_difference_interval": None}
    result = omnibus([x for x, _ in trials], [n for _, n in trials], seed=integer(bare.parameters, "seed"),
                     whole=not confusions[0].weighted)
    interval = None
    if len(trials) == 2:  # noqa: PLR2004 - with more groups the extremes are chosen from the data
        (x1, n1), (x2, n2) = sorted(trials, key=lambda trial: -trial[0] / trial[1])
        interval = newcombe(x1, n1, x2, n2, str(bare.parameters["level"])).json()
    return {f"{rate}_p_value": text(result.p_value), f"{rate}_test": result.test, f"{rate}_difference_interval": interval}
