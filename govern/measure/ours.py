"""The measures that ship with govern, in the order in which reports list them."""

from govern.measure.base import Measure
from govern.measure.bias.calibration_by_group import CalibrationByGroup
from govern.measure.bias.class_rates import ClassRates
from govern.measure.bias.conditional_disparity import ConditionalDisparity
from govern.measure.bias.demographic_parity import DemographicParity
from govern.measure.bias.error_rates import EqualizedOdds, EqualOpportunity, ErrorRates, PredictiveParity
from govern.measure.bias.impact_ratio import ImpactRatio
from govern.measure.bias.proxy import Proxy
from govern.measure.bias.residuals_by_group import ResidualsByGroup
from govern.measure.bias.scoring_rate import ScoringRate
from govern.measure.drift.covariate import CovariateDrift
from govern.measure.drift.outcome_drift import LabelDrift, PredictionDrift
from govern.measure.drift.performance_drift import PerformanceDrift
from govern.measure.explain.monotonicity import Monotonicity
from govern.measure.explain.permutation import PermutationImportance
from govern.measure.explain.reasons import ReasonCodes
from govern.measure.explain.reliance import ProtectedReliance
from govern.measure.explain.stability import RankStability
from govern.measure.explain.surrogate import SurrogateFidelity
from govern.measure.outcomes.calibration import Calibration
from govern.measure.outcomes.candidate_against_baseline import CandidateAgainstBaseline
from govern.measure.outcomes.performance import Performance
from govern.measure.quality.data_quality import DataQuality
from govern.measure.quality.overlap import TrainTestOverlap
from govern.measure.quality.representativeness import Representativeness

OURS: tuple[Measure, ...] = (
    ImpactRatio(), DemographicParity(), EqualOpportunity(), EqualizedOdds(), PredictiveParity(), CalibrationByGroup(),
    ErrorRates(), ScoringRate(), ClassRates(), ResidualsByGroup(), ConditionalDisparity(), Proxy(),
    PermutationImportance(), SurrogateFidelity(), RankStability(),
    ProtectedReliance(), ReasonCodes(), Monotonicity(), CovariateDrift(), LabelDrift(), PredictionDrift(),
    PerformanceDrift(), Performance(), CandidateAgainstBaseline(), Calibration(), DataQuality(), Representativeness(),
    TrainTestOverlap(),
)
