"""The measures that ship with govern, in the order in which reports list them."""

from govern.measure.base import Measure
from govern.measure.bias.demographic_parity import DemographicParity
from govern.measure.bias.error_rates import EqualizedOdds, EqualOpportunity, ErrorRates, PredictiveParity
from govern.measure.bias.impact_ratio import ImpactRatio
from govern.measure.drift.covariate import CovariateDrift
from govern.measure.explain.permutation import PermutationImportance
from govern.measure.explain.reliance import ProtectedReliance
from govern.measure.outcomes.performance import Performance

OURS: tuple[Measure, ...] = (
    ImpactRatio(), DemographicParity(), EqualOpportunity(), EqualizedOdds(), PredictiveParity(), ErrorRates(),
    PermutationImportance(), ProtectedReliance(), Performance(), CovariateDrift(),
)
