"""How a model stands today, in a word and a sentence: what was decided, who approved it, and whether that still holds."""

from dataclasses import dataclass

from govern.domain.decision import Decision, Outcome
from govern.workflow.pack import PackData
from govern.workflow.views import Dossier, ReviewRow
from govern_reports.view.blocks import Tone
from govern_reports.view.text import clean, day, one_line, plural, second, some, words


@dataclass(frozen=True, slots=True)
class Standing:
    """A word, its tone, and the sentence that says why."""

    word: str
    tone: Tone
    sentence: str


def standing(pack: PackData, dossier: Dossier, decision: Decision) -> Standing:
    """Say today's truth first: an approval that no longer holds comes before the decision that it rested on."""
    gate, name = clean(decision.gate, 60), clean(decision.subject_name, 80)
    score = f"{decision.before_waivers.passed} of {decision.before_waivers.total} binding rules pass"
    if decision.waivers:
        score += f", with {plural(len(decision.waivers), 'waiver')} laid over the rest"
    if decision.problem:
        return Standing("DENIED, IN ERROR", "bad", f"On {second(decision.as_of)} the gate {gate} could not be asked: {one_line(decision.problem)}.")
    if decision.outcome is Outcome.DENY:
        return Standing("DENIED", "bad", f"On {second(decision.as_of)} the gate {gate} does not allow {name}: {score}. {_also(pack, dossier)}".strip())
    approvals = [row for row in dossier.reviews if row.action == "approve"]
    stale = [row for row in approvals if row.standing == "stale"]
    allowed = f"On {second(decision.as_of)} the gate {gate} allowed {name}: {score}."
    if stale:
        since = _since(stale)
        return Standing(
            "NO LONGER HOLDS", "bad" if runs_in(dossier) else "warn",
            f"{allowed} Approved {_by(stale)}; {since} {_also(pack, dossier)}".strip(),
        )
    if dossier.missing:
        lacking = clean(words([f"{item.count} {item.role}" for item in dossier.missing]), 160)
        rejected = [row for row in dossier.reviews if row.action == "reject" and row.standing == "live"]
        word = "ALLOWED BY POLICY, REJECTED IN REVIEW" if rejected else "ALLOWED BY POLICY, NOT APPROVED"
        who = f"It was rejected {_by(rejected)}." if rejected else f"The review quorum lacks {lacking}."
        return Standing(word, "warn", f"{allowed} {who} {_also(pack, dossier)}".strip())
    live = [row for row in approvals if row.standing == "live"]
    approved = f"Approved {_by(live)}." if live else "No approval was required." if not dossier.quorum else "No approval is recorded."
    return Standing("ALLOWED", "good", f"{allowed} {approved} {_also(pack, dossier)}".strip())


def _by(rows: list[ReviewRow]) -> str:
    """Say by whom and when."""
    return clean(words([f"by {row.holder} on {day(row.time)}" for row in rows[-3:]]), 300)


def _since(stale: list[ReviewRow]) -> str:
    """Say what made an approval stale, without the path behind it."""
    notes = list(dict.fromkeys(row.note.partition(": ")[0] for row in stale if row.note))
    reason = one_line("; ".join(notes), 300) or "something that it rested on changed"
    return f"since then {reason}, and the approval is stale."


def runs_in(dossier: Dossier) -> list[str]:
    """Return the environments where this very version runs."""
    return [place for place, model in dossier.system.deployments.items() if model == dossier.name]


def _also(pack: PackData, dossier: Dossier) -> str:
    """Say which findings are open and where the model runs."""
    opened = [row.id for row in pack.findings if row.state == "open" and row.model in {dossier.name, ""}]
    said = []
    if opened:
        said.append(f"{'Finding' if len(opened) == 1 else 'Findings'} {clean(some(opened, 4), 120)} {'is' if len(opened) == 1 else 'are'} open.")
    places = runs_in(dossier)
    if places:
        said.append(f"It runs in {clean(words(places), 120)}.")
    return " ".join(said)
