"""SHAP values: those that the user brings, or those of the `shap` package over a background that is fixed and recorded.

Lundberg and Lee 2017, "A unified approach to interpreting model predictions". Brought values are a table with a column a
feature and a row a decision (CSV or Parquet), or a `.npz` with the arrays `values` and `features`; never a pickle.
"""

import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from govern.domain.evidence import JsonValue
from govern.errors import DataError, UnsafeModelError, UsageError
from govern.measure.base import Parameters, integer
from govern.measure.describe import digest_of_source
from govern.measure.predicting import scores
from govern.measure.sampling import sample
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

MISSING: Final = "no SHAP values were brought (--shap FILE) and the package shap is not installed: install govern[shap]"
BACKGROUND: Final = 50
"""Rows that a feature's absence is averaged over."""
DECISIONS: Final = 200
"""Decisions that the package explains: each takes a thousand questions to the model and more."""
LEAST: Final = 20
TURNS: Final = 10
"""Permutations of the features, each there and back, for each decision."""
_DIGITS: Final = 10
"""SHAP values are rounded: noise in the last bits must not choose a reason or a rank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributed:
    """SHAP values of decisions."""

    features: list[str]
    values: Any
    """A row a decision, a column a feature."""
    said: dict[str, JsonValue]
    """Where they come from, for the evidence: a digest of what was brought, or package, version and background."""


def method_of(study: Study, asked: Parameters, other: str) -> str:
    """`shap` where values were brought or asked for, else `other`. Raises `UsageError` for another word."""
    method = str(asked.get("method") or ("shap" if study.inputs.attributions is not None else other))
    if method not in {"shap", other}:
        raise UsageError(f"method can't be “{method}”", f"It is shap or {other}.")
    return method


def attributed(study: Study, own: Parameters) -> Attributed:
    """The values that were brought, else those of a seeded sample of decisions by the package. Raises as both."""
    from govern.measure.explain.permutation import needed_model
    from govern.measure.predicting import positive_place

    seed = integer(own, "seed")
    if study.inputs.attributions is not None:
        columns = needed_model(study)[1] if study.inputs.model is not None else None
        return brought(study, integer(own, "sample"), seed, columns)
    model, columns = needed_model(study)
    rows = sample(study.frame, columns, integer(own, "sample"), seed)
    background = integer(own, "background") if "background" in own else BACKGROUND
    explained = rows.iloc[background : background + DECISIONS]
    if len(explained) < LEAST:
        raise Unmeasured("insufficient-data", f"{len(rows)} rows: {background + LEAST} are needed for a background and for decisions")
    return computed(model, explained.reset_index(drop=True), rows, positive_place(model, study.inputs), own)


def brought(study: Study, size: int, seed: int, columns: Sequence[str] | None = None) -> Attributed:
    """Read the values that the user brings, at most `size` rows of them.

    Raises `UsageError` where their features are not the model's or their rows not the data's, `DataError` for values
    that are no finite numbers, `UnsafeModelError` for a pickle.
    """
    import numpy as np

    source = study.inputs.attributions
    opened = study.frames.open(_table(Path(source)) if isinstance(source, str | Path) else source, "the SHAP values", own=True)
    features = sorted(opened.kinds)
    if columns is not None and features != sorted(columns):
        differ = sorted(set(features) ^ set(columns))
        raise UsageError(f"the SHAP values and the model differ in {', '.join(differ[:6])}", "Give one column for each feature of the model, under its name.")
    words = [name for name in features if not opened.numeric(name)]
    if words:
        raise DataError(f"the SHAP values of “{words[0]}” are no numbers", "Give a number for each decision and feature.")
    rows = opened.rows()
    if rows != study.rows:
        raise UsageError(f"there are SHAP values of {rows} decisions and {study.rows} rows of data", "Give the values of the same rows.")
    values = sample(opened, features, size, seed).to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise DataError("some SHAP values are missing or not finite", "Compute them again for every decision.")
    return Attributed(features=features, values=np.round(values, _DIGITS), said={"brought": str(digest_of_source(source)), "decisions": rows})


def computed(model: Any, rows: Any, over: Any, place: int | None, own: Parameters) -> Attributed:
    """Compute the values of `rows` by the package, over the first rows of `over` (pandas frames of the model's columns).

    Raises `Unmeasured` where it is not installed.
    """
    import numpy as np

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import shap
    except ImportError as error:
        raise Unmeasured("missing", MISSING) from error
    columns = list(rows.columns)
    background = over.head(integer(own, "background") if "background" in own else BACKGROUND)
    coder = _Coder(columns, [background, rows])

    def asked(coded: Any) -> Any:
        return np.asarray(scores(model, coder.decoded(coded), place), dtype=float)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explainer = shap.explainers.Permutation(asked, shap.maskers.Independent(coder.coded(background), max_samples=len(background)), seed=integer(own, "seed"))
        found = explainer(coder.coded(rows), max_evals=TURNS * (2 * len(columns) + 1), silent=True)
    values = np.asarray(found.values, dtype=float)
    # What SHAP values add up to is what they are: a package that changes its mind about that must not go unnoticed.
    off = float(np.abs(values.sum(axis=1) + np.asarray(found.base_values) - asked(coder.coded(rows))).max())
    if off > 1e-6:  # noqa: PLR2004 - rounding
        raise Unmeasured("undefined", f"the SHAP values do not add up to the model's scores: off by {off:.2g}")
    return Attributed(features=columns, values=np.round(values, _DIGITS), said={
        "package": f"shap {shap.__version__}", "background_rows": len(background), "background": str(digest_of_source(_stable(background))),
        "decisions": len(rows), "permutations": TURNS,
    })


def _table(path: Path) -> Any:
    """A path as frames open it, or the table of a `.npz`; refuses what would be unpickled."""
    from govern.measure.pickles import called_by

    if not path.is_file():
        raise UsageError(f"there is no file {path}", "Check the path.")
    if path.suffix.lower() not in {".npz", ".npy"}:
        if called_by(path) is not None:
            raise UnsafeModelError(f"{path.name} is a pickle and was not loaded", "Save the SHAP values as CSV, Parquet or .npz.")
        return path
    import numpy as np
    import pyarrow as pa

    try:
        with np.load(path, allow_pickle=False) as held:
            if not isinstance(held, np.lib.npyio.NpzFile) or {"values", "features"} - set(held.files):
                raise UsageError(f"{path.name} lacks the arrays “values” and “features”", "numpy.savez(path, values=…, features=[…])")
            values, features = held["values"], [str(name) for name in held["features"]]
    except (ValueError, zipfile.BadZipFile, OSError) as error:
        raise UnsafeModelError(f"{path.name} holds Python objects, or is damaged, and was not loaded", "Save plain numbers: numpy.savez(path, values=…, features=[…]).") from error
    if values.ndim != 2 or values.shape[1] != len(features):  # noqa: PLR2004 - a table
        raise DataError(f"{path.name} holds {values.shape} values for {len(features)} features", "Give a row a decision and a column a feature.")
    return pa.table({name: values[:, place] for place, name in enumerate(features)})


def _stable(frame: Any) -> Any:
    """The background as a table that has a digest: mixed columns as text."""
    import pyarrow as pa

    return pa.table({str(name): pa.array(frame[name].astype(str)) for name in frame.columns})


class _Coder:
    """Rows as numbers and back: the package's maskers want numbers, the model wants its own columns."""

    def __init__(self, columns: Sequence[str], frames: Sequence[Any]) -> None:
        import pandas as pd

        self._columns = list(columns)
        both = pd.concat(list(frames), ignore_index=True)
        self._types = {name: frames[0][name].dtype for name in columns}
        self._values = {
            name: list(pd.unique(both[name].astype(object))) for name in columns if both[name].dtype.kind not in "iufb"
        }

    def coded(self, frame: Any) -> Any:
        import numpy as np
        import pandas as pd

        made = []
        for name in self._columns:
            if name in self._values:
                kept = pd.Series(self._values[name], dtype=object)
                known = {value: place for place, value in enumerate(kept) if not pd.isna(value)}
                none = next((place for place, value in enumerate(kept) if pd.isna(value)), -1)
                made.append(np.array([none if pd.isna(value) else known[value] for value in frame[name]], dtype=float))
            else:
                made.append(frame[name].to_numpy(dtype=float))
        return np.column_stack(made)

    def decoded(self, coded: Any) -> Any:
        import numpy as np
        import pandas as pd

        made: dict[str, Any] = {}
        for place, name in enumerate(self._columns):
            column = coded[:, place]
            if name in self._values:
                made[name] = np.array(self._values[name], dtype=object)[np.asarray(column, dtype=int)]
            else:
                made[name] = pd.Series(column).astype(self._types[name]).to_numpy()
        return pd.DataFrame(made)
