"""Laws that hold for every policy and every piece of evidence."""

from dataclasses import replace
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st
from policy.policy_worlds import (
    MODEL,
    NOW,
    OTHER,
    RULE,
    SYSTEM,
    bind,
    binding_text,
    policy_text,
    presented,
    ratio_evidence,
)

from govern.domain.decision import Decision, Outcome, Status
from govern.domain.evidence import Evidence, Measurement
from govern.policy.bound import BoundPolicy
from govern.policy.deciding import decide
from govern.policy.question import PresentedEvidence, Question

NUMBERS = st.one_of(
    st.decimals(min_value=-2, max_value=2, places=3).map(str), st.sampled_from(["NaN", "inf", "", "x", "0.8"]), st.none(),
    st.integers(-1, 2), st.booleans(),
)
LEVELS = st.sampled_from(["observe", "advise", "require", "mandatory"])
VALUES = ("auc", "accuracy", "brier")


def rule_text(number: int, value: str, op: str, threshold: str) -> str:
    return f"""
  - id: R-{number}
    measure: m{number}@1
    assert: {{value: {value}, op: "{op}", threshold: "{threshold}"}}
"""


@cache
def bound(rules: tuple[tuple[str, str, str], ...], levels: tuple[str, ...]) -> BoundPolicy:
    text = "".join(rule_text(number, *rule) for number, rule in enumerate(rules))
    named = ", ".join(f"R-{number}: {level}" for number, level in enumerate(levels))
    return bind(policy_text(text), binding_text(f"promote:production: {{levels: {{{named}}}}}"))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[BoundPolicy, tuple[PresentedEvidence, ...]]:
    count = draw(st.integers(1, 4))
    rules = tuple(
        (draw(st.sampled_from(VALUES)), draw(st.sampled_from([">=", ">", "<=", "<"])), draw(st.sampled_from(["0.5", "0.8"])))
        for _ in range(count)
    )
    levels = tuple(draw(LEVELS) for _ in range(count))
    evidence = []
    for number in range(count):
        # Each measure is evidenced once: which of two measurements speaks is another law (the later one).
        if draw(st.booleans()) or draw(st.booleans()):
            values = draw(st.dictionaries(st.sampled_from(VALUES), NUMBERS, max_size=3))
            one = Evidence(rows=10, measures=(Measurement(measure=f"m{number}@1", values=values),))
            evidence.append(presented(one, trusted=draw(st.sampled_from([True, True, True, False])),
                                      subject=draw(st.sampled_from([MODEL, MODEL, MODEL, OTHER]))))
    return bound(rules, levels), tuple(evidence)


def answer(policies: tuple[BoundPolicy, ...], evidence: tuple[PresentedEvidence, ...]) -> Decision:
    return decide(
        Question(gate="promote:production", system=SYSTEM, subject=MODEL, subject_name="m@1", bound=policies,
                 evidence=evidence),
        as_of=NOW,
    )


@settings(max_examples=60, deadline=None)
@given(worlds(), st.data())
def test_order_never_matters(world: tuple[BoundPolicy, tuple[PresentedEvidence, ...]], data: st.DataObject) -> None:
    one, evidence = world
    rules = data.draw(st.permutations(one.policy.rules))
    turned = replace(one, policy=replace(one.policy, rules=tuple(rules)))
    mixed = tuple(data.draw(st.permutations(evidence)))
    assert answer((turned,), mixed) == answer((one,), evidence)


@settings(max_examples=60, deadline=None)
@given(worlds(), st.data())
def test_taking_evidence_away_never_allows(
    world: tuple[BoundPolicy, tuple[PresentedEvidence, ...]], data: st.DataObject
) -> None:
    one, evidence = world
    kept = tuple(item for item in evidence if data.draw(st.booleans()))
    if answer((one,), evidence).outcome is Outcome.DENY:
        assert answer((one,), kept).outcome is Outcome.DENY


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_a_failing_rule_more_never_allows(world: tuple[BoundPolicy, tuple[PresentedEvidence, ...]]) -> None:
    one, evidence = world
    before = answer((one,), evidence)
    failing = bind(policy_text(RULE, name="other"), binding_text(name="other"))
    worse = (*evidence, presented(ratio_evidence((500, 1000), (10, 1000))))
    after = answer((one, failing), worse)
    assert after.outcome is Outcome.DENY
    if before.outcome is Outcome.DENY:
        assert {r.rule: r.status for r in before.rules}.items() <= {r.rule: r.status for r in after.rules}.items()


@settings(max_examples=60, deadline=None)
@given(worlds())
def test_the_answer_follows_from_the_rules(world: tuple[BoundPolicy, tuple[PresentedEvidence, ...]]) -> None:
    decision = answer((world[0],), world[1])
    assert (decision.outcome is Outcome.ALLOW) == (not decision.problem and not any(r.denies for r in decision.rules))
    for rule in decision.rules:
        assert rule.explanation
        assert (rule.reason is not None) == (rule.status is Status.INCONCLUSIVE)
    assert answer((world[0],), world[1]) == decision, "the same question has the same answer"


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5))
def test_four_fifths_is_decided_as_integers_decide_it(pairs: list[tuple[int, int]]) -> None:
    """5·s·N >= 4·S·n in whole numbers, against every group as the highest (29 CFR 1607.4D)."""
    counts = [(min(pair), max(pair)) for pair in pairs]
    (result,) = answer((bind(),), (presented(ratio_evidence(*counts)),)).rules
    filled = [(s, n) for s, n in counts if n]
    if len(counts) < 2 or not filled or not any(s for s, _ in filled):
        assert result.status is Status.INCONCLUSIVE
        return
    fails = any(5 * s * big_n < 4 * big_s * n for s, n in filled for big_s, big_n in filled)
    expected = Status.FAIL if fails else Status.INCONCLUSIVE if len(filled) < len(counts) else Status.PASS
    assert result.status is expected
