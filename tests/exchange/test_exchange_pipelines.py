"""What pipelines read, read back with parsers that others wrote."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from policy.policy_worlds import NOW, RULE, ask, bind, binding_text, policy_text, ratio_evidence, whole_evidence
from sarif import loader

from govern.domain.decision import Decision
from govern.exchange import junit, sarif, summary
from govern.exchange.places import RulePlace

NASTY = 'a|b <script> "x" \x00\x1b[31m & \u202e ]]> %0A\n::error::'
RULES = RULE + f"""
  - {{id: PERF-001, title: {json.dumps(NASTY.replace(chr(0), "").replace(chr(27), ""))}, measure: performance@1, assert: {{value: auc, op: ">=", threshold: "0.8"}}, remediation: "Train | again"}}
"""
GOOD, BAD = ratio_evidence((500, 1000), (490, 1000)), ratio_evidence((500, 1000), (200, 1000))


def decided(level: str = "require", *, fair: bool = False, auc: str | None = "0.9") -> Decision:
    bound = bind(policy_text(RULES), binding_text(f"promote:production: {{enforcement: {level}}}"))
    evidence = [GOOD if fair else BAD, *([whole_evidence(auc=auc)] if auc is not None else [])]
    return ask(evidence, bound)


def waived() -> Decision:
    decision = decided()
    rules = tuple(
        replace(rule, waiver="W-7", waiver_expires=NOW + timedelta(days=3)) if rule.rule == "FAIR-001" else rule
        for rule in decision.rules
    )
    return replace(decision, rules=rules)


def cases(decision: Decision) -> dict[str, list[object]]:
    suite = next(iter(JUnitXml.fromstring(junit.write(decision))))
    return {case.name.split()[0]: list(case.result) for case in suite}  # type: ignore[attr-defined]


def test_junit_has_the_statuses_of_the_table() -> None:
    assert cases(decided(fair=True)) == {"FAIR-001": [], "PERF-001": []}
    assert isinstance(cases(decided())["FAIR-001"][0], Failure)
    assert isinstance(cases(decided(auc=None))["PERF-001"][0], Error), "inconclusive is an error, never skipped"
    assert isinstance(cases(decided(auc="NaN"))["PERF-001"][0], Error)
    (skipped,) = cases(waived())["FAIR-001"]
    assert isinstance(skipped, Skipped)
    assert "W-7" in str(skipped.message)
    assert "2026-11-24" in str(skipped.message)
    for level in ("advise", "observe"):
        assert cases(decided(level))["FAIR-001"] == []
        assert b"<system-out>fail (" in junit.write(decided(level))


def test_junit_counts_what_it_holds() -> None:
    read = JUnitXml.fromstring(junit.write(decided(auc=None)))
    suite = next(iter(read))
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (2, 1, 1, 0)  # type: ignore[attr-defined]


def test_a_gate_that_could_not_be_asked_is_an_error_in_every_format() -> None:
    decision = ask([GOOD], gate="deploy")
    assert isinstance(cases(decision)["the"][0], Error)
    assert json.loads(sarif.write(decision))["runs"][0]["invocations"][0]["executionSuccessful"] is False
    assert summary.annotations(decision).startswith("::error")
    assert "could not be evaluated" in summary.write(decision)


def test_every_denial_is_red_in_every_format() -> None:
    for decision in (decided(), decided(auc=None, fair=True), decided(auc="NaN", fair=True), ask([], gate="deploy")):
        assert decision.outcome.value == "deny"
        suite = next(iter(JUnitXml.fromstring(junit.write(decision))))
        assert suite.failures + suite.errors > 0  # type: ignore[attr-defined]
        assert "::error" in summary.annotations(decision)


def test_what_people_wrote_can_not_break_out() -> None:
    decision = decided(auc="0.1")
    decision = replace(decision, subject_name=NASTY, rules=tuple(replace(r, explanation=NASTY) for r in decision.rules))
    assert cases(decision)
    lines = summary.annotations(decision).splitlines()
    assert len(lines) == len(decision.rules), "one command a line: a newline in a text starts no second one"
    table = [line for line in summary.write(decision).splitlines() if line.startswith("| ")]
    assert all(line.replace("\\|", "").count("|") == 5 for line in table)
    assert "<script>" not in summary.write(decision)


@pytest.fixture
def sarif_file(tmp_path: Path) -> Path:
    place = RulePlace(uri="policies/fairness/policy.yaml", line=7)
    decision = decided(auc=None)
    file = tmp_path / "gate.sarif"
    file.write_bytes(sarif.write(decision, places={(decision.rules[0].policy, "FAIR-001"): place}, version="0.1.0"))
    return file


def test_sarif_reads_with_sarif_tools(sarif_file: Path) -> None:
    read = loader.load_sarif_file(str(sarif_file))
    assert read.get_distinct_tool_names() == ["govern"]
    records = {record["Code"]: record for record in read.get_records()}
    assert records["fairness/FAIR-001"]["Severity"] == "error"
    assert records["fairness/FAIR-001"]["Location"].endswith("policy.yaml")
    assert records["fairness/FAIR-001"]["Line"] == 7
    assert read.get_report().get_issue_count_for_severity("error") == 2


def test_sarif_levels_and_suppressions() -> None:
    def results(decision: Decision) -> dict[str, dict[str, object]]:
        return {r["ruleId"]: r for r in json.loads(sarif.write(decision))["runs"][0]["results"]}

    for level, word in (("require", "error"), ("mandatory", "error"), ("advise", "warning"), ("observe", "note")):
        assert results(decided(level))["fairness/FAIR-001"]["level"] == word
    passed = results(decided(fair=True))["fairness/FAIR-001"]
    assert (passed["kind"], passed["level"]) == ("pass", "none")
    (suppression,) = results(waived())["fairness/FAIR-001"]["suppressions"]  # type: ignore[misc]
    assert "W-7" in suppression["justification"]


def test_every_format_says_scores_before_and_after_waivers() -> None:
    shown = replace(
        waived(), before_waivers=replace(decided().before_waivers, passed=1, total=2),
        after_waivers=replace(decided().after_waivers, passed=2, total=2),
    )
    assert "1 of 2 binding rules pass, 2 after 1 waiver" in summary.write(shown)
    assert "::notice" in summary.annotations(shown)
    suite = next(iter(JUnitXml.fromstring(junit.write(shown))))
    said = {one.name: one.value for one in suite.properties()}  # type: ignore[attr-defined]
    assert (said["binding_rules"], said["passed_before_waivers"], said["passed_after_waivers"]) == ("2", "1", "2")
    run = json.loads(sarif.write(shown))["runs"][0]["properties"]
    assert (run["bindingRules"], run["passedBeforeWaivers"], run["passedAfterWaivers"]) == (2, 1, 2)
