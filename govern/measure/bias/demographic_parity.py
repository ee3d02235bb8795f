"""Demographic parity: how far selection rates lie apart, as Fairlearn defines difference and ratio."""

from dataclasses import replace
from typing import Final

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.fair import by_rate
from govern.measure.bias.groups import GroupCount, collect_selected, need_groups, read_selected
from govern.measure.numbers import finite, text
from govern.measure.statistics.intervals import newcombe, wilson
from govern.measure.statistics.tests import omnibus
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"level": "0.95", "unknown": "exclude-and-count"}


class DemographicParity:
    """Largest difference and smallest ratio of selection rates over all groups."""

    id = "demographic_parity@1"
    per_attribute = True

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Count selected people by group."""
        favourable = study.favourable(parameters.get("favourable"))
        statistics, judged = collect_selected(study, attribute, favourable)
        own = settled(parameters, {**DEFAULTS, "judged": judged, "seed": study.inputs.seed})
        return Measurement(
            measure=self.id, attribute=attribute, favourable=favourable, parameters=own, statistics=statistics,
        )

    def evaluate(self, bare: Measurement) -> Measurement:
        """Let Fairlearn compute the rates on weighted cells; add an interval and a test of all groups at once."""
        counts = read_selected(bare)
        level = str(bare.parameters["level"])
        groups = tuple(_group(count, level) for count in counts)
        need_groups(groups, bare.attribute)
        if all(count.weight_selected == 0 for count in counts):
            raise Unmeasured("undefined", f"nobody has the outcome “{bare.favourable}”", groups=groups)
        rates = by_rate("selection_rate", [(c.group, None, True, c.weight_selected) for c in counts]
                        + [(c.group, None, False, c.weight - c.weight_selected) for c in counts])
        overall = omnibus([c.chosen for c in counts], [c.size for c in counts], seed=integer(bare.parameters, "seed"),
                          whole=not counts[0].weighted)
        high = max(counts, key=lambda c: (c.rate, c.group))
        low = min(counts, key=lambda c: (c.rate, c.group))
        interval = newcombe(high.chosen, high.size, low.chosen, low.size, level)
        # Highest and lowest were chosen from the data: with more than two groups their interval never covers parity.
        shown = interval.json() if len(counts) == 2 else None  # noqa: PLR2004 - a pair
        values: dict[str, JsonValue] = {
            "difference": finite(rates.difference), "ratio": finite(rates.ratio), "difference_interval": shown,
            "p_value": text(overall.p_value), "test": overall.test, "highest": high.group, "lowest": low.group,
        }
        return replace(bare, values=values, groups=groups)


def _group(count: GroupCount, level: str) -> dict[str, JsonValue]:
    return count.json() | {"rate": text(count.rate), "interval": wilson(count.chosen, count.size, level).json()}
