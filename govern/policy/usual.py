"""What measures take for their parameters where nobody asks for anything else: what a rule leaves open, nobody else chooses.

Whoever measures could otherwise try seeds, bins or reference groups until the evidence passes. A rule names what it wants
otherwise, in a document that is signed before anything is measured. The figures are those of the measures' versions, which
never change; a test holds both together. Measures of other packages are not known here: of theirs, only the seed is held.
"""

from collections.abc import Mapping
from typing import Final

from govern.domain.evidence import JsonValue, Measurement
from govern.domain.leaving_out import LEAVE_OUT
from govern.policy.counts import USUAL_REFERENCE, number_of

_Parameters = Mapping[str, JsonValue]
_LEVEL: Final[_Parameters] = {"level": "0.95"}
_RATES: Final[_Parameters] = {**_LEVEL, "unknown": "exclude-and-count"}
_RATIOS: Final[_Parameters] = {**_RATES, "min_reference": USUAL_REFERENCE, "reference": "highest", "threshold": "0.8"}
_DRIFT: Final[_Parameters] = {
    "back_end": "scikit-learn", "categorical": "chi-squared", "correction": "holm", "joint": [], "joint_sample": 2000, "min_rows": 50,
    "numeric": "ks", "permutations": 500, "sample": 50_000,
}
USUAL: Final[Mapping[str, _Parameters]] = {
    "calibration@1": {**_LEVEL, "bins": 10},
    "calibration_by_group@1": {**_LEVEL, "bins": 10},
    "candidate_against_baseline@1": _LEVEL,
    "class_rates@1": _RATES,
    "conditional_disparity@1": {**_RATES, "min_reference": USUAL_REFERENCE, "reference": "highest"},
    "covariate_drift@1": _DRIFT,
    "data_quality@1": {"leak_association": "0.95", "sample": 5000},
    "demographic_parity@1": _RATES,
    "equal_opportunity@1": _RATES,
    "equalized_odds@1": _RATES,
    "error_rates@1": _RATES,
    "impact_ratio@1": _RATIOS,
    "label_drift@1": _DRIFT,
    "monotonicity@1": {"grid": 10, "sample": 500},
    "performance@1": _LEVEL,
    "performance_drift@1": {**_LEVEL, "min_rows": 50},
    "permutation_importance@1": {"cluster_association": "0.5", "repeats": 10, "sample": 2000},
    "prediction_drift@1": _DRIFT,
    "predictive_parity@1": _RATES,
    "protected_reliance@1": {"method": "permutation", "proxy_association": "0.3", "repeats": 10, "sample": 2000},
    "proxy@1": {**_LEVEL, "folds": 3, "min_group": 30, "sample": 2000},
    "rank_stability@1": {"method": "permutation", "repeats": 3, "resamples": 6, "sample": 1000, "top": 5},
    "reason_codes@1": {"method": "replacement", "decisions": 200, "sample": 2000, "top": 4},
    "representativeness@1": _LEVEL,
    "residuals_by_group@1": {**_LEVEL, "reference": "largest", "unknown": "exclude-and-count"},
    "scoring_rate@1": _RATIOS,
    "surrogate_fidelity@1": {**_LEVEL, "depth": 4, "sample": 4000},
    "train_test_overlap@1": _LEVEL,
}
SEED: Final = 0
SAID: Final = frozenset({
    "background", "baseline_prediction", "baseline_score", "control", "detector", "grid", "judged", "measured_against", "positive",
    "protected", "rows", "scoring", "shap",
})
"""What measures say of the columns, the model and the files that they were given: no choice of how to compute."""
COLUMNS: Final = frozenset({"features", "reference_target"})
"""What drift of labels and of predictions says besides; of covariates they would be a choice of what to look at."""


def unusual(measurement: Measurement, named: Mapping[str, JsonValue]) -> str:
    """Say which parameter that a rule does not name the numbers were made with otherwise than usual; empty where none."""
    usual = USUAL.get(measurement.measure)
    for key, had in sorted(measurement.parameters.items()):
        if key in named or key == LEAVE_OUT or (usual is None and key != "seed"):
            continue
        wanted = SEED if key == "seed" else (usual or {}).get(key)
        if key == "min_reference" and number_of(had) <= USUAL_REFERENCE:
            continue  # the more groups may be the best, the stricter
        outcome = measurement.measure in {"label_drift@1", "prediction_drift@1"}
        said = wanted is None and (key in SAID or (outcome and key in COLUMNS))
        if said or had == wanted or str(had) == str(wanted):
            continue
        return f"{key} = {had}, which the rule leaves at {'what is usual' if wanted is None else wanted}"
    return ""
