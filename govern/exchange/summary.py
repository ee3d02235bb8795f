"""Decisions for GitHub: a step summary in Markdown, and annotations at the policy's lines."""

import re
from typing import Final

from govern.domain.decision import Decision, Enforcement, RuleResult, Status
from govern.domain.text import instant, short
from govern.exchange.places import RulePlaces, place_of

_ACTIVE: Final = re.compile(r"([\\`*_{}\[\]<>#|~!])")
"""Characters that Markdown reads; text from documents and data is shown and never read."""


def write(decision: Decision) -> str:
    """Return the summary as Markdown."""
    counted = decision.before_waivers
    lines = [
        f"## {decision.outcome.value.upper()}: {_shown(decision.subject_name)} at `{decision.gate}`",
        "",
        (f"Model `{short(decision.subject)}` of {_shown(decision.system)}, decided as of {instant(decision.as_of)}. "
        f"{counted.passed} of {counted.total} binding rules pass{_waived(decision)}."),
        "",
    ]
    if decision.problem:
        lines += [f"**The gate could not be evaluated:** {_shown(decision.problem)}", ""]
    if decision.rules:
        lines += ["| rule | status | what was seen | what would turn it |", "| --- | --- | --- | --- |"]
        lines += [_row(rule) for rule in sorted(decision.rules, key=_weight)]
        lines.append("")
    todo = [rule for rule in decision.rules if rule.denies and rule.remediation]
    if todo:
        lines += ["**What to do next**", ""]
        lines += [f"- {_shown(rule.rule)}: {_shown(rule.remediation)}" for rule in todo]
        lines.append("")
    if decision.approvals:
        wanted = ", ".join(f"{one.count} × {one.role}" for one in decision.approvals)
        lines += [f"Approvals that this gate asks for: {_shown(wanted)}.", ""]
    return "\n".join(lines)


def annotations(decision: Decision, *, places: RulePlaces | None = None) -> str:
    """Return workflow commands, one a line: errors for what denies, warnings and notices for the rest."""
    known = places or {}
    lines = []
    if decision.problem:
        lines.append(f"::error title=govern::{_message(decision.problem)}")
    for rule in decision.rules:
        level = _annotation(rule)
        if level is None:
            continue
        place = place_of(rule, known)
        title = _property(f"{rule.rule} {rule.status.value}{f' waived by {rule.waiver}' if rule.waiver else ''}")
        lines.append(
            f"::{level} file={_property(place.uri)},line={place.line},title={title}::{_message(rule.explanation)}"
        )
    return "".join(f"{line}\n" for line in lines)


def _annotation(rule: RuleResult) -> str | None:
    if rule.status in {Status.PASS, Status.NOT_APPLICABLE}:
        return None
    if rule.waiver or rule.enforcement is Enforcement.OBSERVE:
        return "notice"
    return "warning" if rule.enforcement is Enforcement.ADVISE else "error"


def _weight(rule: RuleResult) -> tuple[bool, bool, str, str]:
    return (not rule.denies, rule.status is Status.PASS, rule.policy_name, rule.rule)


def _waived(decision: Decision) -> str:
    after = decision.after_waivers
    more = after.passed - decision.before_waivers.passed
    return f", {after.passed} after {more} waiver{'' if more == 1 else 's'}" if more else ""


def _row(rule: RuleResult) -> str:
    status = rule.status.value + (f" ({rule.reason.value})" if rule.reason else "")
    if rule.waiver:
        until = f" until {instant(rule.waiver_expires)}" if rule.waiver_expires is not None else ""
        status += f", waived by {rule.waiver}{until}"
    elif not rule.enforcement.denies:
        status += f", {rule.enforcement.value} only"
    cells = (f"{rule.rule} {rule.title}", status, rule.explanation, rule.flip)
    return f"| {' | '.join(_shown(cell) for cell in cells)} |"


def _shown(text: str) -> str:
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
