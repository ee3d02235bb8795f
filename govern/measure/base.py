"""What a measure is: it collects statistics from a study, and evaluates them without one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.unmeasured import Unmeasured

if TYPE_CHECKING:
    from govern.measure.study import Study

Parameters = Mapping[str, JsonValue]


class Measure(Protocol):
    """One measure of one major version. Other packages offer theirs through the entry points `govern.measures`."""

    id: str
    """Name and major version, such as `impact_ratio@1`; the version changes when its numbers do."""
    per_attribute: bool
    """Whether it is taken once for each protected attribute."""

    def collect(self, study: "Study", attribute: str, parameters: Parameters) -> Measurement:
        """Touch the rows once and return a measurement that has statistics and parameters, and no numbers yet.

        Raises `Unmeasured` where an input is missing or the data does not allow it.
        """

    def evaluate(self, bare: Measurement) -> Measurement:
        """Compute every number from the statistics alone; pure, and the same at replay. Raises `Unmeasured`."""


def evaluated(measure: Measure, bare: Measurement) -> Measurement:
    """Fill in the numbers, or say why there are none."""
    try:
        return measure.evaluate(bare)
    except Unmeasured as answer:
        return replace(
            bare, availability=answer.availability, reason=answer.reason, groups=answer.groups,
            features=answer.features, values=answer.values,
        )


def stripped(measurement: Measurement) -> Measurement:
    """Take the numbers off a measurement; what stays is what `Measure.collect` returned."""
    return replace(measurement, availability="measured", reason="", values={}, groups=(), features=())


def settled(parameters: Parameters, defaults: Parameters) -> dict[str, JsonValue]:
    """Lay what was asked for over the defaults; every asked key but `attributes` is echoed in the evidence."""
    asked = {key: value for key, value in parameters.items() if key not in {"attributes", "favourable"}}
    return dict(sorted({**defaults, **asked}.items()))


def integer(parameters: Parameters, key: str) -> int:
    """Read a whole number that a person may have written as text."""
    return int(str(parameters[key]))
