"""Decisions as SARIF 2.1.0, for code scanning: each result is located at its rule's line in the policy file."""

import json
from typing import Final

from govern.domain.decision import Decision, Enforcement, RuleResult, Status
from govern.domain.evidence import JsonValue
from govern.domain.text import instant
from govern.exchange.places import RulePlaces, place_of

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {Enforcement.ADVISE: "warning", Enforcement.OBSERVE: "note"}


def write(decision: Decision, *, places: RulePlaces | None = None, version: str = "") -> bytes:
    """Return a SARIF log as UTF-8 JSON. `places` says where rules stand in files; `version` is govern's own."""
    known = places or {}
    names = sorted({f"{rule.policy_name}/{rule.rule}" for rule in decision.rules})
    results = [_result(rule, known, names) for rule in decision.rules]
    run: dict[str, JsonValue] = {
        "tool": {"driver": {
            "name": "govern", **({"semanticVersion": version} if version else {}),
            "rules": [_descriptor(name, decision) for name in names],
        }},
        "automationDetails": {"id": f"govern/{decision.system}/{decision.gate}/"},
        "invocations": [{
            "executionSuccessful": not decision.problem, "endTimeUtc": instant(decision.as_of),
            **({"toolExecutionNotifications": [{"level": "error", "message": {"text": decision.problem}}]}
               if decision.problem else {}),
        }],
        "properties": {
            "outcome": decision.outcome.value, "subject": decision.subject, "subjectName": decision.subject_name,
            "gate": decision.gate, "bindingRules": decision.before_waivers.total,
            "passedBeforeWaivers": decision.before_waivers.passed, "passedAfterWaivers": decision.after_waivers.passed,
        },
        "results": results,
    }
    log: JsonValue = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False).encode("utf-8", errors="replace") + b"\n"


def _descriptor(name: str, decision: Decision) -> JsonValue:
    rule = next(rule for rule in decision.rules if f"{rule.policy_name}/{rule.rule}" == name)
    return {
        "id": name, "shortDescription": {"text": rule.title or rule.rule},
        "help": {"text": rule.remediation or rule.title or rule.rule},
        "properties": {"controls": list(rule.controls), "claim": rule.claim},
    }


def _result(rule: RuleResult, places: RulePlaces, names: list[str]) -> JsonValue:
    name = f"{rule.policy_name}/{rule.rule}"
    place = place_of(rule, places)
    kind, level = _kind_and_level(rule)
    result: dict[str, JsonValue] = {
        "ruleId": name, "ruleIndex": names.index(name), "kind": kind, "level": level,
        "message": {"text": f"{rule.status.value}: {rule.explanation}"},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": place.uri}, "region": {"startLine": place.line},
        }}],
        "partialFingerprints": {"governRule/v1": f"{rule.policy}/{rule.rule}"},
        "properties": {
            "status": rule.status.value, "reason": rule.reason.value if rule.reason else None,
            "enforcement": rule.enforcement.value, "flip": rule.flip, "evidence": list(rule.evidence),
        },
    }
    if rule.waiver:
        until = f" until {instant(rule.waiver_expires)}" if rule.waiver_expires is not None else ""
        result["suppressions"] = [{
            "kind": "external", "status": "accepted", "justification": f"waived by {rule.waiver}{until}",
        }]
    return result


def _kind_and_level(rule: RuleResult) -> tuple[str, str]:
    """Return SARIF's kind and level; a level other than none goes with the kind fail only (SARIF 2.1.0, 3.27.10)."""
    if rule.status is Status.PASS:
        return "pass", "none"
    if rule.status is Status.NOT_APPLICABLE:
        return "notApplicable", "none"
    return "fail", _LEVELS.get(rule.enforcement, "error")
