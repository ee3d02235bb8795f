"""What the dossier says of a rule: verdict, observed value against threshold as bars with intervals, what would turn it."""

from collections.abc import Sequence

from textual.content import Content

from govern.domain.decision import Check, Decision, RuleResult
from govern.domain.text import short
from govern.workflow.views import Dossier
from govern_tui.text import LOOK, bar, clean, decimal, fit, interval_bar, number, sentence, when
from govern_tui.widgets.document import Document

BAR = 26
LABEL = 16
INDENT = "    "
WHOLE = "(whole)"
HALF = 0.5
"""Below this a share is drawn on a scale of its own: drift of 0.01 against 0.2 would be nothing on a scale to 1."""


def rules_of(dossier: Dossier) -> tuple[RuleResult, ...]:
    """Every rule of the decision, those that deny first."""
    rules = dossier.decision.decision.rules if dossier.decision else ()
    return tuple(sorted(rules, key=lambda rule: (not rule.denies, rule.status.value != "fail", rule.rule)))


def entries_of(dossier: Dossier, rule: RuleResult) -> tuple[int, ...]:
    """The entries of the evidence that a rule was judged on, the newest first."""
    return tuple(sorted((view.index for view in dossier.evidence if view.digest in rule.evidence), reverse=True))


def worst(rule: RuleResult) -> Check | None:
    """The check that a line about the rule shows: of those with the rule's own status, the one furthest to the bad side."""
    same = [check for check in rule.checks if check.status == rule.status] or rule.checks
    return min(same, key=_margin, default=None)


def _margin(check: Check) -> float:
    value, limit = number(check.observed), number(check.threshold)
    if value is None:
        return 0.0
    return ((limit or 0.0) - value) if check.op.startswith("<") else value - (limit or 0.0)


def rule_text(dossier: Dossier, rule: RuleResult | None) -> Content:
    """All that is known of one rule."""
    made = Document()
    if dossier.decision is None:
        return made.line("This model has not been gated here: `govern gate` measures and decides.", "warn").content()
    if problem := dossier.decision.decision.problem:
        made.line(f"The gate itself is an error: {problem}", "bad").line()
    if rule is not None:
        _rule(made, rule)
        for entry in entries_of(dossier, rule):
            view = next(view for view in dossier.evidence if view.index == entry)
            made.hang(11).add(f"{INDENT}{'entry':<7}", "dim").line(f"#{entry} {view.data_name}, {view.purpose}, collected {when(view.collected)} by {view.holder}")
    return made.content()


def _rule(made: Document, rule: RuleResult) -> None:
    word, tone = LOOK.verdict(rule.status.value)
    made.add(f"{word} ", tone).add(f" {rule.rule}  ", "strong").add(rule.title)
    made.line(f"  {rule.enforcement.value}{', DENIES' if rule.denies else ''}", "bad" if rule.denies else "dim")
    if rule.waiver:
        made.add(INDENT).pieces([LOOK.verdict("waived")]).line(f" by {rule.waiver} until {when(rule.waiver_expires)}; the status stays")
    made.hang(4).line(f"{INDENT}{rule.explanation}", "dim")
    top = scale_of(rule.checks)
    for check in rule.checks:
        _check(made, check, top)
    for label, text in (("flip", rule.flip), ("advice", rule.advisory), ("mend", rule.remediation)):
        if text:
            made.hang(11).add(f"{INDENT}{label:<7}", "dim").line(text)
    source = sentence([
        f"policy {rule.policy_name}", f"evidence {', '.join(short(digest) for digest in rule.evidence)}" if rule.evidence else "",
        f"controls {', '.join(rule.controls)}" if rule.controls else "",
    ])
    made.hang(4).line(f"{INDENT}{source}", "dim")


def scale_of(checks: Sequence[Check]) -> float:
    """The right end of a rule's scale, one for all its checks: 1 for shares near it, else what the largest number needs."""
    texts = [text for check in checks for text in (check.observed, check.threshold, check.interval.high if check.interval else None)]
    most = max((abs(value) for value in map(number, texts) if value is not None), default=1.0)
    return 1.0 if HALF < most <= 1.0 else most * 1.1 or 1.0


def _check(made: Document, check: Check, top: float) -> None:
    value, limit = number(check.observed), number(check.threshold)
    glyph, tone = LOOK.glyph(check.status.value)
    made.add(f"  {glyph:<2}", tone).add(f"{fit(clean(check.label or WHOLE), LABEL)} ")
    if value is None:
        made.line(sentence([check.reason.value if check.reason else check.status.value, check.note]), tone)
        return
    made.add(f"{decimal(check.observed):>8} ", "strong").add(bar(abs(value), top=top, width=BAR, mark=limit), tone)
    made.line(f" {check.op} {decimal(check.threshold)}" if check.threshold else "", "dim")
    if check.interval is not None and (low := number(check.interval.low)) is not None and (high := number(check.interval.high)) is not None:
        made.add(f"    {check.interval.method:>{LABEL}.{LABEL}} {decimal(check.interval.level, 2):>8} ", "dim")
        made.add(interval_bar(max(low, 0.0), high, abs(value), top=max(top, high), width=BAR, mark=limit), "dim")
        made.line(f" {decimal(check.interval.low, 3)} to {decimal(check.interval.high, 3)}", "dim")
    facts = sentence([f"n = {check.n:,}" if check.n is not None else "", f"p = {decimal(check.p_value)}" if check.p_value else "", _note(check)])
    if facts:
        made.hang(6).line(f"      {facts}", "dim")


def _note(check: Check) -> str:
    """What is to be said beside the number; which number it is stands in the rule's own sentence, once."""
    which, _, rest = check.note.partition("; ")
    return rest if which.startswith("the number is ") else check.note


def waivable(decision: Decision) -> tuple[RuleResult, ...]:
    """Rules that deny and that a waiver could be asked for: `mandatory` ones are never waived."""
    return tuple(rule for rule in decision.rules if rule.denies and rule.enforcement.value != "mandatory")


def attestable(decision: Decision) -> tuple[RuleResult, ...]:
    """Rules that only a person can meet."""
    return tuple(rule for rule in decision.rules if not rule.measure)
