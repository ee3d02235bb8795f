"""Framework coverage, control by control: served by what, attested by whom, not evidenced."""

from collections import defaultdict

from govern.domain.decision import RuleResult, Status
from govern.workflow.views import Dossier
from govern_reports.view.blocks import Builder, Part, Section, Span, line
from govern_reports.view.context import Context, decisions
from govern_reports.view.text import plural, words


def coverage(context: Context) -> Section:
    """Write a row for each control that a rule names, grouped by framework."""
    page = Builder("coverage", "Coverage by control", new_page=True)
    page.say(
        "A control is served by rules that were decided, and by people who attested. “Supports” is the most that a number "
        "can claim. A control that no rule names is not listed, and is not evidenced.", role="lead",
    )
    by_framework: dict[str, dict[str, list[tuple[Dossier, RuleResult]]]] = defaultdict(lambda: defaultdict(list))
    for dossier, view in decisions(context.pack):
        for rule in view.decision.rules:
            for control in rule.controls:
                framework, _, name = control.partition(":")
                if not context.pack.scope or framework == context.pack.scope:
                    by_framework[framework][name or control].append((dossier, rule))
    for framework in sorted(by_framework):
        page.head(f"Framework {framework}")
        rows = [_row(name, served) for name, served in sorted(by_framework[framework].items())]
        page.table(
            ("Control 16%", "Served by 30%", "Attested by 18%", "Evidence 14%", "Machine-checked 22%"), rows,
            f"{framework}: {plural(len(rows), 'control')} that the policies name",
        )
    if not by_framework:
        page.say("No rule of the policies in force names a control of this framework: nothing here is evidenced.", role="note")
    return page.done()


def _row(name: str, served: list[tuple[Dossier, RuleResult]]) -> tuple[Part, ...]:
    """Write one control's row."""
    checked = [(dossier, rule) for dossier, rule in served if rule.measure]
    attested = [(dossier, rule) for dossier, rule in served if not rule.measure]
    passed = sum(rule.status is Status.PASS for _, rule in checked)
    held = sorted({
        item.index for dossier, rule in served for item in dossier.evidence if item.digest in rule.evidence
    })
    people = sorted({
        check.label or check.note for _, rule in attested for check in rule.checks if check.status is Status.PASS
    })
    tone = "good" if checked and passed == len(checked) else "bad" if checked else "warn"
    return (
        name, words(sorted({f"{rule.rule} ({rule.claim})" for _, rule in served})),
        words([item for item in people if item]) or ("outstanding" if attested else "nobody asked"),
        words([f"#{index}" for index in held[:6]]) or "none",
        line(Span(f"{passed} of {len(checked)} checked pass", tone), f"; {plural(len(attested), 'needs', 'need')} a human" if attested else ""),  # type: ignore[arg-type]
    )
