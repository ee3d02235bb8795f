"""What changed: against the model that runs now, and from attempt to attempt, numbers and thresholds and policies."""

from textual.content import Content

from govern.workflow.views import AttemptView, DecisionView, Dossier
from govern_tui.text import LOOK, Piece, decimal, number, when
from govern_tui.widgets.document import Document


def running_text(dossier: Dossier) -> Content:
    """Check by check: this model beside the one that runs now."""
    made = Document()
    if dossier.decision is None:
        return made.line("This model has not been gated here: there is nothing to compare.", "warn").content()
    if dossier.running is None:
        nothing = f"{dossier.incumbent} was never gated here." if dossier.incumbent else "Nothing else runs at this stage."
        return made.line(f"{nothing} Compare with earlier attempts on the tab Attempts.", "dim").content()
    made.line(f"{dossier.incumbent} runs now; {dossier.name} would take its place.", "strong")
    _differences(made, dossier.running, dossier.decision, only_changed=False)
    return made.content()


def attempts_text(dossier: Dossier) -> Content:
    """Every decision on this line at this gate, what policy changed before each, and what changed between the last two."""
    made = Document()
    if not dossier.attempts:
        return made.line("No earlier attempt.", "dim").content()
    made.heading("Attempts, oldest first")
    made.line(f"{'entry':<6}  {'decided':<16}  {'model':<18}  {'outcome':<8}  {'pass':>6}  {'fail':>4}", "dim")
    for attempt in dossier.attempts:
        _attempt(made, attempt)
    others = [attempt for attempt in dossier.attempts if dossier.decision is None or attempt.digest != dossier.decision.digest]
    if dossier.decision is not None and others:
        _differences(made, others[-1], dossier.decision, only_changed=True)
    return made.content()


def _attempt(made: Document, attempt: AttemptView) -> None:
    decision = attempt.decision
    failed = sum(1 for rule in decision.rules if rule.status.value == "fail")
    made.table(
        [("", 6, False), ("", 16, False), ("", 18, False), ("", 8, False), ("", 6, True), ("", 4, True)],
        [[
            (f"#{attempt.index}", "dim"), (when(decision.as_of), ""), (decision.subject_name, "strong"), LOOK.verdict(decision.outcome.value),
            (f"{decision.before_waivers.passed}/{decision.before_waivers.total}", ""), (str(failed), "bad" if failed else "dim"),
        ]], heads=False,
    )
    for line in attempt.changes:
        made.hang(10).add(f"        {line.kind:<10} ", "bad" if line.kind == "loosened" else "warn").line(f"{line.where}: {line.before} → {line.after}")
    if attempt.earlier_policy:
        made.hang(10).line(f"        ! {attempt.earlier_policy}", "warn")


def _observed(view: DecisionView) -> dict[str, tuple[str, str, str]]:
    """Check to observed value, threshold with its operator, and status."""
    return {
        f"{rule.rule} {check.label}".strip(): (check.observed or "–", f"{check.op} {check.threshold}".strip(), check.status.value)
        for rule in view.decision.rules for check in rule.checks
    }


def _differences(made: Document, before: DecisionView, now: DecisionView, *, only_changed: bool) -> None:
    was, is_ = _observed(before), _observed(now)
    made.heading(f"Differences: #{before.index} ({before.decision.subject_name}) → #{now.index} ({now.decision.subject_name})")
    lines: list[list[Piece]] = []
    for name in sorted(was.keys() | is_.keys()):
        old, new = was.get(name, ("–", "", "none")), is_.get(name, ("–", "", "none"))
        if only_changed and old == new:
            continue
        moved = old[1] != new[1] and old[1] and new[1]
        lines.append([
            (name, "strong"), (decimal(old[0]), ""), LOOK.glyph(old[2]), (decimal(new[0]), ""), LOOK.glyph(new[2]), _change(old[0], new[0]),
            (f"{old[1]} → {new[1]}" if moved else new[1], "warn" if moved else "dim"),
        ])
    if not lines:
        made.line("No number and no threshold differs.", "dim")
        return
    made.table(
        [("check", 22, False), ("before", 7, True), ("", 1, False), ("now", 7, True), ("", 1, False), ("change", 8, True), ("threshold", 12, False)], lines,
    )


def _change(old: str, new: str) -> Piece:
    before, now = number(old), number(new)
    return ("", "") if before is None or now is None else (f"{now - before:+.3f}", "accent" if now != before else "dim")
