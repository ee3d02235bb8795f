"""How strongly two columns go together, of any kinds: Cramér's V, corrected for its bias."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final

BINS: Final = 10
"""Quantile bins that a numeric column is cut into."""
MAX_LEVELS: Final = 50
"""Values that a column keeps; the rarer ones count as one."""


def cramers_v(one: Any, other: Any) -> float:
    """Association of two pandas columns between 0 and 1 (Bergsma 2013, J. Korean Stat. Soc. 42, 323-328)."""
    return _of_codes(_codes(one), _codes(other))


def clusters(rows: Any, columns: Sequence[str], least: float) -> list[list[str]]:
    """Columns that go together: connected by associations of at least `least`, two or more, sorted."""
    codes = {name: _codes(rows[name]) for name in sorted(columns)}
    cluster_of = {name: {name} for name in codes}
    for one, other in combinations(codes, 2):
        if cluster_of[one] is not cluster_of[other] and _of_codes(codes[one], codes[other]) >= least:
            merged = cluster_of[one] | cluster_of[other]
            for name in merged:
                cluster_of[name] = merged
    return [list(found) for found in sorted({tuple(sorted(found)) for found in cluster_of.values() if len(found) > 1})]


def _codes(column: Any) -> Any:
    """Levels as whole numbers from 0 on."""
    import pandas as pd

    return pd.factorize(levels(column), sort=True)[0]


def _of_codes(one: Any, other: Any) -> float:
    import numpy as np

    rows, columns = int(one.max(initial=-1)) + 1, int(other.max(initial=-1)) + 1
    n = len(one)
    if n < 2 or min(rows, columns) < 2:  # noqa: PLR2004 - nothing varies
        return 0.0
    table = np.bincount(one * columns + other, minlength=rows * columns).reshape(rows, columns).astype(float)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
    phi2 = float(((table - expected) ** 2 / expected).sum()) / n
    corrected = max(0.0, phi2 - (rows - 1) * (columns - 1) / (n - 1))
    size = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return min(1.0, (corrected / size) ** 0.5) if size > 0 else 0.0


def levels(column: Any) -> Any:
    """Cut a numeric column at its deciles and pool the rare values of others; nulls are a level of their own."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column) and column.nunique() > BINS:
        return pd.qcut(column, BINS, duplicates="drop", labels=False).fillna(-1).astype(int)
    text = column.astype(str)
    common = text.value_counts().sort_index(kind="stable").sort_values(ascending=False, kind="stable").index[:MAX_LEVELS]
    return text.where(text.isin(common), "(rarer)")
