"""Numbers of the detectors that look at all columns together, from what they counted; the same at replay."""

import math
from collections.abc import Mapping
from typing import Any, Final

from govern.domain.evidence import JsonValue
from govern.measure.numbers import real, text
from govern.measure.statistics.mann_whitney import area, area_interval, exceeds

LEVEL: Final = "0.95"


def numbers(statistics: Mapping[str, Any]) -> dict[str, JsonValue]:
    """What one joint detector found, under names that begin with its own."""
    return _mmd(statistics) if statistics["name"] == "mmd" else _classifier(statistics)


def _mmd(counted: Mapping[str, Any]) -> dict[str, JsonValue]:
    """The squared discrepancy and its permutation p-value, which counts the sample itself and so is never 0."""
    b, drawn = int(counted["beyond"]), int(counted["permutations"])
    p_value = (1 + b) / (1 + drawn)
    return {
        "mmd_squared": counted["mmd_squared"], "mmd_p_value": text(p_value), "mmd_permutations": drawn,
        "mmd_p_value_error": text(math.sqrt(p_value * (1 - p_value) / drawn)), "mmd_test": "permutation", "mmd_by": counted["by"],
        "mmd_n_reference": counted["n_reference"], "mmd_n_window": counted["n_window"], "mmd_bandwidth": counted["bandwidth"],
    }


def _classifier(counted: Mapping[str, Any]) -> dict[str, JsonValue]:
    """How well reference and window can be told apart on rows that the classifier was not fitted on.

    The area and its p-value are of the first split; the others say how far the area depends on the split.
    """
    areas = [area(split) for split in counted["splits"]]
    first = counted["splits"][0]
    n1, n0 = int(first["n_window"]), int(first["n_reference"])
    mean = math.fsum(areas) / len(areas)
    spread = math.sqrt(math.fsum((one - mean) ** 2 for one in areas) / (len(areas) - 1)) if len(areas) > 1 else None
    if "right" in first:
        from scipy.stats import binomtest

        usual = max(n1, n0) / (n1 + n0)
        p_value, test = float(binomtest(int(first["right"]), n1 + n0, usual, alternative="greater").pvalue), "binomial"
    else:
        p_value, test = exceeds(first), "mann-whitney"
    return {
        "classifier_auc": text(areas[0]), "classifier_auc_interval": area_interval(areas[0], n1, n0, LEVEL).json(),
        "classifier_auc_mean": text(mean), "classifier_auc_spread": None if spread is None else text(spread),
        "classifier_splits": len(areas), "classifier_p_value": text(p_value), "classifier_test": test,
        "classifier_n_reference": n0, "classifier_n_window": n1, "classifier_n_fitted": counted["n_fitted"],
        "classifier_by": counted["by"],
    }


def bandwidth(value: float) -> str:
    """Write a kernel's bandwidth as evidence holds it, and as the kernel then uses it."""
    return text(float(f"{value:.6g}"))


def read_bandwidth(written: object) -> float:
    """Read what `bandwidth` wrote."""
    return real(written)
