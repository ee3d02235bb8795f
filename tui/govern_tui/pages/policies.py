"""The policies page: what each rule in force asks and said lately, every version of every policy, and what changed in it."""

import difflib
from collections.abc import Callable, Sequence
from shlex import quote
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content

from govern.domain.text import short
from govern.workflow.interface import Passphrases
from govern.workflow.lately_views import RuleRow
from govern.workflow.pack import PolicyView
from govern.workflow.views import Written
from govern_tui.actions import BY_ID, Action
from govern_tui.chrome.popups import Reader, clean_long
from govern_tui.desk import SignerChoice
from govern_tui.dialogs.asking import AskDialog, Secret
from govern_tui.dialogs.signing import Field
from govern_tui.pages.page import Page, bindings_of
from govern_tui.text import LOOK, Piece, clean, grouped, sparkline, when
from govern_tui.widgets.document import Document, Flow
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import ListSource

CHANGE_TONES = {"loosened": "bad", "mixed": "warn", "tightened": "good"}
STATUSES: Final = ("pass", "fail", "inconclusive", "error", "not_applicable")


def _change(row: PolicyView) -> Piece:
    return (row.change, CHANGE_TONES.get(row.change, "dim"))  # type: ignore[return-value]


def _worst(row: RuleRow) -> str:
    return next((status for status in ("fail", "error", "inconclusive", "pass") if row.counts.get(status)), "none")


def _lately(row: RuleRow) -> Piece:
    worst = _worst(row)
    count = row.counts.get(worst, 0)
    word = "fails" if worst == "fail" and count > 1 else "unsure" if worst == "inconclusive" else worst
    return ("not asked" if worst == "none" else f"{grouped(count)} {word}", LOOK.glyph(worst)[1])


