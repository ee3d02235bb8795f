"""More than two classes: how often each is given to each group, and how often rightly; one class against the rest."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final, cast

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, integer, settled
from govern.measure.bias.error_rates import rates_shown, spread, tested
from govern.measure.bias.errors import KINDS, Confusion, Which
from govern.measure.bias.groups import check_outcomes, check_width, need_groups, rows_of
from govern.measure.labels import same
from govern.measure.numbers import exact, real, text
from govern.measure.statistics.intervals import wilson
from govern.measure.statistics.tests import adjusted, omnibus
from govern.measure.study import Study, by_group, split_unknown, too_many
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"level": "0.95", "unknown": "exclude-and-count"}
MAX_CLASSES: Final = 50
"""Beyond, an outcome is a quantity or an identifier."""
RATES: Final = ("true_positive_rate", "false_positive_rate", "positive_predictive_value")


class ClassRates:
    """Selection and error rates of every class by group; each class is a row of `features`, Holm-adjusted over classes.

    Without predictions the labels are judged, and there are no error rates. A class that no group has a denominator for
    has None there and its counts beside it.
    """

    id = "class_rates@1"
    per_attribute = True

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Count rows by group, what happened, and what was decided."""
        if study.judged not in {"prediction", "target"}:
            raise Unmeasured("missing", "no column of classes was given: name a prediction or a target")
        predicted = study.judged == "prediction"
        both = predicted and study.inputs.target is not None
        check_width(study, attribute)
        check_outcomes(study, study.inputs.prediction if predicted else study.inputs.target, study.inputs.target)
        if not (study.target_classes() if study.inputs.target is not None else True) or study.prediction_is_number():
            raise Unmeasured("undefined", "the outcome is a quantity and has no classes")
        kept, unknown = split_unknown(study.cells(attribute))
        if too_many(kept):
            raise Unmeasured("undefined", f"“{attribute}” has too many different groups: give a cut or a coarser column")
        classes = sorted(study.labels)
        if len(classes) > MAX_CLASSES:
            raise Unmeasured("undefined", f"there are {len(classes)} classes, and {MAX_CLASSES} can be told apart")
        rows: list[JsonValue] = []
        for group, cells in by_group(kept).items():
            for cell in cells:
                row: dict[str, JsonValue] = {"group": group, "decided": cell.outcome if predicted else cell.target, "n": cell.n}
                if both:
                    row["actual"] = cell.target
                if study.weighted:
                    row |= {"weight": text(cell.weight), "weight2": text(cell.weight2)}
                rows.append(row)
        own = settled(parameters, {**DEFAULTS, "judged": study.judged, "seed": study.inputs.seed})
        return Measurement(measure=self.id, attribute=attribute, parameters=own, statistics={
            "classes": list[JsonValue](classes), "cells": rows, "errors": both, "unknown": unknown,
        })

    def evaluate(self, bare: Measurement) -> Measurement:
        """Compare groups class by class, and accuracy over all classes."""
        errors = bool(bare.statistics["errors"])
        classes = [str(one) for one in cast("list[JsonValue]", bare.statistics["classes"])]
        names = sorted({str(row["group"]) for row in rows_of(bare.statistics, "cells")})
        by_class = {one: [_confusion(bare, group, one, errors=errors) for group in names] for one in classes}
        groups = tuple(_group(bare, name, classes, [by_class[one][place] for one in classes], errors=errors) for place, name in enumerate(names))
        need_groups(groups, bare.attribute)
        found = [_class(one, by_class[one], bare, errors=errors) for one in classes]
        corrected = adjusted([None if row["p_value"] is None else real(row["p_value"]) for row in found])
        features = tuple({**row, "p_adjusted": text(p)} for row, p in zip(found, corrected, strict=True))
        widest = max(features, key=lambda row: exact(row["difference"]))
        values: dict[str, JsonValue] = {
            "classes": len(classes), "difference": widest["difference"], "class": widest["feature"],
            "p_value": text(min((p for p in corrected if p is not None), default=1.0)), "test": "holm",
        }
        if errors:
            rates = [exact(row["accuracy"]) for row in groups]
            values["accuracy_difference"] = text(max(rates) - min(rates))
            widths = [exact(row[f"{rate}_difference"]) for row in features for rate in RATES[:2] if row[f"{rate}_difference"] is not None]
            values["error_difference"] = text(max(widths)) if widths else None
        return replace(bare, values=values, groups=groups, features=features)


