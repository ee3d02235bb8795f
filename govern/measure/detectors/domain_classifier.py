"""A domain classifier by scikit-learn: can reference and window be told apart by all columns together?

The classifier is fitted on one half of the rows and judged on the other, which makes its test exact (Lopez-Paz and Oquab
2017, "Revisiting classifier two-sample tests"). Cross-validation would use every row twice, and a test of it rejects too
often (Noirhomme and others 2014, NeuroImage: Clinical 4, 687-694); further splits therefore only say how far the area
depends on the split.
"""

from typing import Any, Final

from govern.domain.evidence import JsonValue
from govern.measure.detectors.interface import Joint
from govern.measure.statistics.mann_whitney import wins

SPLITS: Final = 3
BY: Final = "scikit-learn"


def collect(asked: Joint) -> dict[str, JsonValue]:
    """Fit and judge the classifier on seeded halves."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    splits: list[JsonValue] = []
    fitted = 0
    with threadpool_limits(1):
        for turn in range(SPLITS):
            generator = np.random.default_rng([asked.seed, turn])
            first, second = (generator.permutation(len(side)) for side in (asked.reference, asked.window))
            half, other = len(first) // 2, len(second) // 2
            model = made(asked.seed + turn)
            model.fit(
                np.concatenate([asked.reference[first[:half]], asked.window[second[:other]]]),
                np.concatenate([np.zeros(half, dtype=int), np.ones(other, dtype=int)]),
            )
            fitted = half + other
            splits.append(wins(_said(model, asked.reference[first[half:]]), _said(model, asked.window[second[other:]])))
    return {"name": "classifier", "by": BY, "n_fitted": fitted, "splits": splits}


def made(seed: int) -> Any:
    """The classifier: trees see shifts, spreads and interactions that a linear one does not."""
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(n_estimators=60, min_samples_leaf=10, class_weight="balanced", random_state=seed, n_jobs=1)


def _said(model: Any, rows: Any) -> Any:
    """Scores in steps of a millionth: the last bit must not break a tie."""
    import numpy as np

    return np.round(model.predict_proba(rows)[:, 1], 6)
