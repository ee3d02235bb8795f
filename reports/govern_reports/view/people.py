"""Who decided: approvals with quorum and conflicts, waivers, findings."""

import re

from govern.workflow.views import DeadlineRow
from govern_reports.view.blocks import Builder, Part, Section, Span, Tone, line, mono
from govern_reports.view.context import Context
from govern_reports.view.text import ends, grouped, minute, plural, words

_WAY = re.compile(r": \S+(?: → \S+)+")
"""How a stale review reaches what changed; the lineage shows it."""
WAIVER: dict[str, Tone] = {"active": "strong", "proposed": "warn", "void": "bad"}
STANDING = {"live": ("live", "good"), "stale": ("STALE", "bad"), "superseded": ("superseded", "muted"), "refused": ("does not count", "bad")}


def people(context: Context) -> Section:
    """Write the section."""
    page = Builder("people", "Decisions, approvals, waivers and findings")
    page.tell(context.rest)
    for dossier in context.detailed:
        page.head(f"Reviews of {dossier.name} at {dossier.gate}")
        quorum = words([f"{item.count} {item.role} (not {', '.join(item.distinct_from)})" for item in dossier.quorum])
        lacking = words([f"{item.count} {item.role}" for item in dossier.missing])
        page.facts(
            ("Quorum", quorum or "none required"), ("Still missing", lacking or "nothing"),
            ("Approvals are signed over", mono(grouped(dossier.closure)) if dossier.closure else "nothing yet"),
        )
        rows: list[tuple[Part, ...]] = []
        for row in dossier.reviews:
            word, tone = STANDING[row.standing]
            rows.append((
                row.holder, row.role, row.action, minute(row.time), mono(ends(row.keyid)),
                row.reason or "–", line(Span(word, tone), _because(row.note)), f"#{row.index}",  # type: ignore[arg-type]
            ))
        page.table(
            ("Holder 10%", "Role 9%", "Action 10%", "Signed, UTC 14%", "Key 12%", "Reason 20%", "Standing 18%", ">Entry 7%"), rows,
            f"Reviews of {dossier.name}", empty=f"None recorded; searched in all {context.pack.size:,} entries.",
        )
        page.table(
            ("Holder 20%", "Why they may not approve 64%", ">Entry 16%"),
            [(item.holder, item.reason, f"#{item.index}") for item in dossier.conflicts], "Conflicts of interest, from lineage",
            empty="No holder is excluded by what the ledger says they did.",
        )
        if dossier.closure_nodes:
            page.table(
                ("Kind 16%", "Name 54%", "SHA-256 30%"),
                [(node.kind, node.name, mono(ends(node.digest))) for node in dossier.closure_nodes],
                f"What an approval of {dossier.name} relies on",
                note="An approval is stale as soon as one of these changes.",
            )
    _waivers(page, context)
    _findings(page, context)
    _deadlines(page, context)
    return page.done()


def _because(note: str) -> str:
    """Say why a review stands where it does: our words, apart from those that were signed, and without the way through the lineage."""
    why = _WAY.sub("", note)
    return f": {why}" if why else ""


def _waivers(page: Builder, context: Context) -> None:
    """Add the waivers."""
    page.head("Waivers", "waivers")
    page.table(
        ("Id 10%", "Rule 9%", "Of what 18%", "State 12%", "Expires, UTC 11%", "Reason, and what is done meanwhile 20%", "Asked; approved by 13%", ">Entry 7%"),
        [
            (row.id, row.rule, f"{row.model} at {row.gate}", line(Span(row.state, WAIVER.get(row.state, "")), _because(row.why if row.state != "active" else "")), minute(row.expires),
             " / ".join(filter(None, (row.reason, row.compensating))), f"{row.requester}; {words(list(row.approvers)) or 'nobody'}", f"#{row.index}")
            for row in context.pack.waivers
        ],
        f"Waivers, {sum(row.state == 'active' for row in context.pack.waivers)} of {len(context.pack.waivers)} in force"
        if context.pack.waivers else "Waivers",
        note="A waiver lets a rule that fails pass this gate until it ends; the rule's own status stands unchanged beside it.",
        empty=context.none,
    )


def _findings(page: Builder, context: Context) -> None:
    """Add the findings."""
    page.head("Findings", "findings")
    opened = sum(row.state == "open" for row in context.pack.findings)
    page.table(
        ("Id 12%", "Severity 9%", "Title 33%", "Owner 13%", "Due 12%", "State 13%", ">Entry 8%"),
        [
            (row.id, row.severity, row.title, row.owner, minute(row.due)[:10],
             Span(f"{row.state}, OVERDUE", "bad") if row.overdue else row.state, f"#{row.index}")
            for row in context.pack.findings
        ],
        f"Findings, {plural(opened, 'of them open', 'of them open')}" if context.pack.findings else "Findings",
        empty=context.none,
    )


def _deadlines(page: Builder, context: Context) -> None:
    """Add what falls due for the systems of this pack."""
    names = {dossier.system.name for dossier in context.pack.dossiers}
    rows = [row for row in context.pack.status.deadlines if not names or row.system in names]
    page.head("Deadlines", "deadlines")
    page.table(
        ("Due 14%", "Kind 14%", "System 18%", "What 36%", "Standing 10%", ">Entry 8%"),
        [
            (minute(row.due)[:10], row.kind, row.system, row.what, _ended(row) if row.overdue else "due", f"#{row.index}")
            for row in rows
        ],
        "What falls due within 30 days, and what is past its day", empty="Nothing falls due within 30 days.",
    )


def _ended(row: DeadlineRow) -> Span:
    """Say what became of a thing whose day is past: a waiver or a root ends by itself, a finding waits for somebody."""
    return Span("expired", "warn") if row.kind == "waiver" else Span("EXPIRED" if row.kind == "trust-root" else "OVERDUE", "bad")
