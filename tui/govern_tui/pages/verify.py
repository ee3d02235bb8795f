"""The verify page: the ledger proved step by step, with progress, rate, time left and the first problem."""

import json
from dataclasses import asdict
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from govern.errors import GovernError
from govern.workflow.verify_views import VerifyView
from govern_tui.actions import BY_ID, Action
from govern_tui.jobs import Standing
from govern_tui.pages.page import Page, bindings_of
from govern_tui.text import LOOK, Tone, bar, grouped
from govern_tui.widgets.document import Document, Flow

TITLE = "verifying"


class VerifyPage(Page):
    """Page 8."""

    NAME = "verify"
    FIRST = "#report"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("verify")
    DEFAULT_CSS = "VerifyPage #progress { height: 4; border: round $panel; border-title-color: $muted; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.view: VerifyView | None = None
        self.finished = 0

    def compose(self) -> ComposeResult:
        """Progress above, report below."""
        progress = Static(id="progress")
        progress.border_title = "Progress"
        yield progress
        with VerticalScroll(id="report", classes="pane") as pane:
            pane.border_title = "Report"
            yield Flow(id="report-text")

    def reload(self) -> None:
        """Say what can be done; verification starts when asked."""
        if self.view is None and not self.govern.jobs.running:
            made = Document().line("Not verified in this session.", "strong").line()
            made.line("Enter proves the ledger from where it was last proved; F proves it from its first entry.")
            made.line("It looks at every signature, at the tree, at the checkpoints that this machine has kept, and at the history of decisions.")
            made.line().line("v proves an evidence pack instead, with a trust root that it did not bring along.", "dim")
            self.query_one("#report-text", Flow).update(made.content())
            self.query_one("#progress", Static).update(Content("Nothing runs."))

    def why_not(self, action: Action) -> str:
        """Reports need a verification, stopping needs one that runs."""
        if action.id in {"verify.copy", "verify.save"} and self.view is None:
            return "nothing was verified yet"
        if action.id == "verify.stop" and self.govern.jobs.title != TITLE:
            return "nothing runs"
        return ""

    def do_run(self) -> None:
        """Prove what is new."""
        self._start(full=False)

    def do_full(self) -> None:
        """Prove everything."""
        self._start(full=True)

    def _start(self, *, full: bool) -> None:
        self.govern.logged(BY_ID["verify.full" if full else "verify.run"])
        self.govern.start_job(TITLE, lambda progress: self.desk.verify(full=full, progress=progress), self._apply)

    async def do_pack(self) -> None:
        """Prove an evidence pack."""
        await self.govern.go("reports")
        self.govern.invoke_later("reports.verify")

    def do_stop(self) -> None:
        """Stop."""
        self.govern.jobs.stop()

    def job_moved(self, standing: Standing) -> None:
        """Show how far it is."""
        if standing.title == TITLE:
            self.query_one("#progress", Static).update(progress_text(standing, max(20, self.size.width - 60)))

    def job_failed(self, error: GovernError) -> None:
        """Say that it did not come to an end."""
        self.query_one("#progress", Static).update(Content(f"Ended: {self.govern.explain(error)}"))

    def _apply(self, view: VerifyView) -> None:
        self.view = view
        self.finished += 1
        words: dict[str, tuple[str, Tone]] = {
            "verified": (f"chain OK to {grouped(view.size)}", "good"), "wrong": ("CHAIN BROKEN", "bad"), "unchecked": ("chain not fully checked", "warn"),
        }
        self.govern.chain = words[view.outcome]
        self.query_one("#progress", Static).update(Content(f"Done in {view.seconds:.1f} s."))
        self.query_one("#report-text", Flow).update(report_text(view))

    def do_copy(self) -> None:
        """Copy the report."""
        if self.view is not None:
            self.app.copy_to_clipboard(report_text(self.view).plain)
            self.app.notify("Copied.")

    def do_save(self) -> None:
        """Save the report."""
        if self.view is not None:
            self.govern.logged(BY_ID["verify.save"])
            self.govern.save_text(f"verification-{self.view.size}-{self.finished}.json", json.dumps({**asdict(self.view), "outcome": self.view.outcome}, indent=1))


def progress_text(standing: Standing, width: int) -> Content:
    """Part, bar, count, rate, time left."""
    made = Document().add(f"{standing.part:<12} ")
    if standing.share is None:
        made.add(f"{grouped(standing.done)} so far")
    else:
        made.add(bar(standing.share, top=1.0, width=width), "accent").add(f"  {grouped(standing.done)} / {grouped(standing.total or 0)}")
    made.line()
    left = "" if standing.left is None else f"   {standing.left:.0f} s left"
    return made.add(f"{grouped(round(standing.rate))} a second{left}   Esc stops", "dim").content()


def report_text(view: VerifyView) -> Content:
    """The whole report."""
    made = Document().pieces([LOOK.verdict(view.outcome)]).line(f"   {view.origin}")
    made.facts([("entries", grouped(view.size)), ("root", view.root or "–"), ("took", f"{view.seconds:.2f} s")])
    if not view.problem:
        made.facts([("first problem", "none")])
    else:
        where = "" if view.index is None else f"entry #{view.index}: "
        made.heading("First problem").hang(2).line(f"{where}{view.problem}", "bad")
        if view.kind:
            made.facts([("kind", view.kind)])
        if view.hint:
            made.line(view.hint)
        if view.touches:
            made.heading("What rests on it")
            for name in view.touches:
                made.line(f"  {name}")
    made.heading("Steps")
    for step in view.steps:
        word, tone = LOOK.verdict(step.state)
        made.hang(19).add(f"{step.number:>3}  ", "dim").add(f"{word:<13} ", tone).add(f"{step.title:<36} ").line(f" {step.detail}", "dim")
    return made.content()
