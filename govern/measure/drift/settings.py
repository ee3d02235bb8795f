"""What a drift measure may be asked for, and what it takes where nothing is said."""

from typing import Final, cast

from govern.domain.evidence import JsonValue
from govern.errors import UsageError
from govern.measure.base import Parameters, integer, settled
from govern.measure.study import Study

DEFAULTS: Final[Parameters] = {
    "back_end": "scikit-learn", "categorical": "chi-squared", "correction": "holm", "joint": [], "joint_sample": 2000,
    "min_rows": 50, "numeric": "ks", "permutations": 500, "sample": 50_000,
}
WORDS: Final = {
    "back_end": ("scikit-learn", "pytorch"), "categorical": ("chi-squared", "fisher"), "correction": ("holm", "bh"),
    "joint": ("classifier", "mmd"), "numeric": ("ks", "cramer-von-mises"),
}
MOST: Final = {"sample": 1_000_000, "joint_sample": 5000, "permutations": 10_000}
"""A kernel of twice 5,000 rows is 800 MB; alibi-detect's runs out of memory at 100,000."""


def asked_of(study: Study, parameters: Parameters) -> dict[str, JsonValue]:
    """Lay a rule's `with:` over the defaults and check its words. Raises `UsageError`."""
    own = settled(parameters, {**DEFAULTS, "detector": study.inputs.detector, "seed": study.inputs.seed})
    if isinstance(own["joint"], str):
        own["joint"] = [one.strip() for one in own["joint"].split(",")]
    unknown = sorted(set(own) - {*DEFAULTS, "detector", "features", "reference_target", "seed"})
    if unknown:
        raise UsageError(f"a measure of drift has no parameter “{unknown[0]}”", f"It has {', '.join(sorted(DEFAULTS))} and features.")
    for key, allowed in WORDS.items():
        given = own[key]
        for word in cast("list[object]", given) if isinstance(given, list | tuple) else [given]:
            if word not in allowed:
                raise UsageError(f"{key} can't be “{word}” in a measure of drift", f"It is one of: {', '.join(allowed)}.")
    for key in ("sample", "joint_sample", "permutations", "min_rows"):
        if not str(own[key]).isdecimal() or int(str(own[key])) < 1:
            raise UsageError(f"{key} “{own[key]}” is not a number of rows", "Write digits only.")
    for key, most in MOST.items():
        if integer(own, key) > most:
            raise UsageError(f"{key} may be {most:,} at most", "More would not fit in memory, and would show nothing new.")
    own["joint"] = list[JsonValue](sorted(set(cast("list[str]", own["joint"]))))
    own["measured_against"] = "rows" if study.reference is not None else "histograms"
    return own
