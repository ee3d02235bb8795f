"""All columns together: encode two samples into numbers, and ask the joint detectors about them."""

from collections.abc import Sequence
from typing import Any, Final, cast

from govern.domain.evidence import JsonValue
from govern.measure.base import Parameters, integer
from govern.measure.detectors.interface import Detector, Joint, JointName, NotAvailable
from govern.measure.labels import label

MOST_LEVELS: Final = 20
"""Categories that get a column of their own; the rarer ones share one."""


def asked_together(before: Any, after: Any, numeric: Sequence[str], categorical: Sequence[str], own: Parameters, tester: Detector) -> list[JsonValue]:
    """Ask each joint detector about two samples (pandas frames); a reason stands where one can't be asked."""
    answers: list[JsonValue] = []
    size = integer(own, "joint_sample")
    one, other = before.head(size), after.head(size)
    for name in cast("list[JointName]", own["joint"]):
        try:
            matrices = encoded(one, other, numeric, categorical)
            asked = Joint(
                reference=matrices[0], window=matrices[1], seed=integer(own, "seed"), permutations=integer(own, "permutations"),
                back_end=str(own["back_end"]),
            )
            answers.append(tester.joint(name, asked))
        except NotAvailable as answer:
            answers.append({"name": name, "reason": f"not available: {answer}"})
    return answers


def encoded(before: Any, after: Any, numeric: Sequence[str], categorical: Sequence[str]) -> tuple[Any, Any]:
    """Standardised numbers, one column a category, and one for what is missing; missing numbers stand at the mean.

    Means, spreads and categories are of both samples together: a permutation of rows must not change them. Raises
    `NotAvailable` for infinite values, and where no column is left.
    """
    import numpy as np
    import pandas as pd

    both = pd.concat([before, after], ignore_index=True)
    columns = []
    for name in sorted(numeric):
        values = both[name].to_numpy(dtype=float)
        if np.isinf(values).any():
            raise NotAvailable(f"column “{name}” has infinite values")
        missing = np.isnan(values)
        known = values[~missing]
        if len(known) and known.std() > 0:
            columns.append(np.where(missing, 0.0, (values - known.mean()) / known.std()))
        if missing.any():
            columns.append(missing.astype(float))
    for name in sorted(categorical):
        values = both[name]
        labels = values.map({value: label(value) for value in values.dropna().unique()}).fillna("")
        counts = labels.value_counts()
        # Stable, so that equally frequent ones stay in the order of their names.
        kept = list(counts.sort_index().sort_values(ascending=False, kind="stable").index[:MOST_LEVELS])
        columns += [(labels == level).to_numpy(dtype=float) for level in sorted(kept)]
        if len(counts) > len(kept):
            columns.append((~labels.isin(kept)).to_numpy(dtype=float))
    if not columns:
        raise NotAvailable("no column is left that can be compared")
    matrix = np.column_stack(columns)
    return matrix[: len(before)], matrix[len(before):]
