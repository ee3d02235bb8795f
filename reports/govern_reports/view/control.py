"""Framework coverage, control by control: what it asks and where it stands in law, served by what, left to whom."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from govern.domain.decision import RuleResult, Status
from govern.workflow.pack import ControlRow, FrameworkView
from govern.workflow.views import Dossier
from govern_reports.view.blocks import Builder, Line, Part, Section, Span, Tone, line, strong
from govern_reports.view.context import Context, decisions, rule_status
from govern_reports.view.text import plural, some, words

FADING: Final = frozenset({"superseded", "rescission-pending", "rescinded"})
"""Legal status under which a control may bind nobody by the time that this is read."""
UNSURE: Final = frozenset({"adopted-not-applicable", "to-be-confirmed"})

BASIS: Final = {
    "primary-source": "from the text itself", "copy": "from a copy of it that others keep", "secondary": "from what others write of it",
    "notes": "from notes about it",
}

Served = list[tuple[Dossier, RuleResult]]


def coverage(context: Context) -> Section:
    """Write a row for each control of the frameworks that the pack is about, those that nothing serves among them."""
    page = Builder("coverage", "Coverage by control", new_page=True)
    page.say(
        "A control is served by rules that were decided, and by people who attested. “Supports” is the most that a number "
        "can claim; whether a control is met is for people to say. A control that no rule names is not evidenced.", role="lead",
    )
    matrix(page, context, whole=True)
    return page.done()


def matrix(page: Builder, context: Context, *, whole: bool) -> None:
    """Add a table for each framework; with `whole`, every control of its catalogue and not only those that a rule names."""
    served = served_controls(context)
    catalogues = {view.name: view for view in context.pack.frameworks}
    names = sorted(set(served) | set(catalogues) if whole else served)
    for name in names:
        _framework(page, context, name, served.get(name, {}), catalogues.get(name), whole=whole)
    if not any(served.values()):
        page.say("No rule of the policies in force names a control of this framework: nothing here is evidenced.", role="note")


def served_controls(context: Context) -> Mapping[str, Mapping[str, Served]]:
    """Return framework to control to the rules that name it, for what the pack covers."""
    found: dict[str, dict[str, Served]] = defaultdict(lambda: defaultdict(list))
    for dossier, view in decisions(context.pack):
        for rule in view.decision.rules:
            for control in rule.controls:
                framework, _, name = control.partition(":")
                if not context.pack.scope or framework == context.pack.scope:
                    found[framework][name or control].append((dossier, rule))
    return found


def unserved(context: Context) -> Iterable[tuple[str, int, int]]:
    """Yield each framework with how many of its controls no decided rule names, and how many there are."""
    served = served_controls(context)
    for view in context.pack.frameworks:
        left = sum(control.id not in served.get(view.name, {}) for control in view.controls)
        if left:
            yield view.name, left, len(view.controls)


def _framework(
    page: Builder, context: Context, name: str, served: Mapping[str, Served], catalogue: FrameworkView | None, *, whole: bool,
) -> None:
    """Add one framework."""
    page.head(f"{name}: {catalogue.version}" if catalogue else f"Framework {name}")
    if catalogue is None:
        page.say("No catalogue of this framework came with the software: titles and legal status are not known here.", role="note")
    else:
        _sources(page, catalogue)
    known = {control.id: control for control in catalogue.controls} if catalogue else {}
    listed = list(known) if whole else [one for one in known if one in served]
    listed += sorted(set(served) - set(known))
    page.table(
        ("Control 31%", "In law 15%", "Served by 22%", "Left to people 22%", "Evidence 10%"),
        [_row(context, one, known.get(one), served.get(one, [])) for one in listed],
        f"{name}: {plural(len(served), 'control')} that the rules name" + (f", of {len(known)} in the catalogue" if known else ""),
    )
    rest = [one for one in known if one not in served]
    if rest and not whole:
        page.say(
            f"Not evidenced here, because no rule names {'it' if len(rest) == 1 else 'them'}: {some(rest, 24)}.", role="note",
        )


def _sources(page: Builder, catalogue: FrameworkView) -> None:
    """Say where the controls were read, when, and whether they still stand."""
    page.facts(
        ("Binds", catalogue.binds),
        *(
            ("Source", f"{one['ref']}: {said(one['status'])} when read on {one['retrieved']}, {BASIS.get(one['basis'], one['basis'])}")
            for one in catalogue.sources.values()
        ),
    )
    fading = [one for one in catalogue.sources.values() if one["status"] in FADING]
    controls = [one.id for one in catalogue.controls if one.legal_status in FADING]
    if fading or controls:
        page.say(
            f"Ask counsel before relying on this framework: {fading_words([(one['ref'], one['status']) for one in fading])}"
            if fading else f"Ask counsel before relying on {some(controls, 12)}: superseded or up for rescission.", role="alarm",
        )


def fading_words(sources: Iterable[tuple[str, str]]) -> str:
    """Say of each source that it no longer stands, or may not for long."""
    return words([f"{ref} is {said(status)}" for ref, status in sources]) + "."


def said(status: str) -> str:
    """Write a legal status as words."""
    return {
        "in-force": "in force", "adopted-not-applicable": "adopted, not yet applicable", "rescission-pending": "up for rescission",
        "to-be-confirmed": "to be confirmed",
    }.get(status, status)


def law(control: ControlRow | None) -> Line:
    """Write where a control stands in law, and since when."""
    if control is None:
        return line("not in the catalogue")
    tone: Tone = "bad" if control.legal_status in FADING else "warn" if control.legal_status in UNSURE else ""
    return line(Span(said(control.legal_status), tone), f", from {control.applies_from}" if control.applies_from else "")


def _row(context: Context, name: str, control: ControlRow | None, served: Served) -> tuple[Part, ...]:
    """Write one control's row."""
    held = sorted({item.index for dossier, rule in served for item in dossier.evidence if item.digest in rule.evidence})
    return (
        line(strong(name), f" {control.title}" if control else ""), law(control), _serving(context, served),
        _people(control, served), some([f"#{index}" for index in held], 4) or "none",
    )


def _serving(context: Context, served: Served) -> Line:
    """Name the rules that speak to a control, with how they stand."""
    if not served:
        return line(Span("not evidenced", "warn"))
    rules: dict[str, list[RuleResult]] = defaultdict(list)
    for _, rule in served:
        rules[rule.rule].append(rule)
    parts: list[Part] = []
    for name, found in sorted(rules.items()):
        passed = sum(rule.status is Status.PASS for rule in found)
        parts += ["; " if parts else "", f"{name} "]
        if context.many:
            parts.append(Span(f"{passed} of {len(found)} pass", "good" if passed == len(found) else "bad"))
        else:
            parts.append(rule_status(found[0]))
        parts.append(f", {found[0].claim}")
    return line(*parts)


def _people(control: ControlRow | None, served: Served) -> Line:
    """Say who attested, whose attestation is outstanding, and what no rule can show."""
    asked = [rule for _, rule in served if not rule.measure]
    attested = sorted({
        check.label or check.note for rule in asked for check in rule.checks
        if check.status is Status.PASS and (check.label or check.note)
    })
    parts: list[Part] = []
    if attested:
        parts.append(f"attested by {words(attested)}")
    elif asked:
        parts.append(Span("attestation outstanding", "warn"))
    if control and control.human:
        parts += ["; " if parts else "", f"no rule shows: {'; '.join(control.human)}"]
    return line(*parts) if parts else line("nobody asked")
