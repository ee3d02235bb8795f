"""A decision for people: the verdict first, then each rule with what was seen against what is asked, and what to do."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from govern.cli.speak import Voice
from govern.cli.text import Cell, brief, figure, probability, state, when
from govern.domain.decision import Check, Decision, RuleResult, Status
from govern.errors import UsageError

SEVERITY = (Status.ERROR, Status.FAIL, Status.INCONCLUSIVE, Status.PASS, Status.NOT_APPLICABLE)
"""Worst first."""


def show(voice: Voice, decision: Decision, *, explain: bool = False, why: str = "") -> None:
    """Write a decision to stdout. `explain` shows every group; `why` only one rule, whatever its status.

    Raises `UsageError` where `why` names no rule of this decision.
    """
    rules = decision.rules if not why else chosen(decision, why)
    headline(voice, decision)
    if decision.problem:
        voice.paragraph(f"! {decision.problem}", indent="  ")
    ordered = sorted(rules, key=lambda rule: (not rule.denies, SEVERITY.index(rule.status), rule.policy_name, rule.rule))
    if ordered:
        voice.line()
    voice.table([_row(rule) for rule in ordered], indent="  ")
    for rule in ordered:
        if explain or why or rule.status not in {Status.PASS, Status.NOT_APPLICABLE} or rule.advisory:
            voice.line()
            _detail(voice, rule, every=explain or bool(why))


def headline(voice: Voice, decision: Decision) -> None:
    """Write the answer in two lines."""
    after, before = decision.after_waivers, decision.before_waivers
    voice.line(f"{voice.state(decision.outcome.value)}  {decision.subject_name} at {decision.gate}")
    score = f"{after.passed} of {after.total} binding rules pass"
    if before != after:
        score += f" ({before.passed} of {before.total} before waivers)"
    voice.line(f"  {score}, as of {when(decision.as_of)}")


def chosen(decision: Decision, rule: str) -> tuple[RuleResult, ...]:
    """Return the results of the rule `rule`, which may be written POLICY/RULE. Raises `UsageError`."""
    found = tuple(r for r in decision.rules if rule in {r.rule, f"{r.policy_name}/{r.rule}"})
    if not found:
        known = ", ".join(r.rule for r in decision.rules) or "none"
        raise UsageError(f"no rule “{rule}” had a say in this decision", f"Its rules: {known}.")
    return found


def worst(rule: RuleResult) -> Check | None:
    """Return the check that stands worst: by status, then by how far it is on the wrong side."""
    if not rule.checks:
        return None
    return min(rule.checks, key=lambda check: (SEVERITY.index(check.status), _distance(check)))


def _distance(check: Check) -> Decimal:
    """Signed distance from the threshold, negative on the wrong side."""
    try:
        observed, threshold = Decimal(check.observed or ""), Decimal(check.threshold)
    except InvalidOperation:
        return Decimal(0)
    return threshold - observed if check.op.startswith("<") else observed - threshold


def _row(rule: RuleResult) -> tuple[object, ...]:
    check = worst(rule)
    word = state(rule.status.value)
    if rule.waiver:
        word = Cell(f"{word} (waived {rule.waiver})", "yellow")
    return word, Cell(rule.rule, "bold"), _comparison(check), rule.enforcement.value, rule.title


def _comparison(check: Check | None) -> str:
    if check is None or (check.observed is None and not check.threshold):
        return ""
    seen = figure(check.observed, check.threshold)
    limit = f"{check.op} {check.threshold}".strip()
    where = f"  {check.label}" if check.label else ""
    return f"{seen}  (asked {limit}){where}" if limit else f"{seen}{where}"


def _detail(voice: Voice, rule: RuleResult, *, every: bool) -> None:
    voice.line(f"  {rule.rule}  {rule.title}", "bold")
    voice.paragraph(rule.explanation, indent="      ")
    check = worst(rule)
    if check is not None and check.note and not every and check.note not in rule.explanation:
        voice.paragraph(check.note, indent="      ")
    if every and rule.checks:
        _checks(voice, rule.checks)
    if rule.advisory:
        voice.paragraph(f"! {rule.advisory}", indent="      ")
    if rule.flip:
        voice.paragraph(f"What would turn it: {rule.flip}", indent="      ")
    if rule.waiver:
        voice.paragraph(f"Waived by {rule.waiver} until {when(rule.waiver_expires)}.", indent="      ")
    if rule.status not in {Status.PASS, Status.NOT_APPLICABLE} and rule.remediation:
        voice.paragraph(f"→ {rule.remediation}", indent="      ")
    if every:
        voice.paragraph(
            f"{rule.measure or 'attestation'} · policy {rule.policy_name} {brief(rule.policy)} · "
            f"{rule.claim} {', '.join(rule.controls) or 'no control'}",
            indent="      ",
        )


def _checks(voice: Voice, checks: Iterable[Check]) -> None:
    rows = [
        (
            state(check.status.value), check.label or "whole", figure(check.observed, check.threshold),
            f"{check.op} {check.threshold}" if check.threshold else "", _interval(check), probability(check.p_value),
            check.n if check.n is not None else "–", check.note,
        )
        for check in checks
    ]
    voice.table(rows, ("STATE", "WHERE", "OBSERVED", "ASKED", "INTERVAL", "P", "N", "NOTE"), right=(2, 5, 6), indent="      ")


def _interval(check: Check) -> str:
    if check.interval is None:
        return "–"
    percent = figure(str(Decimal(check.interval.level) * 100))
    return f"{figure(check.interval.low)} … {figure(check.interval.high)} ({percent} %)"
