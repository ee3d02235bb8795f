"""The cover: what was decided, about what, as of when, and whether the ledger that says so verifies."""

from govern.domain.decision import Decision
from govern.workflow.pack import PackData
from govern_reports.view.blocks import Cover, Line, Part, Tone, line, link, mono
from govern_reports.view.context import Context, decisions
from govern_reports.view.reading import gaps
from govern_reports.view.standing import runs_in, standing
from govern_reports.view.text import clean, grouped, one_line, plural, second, some, span

KINDS = {
    "model": "Evidence pack for one model version",
    "system": "Evidence pack for one system over a period",
    "decision": "Evidence pack for one decision",
    "control": "Evidence pack by control",
    "ledger": "Evidence pack for a whole ledger",
}
MOST_GAPS = 6
"""Lines of what is not evidenced that the cover has room for."""
MOST_UNREAD = 4
"""Runs of entries that can't be read, named on the cover; the list is in section 1."""
NOTE = (
    "This document carries its own proofs as attachments. Section “How to verify” says how to check it without us, offline, "
    "with the trust root that you were given on another way. Tamper-evident means that a change shows, not that none is "
    "possible."
)


def cover(context: Context) -> Cover:
    """Write the cover."""
    pack = context.pack
    found = list(decisions(pack))
    word, tone, sentence = _sentence(context, [view.decision for _, view in found])
    wrong = pack.verification.outcome
    alarm = ""
    if wrong == "wrong":
        word, tone = "LEDGER DOES NOT VERIFY", "bad"
        alarm = _alarm(pack)
    elif wrong == "unchecked":
        alarm = f"The ledger behind this pack could not be verified in full: {one_line(pack.verification.problem) or 'a step could not be run'}."
    return Cover(
        kind=KINDS[pack.kind], title=clean(pack.title, 160), subtitle=_subtitle(context), sentence=sentence,
        status=word, tone=tone, alarm=clean(alarm), scores=_scores([view.decision for _, view in found]),
        facts=_facts(context), gaps=_gaps(context), root=grouped(pack.root), note=NOTE,
    )


def _alarm(pack: PackData) -> str:
    """Say that the ledger does not verify, and what of it can't even be read."""
    if not pack.unread:
        return f"The ledger behind this pack does not verify: {one_line(pack.verification.problem) or 'a step failed'}. Rely on nothing below."
    shown = [one_line(what) for what in pack.unread[:MOST_UNREAD]]
    if len(pack.unread) > MOST_UNREAD:
        shown.append(f"{len(pack.unread) - MOST_UNREAD:,} more in “Read this first”")
    return f"The ledger behind this pack does not verify, and could not be read whole: {'; '.join(shown)}. Rely on nothing below."


def _subtitle(context: Context) -> str:
    """Name the system and its tier, or how many systems there are."""
    if context.pack.salvaged:
        return f"What can still be read of it: {_readable(context.pack)}"
    systems = {dossier.system.name: dossier.system for dossier in context.pack.dossiers}
    if len(systems) == 1:
        system = next(iter(systems.values()))
        return clean(f"System {system.name}, {system.purpose}, tier {system.tier}, owner {system.owner}", 240)
    said = plural(len(context.pack.status.systems), "system") + ", " + plural(len(context.pack.dossiers), "model version")
    return said[:1].upper() + said[1:]


def _sentence(context: Context, found: list[Decision]) -> tuple[str, Tone, str]:
    """Say the decision in one sentence."""
    pack = context.pack
    moment = second(pack.as_of)
    if not found:
        if pack.salvaged:
            return "LEDGER DOES NOT VERIFY", "bad", f"As of {moment} {_readable(pack)} of the ledger {clean(pack.status.origin, 80)} can be read."
        if pack.kind == "ledger":
            return "LEDGER AUDIT", "", f"As of {moment} the ledger {clean(pack.status.origin, 80)} holds {plural(pack.size, 'entry', 'entries')}."
        return "NOT DECIDED", "warn", f"As of {moment} no gate has decided on what this pack is about."
    if len(found) > 1:
        allowed = sum(decision.outcome.value == "allow" for decision in found)
        said = f"As of {moment} the latest decisions allow {allowed} of {len(found)} model versions."
        broken = [
            dossier.name for dossier, view in decisions(pack)
            if runs_in(dossier) and standing(pack, dossier, view.decision).tone != "good"
        ]
        if broken:
            names = clean(some(broken, 4), 160)
            return "IN SERVICE WITHOUT A VALID APPROVAL", "bad", f"{said} In service although nothing valid allows it: {names}."
        return f"{allowed} OF {len(found)} ALLOWED", "good" if allowed == len(found) else "warn", said
    today = standing(pack, pack.dossiers[0], found[0])
    return today.word, today.tone, today.sentence


def _scores(found: list[Decision]) -> tuple[tuple[str, Line], ...]:
    """Give the scores before and after waivers; summed over several decisions."""
    if not found:
        return ()
    before = (sum(item.before_waivers.passed for item in found), sum(item.before_waivers.total for item in found))
    after = (sum(item.after_waivers.passed for item in found), sum(item.after_waivers.total for item in found))
    return (
        ("Binding rules passed, before waivers", line(f"{before[0]} of {before[1]}")),
        ("After waivers", line(f"{after[0]} of {after[1]}")),
    )


def _gaps(context: Context) -> tuple[tuple[Line, Line], ...]:
    """Name what is not evidenced here, each with its owner; the first few, for the list is in section 1."""
    rows = gaps(context)
    shown = [(_brief(what), _brief(whose)) for what, why, whose in rows[:MOST_GAPS]]
    if len(rows) > MOST_GAPS:
        shown.append((line(f"{len(rows) - MOST_GAPS:,} more"), line(link("in “Read this first”", "not-evidenced"))))
    return tuple(shown)


def _brief(part: Part) -> Line:
    """Return a part in at most one line and a half of the cover."""
    return line(one_line(part if isinstance(part, str) else "".join(piece.text for piece in line(part)), 120))


def _readable(pack: PackData) -> str:
    """Say how much of a damaged ledger is here."""
    return f"{len(pack.entries):,} of {plural(pack.size, 'entry', 'entries')}"


def _facts(context: Context) -> tuple[tuple[str, Line], ...]:
    """Give what identifies the pack."""
    pack = context.pack
    rows: list[tuple[str, Part]] = []
    if len(pack.dossiers) == 1:
        rows.append(("Model", line(pack.dossiers[0].name)))
        rows.append(("Model digest", mono(grouped(pack.dossiers[0].model))))
        rows.append(("Gate", pack.dossiers[0].gate))
    if pack.period:
        rows.append(("Period", span(*pack.period)))
    if pack.scope:
        rows.append(("Scope", pack.scope))
    rows += [
        ("As of", second(pack.as_of)),
        ("Ledger", line(pack.status.origin, f", {plural(pack.size, 'entry', 'entries')}")),
    ]
    rows.append(
        ("Issuer's certificate", mono(grouped(pack.issuer)) if pack.issuer else "none: the issuer did not sign this PDF, only the ledger's entries are signed")
    )
    return tuple((label, line(part)) for label, part in rows)
