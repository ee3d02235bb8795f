"""Read this first: what is asserted and what is not, six lines, and what is not evidenced here."""

from govern.domain.decision import Outcome, RuleResult, Status
from govern.workflow.printed import PagePart
from govern_reports.view.blocks import Builder, Part, Section, Span, Tone, link
from govern_reports.view.context import DRIFT, FAIRNESS, PERFORMANCE, Context, decisions, results_of
from govern_reports.view.control import unserved
from govern_reports.view.rules import goalposts
from govern_reports.view.text import crossed, minute, plural, some, words

LEFT_OUT: dict[PagePart, str] = {
    "lineage": "deployment and lineage", "policies": "policies and controls", "decisions": "attempts, approvals, waivers and findings",
}
MOST_GAPS = 60
"""Rows that somebody reads; a ledger of two hundred models can have thousands."""
MET: dict[str, tuple[str, Tone]] = {
    "met": ("met", "good"), "not": ("NOT MET", "bad"), "unknown": ("not assessed", "warn"),
}


_ASSERTED = (
    "This pack asserts that the statements in the attached ledger entries were signed by the named keys, in the order "
    "shown; that each verdict follows from the attached evidence under the attached policy; and that the printed numbers "
    "are those of the evidence. "
    "It does not assert that a statement is true, that everything that happened was recorded, or that any law is met: a "
    "passed rule supports a control, and people decide whether the control is served."
)


def reading(context: Context) -> Section:
    """Write the section."""
    page = Builder("read-first", "Read this first", new_page=True)
    if context.pack.verification.outcome == "wrong":
        page.say(
            "The ledger behind this pack does not verify, so the pack asserts nothing: it shows what can be read, and what is wrong. "
            "No signature, number or verdict in it is to be relied on before the ledger is restored and exported anew.", role="alarm",
        )
    else:
        page.say(_ASSERTED, role="lead")
    if not context.pack.salvaged:
        page.table(
            ("Line 18%", "Standing 14%", "On what 52%", "See 16%"), _lines(context), "Six lines",
            note="“Not assessed” is not “met”: nothing in this pack speaks to it, or what does is inconclusive.",
        )
    for sentence in context.pack.status.emergencies:
        page.say(Span("Emergency rollback ", "strong"), sentence, role="alarm")
    for _, dossier in context.lines:
        for sentence in goalposts(dossier):
            page.say(Span("The policy moved. ", "strong"), sentence, role="alarm")
    if context.pack.printed.without:
        left_out = words([LEFT_OUT[part] for part in context.pack.printed.without])
        page.say(
            Span("Left out. ", "strong"), f"Whoever exported this pack left {left_out} off its pages; what they are made from is attached all the same.",
            role="alarm",
        )
    page.head("What is not evidenced here", "not-evidenced")
    page.table(
        ("What 44%", "Why 38%", "Whose it is 18%"), gaps(context), "Not evidenced in this pack",
        empty="Nothing beyond what section “Limits” says of every pack.",
    )
    return page.done()


def _lines(context: Context) -> list[tuple[Part, ...]]:
    """Write the six lines."""
    pack = context.pack
    opened = [row for row in pack.findings if row.state == "open"]
    outcome = pack.verification.outcome
    integrity = {"verified": "met", "wrong": "not", "unchecked": "unknown"}[outcome]
    incidents = "not" if opened else "met" if outcome == "verified" else "unknown"
    rolled = sum(row.kind == "rollback" for row in pack.lifecycle)
    rows = [
        ("Integrity", integrity, _integrity(context), "integrity"),
        ("Completeness", *_completeness(context), "results"),
        ("Human oversight", *_oversight(context), "people"),
        ("Fairness", *_of_rules(results_of(pack, FAIRNESS)), "fairness"),
        ("Performance and drift", *_behaviour(context), "performance"),
        (
            "Incidents", incidents,
            (f"{plural(len(opened), 'open finding')} of {plural(len(pack.findings), 'recorded finding')}, {plural(rolled, 'rollback')}{context.subject}; "
            f"searched in all {pack.size:,} entries"),
            "findings",
        ),
    ]
    elsewhere = _ELSEWHERE.get(pack.kind, {})
    return [
        (Span(name, "strong"), Span(*MET[standing]), detail, link(_SECTIONS[elsewhere.get(target, target)], elsewhere.get(target, target)))
        for name, standing, detail, target in rows
    ]


_SECTIONS = {
    "integrity": "Ledger integrity", "results": "Tests and results", "people": "Approvals", "fairness": "Fairness",
    "performance": "Performance and drift", "findings": "Findings", "models": "Model versions",
}
_ELSEWHERE: dict[str, dict[str, str]] = {
    "control": {"fairness": "results", "performance": "results"},
    "ledger": {"results": "models", "fairness": "models", "performance": "models"},
}
"""Where a kind of pack that lacks a section shows what bears on it."""


def _integrity(context: Context) -> str:
    """Say how the ledger verified at export."""
    view = context.pack.verification
    passed = sum(step.state == "ok" for step in view.steps)
    return view.problem or f"{passed} of {len(view.steps)} verification steps passed over {plural(view.size, 'entry', 'entries')}"


