"""How strongly two columns go together, of any kinds: Cramér's V, corrected for its bias."""

from typing import Any, Final

BINS: Final = 10
"""Quantile bins that a numeric column is cut into."""
MAX_LEVELS: Final = 50
"""Values that a column keeps; the rarer ones count as one."""


def cramers_v(one: Any, other: Any) -> float:
    """Association of two pandas columns between 0 and 1 (Bergsma 2013, J. Korean Stat. Soc. 42, 323-328)."""
    import numpy as np
    import pandas as pd

    table = pd.crosstab(levels(one), levels(other)).to_numpy(dtype=float)
    n = table.sum()
    rows, columns = table.shape
    if n < 2 or min(rows, columns) < 2:  # noqa: PLR2004 - nothing varies
        return 0.0
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
