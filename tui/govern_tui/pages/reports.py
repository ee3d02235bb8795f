"""The reports page: packs that left the house, a preview as text, export with progress, verification of a pack."""

from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from govern.domain.text import Digest
from govern.workflow.interface import Passphrases, RenderedPack
from govern.workflow.pack import PackData
from govern.workflow.views import EntryDetail, EntryRow, VerifyView
from govern_tui.actions import Action
from govern_tui.dialogs.asking import AskDialog, Field
from govern_tui.dialogs.packs import ask_for_pack
from govern_tui.jobs import Standing
from govern_tui.pages.entry import entry_text
from govern_tui.pages.page import Page, bindings_of
from govern_tui.pages.verify import progress_text, report_text
from govern_tui.text import LOOK, grouped, when
from govern_tui.widgets.document import Document
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import ListSource

CHECKING = "verifying a pack"


class ReportsPage(Page):
    """Page 7."""

    NAME = "reports"
    FIRST = "#models"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("reports")
    DEFAULT_CSS = """
    ReportsPage #models { height: 1fr; }
    ReportsPage #packs { height: 1fr; }
    ReportsPage #lists { width: 60; }
    Desktop.-narrow ReportsPage #lists, Desktop.-low ReportsPage #lists { width: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._models: tuple[tuple[str, str], ...] = ()

    def compose(self) -> ComposeResult:
        """Models and packs left, what they say right."""
        with Horizontal(classes="row"):
            with VerticalScroll(id="lists", can_focus=False):
                models = RowTable(
                    [
                        Column(title="model", width=0, cell=lambda row: (row.subject, "strong")),
                        Column(title="recorded", width=16, cell=lambda row: (when(row.time), "dim")),
                        Column(title="entry", width=7, cell=lambda row: (f"#{row.index}", "dim"), right=True),
                    ],
                    id="models", empty="No model is recorded.",
                )
                models.border_title = "Models to report on"
                models.add_class("pane")
                yield models
                packs = RowTable(
                    [
                        Column(title="written", width=16, cell=lambda row: (when(row.time), "dim")),
                        Column(title="pack", width=0, cell=lambda row: (row.subject, "")),
                        Column(title="by", width=10, cell=lambda row: (row.holder, "dim")),
                        Column(title="entry", width=7, cell=lambda row: (f"#{row.index}", "dim"), right=True),
                    ],
                    id="packs", empty="No pack left the house yet: n writes one.",
                )
                packs.border_title = "Packs that left the house"
                packs.add_class("pane")
                yield packs
            with VerticalScroll(id="pack", classes="pane second") as pane:
                pane.border_title = "Preview"
                yield Static(Content("Enter shows what the pack would say. n writes it; v verifies one."), id="pack-text")

    def reload(self) -> None:
        """Read models and exports."""
        self.read(
            lambda: (self.desk.log(0, self.desk.size(), kinds=("model",)), self.desk.log(0, self.desk.size(), kinds=("export",))), self._apply,
        )

    def _apply(self, found: tuple[tuple[EntryRow, ...], tuple[EntryRow, ...]]) -> None:
        models, packs = found
        self.query_one("#models", RowTable).show(ListSource(tuple(reversed(models))))
        self.query_one("#packs", RowTable).show(ListSource(tuple(reversed(packs))))

    def _row(self, table: str) -> EntryRow | None:
        row = self.query_one(table, RowTable).current()
        return row if isinstance(row, EntryRow) else None

    def why_not(self, action: Action) -> str:
        """A pack is about a model."""
        return "no model is recorded" if action.id == "reports.new" and self._row("#models") is None else ""

    def _say(self, title: str, text: Content) -> None:
        self.query_one("#pack", VerticalScroll).border_title = title
        self.query_one("#pack-text", Static).update(text)

    @on(RowTable.Opened)
    def do_preview(self) -> None:
        """What the pack would say, or what its entry says."""
        if self.app.focused is self.query_one("#packs"):
            written = self._row("#packs")
            if written is not None:
                self.read(lambda: self.desk.entry(written.index), self._show_entry)
            return
        row = self._row("#models")
        if row is None:
            return

        def work(progress: Any) -> PackData:
            return self.desk.pack(self._model(row), progress)

        self.govern.start_job("gathering the pack", work, lambda pack: self._say(f"Preview · {row.subject}", preview(pack)))

    def _show_entry(self, detail: EntryDetail) -> None:
        self._say(f"Entry {detail.row.index}", entry_text(detail))

    def _model(self, row: EntryRow) -> Digest:
        found = self.desk.entry(row.index).statement.get("subject")
        first = found[0] if isinstance(found, list) and found else {}
        digest = first.get("digest") if isinstance(first, dict) else {}
        return Digest("sha256:" + str(digest.get("sha256", "")) if isinstance(digest, dict) else "")

    def do_new(self) -> None:
        """Write a pack of the model under the cursor."""
        row = self._row("#models")
        if row is not None:
            self.read(lambda: self._model(row), lambda model: ask_for_pack(self.govern, model, row.subject), group="new")

    def pack_written(self, pack: RenderedPack) -> None:
        """Show where the pack is."""
        made = Document().facts([("file", str(pack.path)), ("pages", str(pack.pages)), ("digest", pack.digest), ("manifest", pack.manifest)], width=9)
        made.line().line("v verifies it, with a trust root that you have from elsewhere.", "dim")
        self._say("Written", made.content())
        self.reload()

    def do_verify(self) -> None:
        """Prove a pack with a trust root from outside."""
        def values(given: dict[str, str], _: Passphrases) -> tuple[Path, Path]:
            return Path(given["pack"]).expanduser(), Path(given["trust"]).expanduser()

        def start(answer: tuple[Path, Path] | None) -> None:
            if answer is not None:
                pack, trust = answer
                self.govern.say(f"govern verify {pack} --trust {trust}")
                self.govern.start_job(CHECKING, lambda progress: self.desk.verify_pack(pack, trust, progress), self._checked)

        newest = self._row("#packs")
        file = str(self.desk.exports() / newest.subject) if newest is not None else ""
        self.app.push_screen(
            AskDialog(
                "VERIFY A PACK", "A pack proves itself only with a trust root that it did not bring along.",
                [Field(id="pack", label="Pack", value=file), Field(id="trust", label="Trust root", hint="a file that you were given on another way")], values,
            ),
            start,
        )

    def _checked(self, view: VerifyView) -> None:
        self._say("Verification of the pack", report_text(view))

    def job_moved(self, standing: Standing) -> None:
        """Show how far it is."""
        self.query_one("#pack-text", Static).update(progress_text(standing, 40))


def preview(pack: PackData) -> Content:
    """The pack in text: title, verdicts, approvals, what is attached."""
    made = Document().line(pack.title, "strong").line(f"as of {when(pack.as_of)} UTC, {grouped(pack.size)} entries", "dim")
    for dossier in pack.dossiers:
        decision = dossier.decision.decision if dossier.decision else None
        made.heading("Verdict")
        if decision is not None:
            made.pieces([LOOK.verdict(decision.outcome.value)]).line(f"  {decision.gate}: {decision.before_waivers.passed} of {decision.before_waivers.total} binding rules pass")
            for rule in decision.rules:
                made.add("  ").pieces([LOOK.glyph(rule.status.value)]).add(f" {rule.rule} ", "strong").line(rule.title)
        made.heading("Approvals")
        for review in dossier.reviews:
            made.add("  ").pieces([LOOK.verdict(review.standing)]).line(f" {review.holder} {review.action} {when(review.time)}")
    made.heading("Lifecycle")
    for row in pack.lifecycle:
        made.line(f"  #{row.index} {when(row.time)} {row.kind}: {row.what}")
    made.heading("Monitoring")
    for drift in pack.monitoring:
        made.add("  ").pieces([LOOK.glyph(drift.standing)]).line(f" {drift.sentence}")
    for finding in pack.findings:
        made.add("  ").pieces([LOOK.verdict("open" if finding.state == "open" else "ok")]).line(f" {finding.id} {finding.title}")
    made.heading("Proof").pieces([LOOK.verdict(pack.verification.outcome)]).line(f"  {len(pack.entries)} entries, {len(pack.attachments)} files attached")
    for attachment in pack.attachments:
        made.line(f"  {attachment.name:<44} {grouped(len(attachment.data)):>10} bytes", "dim")
    return made.content()
