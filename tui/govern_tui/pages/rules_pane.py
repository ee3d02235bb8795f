"""The dossier's rules: a line a rule, and below or beside it what the rule under the cursor says; Enter opens its evidence."""

from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll

from govern.domain.decision import RuleResult
from govern.workflow.views import Dossier
from govern_tui.pages.dossier_rules import entries_of, rule_text, rules_of, scale_of, worst
from govern_tui.text import LOOK, Piece, bar, decimal, number
from govern_tui.widgets.document import Flow
from govern_tui.widgets.rowtable import Column, RowTable
from govern_tui.widgets.source import ListSource

BAR = 18
WIDE = 100
"""Cells from which on there is room for words and titles."""
BESIDE = 150
"""Cells from which on the details stand beside the rules."""


class RulesPane(Container):
    """The table of rules with its details."""

    DEFAULT_CSS: ClassVar[str] = """
    RulesPane { height: 1fr; layout: vertical; }
    RulesPane #rules { height: auto; min-height: 3; max-height: 45%; }
    RulesPane #rule { border-top: solid $panel; }
    RulesPane.-beside { layout: horizontal; }
    RulesPane.-beside #rules { width: 1fr; height: 1fr; max-height: 100%; }
    RulesPane.-beside #rule { width: 1fr; border-top: none; border-left: solid $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._dossier: Dossier | None = None

    def compose(self) -> ComposeResult:
        """The table, then the details."""
        yield RowTable(
            [
                Column(title="verdict", width=7, cell=lambda rule: LOOK.verdict(rule.status.value), below=WIDE),
                Column(title="verdict", width=14, cell=lambda rule: LOOK.verdict(rule.status.value), above=WIDE),
                Column(title="rule", width=9, cell=lambda rule: (rule.rule, "strong")),
                Column(title="", width=6, cell=lambda rule: ("DENIES" if rule.denies else "", "bad")),
                Column(title="about", width=0, cell=lambda rule: (rule.title, ""), above=WIDE),
                Column(title="observed", width=8, cell=_observed, right=True),
                Column(title="against threshold", width=BAR, cell=_bar, above=71),
                Column(title="", width=8, cell=_threshold, above=54),
                Column(title="evidence", width=8, cell=self._evidence, right=True),
            ],
            id="rules", empty="This model has not been gated here.",
        )
        with VerticalScroll(id="rule", can_focus=True):
            yield Flow(id="text-rules")

    @property
    def table(self) -> RowTable:
        """The rules."""
        return self.query_one("#rules", RowTable)

    @property
    def rule(self) -> RuleResult | None:
        """The rule under the cursor."""
        row = self.table.current()
        return row if isinstance(row, RuleResult) else None

    @property
    def evidence(self) -> int | None:
        """The entry of the evidence that this rule was judged on, the newest; None where there is none."""
        found = entries_of(self._dossier, self.rule) if self._dossier is not None and self.rule is not None else ()
        return found[0] if found else None

    def show(self, dossier: Dossier) -> None:
        """Show the rules of a dossier; of the same one the cursor stays where it was."""
        before, self._dossier = self._dossier, dossier
        same = before is not None and (before.model, before.gate) == (dossier.model, dossier.gate)
        self.table.show(ListSource(rules_of(dossier)), cursor=None if same else 0)
        self._say()

    @on(RowTable.Moved, "#rules")
    def _say(self) -> None:
        if self._dossier is not None:
            self.query_one("#text-rules", Flow).update(rule_text(self._dossier, self.rule))
            self.query_one("#rule", VerticalScroll).scroll_home(animate=False)

    def on_resize(self, event: events.Resize) -> None:
        """Details stand where there is room for them."""
        self.set_class(event.size.width >= BESIDE, "-beside")

    def _evidence(self, rule: RuleResult) -> Piece:
        found = entries_of(self._dossier, rule) if self._dossier is not None else ()
        return (f"#{found[0]}{f' +{len(found) - 1}' if len(found) > 1 else ''}" if found else "–", "accent" if found else "dim")


def _observed(rule: RuleResult) -> Piece:
    check = worst(rule)
    return (decimal(check.observed) if check else "–", "strong")


def _bar(rule: RuleResult) -> Piece:
    check = worst(rule)
    value = number(check.observed) if check else None
    if check is None or value is None:
        return (check.reason.value if check is not None and check.reason else rule.reason.value if rule.reason else "", "dim")
    return (bar(abs(value), top=scale_of(rule.checks), width=BAR, mark=number(check.threshold)), LOOK.glyph(check.status.value)[1])


def _threshold(rule: RuleResult) -> Piece:
    check = worst(rule)
    return (f"{check.op} {decimal(check.threshold)}" if check is not None and check.threshold else "", "dim")
