"""Documents are read strictly, and every complaint names its line and column."""

import pytest
from policy.policy_worlds import RULE, bind, binding_text, policy_text

from govern.errors import DocumentError
from govern.policy.consistency import bound_problem
from govern.policy.documents import parse_binding, parse_policy, parse_waiver, schema_for
from govern.policy.testing import try_documents

GOOD = policy_text()


def read(text: str) -> None:
    parse_policy(text.encode(), where="p.yaml")


def test_a_rule_knows_its_line() -> None:
    policy = parse_policy(GOOD.encode(), where="p.yaml")
    assert GOOD.splitlines()[policy.lines["FAIR-001"] - 1].strip() == "- id: FAIR-001"


def test_thresholds_never_become_binary_floats() -> None:
    policy = parse_policy(GOOD.replace('"${min_ratio}"', "0.1000000000000000055511151231257827").encode(), where="p")
    assert policy.rules[0].assertion is not None
    assert policy.rules[0].assertion.threshold == "0.1000000000000000055511151231257827"


@pytest.mark.parametrize(
    ("before", "after", "words", "place"),
    [
        ("    title: Impact ratio", "    titel: Impact ratio", "unknown key “titel”", ":8:5"),
        ("    title: Impact ratio", "    id: FAIR-002", "given twice", ":8:5"),
        ('threshold: "${min_ratio}"', "threshold: .nan", "not a decimal", ":11:"),
        ('threshold: "${min_ratio}"', "threshold: .inf", "not a decimal", ":11:"),
        ('threshold: "${min_ratio}"', "threshold: 0x1F", "not a decimal", ":11:"),
        ('threshold: "${min_ratio}"', "threshold: 1_0", "is not a", ":11:"),
        ('threshold: "${min_ratio}"', 'threshold: "nan"', "finite", ":11:"),
        ('threshold: "${min_ratio}"', 'threshold: "0.8.1"', "not a number", ":11:"),
        ('threshold: "${min_ratio}"', 'threshold: "1e999"', "not a decimal", ":11:"),
        ('threshold: "${min_ratio}"', "threshold: true", "decimal number is expected", ":11:"),
        ('threshold: "${min_ratio}"', 'threshold: ""', "do not fit", ":11:"),
        ('threshold: "${min_ratio}"', 'threshold: "${least}"', "no parameter “least”", ":11:"),
        ("assert:", "asserts:", "Did you mean “assert”?", ":11:5"),
        ('op: ">="', 'op: "=>"', "op", ":11:"),
        ("max_age: P90D", "max_age: P3M", "written in days", ":13:"),
        ("max_age: P90D", "max_age: &a P90D", "anchors", ":13:"),
        ("max_age: P90D", "max_age: !x P90D", "tag", ":13:"),
        ("    measure: impact_ratio@1\n", "", "needs either a measure", ":7:"),
        ("impact_ratio@1", "impact_ratio", "measure", ":9:"),
        ('attributes: "${system.protected}"', "attributes: []", "empty", ":10:"),
        ("need: 2", "need: 0", "need", ":12:"),
        ('default: "0.8"', 'default: "1.5"', "outside its bounds", ":4:"),
        ("kind: Policy", "kind: Binding", "not a Policy", ":2:"),
        ("govern/v1", "govern/v2", "apiVersion", ":1:"),
        ("version: 1.0.0", "version: 1.0", "version", ":3:"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(before: str, after: str, words: str, place: str) -> None:
    assert before in GOOD
    with pytest.raises(DocumentError) as caught:
        read(GOOD.replace(before, after, 1))
    assert words in str(caught.value)
    assert f"p.yaml{place}" in caught.value.message


@pytest.mark.parametrize(
    "text", ["", "- a\n- b\n", "a: [1, 2", "\ta: 1", "a: *b", "---\na: 1\n---\nb: 2\n", "? [a]\n: b\n", "a: \x00", "<<: {a: 1}"]
)
def test_what_is_no_policy_at_all_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        read(text)


def test_nesting_has_an_end() -> None:
    with pytest.raises(DocumentError):
        read("a: " + "[" * 5000)
    with pytest.raises(DocumentError, match="deeper"):
        read("a: " + "[" * 40 + "]" * 40)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(DocumentError, match="UTF-8"):
        parse_policy(b"a: \xff", where="p.yaml")


def test_two_rules_of_one_id_are_refused() -> None:
    with pytest.raises(DocumentError, match="twice"):
        read(policy_text(RULE + RULE))


@pytest.mark.parametrize(
    ("assertion", "words"),
    [
        ("{}", "an assertion is"),
        ("{any: []}", "an assertion is"),
        ('{value: ratio, op: ">="}', "do not fit"),
        ('{value: ratio, op: present, threshold: "1"}', "do not fit"),
        ('{value: ratio, op: ">=", threshold: "1", any: [{value: n, op: present}]}', "an assertion is"),
        ('{op: ">=", threshold: "1"}', "belong together"),
    ],
)
def test_an_assertion_says_one_thing(assertion: str, words: str) -> None:
    text = GOOD.replace('{value: ratio, op: ">=", threshold: "${min_ratio}", exact: rational}', assertion)
    with pytest.raises(DocumentError, match=words):
        read(text)


def test_a_binding_must_fit_its_policy() -> None:
    fits = bind()
    assert bound_problem(fits.policy, fits.binding) == ""
    for terms, words in (
        ("promote:production: {rules: [FAIR-009]}", "FAIR-009"),
        ("promote:production: {levels: {FAIR-009: advise}}", "FAIR-009"),
        ('promote:production: {parameters: {min_ratio: "0.05"}}', "outside its bounds"),
        ('promote:production: {parameters: {max_ratio: "0.5"}}', "no parameter"),
    ):
        one = bind(binding=binding_text(terms))
        assert words in bound_problem(one.policy, one.binding)
    assert "pins" in bound_problem(fits.policy, bind(binding=binding_text(version="1.0.1")).binding)


@pytest.mark.parametrize("terms", ["promote: {}", "promotion:production: {}", "deploy: {enforcement: strict}"])
def test_a_binding_with_unknown_words_is_refused(terms: str) -> None:
    with pytest.raises(DocumentError):
        parse_binding(binding_text(terms).encode(), where="b.yaml")


def test_a_waiver_names_a_digest_and_one_gate() -> None:
    text = f"""apiVersion: govern/v1
kind: Waiver
rule: FAIR-001
policy: {{name: fairness, version: 1.0.0}}
system: credit
subject: sha256:{"a" * 64}
environment: promote:production
reason: the replacement is being trained
expires: 2026-12-20
void_if_worse_than: "0.7"
"""
    assert parse_waiver(text.encode(), where="w.yaml").void_if_worse_than == "0.7"
    for before, after in (("promote:production", '"*"'), ("sha256:" + "a" * 64, "credit@1"), ('"0.7"', "nan")):
        with pytest.raises(DocumentError):
            parse_waiver(text.replace(before, after).encode(), where="w.yaml")


@pytest.mark.parametrize("kind", ["Policy", "Binding", "Waiver"])
def test_editors_get_a_schema_that_forbids_unknown_keys(kind: str) -> None:
    schema = schema_for(kind)
    assert isinstance(schema, dict)
    assert schema["additionalProperties"] is False
    assert "apiVersion" in schema["properties"]  # type: ignore[operator]


SPECIFIED = """apiVersion: govern/v1
kind: Policy
metadata: {name: credit-fairness, version: 2.3.0, title: Fairness of credit models, owner: model-risk, review_by: 2027-06-01}
sources:                     # every legal claim is dated and has a status
  - {ref: "29 CFR 1607.4D", retrieved: 2026-11-20, status: rescission-pending}
applies_to: {task: [binary-classification], tier: [high, medium], purpose: [credit], jurisdictions: [US]}
parameters: {min_ratio: {type: decimal, default: "0.8", bounds: ["0.5", "1"]}}
rules:
  - id: FAIR-001
    title: Impact ratio of favourable outcomes
    measure: impact_ratio@1
    with: {attributes: [sex, race, "sex*race"], favourable: 1, reference: highest, unknown: exclude-and-count}
    assert: {value: ratio, op: ">=", threshold: "${min_ratio}", exact: rational}
    uncertainty: {interval: katz-log, level: "0.95", decide: significant, multiplicity: holm, min_group: 30, flip_check: true}
    over: {each: group, need: 2}               # no subjects is inconclusive, never a pass
    max_age: P90D
    controls: [eeoc-ugesp:4D, nist-ai-rmf:MEASURE-2.11, eu-ai-act:10.2.f]
    claim: supports                            # full | partial | supports: a number never "satisfies" an article
    remediation: What to do, and who can help.
  - id: HUM-003
    attestation: {statement: "I challenged the model's assumptions and limits", role: validator, distinct_from: [developers], expires: P180D}
approvals:
  - {role: validator, count: 1, distinct_from: [developers, requester]}
  - {role: approver, count: 1, distinct_from: [developers, requester], when: {tier: [high]}}
waivable: {FAIR-001: {max: P60D, approvals: [{role: approver, count: 2}]}}     # a rule that is not listed can't be waived
"""


def test_the_specified_example_reads_and_can_be_proved() -> None:
    one = bind(SPECIFIED, binding_text(name="credit-fairness", version="2.3.0"))
    report = try_documents(one.policy, one.policy_digest, [(one.binding, one.binding_digest)])
    assert report.ok
    assert [rule.rule for rule in report.rules] == ["FAIR-001", "HUM-003"]


@pytest.mark.parametrize(
    ("before", "after"), [
        ("binary-classification", "binary-clasification"), ("[high, medium]", "[hihg]"),
        ("when: {tier: [high]}", 'when: {gate: ["promote production"]}'),
    ],
)
def test_a_misspelt_selector_is_refused_for_it_would_select_nothing(before: str, after: str) -> None:
    assert before in SPECIFIED
    with pytest.raises(DocumentError):
        read(SPECIFIED.replace(before, after))
