"""The dossier's other tabs: summary, attempts and changes, history, what the approval rests on."""

from datetime import datetime

from textual.content import Content

from govern.domain.text import short
from govern.workflow.views import DecisionView, Dossier
from govern_tui.pages.dossier_numbers import drift_text, explanation_text, groups_text, performance_text
from govern_tui.pages.dossier_rules import rules_text
from govern_tui.text import LOOK, decimal, sentence, until, when
from govern_tui.widgets.document import Document

TABS = ("summary", "rules", "groups", "explanation", "drift", "performance", "lineage", "attempts", "history", "basis")
TITLES = {
    "summary": "Summary", "rules": "Rules", "groups": "Groups", "explanation": "Explain", "drift": "Drift",
    "performance": "Perform", "lineage": "Lineage", "attempts": "Attempts", "history": "History", "basis": "Basis",
}


def tab_text(name: str, dossier: Dossier, now: datetime) -> Content:
    """The text of one tab."""
    match name:
        case "summary":
            return summary_text(dossier, now)
        case "rules":
            return rules_text(dossier)
        case "groups":
            return groups_text(dossier)
        case "explanation":
            return explanation_text(dossier)
        case "drift":
            return drift_text(dossier)
        case "performance":
            return performance_text(dossier)
        case "lineage":
            return lineage_text(dossier)
        case "attempts":
            return attempts_text(dossier)
        case "history":
            return history_text(dossier)
        case _:
            return basis_text(dossier)


def summary_text(dossier: Dossier, now: datetime) -> Content:
    """The verdict, who must sign, what stands in the way."""
    made = Document()
    if dossier.decision is None:
        made.line("Not gated here yet: there is nothing to decide on.", "warn")
    else:
        decision = dossier.decision.decision
        made.pieces([LOOK.verdict(decision.outcome.value)]).line(f"   {decision.gate}, decided {when(decision.as_of)} on rules of {len(decision.policies)} policies")
        score, after = decision.before_waivers, decision.after_waivers
        made.line(f"{score.passed} of {score.total} binding rules pass" + (f", {after.passed} with waivers" if after.passed != score.passed else ""))
        if decision.expires is not None:
            made.line(f"The evidence passes its age on {when(decision.expires)} ({until(decision.expires, now)})", "dim")
        for rule in decision.rules:
            if rule.status.value not in {"pass", "not_applicable"}:
                made.add("  ").pieces([LOOK.verdict(rule.status.value)]).add(f" {rule.rule} ", "strong").line(rule.explanation)
    _signatures(made, dossier)
    made.heading("System").facts([
        (dossier.system.name, sentence([dossier.system.title, f"tier {dossier.system.tier}", f"purpose {dossier.system.purpose}", f"owner {dossier.system.owner}"])),
        ("standing", dossier.system.headline), ("now at this stage", dossier.incumbent or "nothing, or this model"),
    ])
    if dossier.description:
        made.line().line(dossier.description)
    made.heading("Identity").facts(dossier.facts.items())
    return made.content()


def _signatures(made: Document, dossier: Dossier) -> None:
    made.heading("Signatures")
    if not dossier.quorum:
        made.line("No approval is asked for by the policies in force.", "dim")
    lacking = {quorum.role: quorum.count for quorum in dossier.missing}
    for quorum in dossier.quorum:
        missing = lacking.get(quorum.role, 0)
        has = quorum.count - missing
        glyph = LOOK.glyph("ok" if not missing else "warn")
        apart = f", apart from {', '.join(quorum.distinct_from)}" if quorum.distinct_from else ""
        made.pieces([glyph]).line(f" {quorum.role}: needs {quorum.count}, has {has}{apart}")
    for review in dossier.reviews:
        if review.action in {"approve", "reject", "request-changes"}:
            made.add("   ").pieces([LOOK.verdict(review.standing)]).line(f" {review.holder} {review.action} {when(review.time)} {review.note}")
    for conflict in dossier.conflicts:
        made.add("   ").pieces([LOOK.verdict("refused")]).line(f" {conflict.holder} may not approve: {conflict.reason} (entry #{conflict.index})")


