"""What a detector is, and the counts that its statistic can be computed from again."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

from govern.measure.inputs import DetectorName

TestName = Literal["ks", "chi-squared", "fisher"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCounts:
    """Sufficient counts of a two-sample test.

    `ks`: how many values of each sample lie up to the place where the two distribution functions differ most, and how
    many beyond; the Kolmogorov-Smirnov statistic and its p-value need no more. `chi-squared` and `fisher`: how many
    values of each sample are in each category.
    """

    test: TestName
    reference: tuple[int, ...]
    window: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A detector's answer for one column."""

    statistic: float
    p_value: float


class Detector(Protocol):
    """Compares two samples of one column."""

    name: DetectorName

    def numeric(self, reference: Any, window: Any) -> Shift:
        """Kolmogorov-Smirnov, two-sided, asymptotic; two numpy arrays of finite numbers."""

    def categorical(self, reference: Any, window: Any) -> Shift:
        """Chi-squared test of two samples of category codes (numpy arrays of integers)."""

    def rounded(self, number: float) -> float:
        """A number as precise as this detector gives it."""


def detector(name: DetectorName) -> Detector:
    """Make a detector. Raises `UsageError` for an unknown name, `MissingExtraError` where its package is absent."""
    from govern.errors import MissingExtraError, UsageError

    if name == "scipy":
        from govern.measure.detectors.scipy_ import ScipyDetector

        return ScipyDetector()
    if name != "alibi-detect":
        raise UsageError(f"there is no detector “{name}”", "Name scipy or alibi-detect.")
    from govern.measure.detectors.alibi import AlibiDetector

    try:
        return AlibiDetector()
    except ImportError as error:
        raise MissingExtraError("alibi-detect is not installed", 'Install it (mind its licence), or use detector = "scipy".') from error