def _confusion(bare: Measurement, group: str, one: str, *, errors: bool) -> Confusion:
    """One class against the rest in one group; without errors, all rows count as positive so that the share is a rate."""
    rows = [row for row in rows_of(bare.statistics, "cells") if row["group"] == group]
    weighted = any("weight" in row for row in rows)
    counts: dict[Which, int] = dict.fromkeys(KINDS, 0)
    weights, weights2 = ({kind: Fraction(0) for kind in KINDS} for _ in range(2))
    for row in rows:
        decided, actual = same(str(row["decided"]), one), same(str(row["actual"]), one) if errors else True
        kind: Which = ("true_positives" if decided else "false_negatives") if actual else ("false_positives" if decided else "true_negatives")
        counts[kind] += int(row["n"])
        weights[kind] += exact(row["weight"] if weighted else row["n"])
        weights2[kind] += exact(row["weight2"] if weighted else row["n"])
    return Confusion(group=group, n=sum(counts.values()), counts=counts, weights=weights, weights2=weights2, weighted=weighted)


def _selected(one: Confusion) -> tuple[Fraction, float, float]:
    """Share of the group that was given the class, with effective numbers of people chosen and there."""
    weight = sum(one.weights.values(), Fraction(0))
    share = (one.weights["true_positives"] + one.weights["false_positives"]) / weight
    size = float(weight**2 / sum(one.weights2.values(), Fraction(0))) if one.weighted else float(one.n)
    chosen = float(share) * size if one.weighted else float(one.counts["true_positives"] + one.counts["false_positives"])
    return share, chosen, size


def _group(bare: Measurement, name: str, classes: Sequence[str], confusions: Sequence[Confusion], *, errors: bool) -> dict[str, Any]:
    level = str(bare.parameters["level"])
    shown: list[JsonValue] = []
    for one, confusion in zip(classes, confusions, strict=True):
        share, chosen, size = _selected(confusion)
        row: dict[str, JsonValue] = {"class": one, "selection_rate": text(share), "selection_rate_interval": wilson(chosen, size, level).json()}
        counts = {"selected": confusion.counts["true_positives"] + confusion.counts["false_positives"]}
        if errors:
            counts |= {"actual": confusion.counts["true_positives"] + confusion.counts["false_negatives"], "right": confusion.counts["true_positives"]}
            row |= rates_shown(confusion, RATES, level)
        shown.append({**counts, **row})
    found: dict[str, Any] = {"group": name, "n": confusions[0].n}
    if errors:
        weight = sum(confusions[0].weights.values(), Fraction(0))
        right = sum(one.counts["true_positives"] for one in confusions)
        accuracy = sum((one.weights["true_positives"] for one in confusions), Fraction(0)) / weight
        size = _selected(confusions[0])[2]
        found |= {"right": right, "accuracy": text(accuracy), "accuracy_interval": wilson(min(size, float(accuracy) * size), size, level).json()}
    return {**found, "classes": shown}


def _class(one: str, confusions: Sequence[Confusion], bare: Measurement, *, errors: bool) -> dict[str, JsonValue]:
    shares = [_selected(confusion) for confusion in confusions]
    rates = [share for share, _, _ in shares]
    result = omnibus([chosen for _, chosen, _ in shares], [size for _, _, size in shares], seed=integer(bare.parameters, "seed"),
                     whole=not confusions[0].weighted)
    row: dict[str, JsonValue] = {
        "feature": one, "n": sum(confusion.counts["true_positives"] + confusion.counts["false_positives"] for confusion in confusions),
        "difference": text(max(rates) - min(rates)), "ratio": text(min(rates) / max(rates)) if max(rates) else None,
        "highest": confusions[rates.index(max(rates))].group, "lowest": confusions[rates.index(min(rates))].group,
        "p_value": text(result.p_value), "test": result.test,
    }
    if errors:
        for rate in RATES:
            row |= spread(rate, confusions) | tested(rate, confusions, bare)
    return row
