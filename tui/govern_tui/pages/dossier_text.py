"""The dossier's other tabs: summary, attempts and changes, history, what the approval rests on."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from textual.content import Content

from govern.domain.text import short
from govern.workflow.views import Dossier, QueueItem, WaiverRow
from govern_tui.pages.dossier_changes import attempts_text, running_text
from govern_tui.pages.dossier_distributions import distributions_text
from govern_tui.pages.dossier_numbers import drift_text, explanation_text, groups_text, performance_text
from govern_tui.text import LOOK, sentence, until, when
from govern_tui.widgets.document import Document

TITLES = {
    "summary": "Summary", "rules": "Rules", "groups": "Groups", "distributions": "Distrib", "explanation": "Explain", "drift": "Drift",
    "performance": "Perform", "lineage": "Lineage", "running": "Diff", "attempts": "Attempts", "findings": "Findings", "history": "History",
    "basis": "Basis",
}
TABS = tuple(TITLES)
TEXTS: dict[str, Callable[[Dossier], Content]] = {
    "groups": groups_text, "distributions": distributions_text, "explanation": explanation_text, "drift": drift_text,
    "performance": performance_text, "running": running_text, "attempts": attempts_text,
}


def item_text(item: QueueItem, now: datetime) -> Content:
    """What waits, before it is opened: where, why, for whom, until when."""
    made = Document().add(item.name, "strong").line(f"  {sentence([item.gate, f'tier {item.tier}'])}").line()
    made.hang(2).add("! " if item.why != "review" else "  ", "warn").line(f"{item.why}: {item.headline}")
    for one in item.missing:
        made.hang(4).add("  ").pieces([LOOK.verdict("lacking")]).line(f" {one.count} {one.role} has not signed")
    if item.due is not None:
        made.line(f"  due {when(item.due)[:10]} ({until(item.due, now)})")
    return made.line().line("Enter opens the dossier.", "dim").content()


def seen_text(shown: Collection[str]) -> str:
    """Which tabs were opened, or which were not, whichever is told in fewer words."""
    done = " ".join(f"{TITLES[name]}{LOOK.glyph('ok')[0]}" for name in TABS if name in shown)
    rest = " ".join(TITLES[name] for name in TABS if name not in shown)
    told = f": {done}" if len(done) <= len(rest) else f", not yet {rest}" if rest else ""
    return f"seen {len(shown)} of {len(TABS)}{told}"


def tab_text(
    name: str, dossier: Dossier, now: datetime, emergencies: Sequence[str] = (), waivers: Sequence[WaiverRow] = ()
) -> Content:
    """The text of one tab but that of the rules, a table; `emergencies` stay in every history, and those of `waivers` that are about it in the summary."""
    match name:
        case "summary":
            return summary_text(dossier, now, [row for row in waivers if row.model == dossier.name and row.gate == dossier.gate])
        case "findings":
            return findings_text(dossier, now)
        case "lineage":
            return lineage_text(dossier)
        case "history":
            return history_text(dossier, emergencies)
        case "basis":
            return basis_text(dossier)
        case _:
            return TEXTS[name](dossier)


def summary_text(dossier: Dossier, now: datetime, waivers: Sequence[WaiverRow] = ()) -> Content:
    """The verdict, who must sign, what stands in the way."""
    made = Document()
    if dossier.decision is None:
        made.line("Not gated here yet: there is nothing to decide on.", "warn")
    else:
        decision = dossier.decision.decision
        made.pieces([LOOK.verdict(decision.outcome.value)]).line(f"   {decision.gate}, decided {when(decision.as_of)} by {len(decision.policies)} polic{'y' if len(decision.policies) == 1 else 'ies'}")
        score, after = decision.before_waivers, decision.after_waivers
        made.line(f"{score.passed} of {score.total} binding rules pass" + (f", {after.passed} with waivers" if after.passed != score.passed else ""))
        if decision.expires is not None:
            made.line(f"The evidence passes its age on {when(decision.expires)} ({until(decision.expires, now)})", "dim")
        for rule in decision.rules:
            if rule.status.value not in {"pass", "not_applicable"}:
                made.hang(4).add("  ").pieces([LOOK.verdict(rule.status.value)]).add(f" {rule.rule} ", "strong").add(rule.explanation)
                made.line("" if rule.enforcement.denies else f" It {rule.enforcement.value}s only, and denies nothing.", "dim")
        moved = next((attempt.earlier_policy for attempt in dossier.attempts if attempt.digest == dossier.decision.digest), "")
        if moved:
            made.hang(2).line(f"! {moved}", "warn")
    for finding in dossier.findings:
        if finding.state != "verified-closed":
            made.hang(4).add("  ").pieces([LOOK.verdict("overdue" if finding.overdue else finding.state)])
            made.line(f" {finding.id} {finding.title}, due {when(finding.due)[:10]}")
    for row in waivers:
        made.hang(4).add("  ").pieces([LOOK.verdict(row.state)])
        made.line(f" {row.id} waives {row.rule} until {when(row.expires)[:10]}, asked by {row.requester}: “{row.reason}”; {row.why}")
    _signatures(made, dossier)
    stage = dossier.gate.partition(":")[2]
    there = dossier.incumbent or ("this model" if dossier.system.stages.get(stage) == dossier.name else "nothing")
    made.heading("System").facts([
        (dossier.system.name, sentence([dossier.system.title, f"tier {dossier.system.tier}", f"purpose {dossier.system.purpose}", f"owner {dossier.system.owner}"])),
        ("standing", dossier.system.headline), *([(f"now at {stage}", there)] if stage else []),
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
            made.hang(6).add("   ").pieces([LOOK.verdict(review.standing)])
            made.line(f" {review.holder} {review.action} {when(review.time)} {review.note}".rstrip())
    for quorum in dossier.missing:
        made.add("   ").pieces([LOOK.verdict("lacking")]).line(f" {quorum.count} {quorum.role} has not signed")
    barred: dict[str, list[str]] = {}
    for conflict in dossier.conflicts:
        barred.setdefault(conflict.holder, []).append(f"{conflict.reason} (#{conflict.index})")
    for holder, reasons in barred.items():
        made.hang(6).add("   ").pieces([LOOK.verdict("barred")]).line(f" {holder} may not approve: {'; '.join(reasons)}")


def lineage_text(dossier: Dossier) -> Content:
    """The graph around the model, as on the lineage page."""
    made = Document()
    lanes = max([len(row.lanes) for row in dossier.lineage] or [0])
    for row in dossier.lineage:
        glyph, tone = LOOK.glyph(row.standing)
        made.add(f"{row.lanes:<{lanes}} ", "accent").add(f"{glyph} ", tone).add(f"{row.node:<34} ", "strong" if row.depth == 0 else "")
        made.add(f"{row.kind:<11} ", "dim").line(row.detail, "dim")
    return made.line().line("l opens the lineage page here.", "dim").content()


def findings_text(dossier: Dossier, now: datetime) -> Content:
    """Findings on the model, open ones first: what is wrong, who sees to it, until when."""
    made = Document()
    if not dossier.findings:
        made.line("No finding on this model. f opens one; an approval on conditions (A) opens one for each condition.", "dim")
    for row in dossier.findings:
        made.pieces([LOOK.verdict("overdue" if row.overdue else row.state)]).add(f"  {row.id}  ", "strong").line(row.title)
        due = when(row.due)[:10] + ("" if row.state == "verified-closed" else f" ({until(row.due, now)})")
        made.line(f"      {sentence([f'severity {row.severity}', f'owner {row.owner}', f'due {due}', f'entry #{row.index}'])}", "dim")
    if any(row.state != "verified-closed" for row in dossier.findings):
        made.line().line("m says how one was remediated; somebody else then verifies it and closes it with k.", "dim")
    return made.content()


def history_text(dossier: Dossier, emergencies: Sequence[str]) -> Content:
    """Every review and comment, oldest first; emergency rollbacks above, for they are to be seen whatever came later."""
    made = Document()
    for emergency in emergencies:
        made.hang(2).line(f"! emergency rollback {emergency}", "bad")
    if not dossier.reviews:
        return made.line("Nobody has signed or said anything yet.", "dim").content()
    for review in dossier.reviews:
        made.add(f"#{review.index}  {when(review.time)}  ", "dim").add(f"{review.holder} ", "strong").add(f"{review.action} as {review.role}  ")
        made.pieces([LOOK.verdict(review.standing)]).line()
        if review.reason:
            made.hang(6).line(f"      “{review.reason}”")
        if review.note:
            made.hang(6).line(f"      {review.note}", "warn")
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
