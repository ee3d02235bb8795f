"""The reports page: packs that left the house, a preview as text, export with progress, verification of a pack."""

from pathlib import Path
from shlex import quote
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from govern.errors import GovernError
from govern.workflow.interface import Passphrases, RenderedPack
from govern.workflow.lately_views import PackFile, PackRow
from govern.workflow.verify_views import VerifyView
from govern.workflow.views import EntryDetail
from govern_tui.actions import BY_ID, Action
from govern_tui.desk import About, PackAbout
from govern_tui.dialogs.asking import AskDialog
from govern_tui.dialogs.packs import Draft, ask_for_pack, blank
from govern_tui.dialogs.signing import Field
from govern_tui.jobs import Standing
from govern_tui.pages.pack_text import pack_text, preview
from govern_tui.pages.page import Page, bindings_of
from govern_tui.pages.verify import progress_text, report_text
from govern_tui.text import LOOK, Piece, clean, when
from govern_tui.widgets.document import Document, Flow
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import ListSource

CHECKING = "verifying a pack"


def file_state(row: PackRow) -> Piece:
    """Whether the file that lies here still has the digest that was recorded."""
    state, word = ("none", "elsewhere") if row.file is None else ("ok", "as sent") if row.file.digest == row.digest else ("bad", "CHANGED")
    glyph, tone = LOOK.glyph(state)
    return (word if row.file is None else f"{glyph} {word}", "dim" if row.file is None else tone)


