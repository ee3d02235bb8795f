"""Univariate drift tests by alibi-detect (Business Source License 1.1: mind it before production use)."""

import logging
import os
import warnings
from typing import Any

from govern.measure.detectors.interface import Shift
from govern.measure.inputs import DetectorName


class AlibiDetector:
    """KSDrift and ChiSquareDrift, one column at a time. Raises `ImportError` where the package is absent."""

    name: DetectorName = "alibi-detect"

    def __init__(self) -> None:
        # Its import talks to stderr about back ends that are not needed here.
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
        logging.getLogger("transformers").setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from alibi_detect.cd import ChiSquareDrift, KSDrift

        self._ks, self._chi_squared = KSDrift, ChiSquareDrift

    def numeric(self, reference: Any, window: Any) -> Shift:
        """Ask KSDrift."""
        return _asked(self._ks(_column(reference)), _column(window))

    def categorical(self, reference: Any, window: Any) -> Shift:
        """Ask ChiSquareDrift about codes."""
        return _asked(self._chi_squared(_column(reference)), _column(window))

    def rounded(self, number: float) -> float:
        """alibi-detect keeps statistics and p-values in binary32."""
        import numpy as np

        return float(np.float32(number))


def _column(sample: Any) -> Any:
    return sample.reshape(-1, 1)


def _asked(detector: Any, window: Any) -> Shift:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = detector.predict(window, drift_type="feature")["data"]
    return Shift(statistic=float(data["distance"][0]), p_value=float(data["p_val"][0]))
