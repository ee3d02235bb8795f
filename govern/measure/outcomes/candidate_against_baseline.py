"""Candidate against baseline on the same rows: how much better one model is than the one it is to replace."""

import math
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final, cast

from govern.domain.evidence import JsonValue, Measurement
from govern.measure.base import Parameters, settled
from govern.measure.columns import missing_column
from govern.measure.numbers import exact, text
from govern.measure.outcomes import paired_rows
from govern.measure.statistics.intervals import Bounds
from govern.measure.statistics.paired import auc_difference, mcnemar, mean_difference, paired_difference
from govern.measure.study import Study
from govern.measure.unmeasured import Unmeasured

DEFAULTS: Final[Parameters] = {"level": "0.95"}
HIGHER_IS_BETTER: Final = frozenset({"accuracy", "auc"})
"""The direction is the metric's and never a parameter: an improvement is positive whichever way the metric runs."""


class CandidateAgainstBaseline:
    """Each metric of both models, the improvement with a paired interval and test, and the relative improvement.

    `with:` may name the columns `baseline_prediction` and `baseline_score`. Where the baseline's metric is 0 nothing can
    be relative to it: `relative` is None then, which a rule takes for inconclusive.
    """

    id = "candidate_against_baseline@1"
    per_attribute = False

    def collect(self, study: Study, attribute: str, parameters: Parameters) -> Measurement:
        """Count and sum what both models said of each row."""
        del attribute
        columns = {
            role: str(parameters.get(role) or own or "") for role, own in (
                ("baseline_prediction", study.inputs.baseline_prediction), ("baseline_score", study.inputs.baseline_score))
        }
        for role, column in columns.items():
            if column and column not in study.frame.kinds:
                raise missing_column(column, study.frame.kinds, role=role.replace("_", " "), where=study.frame.name)
        if not any(columns.values()):
            raise Unmeasured("missing", "no baseline was given: name the column of its predictions or of its scores")
        if study.inputs.target is None:
            raise Unmeasured("missing", "no target was given: name the column of what really happened")
        own = settled(parameters, {**DEFAULTS, **columns})
        if not study.target_classes():
            baseline = columns["baseline_prediction"] or columns["baseline_score"]
            return Measurement(measure=self.id, parameters=own | {"judged": "quantity"}, statistics={"errors": paired_rows.errors(study, baseline)})
        statistics: dict[str, JsonValue] = {}
        if columns["baseline_prediction"] and study.judged in {"prediction", "score"}:
            statistics["decisions"] = paired_rows.decisions(study, columns["baseline_prediction"])
        if columns["baseline_score"] and study.inputs.score is not None:
            if not study.frame.numeric(columns["baseline_score"]):
                raise Unmeasured("undefined", f"“{columns['baseline_score']}” is no number and can't be a score")
            own["positive"] = study.positive()
            statistics["scores"] = paired_rows.scores(study, columns["baseline_score"])
        if not statistics:
            raise Unmeasured("missing", "candidate and baseline have neither predictions nor scores both")
        return Measurement(measure=self.id, parameters=own | {"judged": study.judged or ""}, statistics=statistics)

    def evaluate(self, bare: Measurement) -> Measurement:
        """Compute improvements; positive is better."""
        level = str(bare.parameters["level"])
        features: list[dict[str, JsonValue]] = []
        if "decisions" in bare.statistics:
            features.append(_accuracy(cast("dict[str, int]", bare.statistics["decisions"]), level))
        if "scores" in bare.statistics:
            features += _scored(cast("dict[str, Any]", bare.statistics["scores"]), level)
        if "errors" in bare.statistics:
            features += _errors(cast("dict[str, Any]", bare.statistics["errors"]), level)
        if not features:
            raise Unmeasured("undefined", "the target has one class only: nothing can be told apart")
        values: dict[str, JsonValue] = {"n": features[0]["n"]}
        for row in features:
            name = row["feature"]
            values |= {f"{name}_{key}": row[key] for key in ("improvement", "improvement_interval", "relative", "p_value")}
        return replace(bare, values=values, features=tuple(features))


def _row(
    name: str, n: int, candidate: Fraction | float, baseline: Fraction | float, difference: Fraction | float,
    found: tuple[Bounds | None, float | None], test: str,
) -> dict[str, JsonValue]:
    """Turn a difference (candidate less baseline) into an improvement."""
    sign = 1 if name in HIGHER_IS_BETTER else -1
    bounds, p_value = found
    if bounds is not None and sign < 0:
        bounds = replace(bounds, low=-bounds.high, high=-bounds.low)
    relative = None if baseline == 0 else sign * (exact(text(candidate)) - exact(text(baseline))) / abs(exact(text(baseline)))
    return {
        "feature": name, "n": n, "candidate": text(candidate), "baseline": text(baseline), "improvement": text(sign * difference),
        "improvement_interval": None if bounds is None else bounds.json(), "relative": None if relative is None else text(relative),
        "reason": "" if relative is not None else "the baseline is 0: nothing can be relative to it",
        "p_value": None if p_value is None else text(p_value), "test": test,
    }


def _accuracy(counts: dict[str, int], level: str) -> dict[str, JsonValue]:
    both, gained, lost, neither = (int(counts[key]) for key in ("both", "candidate", "baseline", "neither"))
    n = both + gained + lost + neither
    found = paired_difference(both, gained, lost, neither, level), mcnemar(gained, lost)
    row = _row("accuracy", n, Fraction(both + gained, n), Fraction(both + lost, n), Fraction(gained - lost, n), found, "mcnemar")
    return row | {"gained": gained, "lost": lost}


def _scored(sums: dict[str, Any], level: str) -> list[dict[str, JsonValue]]:
    n = int(sums["positives"]) + int(sums["negatives"])
    rows = []
    if min(int(sums["positives"]), int(sums["negatives"])) > 0:
        one, other, bounds, p_value = auc_difference(sums, level)
        rows.append(_row("auc", n, one, other, one - other, (bounds, p_value), "delong"))
    for name, losses in (sums["losses"] or {}).items():
        total = exact(losses["difference"])
        paired = mean_difference(n, total, exact(losses["squares"]), level) or (None, None)
        rows.append(_row(name, n, exact(losses["candidate"]) / n, exact(losses["baseline"]) / n, total / n, paired, "z"))
    return rows


def _errors(sums: dict[str, Any], level: str) -> list[dict[str, JsonValue]]:
    n = int(sums["n"])
    rows = []
    for name, key in (("mae", "absolute"), ("rmse", "squared")):
        one, other = exact(sums[f"{key}_candidate"]), exact(sums[f"{key}_baseline"])
        paired = mean_difference(n, one - other, exact(sums[f"{key}_squares"]), level) or (None, None)
        if name == "mae":
            rows.append(_row(name, n, one / n, other / n, (one - other) / n, paired, "z"))
            continue
        # The test is of mean squared errors; a difference of roots has their sign and, by the delta method, this interval.
        roots = math.sqrt(one / n), math.sqrt(other / n)
        bounds = paired[0]
        if bounds is not None and sum(roots) > 0:
            half = (bounds.high - bounds.low) / 2 / sum(roots)
            bounds = Bounds(method="delta-paired", level=level, low=roots[0] - roots[1] - half, high=roots[0] - roots[1] + half)
        rows.append(_row(name, n, roots[0], roots[1], roots[0] - roots[1], (bounds, paired[1]), "z"))
    return rows
