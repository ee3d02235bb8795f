"""Attempts, binding differences and bundles."""

import pytest
from policy.policy_worlds import MODEL, NOW, RULE, SYSTEM, bind, binding_text, policy_text, presented, ratio_evidence

from govern.domain.decision import Outcome
from govern.domain.evidence import Evidence
from govern.errors import DocumentError, VerificationError
from govern.policy.attempts import goalposts
from govern.policy.bound import BoundPolicy
from govern.policy.bundle import check_bundle, statement_of
from govern.policy.deciding import decide
from govern.policy.diff_bindings import diff_bindings
from govern.policy.question import Question

TIGHT = bind(policy_text())
LOOSE = bind(policy_text(version="1.1.0").replace('default: "0.8"', 'default: "0.7"'), binding_text(version="1.1.0"))
MIDDLING = ratio_evidence((500, 1000), (375, 1000))
GOOD = ratio_evidence((500, 1000), (490, 1000))


def question(bound: BoundPolicy, evidence: Evidence) -> Question:
    return Question(
        gate="promote:production", system=SYSTEM, subject=MODEL, subject_name="credit@1", bound=(bound,),
        evidence=(presented(evidence),),
    )


def test_a_threshold_that_was_moved_until_it_passed_shows() -> None:
    asked = question(LOOSE, MIDDLING)
    assert decide(asked, as_of=NOW).outcome is Outcome.ALLOW
    found = goalposts(asked, before=(TIGHT,), as_of=NOW)
    assert (found.outcome, found.against) == (Outcome.DENY, ("fairness/FAIR-001",))
    (line,) = found.changes
    assert (line.kind, line.before, line.after) == ("loosened", "0.8", "0.7")


def test_a_model_that_got_better_was_not_moved_by_policy() -> None:
    found = goalposts(question(LOOSE, GOOD), before=(TIGHT,), as_of=NOW)
    assert (found.outcome, found.against) == (Outcome.ALLOW, ())


def test_a_policy_that_is_gone_shows_as_loosened() -> None:
    other = bind(policy_text(name="another"), binding_text(name="another"))
    found = goalposts(question(other, GOOD), before=(TIGHT,), as_of=NOW)
    assert [(line.kind, line.where, line.after) for line in found.changes] == [
        ("tightened", "another", "in force"), ("loosened", "fairness", "gone"),
    ]


TWO = policy_text(RULE + RULE.replace("FAIR-001", "FAIR-002"))
TERMS = 'promote:production: {levels: {FAIR-001: require}, absent: {labels: advise}, parameters: {min_ratio: "0.8"}}'


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("FAIR-001: require", "FAIR-001: advise", "loosened"),
        ("FAIR-001: require", "FAIR-001: mandatory", "tightened"),
        ("absent: {labels: advise}", "absent: {}", "tightened"),
        ("absent: {labels: advise}", "absent: {labels: advise, scores: advise}", "loosened"),
        ("absent: {labels: advise}", "absent: {labels: observe}", "loosened"),
        ("{levels", "{measure: recorded, levels", "loosened"),
        ("{levels", "{rules: [FAIR-001], levels", "loosened"),
        ("{levels", "{enforcement: advise, levels", "loosened"),
        ('min_ratio: "0.8"', 'min_ratio: "0.9"', "tightened"),
        ('min_ratio: "0.8"', 'min_ratio: "0.75"', "loosened"),
        ('parameters: {min_ratio: "0.8"}', "parameters: {}", "text"),
        ("{levels", "{levels", "text"),
    ],
)
def test_a_binding_changes_by_meaning(before: str, after: str, change: str) -> None:
    assert before in TERMS
    old, new = bind(TWO, binding_text(TERMS)), bind(TWO, binding_text(TERMS.replace(before, after, 1)))
    assert diff_bindings(old.binding, new.binding, policy=new.policy).change == change


def test_a_gate_or_a_system_less_is_narrower() -> None:
    both = binding_text("promote:production: {}\n  monitor: {}")
    one, two = bind(binding=binding_text()), bind(binding=both)
    assert diff_bindings(two.binding, one.binding, policy=one.policy).change == "loosened"
    assert diff_bindings(one.binding, two.binding, policy=one.policy).change == "tightened"
    scoped = bind(binding=binding_text(extra="scope: {system: [credit]}"))
    assert diff_bindings(one.binding, scoped.binding, policy=one.policy).change == "loosened"


FILES = {"policy.yaml": b"one", "binding.yaml": b"two", "cases/a.yaml": b"three"}


def test_a_bundle_is_exactly_its_files() -> None:
    statement = statement_of(FILES)
    check_bundle(FILES, statement)
    check_bundle({**FILES, "bundle.dsse.json": b"{}"}, statement)
    for files, kind in (
        ({**FILES, "stray.yaml": b"four"}, "extra"), ({k: v for k, v in FILES.items() if k != "cases/a.yaml"}, "missing"),
        ({**FILES, "policy.yaml": b"onE"}, "changed"),
    ):
        with pytest.raises(VerificationError) as caught:
            check_bundle(files, statement)
        assert caught.value.kind == kind


@pytest.mark.parametrize(
    "statement", [
        b"", b"[]", b"{}", b"[" * 100_000, statement_of(FILES).replace(b"bundle/v1", b"bundle/v2"),
        statement_of(FILES).replace(b"binding.yaml", b"policy.yaml"), statement_of(FILES).replace(b'"subject":', b'"subjects":'),
    ],
)
def test_a_statement_that_is_none_is_said(statement: bytes) -> None:
    with pytest.raises(DocumentError):
        check_bundle(FILES, statement)
