"""Drift tests by alibi-detect (Business Source License 1.1: mind it before production use).

KSDrift and ChiSquareDrift are asked together as TabularDrift, which is what alibi-detect calls a table of both kinds of
columns; CVMDrift and FETDrift column by column; MMDDrift and ClassifierDrift about all columns together.
"""

import logging
import os
import warnings
from collections.abc import Sequence
from typing import Any

from govern.domain.evidence import JsonValue
from govern.measure.detectors.interface import Column, Joint, JointName, Shift, TestName
from govern.measure.inputs import DetectorName


class AlibiDetector:
    """Raises `ImportError` where the package is absent."""

    name: DetectorName = "alibi-detect"

    def __init__(self) -> None:
        self._of = imported()

    def columns(self, asked: Sequence[Column]) -> list[Shift]:
        """Ask TabularDrift about all columns of equal length at once, and the others one by one."""
        found: dict[int, Shift] = {}
        tables: dict[tuple[int, int], list[int]] = {}
        for place, one in enumerate(asked):
            if one.test in {"ks", "chi-squared"}:
                tables.setdefault((len(one.reference), len(one.window)), []).append(place)
            else:
                found[place] = self._alone(one)
        for places in tables.values():
            found |= dict(zip(places, self._table([asked[place] for place in places]), strict=True))
        return [found[place] for place in range(len(asked))]

    def joint(self, name: JointName, asked: Joint) -> dict[str, JsonValue]:
        """Ask MMDDrift or ClassifierDrift."""
        from govern.measure.detectors import alibi_joint

        return alibi_joint.mmd(self._of, asked) if name == "mmd" else alibi_joint.classifier(self._of, asked)

    def rounded(self, number: float, test: TestName) -> float:
        """alibi-detect keeps statistics and p-values in binary32, but for Fisher's exact test."""
        import numpy as np

        return number if test == "fisher" else float(np.float32(number))

    def _table(self, asked: Sequence[Column]) -> list[Shift]:
        import numpy as np

        categories = {place: None for place, one in enumerate(asked) if one.test == "chi-squared"}
        before = np.column_stack([one.reference.astype(np.float64) for one in asked])
        after = np.column_stack([one.window.astype(np.float64) for one in asked])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says that without categories all is numbers
            made = self._of.TabularDrift(before, categories_per_feature=categories or None)
        return _answers(made, after)

    def _alone(self, one: Column) -> Shift:
        import numpy as np

        if one.test == "cramer-von-mises":
            return _answers(self._of.CVMDrift(one.reference.reshape(-1, 1)), one.window.reshape(-1, 1))[0]
        codes = np.union1d(one.reference, one.window)
        before, after = (np.searchsorted(codes, side).reshape(-1, 1) for side in (one.reference, one.window))
        # The level of its own verdict, which is not asked for here; the constructor wants one.
        return _answers(self._of.FETDrift(before, p_val=0.05, alternative="two-sided"), after)[0]


def imported() -> Any:
    """Import the package's detectors without its talk about back ends that are not needed here."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    logging.getLogger("transformers").setLevel(logging.ERROR)
    logging.getLogger("alibi_detect").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import alibi_detect.cd

    return alibi_detect.cd


def _answers(detector: Any, window: Any) -> list[Shift]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = detector.predict(window, drift_type="feature")["data"]
    return [Shift(statistic=float(d), p_value=float(p)) for d, p in zip(data["distance"], data["p_val"], strict=True)]