class PoliciesPage(Page):
    """Page 5."""

    NAME = "policies"
    FIRST = "#rules"
    BINDINGS: ClassVar[list[BindingType]] = bindings_of("policies")
    DEFAULT_CSS = """
    PoliciesPage #left { width: 54; }
    PoliciesPage #rules { height: 3fr; }
    PoliciesPage #policies { height: 2fr; min-height: 5; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._policies: tuple[PolicyView, ...] = ()

    def compose(self) -> ComposeResult:
        """Rules above documents left, the one under the cursor right."""
        with Horizontal(classes="row"):
            with VerticalScroll(id="left", can_focus=False):
                rules = RowTable(
                    [
                        Column(title="", width=2, cell=lambda row: LOOK.glyph(_worst(row))),
                        Column(title="rule", width=0, cell=lambda row: (row.rule, "strong")),
                        Column(title="30 days", width=12, cell=_lately),
                        Column(title="policy", width=20, cell=lambda row: (row.policy, "dim"), above=44),
                    ],
                    id="rules", empty="No policy is in force: `govern policy install baseline`.",
                )
                rules.border_title = "Rules in force"
                rules.add_class("pane")
                yield rules
                table = RowTable(
                    [
                        Column(title="policy", width=0, cell=lambda row: (f"{row.name}@{row.version}", "strong")),
                        Column(title="change", width=10, cell=_change),
                        Column(title="entry", width=7, cell=lambda row: (f"#{row.index}", "dim"), right=True),
                        Column(title="since", width=10, cell=lambda row: (when(row.time)[:10], "dim"), above=44),
                    ],
                    id="policies", empty="No policy is installed: `govern policy install baseline`.",
                )
                table.border_title = "Documents"
                table.add_class("pane")
                yield table
            with VerticalScroll(id="policy", classes="pane second") as pane:
                pane.border_title = "Rule"
                yield Flow(id="policy-text")

    def reload(self) -> None:
        """Read rules and documents."""
        self.read(lambda: (self.desk.policies(), self.desk.rule_results()), self._apply)

    def _apply(self, found: tuple[tuple[PolicyView, ...], tuple[RuleRow, ...]]) -> None:
        policies, rules = found
        self._policies = tuple(reversed(policies))
        self.query_one("#rules", RowTable).show(ListSource(rules))
        self.query_one("#policies", RowTable).show(ListSource(self._policies))
        self._beside()

    @property
    def _row(self) -> RuleRow | PolicyView | None:
        row = self.rows.current()
        return row if isinstance(row, RuleRow | PolicyView) else None

    @property
    def _document(self) -> PolicyView | None:
        """The document under the cursor, or that of the rule under it."""
        row = self._row
        return next((one for one in self._policies if one.digest == row.digest), None) if row is not None else None

    @on(RowTable.Moved)
    def _beside(self) -> None:
        row = self._row
        if row is None:
            return
        title = f"{row.rule} · {row.policy}" if isinstance(row, RuleRow) else f"{row.name}@{row.version} · {short(row.digest)}"
        self.query_one("#policy", VerticalScroll).border_title = clean(title).replace("[", "\\[")
        self.query_one("#policy-text", Flow).update(rule_text(row) if isinstance(row, RuleRow) else document(row))

    def on_descendant_focus(self) -> None:
        """The pane right shows the table that has the keys."""
        self._beside()

    def why_not(self, action: Action) -> str:
        """Everything here needs a policy, a dossier a rule that was asked."""
        row, verb = self._row, action.id.split(".")[1]
        if verb in {"install", "filter", "next", "previous", "clear"}:
            return ""
        if row is None:
            return "no policy is installed"
        if verb == "open" and isinstance(row, RuleRow) and not row.latest:
            return "this rule has judged nothing within 30 days"
        return "there is no version before this one" if verb == "diff" and self._before() is None else ""

    def _before(self) -> PolicyView | None:
        row = self._document
        older = [other for other in self._policies if row is not None and other.name == row.name and other.index < row.index]
        return older[0] if older else None

    @on(RowTable.Opened)
    async def _opened(self) -> None:
        await self.do_open()

    async def do_open(self) -> None:
        """The dossier of what a rule judged last; of a document, its text."""
        row = self._row
        if isinstance(row, PolicyView):
            self.do_read()
        elif row is not None and row.latest:
            last = row.latest[0]
            self.govern.logged(BY_ID["policies.open"], model=last.model)
            await self.govern.go("review", f"{last.model} {last.gate if last.gate.startswith('promote:') else ''} rules")

    def do_read(self) -> None:
        """Read the document."""
        row = self._document
        if row is not None:
            self.govern.logged(BY_ID["policies.read"], policy=f"{row.name}@{row.version}")
            self.app.push_screen(Reader(f"{row.name}@{row.version}", document(row), copied=row.text))

    def do_diff(self) -> None:
        """Against the version before."""
        row, before = self._document, self._before()
        if row is not None and before is not None:
            self.govern.logged(BY_ID["policies.diff"], before=f"{before.name}@{before.version}", policy=f"{row.name}@{row.version}")
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
                "From the next gate on it judges. What loosens or narrows a policy in force needs the signatures of two holders, who may sign "
                "one after the other at this desk.",
                [
                    Field(id="named", label="Policy", hint="a pack that ships with govern, such as baseline, or a folder"),
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
        row = self._document
        if row is not None:
            self.govern.logged(BY_ID["policies.lineage"], policy=row.digest)
            await self.govern.go("lineage", row.digest)

    def do_export(self) -> None:
        """Save the document as it was signed."""
        row = self._document
        if row is not None:
            name = "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in f"{row.name}-{row.version}")
            self.govern.save_text(f"policy-{name}.yaml", row.text)


def rule_text(row: RuleRow) -> Content:
    """What a rule asks, how strictly, what it said day by day, and of what."""
    made = Document().line(row.title, "strong").line()
    made.facts([
        ("rule", row.condition), ("measure", row.measure or "a person attests"), ("policy", row.policy), ("owner", row.owner or "–"),
        ("binds", ", ".join(f"{gate} {level}" for gate, level in row.enforcement.items()) or "nowhere"),
    ], width=9)
    made.heading(f"Said since {when(row.since)[:10]}")
    for status in STATUSES:
        if count := row.counts.get(status, 0):
            days = sparkline([float(day.get(status, 0)) for day in row.days])
            made.pieces([LOOK.verdict(status)]).add(f"  {grouped(count)}  ", "strong").line(days, LOOK.glyph(status)[1])
    if not row.counts:
        made.line("It was not asked.", "dim")
    made.heading("Judged last")
    for one in row.latest:
        made.pieces([LOOK.verdict(one.status)]).add(f"  {one.model}  ", "strong").add(f"{one.gate}  ").line(f"#{one.index} {when(one.time)}", "dim")
    return made.line().line("Enter opens the dossier of the newest, r the document, D its difference to the version before.", "dim").content()


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
