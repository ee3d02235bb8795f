"""The page of keys and people: who may sign what, which key signs here; enrol, rotate and revoke by dialog."""

import json
from dataclasses import asdict
from shlex import quote
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from govern.workflow.lately_views import Acts
from govern_tui.actions import BY_ID, Action
from govern_tui.desk import Doubts, PersonKey, SignerChoice
from govern_tui.dialogs import keys as dialogs
from govern_tui.dialogs.keys import Done
from govern_tui.pages.page import Page, bindings_of
from govern_tui.text import LOOK, Piece, clean, grouped, when
from govern_tui.widgets.document import Document, Flow
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import ListSource


def _state(row: PersonKey) -> Piece:
    return LOOK.verdict("revoked") if row.void_from is not None else LOOK.verdict("active")


class KeysPage(Page):
    """Page 9."""

    NAME = "keys"
    FIRST = "#people"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("keys")
    DEFAULT_CSS = """
    KeysPage #tables { width: 60%; }
    KeysPage #people { height: 1fr; }
    KeysPage #mine { height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._roles: tuple[str, ...] = ()
        self._people: tuple[PersonKey, ...] = ()
        self._acts: dict[str, Acts] = {}
        self._mine: set[str] = set()
        """Names of the keys on this machine when they were last read."""

    def compose(self) -> ComposeResult:
        """People and own keys left, the one under the cursor right."""
        with Horizontal(classes="row"):
            with VerticalScroll(id="tables", can_focus=False):
                people = RowTable(
                    [
                        Column(title="holder", width=13, cell=lambda row: (row.holder, "strong")),
                        Column(title="roles", width=0, cell=lambda row: (", ".join(row.roles) or "–", "")),
                        Column(title="key", width=9, cell=lambda row: (row.keyid[:8], "dim"), above=48),
                        Column(title="state", width=10, cell=_state),
                    ],
                    id="people", empty="The trust root names nobody.",
                )
                people.border_title = "People in the trust root"
                people.add_class("pane")
                yield people
                mine = RowTable(
                    [
                        Column(title="", width=2, cell=lambda row: LOOK.glyph("ok") if row.name == self.govern.signer else (" ", "")),
                        Column(title="key", width=16, cell=lambda row: (row.name, "strong")),
                        Column(title="holder", width=14, cell=lambda row: (row.holder, ""), above=48),
                        Column(title="roles here", width=0, cell=lambda row: (", ".join(row.roles) or "not enrolled", "" if row.roles else "warn")),
                    ],
                    id="mine", empty="No key of yours is on this machine: a makes one.",
                )
                mine.border_title = "Keys on this machine"
                mine.add_class("pane")
                yield mine
            with VerticalScroll(id="person", classes="pane second") as pane:
                pane.border_title = "Key"
                yield Flow(id="person-text")

    def reload(self) -> None:
        """Read the trust root and the keyring."""
        self.read(lambda: (self.desk.people(), self.desk.signers(), self.desk.roles()), self._apply)

    def _apply(self, found: tuple[tuple[PersonKey, ...], tuple[SignerChoice, ...], tuple[str, ...]]) -> None:
        people, signers, self._roles = found
        self._people = people
        self._acts.clear()
        self.query_one("#people", RowTable).show(ListSource(people))
        mine = self.query_one("#mine", RowTable)
        mine.show(ListSource(signers))
        fresh = next((at for at, row in enumerate(signers) if self._mine and row.name not in self._mine), None)
        self._mine = {row.name for row in signers}
        if fresh is not None:  # a key that was just made is to be enrolled next
            mine.move_to(fresh)
            mine.focus()
        self._beside()

    @property
    def _row(self) -> PersonKey | SignerChoice | None:
        table = self.app.focused if isinstance(self.app.focused, RowTable) else self.query_one("#people", RowTable)
        row = table.current()
        return row if isinstance(row, PersonKey | SignerChoice) else None

    @on(RowTable.Moved)
    def _moved(self) -> None:
        self._beside()

    def on_descendant_focus(self) -> None:
        """The pane right shows the table that has the keys."""
        self._beside()

    def _beside(self) -> None:
        row = self._row
        made = Document()
        if isinstance(row, PersonKey):
            made.facts([("holder", row.holder), ("key id", row.keyid), ("scheme", row.scheme), ("roles", ", ".join(row.roles)), ("here as", row.local or "–")], width=9)
            if row.void_from is not None:
                made.line().line(f"Void from entry #{row.void_from} on: {row.void_reason}", "bad")
            self._tell_acts(made, row)
        elif isinstance(row, SignerChoice):
            made.facts([("name", row.name), ("holder", row.holder), ("key id", row.keyid), ("roles", ", ".join(row.roles) or "not enrolled in this ledger")], width=9)
            made.line().line("Enter signs with this key from now on. Its passphrase is asked for at every signature and never kept.", "dim")
        self.query_one("#person", VerticalScroll).border_title = clean(row.holder).replace("[", "\\[") if row else "Key"
        self.query_one("#person-text", Flow).update(made.content() if row else Content(""))

    def _tell_acts(self, made: Document, row: PersonKey) -> None:
        """How often the holder signed, and what last; read once for each holder."""
        acts = self._acts.get(row.holder)
        if acts is None:
            made.line().line("Reading what they signed …", "dim")
            self.read(lambda: self.desk.acts(row.holder), self._apply_acts, group="acts")
            return
        last = f", last {when(acts.latest[0].time)}" if acts.latest else ""
        keys = "" if sum(one.holder == row.holder for one in self._people) == 1 else " with whichever key"
        made.facts([("since", when(acts.since.get(row.keyid))), ("used", f"{grouped(acts.count)}×{keys}{last}")], width=9)
        made.heading("Last acts")
        for act in acts.latest:
            made.hang(4).add(f"#{act.index:<5} {when(act.time)} ", "dim").add(f"{act.kind} ", "accent").line(act.summary)
        if not acts.latest:
            made.line("None.", "dim")

    def _apply_acts(self, acts: Acts) -> None:
        self._acts[acts.holder] = acts
        self._beside()

    # What the keys do

    def why_not(self, action: Action) -> str:
        """Using and changing need a key that is here, revoking one of the trust root."""
        if action.id in {"keys.use", "keys.rotate", "keys.passphrase"} and not self._own:
            return "this key is not on this machine"
        return "choose a key of the trust root" if action.id == "keys.revoke" and not isinstance(self._row, PersonKey) else ""

    @property
    def _own(self) -> str:
        row = self._row
        return row.local if isinstance(row, PersonKey) else row.name if row else ""

    @on(RowTable.Opened)
    def do_use(self) -> None:
        """Sign with this key."""
        if self._own:
            self.govern.signer = self._own
            self.govern.say(f"# from here on: --as {quote(self._own)}")
            self.query_one("#mine", RowTable).refresh()
            self.app.notify(f"Signing with {self._own}.", markup=False)
            self.govern.tell()

    def _done(self, answer: Done | None) -> None:
        if answer is not None:
            said, command = answer
            self.govern.say(command)
            self.app.notify(said, markup=False)
            self.reload()

    def do_new(self) -> None:
        """Make a key."""
        self.app.push_screen(dialogs.new_key(self.desk), self._done)

    def do_enrol(self) -> None:
        """Take a key into the trust root."""
        self.app.push_screen(dialogs.enrol(self.desk, self._own, self._roles), self._done)

    def do_rotate(self) -> None:
        """Replace a key."""
        self.app.push_screen(dialogs.rotate(self.desk, self._own), self._done)

    def do_passphrase(self) -> None:
        """Protect a key with another passphrase."""
        self.app.push_screen(dialogs.change_passphrase(self.desk, self._own), self._done)

    def do_export(self) -> None:
        """Save the keys of the trust root."""
        self.govern.logged(BY_ID["keys.export"])
        text = json.dumps([asdict(one) for one in self._people], indent=1, ensure_ascii=False)
        self.govern.save_text(f"keys-{self.desk.now():%Y%m%d-%H%M%S}.json", text + "\n")

    def do_revoke(self) -> None:
        """Make a key void."""
        row = self._row
        if isinstance(row, PersonKey):
            def ask(doubts: Doubts) -> None:
                self.app.push_screen(dialogs.revoke(self.desk, row, doubts), self._done)

            self.read(lambda: self.desk.doubts(row.keyid), ask, group="doubts")
