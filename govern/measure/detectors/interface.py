"""What a detector is, and the counts that its statistics can be computed from again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from govern.domain.evidence import JsonValue
from govern.measure.inputs import DetectorName

TestName = Literal["ks", "cramer-von-mises", "chi-squared", "fisher"]
JointName = Literal["classifier", "mmd"]


class NotAvailable(Exception):  # noqa: N818 - an answer: the measure puts the reason where the number would stand
    """A detector can't be asked here, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCounts:
    """Sufficient counts of a two-sample test of one column.

    `ks`: how many values of each sample lie up to the place where the two distribution functions differ most, and how
    many beyond; the Kolmogorov-Smirnov statistic and its p-value need no more. `cramer-von-mises`: the size of each
    sample, and four times the sum of squares of (rank in both samples - rank in its own). `chi-squared` and `fisher`:
    how many values of each sample are in each category.
    """

    test: TestName
    reference: tuple[int, ...]
    window: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of two samples (numpy arrays): finite numbers, or codes of categories."""

    test: TestName
    reference: Any
    window: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A detector's answer for one column. A statistic may be infinite (Fisher's odds ratio), a p-value never."""

    statistic: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """Two samples of all columns together, as binary64 matrices, and how to ask about them."""

    reference: Any
    window: Any
    seed: int
    permutations: int
    back_end: str


class Detector(Protocol):
    """Compares two samples: column by column, or all columns together."""

    name: DetectorName

    def columns(self, asked: Sequence[Column]) -> list[Shift]:
        """Test each column by itself, uncorrected."""

    def joint(self, name: JointName, asked: Joint) -> dict[str, JsonValue]:
        """Test all columns together; the statistics that `detectors.joint.numbers` reads. Raises `NotAvailable`."""

    def rounded(self, number: float, test: TestName) -> float:
        """A number as precise as this detector gives it."""
