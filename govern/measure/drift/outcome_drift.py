"""Label and prediction drift: the covariate measure, pointed at the target or at what the model says."""

from govern.domain.evidence import Measurement
from govern.measure.base import Parameters
from govern.measure.drift.covariate import CovariateDrift
from govern.measure.frames import Frame
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured


class LabelDrift(CovariateDrift):
    """How far the target's distribution in the window lies from the reference's."""

    id = "label_drift@1"

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Count and test the target."""
        if study.inputs.target is None:
            raise Unmeasured("missing", "no target was given: name the column of what really happened")
        return super().collect(study, attribute, {**parameters, "features": [study.inputs.target]})


class PredictionDrift(CovariateDrift):
    """How far the predictions' and scores' distributions in the window lie from the reference's."""

    id = "prediction_drift@1"

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Count and test prediction and score; with a model, its own on both sides."""
        columns = [column for column in (study.inputs.prediction, study.inputs.score) if column is not None]
        if not columns:
            raise Unmeasured("missing", "no prediction and no score was given")
        return super().collect(study, attribute, {**parameters, "features": [str(column) for column in columns]})

    def reference(self, study: Study) -> Frame | None:
        """The reference, with the model's own predictions where the window's are the model's own."""
        return study.predicted_reference
