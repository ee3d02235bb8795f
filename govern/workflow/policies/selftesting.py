"""Self-tests on rows: known-bad and known-good data go through the real measures before a gate is asked.

The policy room proves that its rules can fail on made evidence. Here the same is proved from rows on, with the measures
and packages of this machine, so that a package whose update turned a number round is noticed before it judges a model.
What was proved once is remembered by the digests of rule, measuring code, environment and engine.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal

from govern.domain.decision import Status
from govern.domain.evidence import MeasureRequest
from govern.domain.leaving_out import LEAVE_OUT
from govern.domain.text import Digest, digest_of
from govern.errors import GovernError
from govern.policy.bound import BoundPolicy, BoundRule
from govern.policy.cases import leaves
from govern.policy.deciding import ENGINE
from govern.policy.judging import Sighting
from govern.policy.proof import Proof
from govern.policy.selftest import status_on

ROWS: Final = 2000
"""Enough that chance is no reason, few enough that nobody waits."""
ATTRIBUTE: Final = "case"
FAIRNESS: Final = "fairness"
PERFORMANCE: Final = "performance"
MEASURED: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("impact_ratio", "ratio"): (">", FAIRNESS), ("demographic_parity", "ratio"): (">", FAIRNESS),
    ("demographic_parity", "difference"): ("<", FAIRNESS), ("equalized_odds", "difference"): ("<", FAIRNESS),
    ("equalized_odds", "ratio"): (">", FAIRNESS), ("equal_opportunity", "difference"): ("<", FAIRNESS),
    ("performance", "accuracy"): (">", PERFORMANCE), ("performance", "auc"): (">", PERFORMANCE),
    ("performance", "brier"): ("<", PERFORMANCE), ("performance", "log_loss"): ("<", PERFORMANCE),
    ("covariate_drift", "effect"): ("<", PERFORMANCE), ("covariate_drift", "p_adjusted"): (">", PERFORMANCE),
}
"""Measure and value to the side on which it has to lie, and the frame that shows it.

Rules that ask for anything else (a model, mere presence, a change against a baseline) are proved on made evidence only.
"""
UNTRIED: Final = "the measures can't be tried here"
"""How the detail of a proof begins that failed for want of something on this machine, and not for the rule."""
VERSION: Final = 2
"""Of the made rows; another makes every proof be made anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    rule: BoundRule
    """With its attributes renamed to the made one."""
    key: str
    policy: Digest
    frame: str


def measured_proofs(
    bound: Sequence[BoundPolicy], *, detector: Literal["scipy", "alibi-detect"], remembered: Path | None = None
) -> tuple[Proof, ...]:
    """Prove the rules of bound policies from rows on; `remembered` is a file of proofs made before.

    A rule that bad rows pass, or that good rows fail, has a proof that says so. Raises nothing for measures that can't
    be tried here: that is a proof that failed too.
    """
    from govern.measure import environment

    versions = json.dumps([environment(), code_digest(), ENGINE, detector, VERSION], sort_keys=True)
    trials = list(_trials(bound, versions))
    known = _read(remembered)
    new = [trial for trial in trials if trial.key not in known]
    if new:
        known = {**known, **_tried(new, detector)}
        _write(remembered, known)
    return tuple(
        Proof(
            policy=trial.policy, gate=trial.rule.bound.gate, rule=trial.rule.rule.id, proved=not known[trial.key], cases=2,
            detail=known[trial.key],
        )
        for trial in trials
    )


@lru_cache(maxsize=1)
def code_digest() -> Digest:
    """Return one digest over the code that measures and judges: a proof by other code proves nothing of this one."""
    import govern.measure
    import govern.policy

    files = sorted(
        path for package in (govern.measure, govern.policy) for folder in package.__path__
        for path in Path(folder).rglob("*.py")
    )
    return digest_of(b"".join(path.name.encode() + b"\0" + path.read_bytes() for path in files))


def _trials(bound: Sequence[BoundPolicy], versions: str) -> Iterator[_Trial]:
    for one in bound:
        for rule in one.rules():
            own = rule.rule
            frame = _frame(rule)
            if frame is None:
                continue
            given = dict(own.parameters)
            if "attributes" in given:
                given["attributes"] = [ATTRIBUTE]
            given.pop(LEAVE_OUT, None)
            made = replace(rule, rule=replace(own, parameters=given))
            said = repr((made.rule, rule.terms.parameters, one.binding.parameters, sorted(one.policy.parameters.items())))
            yield _Trial(
                rule=made, policy=one.policy_digest, frame=frame, key=digest_of(f"{said}{versions}".encode())
            )


