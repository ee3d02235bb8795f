"""A model's own predictions on a frame, in batches, where the caller has no column of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from govern.errors import DataError
from govern.measure.columns import missing_column
from govern.measure.frames import Frame, Frames, batches
from govern.measure.inputs import Inputs
from govern.measure.labels import declared, label, same
from govern.measure.models import features_of, load_model
from govern.measure.sampling import to_pandas

BATCH: Final = 50_000
"""Rows handed to the model at a time."""
PREDICTION: Final = "model prediction"
SCORE: Final = "model score"


def predicted(frame: Frame, frames: Frames, inputs: Inputs, folder_name: str = "data") -> tuple[Frame, Inputs]:
    """Add the model's predictions, and its scores of the positive outcome where it has them, to a frame.

    Raises `UsageError` for a feature that the frame lacks, `DataError` where the model can't predict, and as
    `load_model`.
    """
    import pyarrow.parquet as pq

    if inputs.model is None or inputs.prediction is not None or inputs.score is not None:
        return frame, inputs
    model = load_model(inputs.model, inputs.allowed_types)
    columns = model_columns(model, frame)
    place = positive_place(model, inputs)
    path = frames.folder / f"predicted-{folder_name}.parquet"
    writer = None
    try:
        for batch in batches(frame, BATCH):
            table = _with_columns(batch, *_ask(model, to_pandas(batch.select(columns)), place))
            writer = writer or pq.ParquetWriter(path, table.schema)
            writer.write_table(table.cast(writer.schema))
    finally:
        if writer is not None:
            writer.close()
    if writer is None:
        raise DataError(f"{frame.name} has no rows", "Give a frame with at least one row.")
    opened = frames.open(path, own=True)
    decided = None if inputs.threshold is not None and place is not None else PREDICTION
    return replace(opened, name=frame.name), replace(inputs, prediction=decided, score=None if place is None else SCORE)


def model_columns(model: Any, frame: Frame) -> list[str]:
    """The columns that a model wants. Raises `UsageError` for one that is not there, `DataError` without names."""
    columns = list(features_of(model))
    if not columns:
        raise DataError("the model does not say which columns it wants", "Fit it on a frame with named columns, or give its predictions as a column.")
    for column in columns:
        if column not in frame.kinds:
            raise missing_column(column, frame.kinds, role="feature of the model", where=frame.name)
    return columns


def positive_place(model: Any, inputs: Inputs) -> int | None:
    """Where the positive class's probability stands in `predict_proba`; None for a model without one."""
    classes = [label(one.item() if hasattr(one, "item") else one) or "" for one in getattr(model, "classes_", ())]
    if not classes or not hasattr(model, "predict_proba"):
        return None
    wanted = declared(inputs.positive or inputs.favourable or "1")
    return next((place for place, one in enumerate(classes) if same(one, wanted)), None)


def ask(model: Any, rows: Any) -> Any:
    """Ask a model for predictions. Raises `DataError` with the model's own words."""
    return _ask(model, rows, None)[0]


def scores(model: Any, rows: Any, place: int | None) -> Any:
    """What a model says as numbers: the positive class's probability, or its prediction."""
    prediction, score = _ask(model, rows, place)
    return prediction if score is None else score


def _ask(model: Any, rows: Any, place: int | None) -> tuple[Any, Any]:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            score = None if place is None else model.predict_proba(rows)[:, place]
            return model.predict(rows), score
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise DataError(f"the model can't predict this data: {str(error)[:200]}", "Give the columns in the form that it was trained on.") from error


def _with_columns(batch: Any, prediction: Any, score: Any) -> Any:
    import pyarrow as pa

    table = pa.Table.from_batches([batch])
    columns: Sequence[tuple[str, Any]] = ((PREDICTION, prediction), (SCORE, score))
    for name, values in columns:
        if values is not None:
            table = table.append_column(name, pa.array(values))
    return table
