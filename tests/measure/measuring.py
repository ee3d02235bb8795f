"""What the tests of measures share: one request, one answer."""

from typing import Any

import numpy as np

from govern.domain.evidence import Evidence, Measurement, MeasureRequest
from govern.measure import Inputs, measure, recompute
from govern.measure.statistics.tests import omnibus


def evidence(name: str, data: Any, *, parameters: dict[str, Any] | None = None, **inputs: Any) -> Evidence:
    """Measure one thing and check on the way that its numbers come out of its statistics again."""
    found = measure([MeasureRequest(measure=name, parameters=parameters or {})], Inputs(data=data, **inputs))
    assert recompute(found) == found
    return found


def one(name: str, data: Any, *, parameters: dict[str, Any] | None = None, **inputs: Any) -> Measurement:
    """Measure one thing for one attribute."""
    found = evidence(name, data, parameters=parameters, **inputs)
    assert len(found.measures) == 1
    return found.measures[0]


def failures_at_parity(generator: np.random.Generator, groups: int, n: int, rate: float, *, draws: int) -> tuple[float, float]:
    """How often the lowest of equal groups falls below 0.8 of the highest, and how often the omnibus test agrees."""
    alone = both = 0
    for _ in range(draws):
        selected = generator.binomial(n, rate, groups)
        low = bool(selected.min() < 0.8 * selected.max())
        alone += low
        both += low and omnibus(list(selected), [n] * groups, seed=0).p_value < 0.05
    return alone / draws, both / draws


def group(measurement: Measurement, name: str) -> dict[str, Any]:
    """Find a group."""
    return dict(next(row for row in measurement.groups if row["group"] == name))


def feature(measurement: Measurement, name: str) -> dict[str, Any]:
    """Find a feature."""
    return dict(next(row for row in measurement.features if row["feature"] == name))
