"""Representativeness: the groups in the data against a declared population, or against a reference."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from govern.domain.evidence import JsonValue, Measurement
from govern.domain.text import decimal_of
from govern.measure.attributes import known, parts
from govern.measure.base import Parameters, settled
from govern.measure.bias.groups import check_width, rows_of
from govern.measure.cells import Keys, count
from govern.measure.drift.effects import psi
from govern.measure.labels import declared
from govern.measure.numbers import exact, text
from govern.measure.statistics.intervals import wilson
from govern.measure.study import Study, by_group, joined, split_unknown, too_many
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"level": "0.95"}


class Representativeness:
    """Each group's share over its expected share.

    The parameter `population` maps groups to shares that sum to 1 (or attributes to such mappings); without it, the
    reference's groups are expected.
    """

    id = "representativeness@1"
    per_attribute = True

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Count people by group, on both sides where there is a reference."""
        check_width(study, attribute)
        kept, unknown = split_unknown(study.cells(attribute))
        if too_many(kept):
            raise Unmeasured("undefined", f"“{attribute}” has too many different groups: give a cut or a coarser column")
        population = parameters.get("population")
        if isinstance(population, Mapping):
            per = population.get(attribute)
            shares = {declared(group): text(decimal_of(str(share))) for group, share in (per if isinstance(per, Mapping) else population).items()}
            expected: dict[str, JsonValue] = {"shares": {group: shares[group] for group in sorted(shares)}}
        elif study.reference is not None and known(attribute, study.reference):
            keys = Keys(parts=parts(attribute, study.reference), target=None, outcome=None, weight=None)
            others, _ = split_unknown([joined(cell) for cell in count(study.reference, keys) or []])
            expected = {"counts": {group: sum(cell.n for cell in cells) for group, cells in by_group(others).items()}}
        else:
            raise Unmeasured("missing", "no population was declared and no reference was given")
        return Measurement(
            measure=self.id, attribute=attribute, parameters=settled(parameters, DEFAULTS),
            statistics={"unknown": unknown, "expected": expected, "groups": [
                {"group": group, "n": sum(cell.n for cell in cells)} for group, cells in by_group(kept).items()
            ]},
        )

    def evaluate(self, bare: Measurement) -> Measurement:
        """Shares, their ratios to what is expected, a test and an effect."""
        counts = {str(row["group"]): int(row["n"]) for row in rows_of(bare.statistics, "groups")}
        expected: Any = bare.statistics["expected"]
        shares = {group: exact(share) for group, share in (expected.get("shares") or expected.get("counts")).items()}
        whole, n = sum(shares.values(), Fraction(0)), sum(counts.values())
        if "shares" in expected and abs(whole - 1) > Fraction(1, 1000):
            raise Unmeasured("undefined", f"the declared shares sum to {text(whole)} and not to 1")
        if n == 0 or whole == 0:
            raise Unmeasured("insufficient-data", f"no row has a known value of “{bare.attribute}”")
        groups = tuple(_group(group, counts.get(group, 0), n, shares.get(group, Fraction(0)) / whole, str(bare.parameters["level"]))
                       for group in sorted({*counts, *shares}))
        ratios = [(exact(row["ratio"]), str(row["group"])) for row in groups if row["ratio"] is not None]
        if not ratios:
            raise Unmeasured("undefined", "no group of the data is in the population", groups=groups)
        smallest = min(ratios)
        p_value, effect = _tested(counts, shares, whole, n, drawn="counts" in expected)
        values: dict[str, JsonValue] = {
            "n": n, "smallest_ratio": text(smallest[0]), "smallest_group": smallest[1], "p_value": p_value, "test": "chi-squared",
            "effect": effect, "effect_name": "psi", "undeclared": sum(counts[group] for group in counts if not shares.get(group)),
        }
        return replace(bare, values=values, groups=groups)


def _group(group: str, n: int, whole: int, share: Fraction, level: str) -> dict[str, JsonValue]:
    return {
        "group": group, "n": n, "share": text(Fraction(n, whole)), "interval": wilson(n, whole, level).json(),
        "expected": text(share), "ratio": text(Fraction(n, whole) / share) if share else None,
    }


def _tested(counts: Mapping[str, int], shares: Mapping[str, Fraction], whole: Fraction, n: int, *, drawn: bool) -> tuple[str | None, str]:
    """Goodness of fit to declared shares; two samples where the expectation was counted too."""
    from scipy import stats

    groups = sorted({*counts, *shares})
    here = [counts.get(group, 0) for group in groups]
    there = [float(shares.get(group, Fraction(0)) / whole) for group in groups]
    scaled = [round(share * (int(whole) if drawn else 10**9)) for share in there]
    effect = text(psi(scaled, here))
    if len(groups) < 2 or (not drawn and 0 in there):  # noqa: PLR2004 - a group nobody declared has no expected count
        return None, effect
    if drawn:
        return text(float(stats.chi2_contingency([here, scaled], correction=False).pvalue)), effect
    return text(float(stats.chisquare(here, [share * n for share in there]).pvalue)), effect