def lineage_text(dossier: Dossier) -> Content:
    """The graph around the model, as on the lineage page."""
    made = Document()
    for row in dossier.lineage:
        glyph, tone = LOOK.glyph(row.standing)
        made.add(f"{row.lanes:<8} ", "accent").add(f"{glyph} ", tone).add(f"{row.node:<34} ", "strong" if row.depth == 0 else "")
        made.add(f"{row.kind:<11} ", "dim").line(row.detail, "dim")
    return made.line().line("l opens the lineage page here.", "dim").content()


def _observed(decision: DecisionView) -> dict[str, tuple[str, str, str]]:
    return {
        f"{rule.rule} {check.label}".strip(): (check.observed or "–", f"{check.op} {check.threshold}".strip(), check.status.value)
        for rule in decision.decision.rules for check in rule.checks
    }


def attempts_text(dossier: Dossier) -> Content:
    """Every decision on this line at this gate, and what changed between the last two: numbers and thresholds."""
    made = Document()
    if not dossier.attempts:
        return made.line("No earlier attempt.", "dim").content()
    rows = []
    for attempt in dossier.attempts:
        decision = attempt.decision
        failed = sum(1 for rule in decision.rules if rule.status.value == "fail")
        rows.append([
            (f"#{attempt.index}", "dim"), (when(decision.as_of), ""), (decision.subject_name, "strong"), LOOK.verdict(decision.outcome.value),
            (f"{decision.before_waivers.passed}/{decision.before_waivers.total}", ""), (str(failed), "bad" if failed else "dim"),
        ])
    made.heading("Attempts, oldest first").table(
        [("entry", 6, False), ("decided", 16, False), ("model", 18, False), ("outcome", 8, False), ("pass", 6, True), ("fail", 4, True)], rows,  # type: ignore[arg-type]
    )
    others = [attempt for attempt in dossier.attempts if dossier.decision is None or attempt.digest != dossier.decision.digest]
    if dossier.decision is None or not others:
        return made.content()
    before, now = others[-1], dossier.decision
    was, is_ = _observed(before), _observed(now)
    made.heading(f"Differences: #{before.index} ({before.decision.subject_name}) → #{now.index} ({now.decision.subject_name})")
    lines = []
    for name in sorted(was.keys() | is_.keys()):
        old, new = was.get(name, ("–", "", "none")), is_.get(name, ("–", "", "none"))
        if old == new:
            continue
        moved = old[1] != new[1] and old[1] and new[1]
        lines.append([
            (name, "strong"), (decimal(old[0]), ""), LOOK.glyph(old[2]), (decimal(new[0]), ""), LOOK.glyph(new[2]),
            (f"{old[1]} → {new[1]}" if moved else new[1], "warn" if moved else "dim"),
        ])
    made.table([("check", 28, False), ("before", 8, True), ("", 1, False), ("now", 8, True), ("", 1, False), ("", 16, False)], lines)  # type: ignore[arg-type]
    return made.content()


def history_text(dossier: Dossier) -> Content:
    """Every review and comment, oldest first."""
    made = Document()
    if not dossier.reviews:
        return made.line("Nobody has signed or said anything yet.", "dim").content()
    for review in dossier.reviews:
        made.add(f"#{review.index}  {when(review.time)}  ", "dim").add(f"{review.holder} ", "strong").add(f"{review.action} as {review.role}  ")
        made.pieces([LOOK.verdict(review.standing)]).line()
        if review.reason:
            made.line(f"      “{review.reason}”")
        if review.note:
            made.line(f"      {review.note}", "warn")
    return made.content()


def basis_text(dossier: Dossier) -> Content:
    """What an approval rests on: the closure, node by node."""
    made = Document()
    made.facts([("closure", dossier.closure or "–"), ("ledger read at", f"{dossier.head} entries")])
    made.line("An approval is signed over this digest. When any of these changes or ends, the approval goes stale.", "dim").line()
    made.table(
        [("kind", 12, False), ("name", 40, False), ("digest", 8, False)],
        [[(node.kind, "dim"), (node.name, ""), (short(node.digest), "dim")] for node in dossier.closure_nodes],
    )
    return made.content()