def _completeness(context: Context) -> tuple[str, str]:
    """Say whether every binding rule could be decided."""
    rules = [rule for _, view in decisions(context.pack) for rule in view.decision.rules if rule.enforcement.denies]
    if not rules:
        return "unknown", "no decision with binding rules is in this pack"
    open_ends = [rule.rule for rule in rules if rule.status in {Status.INCONCLUSIVE, Status.ERROR}]
    if open_ends:
        return "not", f"{len(open_ends)} of {len(rules)} binding rules could not be decided: {_names(open_ends)}"
    return "met", f"all {len(rules)} binding rules could be decided"


def _oversight(context: Context) -> tuple[str, str]:
    """Say whether the review quorum is there."""
    dossiers = [dossier for dossier in context.pack.dossiers if dossier.decision is not None]
    if not dossiers or not any(dossier.quorum for dossier in dossiers):
        return "unknown", "no review quorum is required for what this pack is about"
    lacking = [
        dossier.name for dossier in dossiers
        if dossier.missing and dossier.decision and dossier.decision.decision.outcome is Outcome.ALLOW
    ]
    live = sum(row.standing == "live" and row.action == "approve" for dossier in dossiers for row in dossier.reviews)
    if lacking:
        return "not", f"the quorum is incomplete for {some(lacking, 4)}"
    if not live:
        return "unknown", "nothing that was allowed waits for a review"
    return "met", f"quorum complete with {plural(live, 'live approval')}"


def _of_rules(rules: list[RuleResult]) -> tuple[str, str]:
    """Say how a group of rules stands: one failure is enough for `not met`."""
    if not rules:
        return "unknown", "no rule of the policies in force measures it"
    failed = [rule.rule for rule in rules if rule.status is Status.FAIL]
    unclear = [rule.rule for rule in rules if rule.status in {Status.INCONCLUSIVE, Status.ERROR}]
    passed = sum(rule.status is Status.PASS for rule in rules)
    if failed:
        return "not", f"{len(failed)} of {len(rules)} rules fail: {_names(failed)}"
    if unclear or not passed:
        return "unknown", f"{len(unclear)} of {len(rules)} rules inconclusive: {_names(unclear)}" if unclear else "no rule applies"
    return "met", f"{passed} of {len(rules)} rules pass"


def _names(rules: list[str]) -> str:
    """Name rules, each once, however many models it was asked of."""
    return some(list(dict.fromkeys(rules)), 6)


def _behaviour(context: Context) -> tuple[str, str]:
    """Say how the rules on performance and drift stand; what monitoring has seen since comes first."""
    beyond = [row for row in context.pack.monitoring if row.standing == "bad"]
    if beyond:
        places = some([f"{row.model} in {row.environment} ({some(row.drifted, 4)})" for row in beyond], 3)
        return "not", f"monitoring found drift above the limit: {places}"
    return _of_rules(results_of(context.pack, PERFORMANCE | DRIFT))


def gaps(context: Context) -> list[tuple[Part, ...]]:
    """List what a reader might take for evidenced and is not: what, why, and whose it is. The weightiest come first."""
    pack = context.pack
    rows: list[tuple[Part, ...]] = [(what, "it could not be read: the ledger does not verify", "ledger owner") for what in (*pack.unread, *pack.missing)]
    rows += _undecided(context)
    for dossier, view in decisions(pack):
        if view.decision.outcome is Outcome.ALLOW:
            rows.extend(
                (f"Approval of {dossier.name} by {item.count} {item.role}", "the review is outstanding", item.role) for item in dossier.missing
            )
    owners = words(sorted({dossier.system.owner for dossier in pack.dossiers})) or "system owner"
    rows.extend(
        (f"{left} of {count} controls of {name}", "no rule that was decided here names them", owners)
        for name, left, count in unserved(context)
    )
    if pack.status.unanchored:
        rows.append((
            f"The last {plural(pack.status.unanchored, 'entry', 'entries')} of the ledger",
            "no outside anchor after them: whoever holds both database and log key could have replaced them",
            "ledger owner",
        ))
    if len(rows) > MOST_GAPS:
        left = len(rows) - MOST_GAPS
        rows[MOST_GAPS:] = [(f"{left:,} more", "see the table of model versions and the attached decisions", "–")]
    return rows


def _undecided(context: Context) -> list[tuple[Part, ...]]:
    """List the rules that could not be decided or were waived; models of which the same is to be said share a row."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for dossier, view in decisions(context.pack):
        for rule in view.decision.rules:
            name, owner = f"{rule.rule} {rule.title}", dossier.system.owner
            if rule.status in {Status.INCONCLUSIVE, Status.ERROR}:
                found.setdefault((name, crossed(rule.explanation), owner), []).append(dossier.name)
            if rule.waiver:
                until = f" until {minute(rule.waiver_expires)}" if rule.waiver_expires else ""
                found.setdefault((name, f"waived by {rule.waiver}{until}; not met", owner), []).append(dossier.name)
    return [(f"{name} ({some(models, 3)})", why, owner) for (name, why, owner), models in found.items()]
