"""Where an evidence pack is and what it hashes to; what one would say, in text: title, verdicts, approvals, lifecycle, monitoring, findings, proof."""

from textual.content import Content

from govern.workflow.lately_views import PackFile
from govern.workflow.pack import PackData
from govern.workflow.views import Dossier, EntryDetail
from govern_tui.pages.entry import predicate
from govern_tui.text import LOOK, grouped, when
from govern_tui.widgets.document import Document


def pack_text(detail: EntryDetail, file: PackFile | None) -> Content:
    """A pack that left the house: its file, the digest that was signed, and whether the file still has it."""
    made, row, said = Document(), detail.row, predicate(detail)
    subjects = detail.statement.get("subject")
    one = subjects[0] if isinstance(subjects, list) and subjects else None
    held = one.get("digest") if isinstance(one, dict) else None
    digest = f"sha256:{held.get('sha256', '')}" if isinstance(held, dict) else "–"
    made.facts([("file", str(file.path) if file else f"{row.subject}, not in the folder for exports"), ("digest", digest)], width=9)
    if file is None:
        made.line("          Wherever it went, sha256sum of the file has to give this digest.", "dim")
    else:
        state = "ok" if file.digest == digest else "bad"
        made.add(" " * 10).pieces([LOOK.glyph(state)]).line(" the file hashes to it" if state == "ok" else f" the file there hashes to {file.digest}", LOOK.glyph(state)[1])
    made.facts([
        ("manifest", str(said.get("manifest", "–"))), ("kind", str(said.get("kind", "–"))), ("about", str(said.get("about", "–"))),
        ("as of", f"{said.get('as_of', '–')}, {said.get('tree_size', '–')} entries"), ("written", f"{when(row.time)} by {row.holder}, entry #{row.index}"),
    ], width=9)
    return made.line().line("v verifies it, with a trust root that you have from elsewhere; y copies this; e saves it.", "dim").content()


def preview(pack: PackData) -> Content:
    """The pack in text."""
    made = Document().line(pack.title, "strong")
    period = "" if pack.period is None else f", {when(pack.period[0])[:10]} to {when(pack.period[1])[:10]}"
    made.line(f"kind {pack.kind}, as of {when(pack.as_of)} UTC, {grouped(pack.size)} entries{period}", "dim")
    for emergency in pack.status.emergencies:
        made.hang(2).line(f"! emergency rollback {emergency}", "bad")
    _printed(made, pack)
    if pack.monitoring or pack.findings:
        made.heading("Monitoring and findings")
    for drift in pack.monitoring:
        made.hang(4).add("  ").pieces([LOOK.glyph(drift.standing)]).line(f" {drift.model}: {drift.sentence}")
    for finding in pack.findings:
        made.hang(4).add("  ").pieces([LOOK.verdict("overdue" if finding.overdue else finding.state)]).line(f" {finding.id} {finding.title}")
    made.heading("Proof").pieces([LOOK.verdict(pack.verification.outcome)])
    full = ", all of them on the pages" if pack.printed.full_ledger or pack.kind == "ledger" else ""
    made.line(f"  {grouped(len(pack.entries))} entries{full}, {len(pack.attachments)} files attached")
    for attachment in pack.attachments:
        made.line(f"  {grouped(len(attachment.data)):>11} bytes  {attachment.name[:60]}", "dim")
    return made.content()


def _printed(made: Document, pack: PackData) -> None:
    """What the pages show only where nobody left it off."""
    without = pack.printed.without
    if without:
        made.hang(2).line(f"! left off the pages, though attached: {', '.join(without)}", "warn")
    for dossier in pack.dossiers:
        _dossier(made, dossier, reviews="decisions" not in without)
    policies = () if "policies" in without else pack.policies
    if policies:
        made.heading("Policies")
    for policy in policies:
        made.hang(4).line(f"  #{policy.index} {policy.name}@{policy.version}  {policy.change}".rstrip())
    lifecycle = () if "lineage" in without else pack.lifecycle
    if lifecycle:
        made.heading("Lifecycle")
    for row in lifecycle:
        made.hang(4).line(f"  #{row.index} {when(row.time)} {row.kind}: {row.what}")


def _dossier(made: Document, dossier: Dossier, *, reviews: bool) -> None:
    made.heading(f"{dossier.name} at {dossier.gate}")
    decision = dossier.decision.decision if dossier.decision else None
    if decision is None:
        made.line("never gated", "warn")
    else:
        score = decision.before_waivers
        made.pieces([LOOK.verdict(decision.outcome.value)]).line(f"  {score.passed} of {score.total} binding rules pass")
        for rule in decision.rules:
            made.hang(6).add("  ").pieces([LOOK.glyph(rule.status.value)]).add(f" {rule.rule} ", "strong").line(rule.title)
    for review in dossier.reviews if reviews else ():
        made.hang(4).add("  ").pieces([LOOK.verdict(review.standing)]).line(f" {review.holder} {review.action} {when(review.time)}")
    for quorum in dossier.missing if reviews else ():
        made.add("  ").pieces([LOOK.verdict("lacking")]).line(f" {quorum.count} {quorum.role}")
