"""Data into evidence: sufficient statistics, without a row, and the numbers computed from them.

The names below load nothing heavy; fairlearn, scikit-learn, Ibis and the rest are imported where they are used.
"""

from govern.measure.interface import (
    ALL_MEASURES,
    DetectorName,
    FrameSource,
    Inputs,
    Progress,
    default_requests,
    measure,
    recompute,
)

__all__ = [
    "ALL_MEASURES", "DetectorName", "FrameSource", "Inputs", "Progress", "default_requests", "measure", "recompute",
]
