"""Data into evidence: sufficient statistics, without a row, and the numbers computed from them.

The names below load nothing heavy; fairlearn, scikit-learn, Ibis and the rest are imported where they are used.
"""

from govern.measure.describe import DatasetShape, describe, digest_of_source
from govern.measure.environment import environment
from govern.measure.inputs import DetectorName, FrameSource, Inputs, Progress
from govern.measure.interface import ALL_MEASURES, default_requests, measure, recompute
from govern.measure.models import ModelShape, check_model_file

__all__ = [
    "ALL_MEASURES", "DatasetShape", "DetectorName", "FrameSource", "Inputs", "ModelShape", "Progress",
    "check_model_file", "default_requests", "describe", "digest_of_source", "environment", "measure", "recompute",
]
