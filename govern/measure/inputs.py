"""What a measuring run is given: frames, the roles of their columns, a model, a seed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from govern.domain.evidence import Evidence

FrameSource = Any
"""A path to CSV or Parquet (file or folder), a pandas, Polars or PyArrow frame, or an Ibis table of any engine."""

DetectorName = Literal["scipy", "alibi-detect"]


class Progress(Protocol):
    """Told how far a long job is; whatever it raises stops the job."""

    def __call__(self, part: str, done: int, total: int | None) -> None:
        """`done` of `total` steps of `part`; `total` is None where it is not known."""


def silent(part: str, done: int, total: int | None) -> None:
    """Ignore progress."""
    del part, done, total


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """The data of one measuring run and what its columns mean.

    At least one of `target`, `prediction` and `score` is needed by the measures of outcomes. Where there is a model
    and neither `prediction` nor `score`, the model's own predictions on the frame are used.
    """

    data: FrameSource
    reference: FrameSource | None = None
    """What drift is measured against, and what a proxy or an overlap is looked for in."""
    baseline: Evidence | None = None
    """Evidence whose stored histograms stand in for `reference`: a window is then judged without reference rows."""
    target: str | None = None
    """Column of what really happened."""
    prediction: str | None = None
    """Column of what the model said, in the target's vocabulary."""
    score: str | None = None
    """Column of the model's score for `positive`; higher means more likely."""
    threshold: str | None = None
    """Decimal text; a score of at least this counts as a prediction of `positive`."""
    window: str | None = None
    """Column that told windows apart before they came here; the reference may have it still."""
    weight: str | None = None
    """Column of case weights."""
    baseline_prediction: str | None = None
    """Column of what the model to be replaced said of the same rows."""
    baseline_score: str | None = None
    """Column of that model's score."""
    protected: tuple[str, ...] = ()
    """Columns, or cuts of a numeric column such as `age<=25`, that people are grouped by."""
    cross: tuple[str, ...] = ()
    """Crossings, such as `sex*race`."""
    control: tuple[str, ...] = ()
    """Columns, or cuts, within whose values groups are compared once more (Simpson's paradox)."""
    favourable: str | None = None
    """The outcome that is good for the person, or several with `|` between them; without it, `positive`."""
    positive: str | None = None
    """The outcome that the score speaks of; without it, `favourable`, else 1 where labels are 0 and 1."""
    model: Path | None = None
    """A skops file."""
    attributions: FrameSource | None = None
    """SHAP values of the data's rows: a table with a column a feature, or a `.npz` with `values` and `features`."""
    allowed_types: tuple[str, ...] = ()
    """Types that the workspace allows a skops file to load, by full name."""
    engine: str | None = None
    """Address of the engine that holds `data` and `reference`: `spark://host:7077`, where they are paths, or a
    database's, such as `postgresql://user@host/name`, where they are names of tables."""
    detector: DetectorName = "scipy"
    seed: int = 0
    features: tuple[str, ...] = field(default=())
    """Columns that count as features; without it, what the model names, else all columns without another role."""

    @property
    def roles(self) -> frozenset[str]:
        """Columns of outcomes, weights and windows, which are no features."""
        named = (self.target, self.prediction, self.score, self.weight, self.window, self.baseline_prediction, self.baseline_score)
        return frozenset(one for one in named if one is not None)
