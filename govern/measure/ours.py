"""The measures that ship with govern, in the order in which reports list them."""

from govern.measure.base import Measure
from govern.measure.bias.impact_ratio import ImpactRatio

OURS: tuple[Measure, ...] = (ImpactRatio(),)
