"""Decisions as JUnit XML, for the test report of any pipeline.

A pass is a test case; a failing rule that binds is a failure; one that can't be decided is an error and never skipped;
a waived one is skipped, naming the waiver and its expiry. What does not bind leaves a note in `system-out`.
"""

import re
from typing import Final
from xml.etree import ElementTree as ET

from govern.domain.decision import Decision, RuleResult, Status, demand
from govern.domain.text import instant

_NOT_XML: Final = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 can't hold, not even escaped."""


def write(decision: Decision) -> bytes:
    """Return the report as UTF-8. A denied gate has at least one failure or error in it."""
    root = ET.Element("testsuites", {"name": "govern"})
    suite = ET.SubElement(root, "testsuite", {
        "name": _clean(f"{decision.gate} {decision.subject_name}"), "timestamp": instant(decision.as_of),
    })
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("outcome", decision.outcome.value), ("system", decision.system), ("subject", decision.subject),
        ("as_of", instant(decision.as_of)), ("engine", decision.engine),
        ("binding_rules", str(decision.before_waivers.total)), ("passed_before_waivers", str(decision.before_waivers.passed)),
        ("passed_after_waivers", str(decision.after_waivers.passed)),
    ):
        ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    if decision.problem:
        case = ET.SubElement(suite, "testcase", {"classname": "govern", "name": "the gate"})
        _said(case, "error", decision.problem, decision.problem)
    for rule in decision.rules:
        _case(suite, rule)
    for element in (suite, root):
        element.set("tests", str(len(suite.findall("testcase"))))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            element.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(suite: ET.Element, rule: RuleResult) -> None:
    name = f"{rule.rule} {rule.title}".strip()
    case = ET.SubElement(suite, "testcase", {"classname": _clean(rule.policy_name), "name": _clean(name), "time": "0"})
    told = _told(rule)
    if rule.waiver:
        until = f" until {instant(rule.waiver_expires)}" if rule.waiver_expires is not None else ""
        _said(case, "skipped", f"{rule.status.value}, waived by {rule.waiver}{until}", told)
    elif rule.status is Status.NOT_APPLICABLE:
        _said(case, "skipped", f"not applicable: {rule.explanation}", "")
    elif rule.denies:
        _said(case, "failure" if rule.status is Status.FAIL else "error", rule.explanation, told)
    elif rule.status is not Status.PASS:
        _said_out(case, f"{rule.status.value} ({rule.enforcement.value}, does not deny)\n{told}")
    elif rule.advisory:
        _said_out(case, rule.advisory)


def _told(rule: RuleResult) -> str:
    """Tell a rule in full: every check, what would turn it, what to do."""
    lines = [f"{rule.status.value}{f' ({rule.reason.value})' if rule.reason else ''}: {rule.explanation}"]
    for check in rule.checks:
        observed = f" {check.observed}" if check.observed is not None else ""
        wanted = f", must be {demand(check.op, check.threshold)}" if check.threshold else ""
        lines.append(f"- {check.label or 'the whole'}: {check.status.value}{observed}{wanted} {check.note}".rstrip())
    if rule.flip:
        lines.append(f"would turn with: {rule.flip}")
    if rule.advisory:
        lines.append(f"note: {rule.advisory}")
    if rule.remediation:
        lines.append(f"what to do: {rule.remediation}")
    return "\n".join(lines)


def _said(case: ET.Element, tag: str, message: str, text: str) -> None:
    element = ET.SubElement(case, tag, {"message": _clean(message), "type": f"govern.{tag}"})
    element.text = _clean(text) or None


def _said_out(case: ET.Element, text: str) -> None:
    ET.SubElement(case, "system-out").text = _clean(text)


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)