def _frame(rule: BoundRule) -> str | None:
    """Return which frame shows what the rule looks at; None where no made rows can."""
    assertion, measure = rule.rule.assertion, rule.rule.measure.partition("@")[0]
    if assertion is None or assertion.every:
        return None
    found = set()
    for leaf in leaves(assertion):
        side, frame = MEASURED.get((measure, leaf.value), ("", ""))
        if not side or leaf.op is None or not leaf.op.startswith(side) or leaf.against or leaf.every:
            return None
        found.add(frame)
    return found.pop() if len(found) == 1 else None


def _tried(trials: Sequence[_Trial], detector: Literal["scipy", "alibi-detect"]) -> dict[str, str]:
    """Measure bad rows and good rows once for all rules, and say what is wrong with each rule, or nothing."""
    found = {trial.key: "" for trial in trials}
    for frame in sorted({trial.frame for trial in trials}):
        own = [trial for trial in trials if trial.frame == frame]
        # Too few rows for a rule's own minimum are inconclusive, which denies as a failure does.
        for good, wrong in ((False, {Status.PASS, Status.ERROR}), (True, {Status.FAIL, Status.ERROR})):
            try:
                seen = _measured(own, frame, detector, good=good)
            except GovernError as error:
                return {trial.key: f"{UNTRIED}: {error.message}" for trial in trials}
            for trial in own:
                sighting = seen.get(trial.rule.rule.measure)
                status = status_on(trial.rule, sighting) if sighting is not None else Status.ERROR
                if status in wrong and not found[trial.key]:
                    side = "good" if good else "bad"
                    found[trial.key] = f"known-{side} rows, measured here, came out as {status.value}"
    return found


def _measured(
    trials: Sequence[_Trial], frame: str, detector: Literal["scipy", "alibi-detect"], *, good: bool
) -> Mapping[str, Sighting]:
    from govern.measure import Inputs, measure

    wanted = {
        trial.rule.rule.measure: MeasureRequest(measure=trial.rule.rule.measure, parameters=_asked(trial.rule))
        for trial in trials
    }
    data, reference = rows(frame, good=good)
    evidence = measure(tuple(wanted.values()), Inputs(
        data=data, reference=reference, target="target", prediction="prediction", score="score", protected=(ATTRIBUTE,),
        favourable="1", positive="1", detector=detector, features=("feature",),
    ))
    return {one.measure: Sighting(measurement=one, rows=evidence.rows) for one in evidence.measures}


def _asked(rule: BoundRule) -> dict[str, Any]:
    """Return the rule's parameters, less what speaks of the system's own labels and groups."""
    return {key: value for key, value in rule.parameters().items() if key != "favourable"}


def rows(frame: str, *, good: bool) -> tuple[Any, Any]:
    """Make a frame and a reference, column by column, without chance.

    Good: two groups chosen alike, right in 998 of 1000 cases, scores in the outcome's order, a feature that did not
    move. Bad for fairness: one group is always chosen and the other never. Bad for performance: wrong in 19 of 20 cases,
    scores in the opposite order, a feature that moved by its whole range.
    """
    import pyarrow as pa

    index = range(ROWS)
    group = ["b" if i % 2 else "a" for i in index]
    target = [i // 2 % 2 for i in index]
    # Two wrong in each thousand, one in each group; or one of twenty right, where nearly all is wrong.
    wrong = [i % 1000 in {0, 1} for i in index] if good or frame == FAIRNESS else [i % 40 not in {0, 1} for i in index]
    prediction = [t ^ w for t, w in zip(target, wrong, strict=True)]
    score = [(0.75 if p else 0.25) + i / ROWS / 10 for i, p in zip(index, prediction, strict=True)]
    if not good and frame == FAIRNESS:
        prediction = [int(g == "a") for g in group]
    feature = [i * 7919 % ROWS / ROWS for i in index]
    moved = feature if good or frame == FAIRNESS else [one + 1 for one in feature]
    data = pa.table({
        ATTRIBUTE: group, "target": target, "prediction": prediction, "score": score, "feature": moved,
    })
    return data, pa.table({"feature": feature})


def _read(remembered: Path | None) -> dict[str, str]:
    """Read proofs made before; what does not read is made again."""
    if remembered is None:
        return {}
    try:
        found = json.loads(remembered.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _write(remembered: Path | None, known: Mapping[str, str]) -> None:
    """Remember what was proved; a place that can't be written to costs the same work again and no more."""
    if remembered is None:
        return
    proved = {key: detail for key, detail in sorted(known.items()) if not detail}
    try:
        remembered.parent.mkdir(parents=True, exist_ok=True)
        remembered.write_text(json.dumps(proved, indent=0), encoding="utf-8")
    except OSError:
        return
