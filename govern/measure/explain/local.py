"""Reason codes decision by decision, for the person who has to give them: rows of data stay with whoever asked."""

from collections.abc import Iterator
from typing import Final

from govern.errors import UsageError
from govern.measure.attributes import known, parts
from govern.measure.explain.reasons import ReasonCode, background, reason_codes
from govern.measure.frames import Frames, batches
from govern.measure.inputs import Inputs
from govern.measure.models import load_model
from govern.measure.predicting import model_columns, positive_place
from govern.measure.sampling import sample, to_pandas

BATCH: Final = 5000
"""Decisions that are explained at a time."""
BACKGROUND_ROWS: Final = 2000
"""As many as `reason_codes@1` takes by default, so that both compare with the same values."""


def local_reasons(inputs: Inputs, top: int = 4) -> Iterator[tuple[int, tuple[ReasonCode, ...]]]:
    """Yield each row's number (from 0, in the file's order) and its reasons, the weightiest first.

    Protected attributes are no reasons. The background is that of `reason_codes@1` on the same data. Raises `UsageError`
    without a model, and as loading and asking one does.
    """
    if inputs.model is None:
        raise UsageError("reasons need the model that decided", "Name its skops file with --model.")
    with Frames() as frames:
        frame = frames.open(inputs.data)
        model = load_model(inputs.model, inputs.allowed_types)
        columns = model_columns(model, frame)
        protected = sorted({part.column for one in inputs.protected if known(one, frame) for part in parts(one, frame)})
        compared = background(sample(frame, columns, BACKGROUND_ROWS, inputs.seed), columns)
        positive = inputs.positive or inputs.favourable
        same_way = inputs.favourable is None or inputs.favourable == positive
        number = 0
        for batch in batches(frame, BATCH):
            rows = to_pandas(batch.select(columns))
            for codes in reason_codes(
                model, rows, compared, columns=columns, protected=protected, place=positive_place(model, inputs),
                favourable_is_positive=same_way, top=top,
            ):
                yield number, codes
                number += 1
