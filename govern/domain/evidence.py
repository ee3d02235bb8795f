"""Evidence: sufficient statistics and the numbers computed from them; never a row of data.

An `Evidence` value is the object `govern/evidence/v1` in the object folder, and what `govern measure --json` prints.
It says nothing of when, where or with which engine it was measured (an entry of kind `evidence` does), so that the
same data gives the same bytes as CSV, Parquet, pandas, Polars or on Spark.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    JsonValue = None | bool | int | str | list["JsonValue"] | dict[str, "JsonValue"]
    """JSON without floating-point numbers."""
else:
    # Pydantic follows the recursion for ever. `govern.canonical` lets nothing but this kind of JSON through anyway.
    JsonValue = Any

EVIDENCE_SCHEMA: Final = "govern/evidence/v1"

Availability = Literal["measured", "missing", "insufficient-data", "undefined"]
"""Why there are numbers, or why there are none: an input was not given, too few rows, or not defined on this data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureRequest:
    """What a rule wants measured: a measure id with major version, and its parameters (`with:` in a policy)."""

    measure: str
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """Rows left out of an attribute's groups because its value is unknown; counted, never hidden."""

    attribute: str
    value: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one measure found for one attribute (or for the whole, where `attribute` is empty).

    `values` are numbers about the whole, `groups` and `features` one mapping each, sorted by their name. In all three
    counts are `int`, measured numbers are decimal text, and a number that is not defined is `None` with a `reason`
    beside it. `statistics` is what every number can be computed again from.
    """

    measure: str
    attribute: str = ""
    favourable: str = ""
    reference: str = ""
    """The group that others are compared with, or `highest`."""
    availability: Availability = "measured"
    reason: str = ""
    """A sentence, where `availability` is not `measured`."""
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    """All that the numbers depend on beside the data: seed, bins, level, detector, sample size."""
    values: Mapping[str, JsonValue] = field(default_factory=dict)
    groups: tuple[Mapping[str, JsonValue], ...] = ()
    """Each has `group` and `n`."""
    features: tuple[Mapping[str, JsonValue], ...] = ()
    """Each has `feature`."""
    statistics: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that was measured in one go on one frame."""

    rows: int
    excluded: tuple[Excluded, ...] = ()
    measures: tuple[Measurement, ...] = ()
    schema: str = EVIDENCE_SCHEMA
