"""The policies page: every version of every policy, its document, its results, its difference to the one before."""

import difflib
from collections.abc import Callable, Sequence
from shlex import quote
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from govern.domain.text import short
from govern.workflow.interface import Passphrases
from govern.workflow.pack import PolicyView
from govern.workflow.views import StatusView, Written
from govern_tui.actions import BY_ID, Action
from govern_tui.chrome.popups import Reader, clean_long
from govern_tui.desk import SignerChoice
from govern_tui.dialogs.asking import AskDialog, Secret
from govern_tui.dialogs.signing import Field
from govern_tui.pages.dashboard import results_text
from govern_tui.pages.page import Page, bindings_of
from govern_tui.text import Piece, clean, when
from govern_tui.widgets.document import Document, Flow
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import ListSource

CHANGE_TONES = {"loosened": "bad", "mixed": "warn", "tightened": "good"}


def _change(row: PolicyView) -> Piece:
    return (row.change, CHANGE_TONES.get(row.change, "dim"))  # type: ignore[return-value]


class PoliciesPage(Page):
    """Page 5."""

    NAME = "policies"
    FIRST = "#policies"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("policies")
    DEFAULT_CSS = """
    PoliciesPage #left { width: 54; }
    PoliciesPage #policies { height: 2fr; }
    PoliciesPage #policy-results { height: 1fr; min-height: 8; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._policies: tuple[PolicyView, ...] = ()
        self._wanted = ""

    def compose(self) -> ComposeResult:
        """Policies left, the document right."""
        with Horizontal(classes="row"):
            with VerticalScroll(id="left", can_focus=False):
                table = RowTable(
                    [
                        Column(title="policy", width=0, cell=lambda row: (f"{row.name}@{row.version}", "strong")),
                        Column(title="change", width=10, cell=_change),
                        Column(title="entry", width=7, cell=lambda row: (f"#{row.index}", "dim"), right=True),
                        Column(title="since", width=10, cell=lambda row: (when(row.time)[:10], "dim"), above=44),
                    ],
                    id="policies", empty="No policy is installed: `govern policy install baseline`.",
                )
                table.border_title = "Policies"
                table.add_class("pane")
                yield table
                with VerticalScroll(id="policy-results", classes="pane second") as results:
                    results.border_title = "Rule results, 30 days"
                    yield Flow(id="policy-results-text")
            with VerticalScroll(id="policy", classes="pane second") as pane:
                pane.border_title = "Document"
                yield Flow(id="policy-text")

    @property
    def table(self) -> RowTable:
        """The policies."""
        return self.query_one("#policies", RowTable)

    def reload(self) -> None:
        """Read policies and results."""
        self.read(lambda: (self.desk.policies(), self.desk.status()), self._apply)

    def _apply(self, found: tuple[tuple[PolicyView, ...], StatusView]) -> None:
        policies, status = found
        self._policies = tuple(reversed(policies))
        self.table.show(ListSource(self._policies))
        self.query_one("#policy-results-text", Flow).update(results_text(status))
        self._beside()

    def place(self) -> str:
        """The policy under the cursor."""
        row = self.table.current()
        return row.digest if isinstance(row, PolicyView) else ""

    @on(RowTable.Moved)
    def _beside(self) -> None:
        row = self.table.current()
        if isinstance(row, PolicyView):
            self.query_one("#policy", VerticalScroll).border_title = clean(f"{row.name}@{row.version} · {short(row.digest)}").replace("[", "\\[")
            self.query_one("#policy-text", Flow).update(document(row))

    def why_not(self, action: Action) -> str:
        """Everything here needs a policy."""
        if action.id == "policies.install":
            return ""
        if self.table.current() is None:
            return "no policy is installed"
        return "there is no version before this one" if action.id == "policies.diff" and self._before() is None else ""

    def _before(self) -> PolicyView | None:
        row = self.table.current()
        older = [other for other in self._policies if isinstance(row, PolicyView) and other.name == row.name and other.index < row.index]
        return older[0] if older else None

    @on(RowTable.Opened)
    def do_open(self) -> None:
        """Read the document."""
        row = self.table.current()
        if isinstance(row, PolicyView):
            self.govern.logged(BY_ID["policies.open"], policy=f"{row.name}@{row.version}")
            self.app.push_screen(Reader(f"{row.name}@{row.version}", document(row), copied=row.text))

    def do_diff(self) -> None:
        """Against the version before."""
        row, before = self.table.current(), self._before()
        if isinstance(row, PolicyView) and before is not None:
            self.govern.say(f"govern policy diff {before.name}@{before.version} {row.name}@{row.version}")
            self.app.push_screen(Reader(f"{before.version} → {row.version}: {row.change}", difference(before.text.splitlines(), row.text.splitlines())))

    def do_install(self) -> None:
        """Put a policy into force, with a second signature where it loosens one."""
        self.read(self.desk.signers, self._ask_install, group="install")

    def _ask_install(self, signers: tuple[SignerChoice, ...]) -> None:
        owners = tuple((f"{one.name} · {one.holder}", one.name) for one in signers if "policy" in one.roles)
        if not owners:
            self.app.notify("No key with the role policy is on this machine.", severity="warning")
            return

        def do(values: dict[str, str], passphrases: Passphrases) -> tuple[Written, str]:
            first, second = values["first"], values["second"]
            given: Callable[[str], str] = lambda name: passphrases("second" if name == second else "first")  # noqa: E731
            written = self.desk.install(values["named"], key=first, also_as=(second,) if second else (), passphrases=given)
            also = f" --also-as {second}" if second else ""
            return written, f"govern policy install {quote(values['named'])} --as {first}{also}"

        def done(answer: tuple[Written, str] | None) -> None:
            if answer is not None:
                self.govern.say(answer[1])
                self.app.notify(f"In force from entry #{answer[0].index} on: the next gate asks it.", markup=False)
                self.reload()

        self.app.push_screen(
            AskDialog(
                "INSTALL A POLICY",
                "From the next gate on it judges. What loosens or narrows a policy in force needs the signatures of two holders, who may sign\n"
                "one after the other at this desk.",
                [
                    Field(id="named", label="Policy", hint="a pack that ships with govern, such as baseline, or a folder with policy.yaml"),
                    Field(id="first", label="Signer", choices=owners),
                    Field(id="second", label="Second signer", choices=(("nobody: it loosens nothing", ""), *owners), needed=False),
                ],
                do, sign="Install", secrets=(
                    Secret(key="first", label="Passphrase", hint="of the signer's key"),
                    Secret(key="second", label="Second's", hint="of the second signer's key, typed by themselves; nothing without one", needed=False),
                ),
            ),
            done,
        )

    async def do_lineage(self) -> None:
        """What rests on this policy."""
        row = self.table.current()
        if isinstance(row, PolicyView):
            self.govern.logged(BY_ID["policies.lineage"], policy=row.digest)
            await self.govern.go("lineage", row.digest)

    def do_export(self) -> None:
        """Save the document as it was signed."""
        row = self.table.current()
        if isinstance(row, PolicyView):
            name = "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in f"{row.name}-{row.version}")
            self.govern.save_text(f"policy-{name}.yaml", row.text)


def document(policy: PolicyView) -> Content:
    """The text with its keys told apart; comments dimmed."""
    made = Document()
    made.facts([("digest", policy.digest), ("entry", f"#{policy.index}, {when(policy.time)}"), ("change", policy.change)], width=8).line()
    for line in clean_long(policy.text).splitlines():
        key, colon, rest = line.partition(":")
        if line.lstrip().startswith("#"):
            made.line(line, "dim")
        elif colon and key.lstrip(" -").replace("_", "").replace("-", "").isalnum():
            made.add(key + colon, "accent").line(rest)
        else:
            made.line(line)
    return made.content()


def difference(before: Sequence[str], now: Sequence[str]) -> Content:
    """A unified difference."""
    made = Document()
    for line in difflib.unified_diff(before, now, "before", "now", lineterm="", n=2):
        made.line(line, "good" if line.startswith("+") else "bad" if line.startswith("-") else "dim" if line.startswith("@") else "")
    return made.content()
