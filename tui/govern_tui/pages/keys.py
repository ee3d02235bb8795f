"""The page of keys and people: who may sign what, which key signs here; enrol, rotate and revoke by dialog."""

from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from govern.workflow.interface import Passphrases
from govern.workflow.views import EntryRow, Written
from govern_tui.actions import BY_ID, Action
from govern_tui.desk import PersonKey, SignerChoice
from govern_tui.dialogs.asking import AskDialog, Field
from govern_tui.pages.page import Page, bindings_of
from govern_tui.text import LOOK, Piece, clean, when
from govern_tui.widgets.document import Document
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import ListSource

ROOT_KEY = "root"
"""The key that signs the trust root where the workspace names no other."""
LAST_ACTS = 200
"""Entries that are looked through for what a key did last."""


def _state(row: PersonKey) -> Piece:
    return LOOK.verdict("revoked") if row.void_from is not None else LOOK.verdict("active")


class KeysPage(Page):
    """Page 9."""

    NAME = "keys"
    FIRST = "#people"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("keys")
    DEFAULT_CSS = """
    KeysPage #tables { width: 72; }
    KeysPage #people { height: 1fr; }
    KeysPage #mine { height: 1fr; }
    Desktop.-narrow KeysPage #tables, Desktop.-low KeysPage #tables { width: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._roles: tuple[str, ...] = ()
        self._recent: tuple[EntryRow, ...] = ()

    def compose(self) -> ComposeResult:
        """People and own keys left, the one under the cursor right."""
        with Horizontal(classes="row"):
            with VerticalScroll(id="tables", can_focus=False):
                people = RowTable(
                    [
                        Column(title="holder", width=16, cell=lambda row: (row.holder, "strong")),
                        Column(title="roles", width=0, cell=lambda row: (", ".join(row.roles) or "–", "")),
                        Column(title="key", width=9, cell=lambda row: (row.keyid[:8], "dim")),
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
                        Column(title="holder", width=14, cell=lambda row: (row.holder, "")),
                        Column(title="roles here", width=0, cell=lambda row: (", ".join(row.roles) or "not enrolled", "" if row.roles else "warn")),
                    ],
                    id="mine", empty="No key of yours is on this machine: n makes one.",
                )
                mine.border_title = "Keys on this machine"
                mine.add_class("pane")
                yield mine
            with VerticalScroll(id="person", classes="pane second") as pane:
                pane.border_title = "Key"
                yield Static(id="person-text")

    def reload(self) -> None:
        """Read the trust root, the keyring and the last entries."""
        def look() -> tuple[tuple[PersonKey, ...], tuple[SignerChoice, ...], tuple[str, ...], tuple[EntryRow, ...]]:
            size = self.desk.size()
            return self.desk.people(), self.desk.signers(), self.desk.roles(), self.desk.log(max(0, size - LAST_ACTS), LAST_ACTS)

        self.read(look, self._apply)

    def _apply(self, found: tuple[tuple[PersonKey, ...], tuple[SignerChoice, ...], tuple[str, ...], tuple[EntryRow, ...]]) -> None:
        people, signers, self._roles, self._recent = found
        self.query_one("#people", RowTable).show(ListSource(people))
        self.query_one("#mine", RowTable).show(ListSource(signers))
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
            acts = [act for act in reversed(self._recent) if act.holder == row.holder][:12]
            made.heading(f"Last acts (of the newest {len(self._recent)} entries)")
            for act in acts:
                made.add(f"#{act.index:<7} {when(act.time)} ", "dim").add(f"{act.kind:<11} ", "accent").line(act.summary)
            if not acts:
                made.line("None.", "dim")
        elif isinstance(row, SignerChoice):
            made.facts([("name", row.name), ("holder", row.holder), ("key id", row.keyid), ("roles", ", ".join(row.roles) or "not enrolled in this ledger")], width=9)
            made.line().line("Enter signs with this key from now on. Its passphrase is asked for at every signature and never kept.", "dim")
        self.query_one("#person", VerticalScroll).border_title = clean(row.holder).replace("[", "\\[") if row else "Key"
        self.query_one("#person-text", Static).update(made.content() if row else Content(""))

    # What the keys do

    def why_not(self, action: Action) -> str:
        """Enrolling and using need an own key, revoking a key of the trust root."""
        row = self._row
        if action.id in {"keys.use", "keys.enrol"}:
            own = row.local if isinstance(row, PersonKey) else row.name if row else ""
            return "" if own else "this key is not on this machine"
        if action.id == "keys.rotate" and not self._own:
            return "this key is not on this machine"
        if action.id == "keys.revoke" and not isinstance(row, PersonKey):
            return "choose a key of the trust root"
        return ""

    @property
    def _own(self) -> str:
        row = self._row
        return row.local if isinstance(row, PersonKey) else row.name if row else ""

    @on(RowTable.Opened)
    def do_use(self) -> None:
        """Sign with this key."""
        if self._own:
            self.govern.signer = self._own
            self.govern.logged(BY_ID["keys.use"], key=self._own)
            self.query_one("#mine", RowTable).refresh()
            self.app.notify(f"Signing with {self._own}.", markup=False)
            self.govern.tell()

    def _written(self, command: str, word: str) -> Any:
        def then(result: Written | str | None) -> None:
            if result is None:
                return
            self.govern.say(command)
            self.app.notify(f"{word}: entry #{result.index}" if isinstance(result, Written) else f"{word}: {result}", markup=False)
            self.reload()

        return then

    def do_new(self) -> None:
        """Make a key."""
        def make(values: dict[str, str], passphrases: Passphrases) -> str:
            return self.desk.new_key(values["name"], values["holder"], passphrases)

        self.app.push_screen(
            AskDialog(
                "NEW KEY", "An Ed25519 key of your own, kept encrypted outside the workspace. It signs nothing until it is enrolled.",
                [Field(id="name", label="Name", hint="such as officer"), Field(id="holder", label="Holder", hint="your pseudonym in the ledger")],
                make, secrets=("",),
            ),
            self._written("govern key new NAME", "New key"),
        )

    def do_enrol(self) -> None:
        """Take a key into the trust root."""
        name = self._own
        self.app.push_screen(
            AskDialog(
                f"ENROL · {name}", "A new version of the trust root, signed by the root key. From the next entry on this key may sign in the role.",
                [Field(id="role", label="Role", choices=self._roles, value="approver")],
                lambda values, passphrases: self.desk.enrol(name, values["role"], passphrases), secrets=(ROOT_KEY, name),
            ),
            self._written(f"govern key enrol {name} --role ROLE", "Enrolled"),
        )

    def do_rotate(self) -> None:
        """Replace a key."""
        name = self._own
        self.app.push_screen(
            AskDialog(
                f"ROTATE · {name}", "A new key of the same holder takes every role of this one, which is void from then on.",
                [Field(id="fresh", label="New key's name", value=f"{name}-2")],
                lambda values, passphrases: self.desk.rotate(name, values["fresh"], passphrases), secrets=(ROOT_KEY, f"{name}-2"),
            ),
            self._written(f"govern key rotate {name}", "Rotated"),
        )

    def do_revoke(self) -> None:
        """Make a key void."""
        row = self._row
        if isinstance(row, PersonKey):
            self.app.push_screen(
                AskDialog(
                    f"REVOKE · {row.holder}", f"Key {row.keyid}\nis void from the next entry on; approvals that it signed go stale.",
                    [Field(id="reason", label="Reason", hint="why, in a sentence")],
                    lambda values, passphrases: self.desk.revoke(row.keyid, values["reason"], passphrases), secrets=(ROOT_KEY,),
                ),
                self._written(f"govern key revoke {row.keyid[:8]}", "Revoked"),
            )
