"""Disparity within strata beside the overall one: what is left of it among people who are alike otherwise."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.attributes import known, split
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.groups import (
    GroupCount,
    check_width,
    collected,
    need_groups,
    need_outcomes,
    read_rows,
    rows_of,
)
from govern.measure.bias.impact_ratio import reference_of
from govern.measure.numbers import exact, real, text
from govern.measure.statistics.strata import Stratum, cochran_mantel_haenszel, common_difference, common_ratio
from govern.measure.statistics.tests import adjusted
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"level": "0.95", "min_reference": 30, "reference": "highest", "unknown": "exclude-and-count"}
MAX_STRATA: Final = 1000
"""Beyond, a control is a quantity: give a cut."""


class ConditionalDisparity:
    """Selection rates compared within each value of the control columns (Simpson's paradox).

    `ratio` and `difference` are Mantel and Haenszel's over all strata in which both groups have people;
    `overall_ratio` and `overall_difference` are what one sees without looking. `reversed` says that the two point to
    opposite sides.
    """

    id = "conditional_disparity@1"
    per_attribute = True

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Count selected people by group and stratum."""
        control = _control(study, parameters)
        favourable = study.favourable(parameters.get("favourable"))
        judged = need_outcomes(study)
        for one in (attribute, *control):
            check_width(study, one)
        cells = study.cells_within(attribute, control)
        kept = [cell for cell in cells if None not in cell.group]
        strata = sorted({str(cell.group[1]) for cell in kept})
        if len(strata) > MAX_STRATA:
            raise Unmeasured("undefined", f"{', '.join(control)} make {len(strata)} strata: give a cut or a coarser column")
        rows: list[JsonValue] = []
        for stratum in strata:
            inside = [replace(cell, group=cell.group[:1]) for cell in kept if cell.group[1] == stratum]
            rows += [{"stratum": stratum, **row} for row in collected(study, inside, favourable, judged)]
        own = settled(parameters, {**DEFAULTS, "control": list[JsonValue](control), "judged": judged, "seed": study.inputs.seed})
        return Measurement(
            measure=self.id, attribute=attribute, favourable=favourable, reference=str(own["reference"]), parameters=own,
            statistics={
                "cells": rows, "unknown": sum(cell.n for cell in cells if cell.group[0] is None),
                "unknown_control": sum(cell.n for cell in cells if cell.group[0] is not None and cell.group[1] is None),
            },
        )

    def evaluate(self, bare: Measurement) -> Measurement:
        """Compare each group with the reference, within strata and without."""
        rows = rows_of(bare.statistics, "cells")
        names = sorted({str(row["stratum"]) for row in rows})
        strata = {name: {one.group: one for one in read_rows([row for row in rows if row["stratum"] == name])} for name in names}
        whole = [_together(group, [inside[group] for inside in strata.values() if group in inside])
                 for group in sorted({group for inside in strata.values() for group in inside})]
        need_groups([one.json() for one in whole], bare.attribute)
        reference = reference_of(whole, bare.reference, integer(bare.parameters, "min_reference"), bare.attribute)
        if reference.weight_selected == 0:
            raise Unmeasured("undefined", f"nobody of the reference group “{reference.group}” has the outcome “{bare.favourable}”",
                             groups=tuple(one.json() for one in whole))
        level = str(bare.parameters["level"])
        compared = [None if one is reference else _compared(one, reference, strata, level) for one in whole]
        holm = adjusted([None if row is None or row["p_value"] is None else real(row["p_value"]) for row in compared])
        groups = tuple(
            one.json() | {"rate": text(one.rate)} | (dict.fromkeys(_EMPTY) if row is None else row) | {"p_value": None if p is None else text(p)}
            for one, row, p in zip(whole, compared, holm, strict=True)
        )
        there = [row for row in compared if row is not None and row["difference"] is not None]
        if not there:
            raise Unmeasured("insufficient-data", "no stratum holds people of the reference group and of another", groups=groups)
        values: dict[str, JsonValue] = {
            "reference_group": reference.group, "strata": len(strata), "unknown_control": bare.statistics["unknown_control"],
            "difference": text(max(abs(exact(row["difference"])) for row in there)),
            "overall_difference": text(max(abs(exact(row["overall_difference"])) for row in there)),
            "smallest_ratio": _least(there, "ratio"), "overall_smallest_ratio": _least(there, "overall_ratio"),
            "reversed": sum(bool(row["reversed"]) for row in there),
            "p_value": text(min((p for p in holm if p is not None), default=1.0)), "test": "cochran-mantel-haenszel",
        }
        return replace(bare, values=values, groups=groups, features=tuple(_stratum(name, inside) for name, inside in strata.items()))


_EMPTY: Final = (
    "overall_difference", "overall_ratio", "difference", "difference_interval", "ratio", "ratio_interval", "strata", "compared", "reversed",
)


def _control(study: Study, parameters: Parameters) -> tuple[str, ...]:
    asked = parameters.get("control")
    control = tuple(str(one) for one in asked) if isinstance(asked, list | tuple) else (str(asked),) if asked else study.inputs.control
    if not control:
        raise Unmeasured("missing", "no control was named: name the columns that may explain the disparity")
    unknown = [one for one in control if not known(one, study.frame)]
    if unknown:
        raise Unmeasured("missing", f"the data has no column for the control {', '.join(f'“{one}”' for one in unknown)}")
    return tuple(piece for one in control for piece in split(one, study.frame))


def _together(group: str, parts: Sequence[GroupCount]) -> GroupCount:
    return GroupCount(
        group=group, n=sum(one.n for one in parts), selected=sum(one.selected for one in parts), weighted=parts[0].weighted,
        weight=sum((one.weight for one in parts), Fraction(0)), weight_selected=sum((one.weight_selected for one in parts), Fraction(0)),
        weight2=sum((one.weight2 for one in parts), Fraction(0)),
    )


def _compared(
    one: GroupCount, reference: GroupCount, strata: Mapping[str, Mapping[str, GroupCount]], level: str,
) -> dict[str, Any]:
    shared = [(inside[one.group], inside[reference.group]) for inside in strata.values() if one.group in inside and reference.group in inside]
    overall = one.rate - reference.rate
    row: dict[str, Any] = {**dict.fromkeys(_EMPTY), "p_value": None, "overall_difference": text(overall),
                           "overall_ratio": text(one.rate / reference.rate), "strata": len(shared), "compared": sum(own.n for own, _ in shared)}
    if not shared:
        return row
    pairs = [Stratum(x1=own.chosen, n1=own.size, x0=other.chosen, n0=other.size) for own, other in shared]
    difference, bounds = common_difference(pairs, level)
    ratio = common_ratio(pairs, level)
    return row | {
        "difference": text(difference), "difference_interval": bounds.json(), "ratio": None if ratio is None else text(ratio[0]),
        "ratio_interval": None if ratio is None or ratio[1] is None else ratio[1].json(),
        "reversed": difference * float(overall) < 0, "p_value": text(cochran_mantel_haenszel(pairs)),
    }


def _least(rows: Sequence[Mapping[str, Any]], key: str) -> str | None:
    there = [exact(row[key]) for row in rows if row[key] is not None]
    return text(min(there)) if there else None


def _stratum(name: str, inside: Mapping[str, GroupCount]) -> dict[str, JsonValue]:
    rates = {group: one.rate for group, one in inside.items()}
    high, low = max(rates, key=lambda group: (rates[group], group)), min(rates, key=lambda group: (rates[group], group))
    return {
        "feature": name, "n": sum(one.n for one in inside.values()), "groups": len(inside), "highest": high, "lowest": low,
        "difference": text(rates[high] - rates[low]), "ratio": text(rates[low] / rates[high]) if rates[high] else None,
    }