class ReportsPage(Page):
    """Page 7."""

    NAME = "reports"
    FIRST = "#packs"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("reports")
    DEFAULT_CSS = """
    ReportsPage #models { height: 1fr; }
    ReportsPage #packs { height: 1fr; }
    ReportsPage #lists { width: 60; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._draft: Draft | None = None
        """What was previewed from the dialog, to be gone on with."""

    def compose(self) -> ComposeResult:
        """Packs above what one could be about left, what they say right."""
        with Horizontal(classes="row"):
            with VerticalScroll(id="lists", can_focus=False):
                packs = RowTable(
                    [
                        Column(title="written", width=10, cell=lambda row: (when(row.entry.time)[:10], "dim"), above=50),
                        Column(title="written", width=5, cell=lambda row: (when(row.entry.time)[5:10], "dim"), below=50),
                        Column(title="pack", width=0, cell=lambda row: (row.entry.subject, "")),
                        Column(title="pages", width=6, cell=lambda row: (f"{row.file.pages} p" if row.file and row.file.pages else "–", ""), right=True),
                        Column(title="file", width=9, cell=file_state),
                        Column(title="by", width=9, cell=lambda row: (row.entry.holder, "dim"), above=50),
                        Column(title="entry", width=6, cell=lambda row: (f"#{row.entry.index}", "dim"), right=True, above=50),
                    ],
                    id="packs", empty="No pack left the house yet: n writes one.",
                )
                packs.border_title = "Packs that left the house"
                packs.add_class("pane")
                yield packs
                models = RowTable(
                    [
                        Column(title="kind", width=8, cell=lambda row: (row.kind, "accent")),
                        Column(title="about", width=0, cell=lambda row: (row.ref or "the whole of it", "strong")),
                        Column(title="", width=24, cell=lambda row: (row.note, "dim"), above=50),
                    ],
                    id="models", empty="Nothing is recorded that a pack could be about.",
                )
                models.border_title = "What a pack can be about"
                models.add_class("pane")
                yield models
            with VerticalScroll(id="pack", classes="pane second") as pane:
                pane.border_title = "Pack"
                yield Flow(Content("Enter shows where a pack is and what it hashes to; p what one would say. n writes it; v verifies one."), id="pack-text")

    def reload(self) -> None:
        """Read what a pack can be about, and exports."""
        self.read(lambda: (self.desk.abouts(), self.desk.packs()), self._apply)

    def _apply(self, found: tuple[tuple[About, ...], tuple[PackRow, ...]]) -> None:
        abouts, packs = found
        self.query_one("#models", RowTable).show(ListSource(abouts))
        self.query_one("#packs", RowTable).show(ListSource(packs))

    @property
    def _about(self) -> About | None:
        row = self.query_one("#models", RowTable).current()
        return row if isinstance(row, About) else None

    @property
    def _pack(self) -> PackRow | None:
        row = self.query_one("#packs", RowTable).current()
        return row if isinstance(row, PackRow) else None

    def why_not(self, action: Action) -> str:
        """A pack is about something; only what runs can be stopped."""
        if action.id in {"reports.new", "reports.preview"} and self._about is None:
            return "nothing is recorded yet"
        return "nothing stands on the right yet" if action.id == "reports.export" and not self._text else ""

    def why_not_sifted(self, action: Action) -> str:
        """Escape stops what runs before it clears a filter."""
        return "" if action.id == "reports.clear" and self.govern.jobs.running else super().why_not_sifted(action)

    def _say(self, title: str, text: Content) -> None:
        self._text = text.plain
        self.query_one("#pack", VerticalScroll).border_title = clean(title).replace("[", "\\[")
        self.query_one("#pack-text", Flow).update(text)

    @on(RowTable.Opened)
    def do_open(self) -> None:
        """Where a pack is and what it hashes to; or what one would say."""
        written = self._pack
        if self.rows.id == "models" or written is None:
            self.do_preview()
            return
        entry = written.entry
        self.govern.logged(BY_ID["reports.open"], entry=f"#{entry.index}")
        self.read(lambda: (self.desk.entry(entry.index), self.desk.pack_file(entry.subject)), self._show_pack)

    def _show_pack(self, found: tuple[EntryDetail, PackFile | None]) -> None:
        self._say("Pack", pack_text(*found))

    def do_preview(self) -> None:
        """What a pack would say."""
        row = self._about
        if row is not None:
            self._preview(PackAbout(kind=row.kind, ref=row.ref))

    def show_draft(self, draft: Draft) -> None:
        """What the pack would say that was just asked for; `n` goes on with it."""
        self._draft = draft
        self._preview(draft.about)

    def _preview(self, about: PackAbout) -> None:
        title = f"Preview · {about.kind} {about.ref}".rstrip()
        self.govern.start_job("gathering the pack", lambda progress: self.desk.pack(about, progress), lambda pack: self._say(title, preview(pack)))

    def do_export(self) -> None:
        """Save what stands on the right."""
        title = str(self.query_one("#pack", VerticalScroll).border_title)
        name = "".join(letter if letter.isalnum() else "-" for letter in title.lower())
        self.govern.save_text(f"{name}-{self.desk.now():%Y%m%d-%H%M%S}.txt", self._text + "\n")

    def do_new(self) -> None:
        """Write a pack about what is under the cursor, or about something else; go on with what was previewed from there."""
        row, draft = self._about, self._draft
        self._draft = None
        if draft is not None:
            ask_for_pack(self.govern, draft.values)
        elif row is not None:
            ask_for_pack(self.govern, blank(row.kind, row.ref))

    def do_clear(self) -> None:
        """Stop what is being gathered, written or verified; else show every row again."""
        if self.govern.jobs.running:
            self.govern.jobs.stop()
        else:
            super().do_clear()

    def job_failed(self, error: GovernError) -> None:
        """Say that it did not come to an end."""
        self._say("Ended", Document().hang(2).line(self.govern.explain(error), "warn").content())

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
                self.govern.say(f"govern verify {quote(str(pack))} --trust {quote(str(trust))}")
                self.govern.start_job(CHECKING, lambda progress: self.desk.verify_pack(pack, trust, progress), self._checked)

        newest = self._pack
        file = str(self.desk.exports() / newest.entry.subject) if newest is not None and newest.file is not None else ""
        self.app.push_screen(
            AskDialog(
                "VERIFY A PACK", "A pack proves itself only with a trust root that it did not bring along.",
                [Field(id="pack", label="Pack", value=file), Field(id="trust", label="Trust root", hint="a file that you were given on another way")], values, sign="Verify",
            ),
            start,
        )

    def _checked(self, view: VerifyView) -> None:
        self._say("Verification of the pack", report_text(view))

    def job_moved(self, standing: Standing) -> None:
        """Show how far it is."""
        self.query_one("#pack-text", Flow).update(progress_text(standing, 40))
