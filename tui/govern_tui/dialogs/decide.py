"""The dialog in which a person signs a decision: what is signed, on what, by whom, why, and the passphrase."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final, cast

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Select

from govern.domain.text import instant, short
from govern.errors import GovernError, Refused
from govern.workflow.interface import Condition, Passphrases, Severity
from govern.workflow.views import Dossier, Written
from govern_tui.desk import Choice, Desk, SignerChoice, Verb
from govern_tui.dialogs.commands import command_of
from govern_tui.dialogs.signing import Field, SigningDialog
from govern_tui.host import host_of
from govern_tui.text import LOOK, clean, grouped, when
from govern_tui.widgets.document import Document

FEWEST_LETTERS: Final = 10
"""Of a reason: one word explains nothing to whoever reads it in three years."""
MOST_DAYS: Final = 365
MOST_AGAINST: Final = 3
"""Findings that a dialog names before it counts the others: the fields below have to stay in sight."""
PASSPHRASE: Final = "passphrase"  # noqa: S105 - the name of a field
SEVERITIES: Final = ("low", "medium", "high", "critical")



@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a decision can be about, where that is not the model alone."""

    text: str
    """As it is offered to choose from."""
    value: str
    said: tuple[tuple[str, str], ...] = ()
    """What others have signed about it, to be read before somebody signs: label and text."""


Subjects = tuple[Subject, ...]

TITLES: Final[dict[str, str]] = {
    "approve": "APPROVE", "approve-on": "APPROVE ON CONDITIONS", "reject": "REJECT", "request-changes": "REQUEST CHANGES", "waive": "WAIVE",
    "attest": "ATTEST", "comment": "COMMENT", "take-back": "TAKE BACK", "approve-waiver": "APPROVE WAIVER", "revoke-waiver": "REVOKE WAIVER",
    "open-finding": "OPEN FINDING", "remediate": "REMEDIATED", "close-finding": "CLOSE FINDING",
}
OPTIONAL_REASON: Final = frozenset({"approve", "attest"})
APPROVING: Final = frozenset({"approve", "approve-on", "attest", "approve-waiver"})
"""What not everybody may sign who is a reviewer: who is barred is told."""
EVALUATING: Final = frozenset({"open-finding", "remediate"})
"""What whoever looks after the model may sign too, not only reviewers."""


def fields_of(verb: Verb, subjects: Subjects, owner: str) -> tuple[Field, ...]:
    """The fields of a decision, in the order in which Tab goes through them."""
    reason = Field(
        id="reason", label="Problem" if verb == "open-finding" else "Reason", needed=verb not in OPTIONAL_REASON,
        hint="optional" if verb in OPTIONAL_REASON else f"at least {FEWEST_LETTERS} characters",
    )
    days = Field(id="days", label="Ends in days" if verb == "waive" else "Due in days", value="30", kind="number", longest=3)
    task = (
        Field(id="owner", label="Owner", value=owner, hint="who sees to it", longest=200), days,
        Field(id="severity", label="Severity", value="medium", choices=tuple((word, word) for word in SEVERITIES)),
    )
    condition = Field(id="condition", label="Condition", hint="what has to be done; Ctrl+N takes it down and asks for one more", needed=False)
    control = Field(id="control", label="Meanwhile", hint="compensating control, optional", needed=False, longest=1000)
    before = {"waive": (days,), "open-finding": task, "approve-on": (condition, *task)}.get(verb, ())
    return (
        *((Field(id="subject", label="About", choices=tuple((one.text, one.value) for one in subjects)),) if subjects else ()), reason, *before,
        Field(id=PASSPHRASE, label="Passphrase", kind="secret"), *((control,) if verb == "waive" else ()),
        Field(id="signer", label="Signer", choices=(("reading keys …", ""),)),
    )


class MovedError(Refused):
    """What a decision would rest on is not what was shown."""

    fresh: Dossier
    """What there is to read now."""


class DecideDialog(SigningDialog):
    """Gives what was written, or nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+n", "another", "Another condition", show=False)]

    def __init__(self, desk: Desk, dossier: Dossier, verb: Verb, *, shown: tuple[str, ...], signer: str, subjects: Subjects = ()) -> None:
        """`subjects` are what the decision can be about, as (text, value), where that is not the model alone."""
        super().__init__(
            f"{TITLES[verb]} · {dossier.name} · {dossier.gate}", fields_of(verb, subjects, dossier.system.owner), sign=f"Sign: {TITLES[verb].lower()}",
        )
        self._desk, self._dossier, self._shown, self._signer = desk, dossier, shown, signer
        self._verb: Verb = verb
        self._subjects, self._about = subjects, subjects[0].value if subjects else ""
        self._conditions: tuple[Condition, ...] = ()

    def on_mount(self) -> None:
        """Read which keys could sign."""
        super().on_mount()
        self._read_signers()

    def first(self) -> str:
        """The passphrase where nothing has to be written."""
        return PASSPHRASE if self._verb in OPTIONAL_REASON else "reason"

    def what(self) -> Content:
        """The digests that are signed, the verdict, and what stands against signing."""
        dossier = self._dossier
        made = Document()
        # A waiver has one scope, so there is nothing to choose: one rule, of these very bytes, at this gate.
        scope = [("for", f"one rule, this version only, at {dossier.gate}")] if self._verb == "waive" else []
        # A finding is about the model alone: what an approval rests on is not signed with it.
        rests = () if self._verb in EVALUATING or self._verb == "close-finding" else (
            ("closure", dossier.closure or "–"), ("decision", dossier.decision.digest if dossier.decision else "–"),
        )
        made.facts([
            ("you sign", f"{TITLES[self._verb].lower()}: {dossier.name}"), *scope, ("model", dossier.model), *rests,
            ("ledger", f"{grouped(dossier.head)} entries when read"),
        ], width=8)
        if dossier.decision is not None and rests:
            decision = dossier.decision.decision
            counts = {name: sum(1 for rule in decision.rules if rule.status.value == name) for name in ("pass", "fail", "inconclusive", "error")}
            made.add("policy   ", "dim").pieces([LOOK.verdict(decision.outcome.value)]).add("   ")
            for name, count in counts.items():
                made.add(f"{count} {LOOK.verdict(name)[0]}   ", LOOK.verdict(name)[1] if count else "dim")
            made.line()
        if rests:
            made.add("opened   ", "dim").line(", ".join(self._shown) or "nothing yet", "" if "rules" in self._shown else "warn")
        if self._verb in {"approve", "approve-on"}:
            _against(made, dossier)
        made.facts(next((one.said for one in self._subjects if one.value == self._about), ()), width=8)
        barred: dict[str, list[str]] = {}
        for conflict in dossier.conflicts if self._verb in APPROVING else ():
            barred.setdefault(conflict.holder, []).append(conflict.reason)
        for holder, reasons in barred.items():
            more = f", and {len(reasons) - 1} more" if len(reasons) > 1 else ""
            made.hang(2).line(f"! {holder} may not approve: {reasons[0]}{more}", "warn")
        for number, one in enumerate(self._conditions, start=1):
            made.hang(12).add(f"on cond. {number:<2} ", "dim").line(f"{one.title} · {one.owner} · until {instant(one.due)[:10]} · {one.severity}")
        return made.content()

    @on(Select.Changed, "#subject")
    def _chosen(self, event: Select.Changed) -> None:
        self._about = str(event.value)
        self.show_what()

    # Keys of the machine

    @work(thread=True, exclusive=True, group="signers")
    def _read_signers(self) -> None:
        try:
            signers = self._desk.signers()
        except GovernError as error:
            self.app.call_from_thread(self.complain, error)
            return
        self.app.call_from_thread(self._offer, signers)

    def _offer(self, signers: tuple[SignerChoice, ...]) -> None:
        people = fitting(signers, self._dossier, self._verb)
        choice = cast("Select[str]", self.query_one("#signer", Select))
        names = [one.name for one in people]
        if not names:
            self.problem("No key is on this machine: make one on page 9.")
            return
        texts = [clean(f"{one.name} · {one.holder} · {', '.join(one.roles)} · {short(one.keyid)}") for one in people]
        choice.set_options(list(zip(texts, names, strict=True)))
        out = signed_by(self._dossier) if self._verb.startswith("approve") else set()
        if self._verb == "approve-waiver":  # whoever asked for it has mostly just signed here; who is barred otherwise is told so
            out |= {conflict.holder for conflict in self._dossier.conflicts}
        own = next((one for one in people if one.name == self._signer and one.holder not in out), None)
        choice.value = own.name if own is not None else names[0]

    # Signing

    def refuses(self, values: dict[str, str]) -> tuple[str, str] | None:
        """A reason that explains, an end that comes, and a key."""
        if self._verb not in OPTIONAL_REASON and len(values["reason"]) < FEWEST_LETTERS:
            return (f"A reason of at least {FEWEST_LETTERS} characters is signed with it.", "reason")
        if not values["signer"]:
            return ("Choose the key that signs.", "signer")
        if "days" in values and not (values["days"].isdigit() and 1 <= int(values["days"]) <= MOST_DAYS):
            return (f"Every end has a day: give 1 to {MOST_DAYS} days.", "days")
        if self._verb == "approve-on":
            if values["condition"] and len(values["condition"]) < FEWEST_LETTERS:
                return (f"A condition of at least {FEWEST_LETTERS} characters becomes a finding.", "condition")
            if not values["condition"] and not self._conditions:
                return ("Name the condition, or approve without any (a).", "condition")
        return super().refuses({**values, "signer": values["signer"]})

    def action_another(self) -> None:
        """Take the condition down and ask for one more."""
        values = self.values()
        if self._verb != "approve-on" or not self.ready or self._busy:
            return
        if len(values["condition"]) < FEWEST_LETTERS:
            self.problem(f"A condition of at least {FEWEST_LETTERS} characters becomes a finding.")
            return
        self._conditions = (*self._conditions, self._condition(values))
        field = self.query_one("#condition", Input)
        field.value = ""
        field.focus()
        self.problem("", glyph="")
        self.show_what()

    def _condition(self, values: dict[str, str]) -> Condition:
        due = self._desk.now() + timedelta(days=int(values["days"] or 1))
        return Condition(title=values["condition"], owner=values["owner"], due=due, severity=cast("Severity", values["severity"]))

    def choice(self, values: dict[str, str]) -> Choice:
        """What was filled in, as a decision."""
        more = (self._condition(values),) if values.get("condition") else ()
        return Choice(
            verb=self._verb, reason=values["reason"], key=values["signer"], shown=self._shown, subject=values.get("subject", ""),
            days=int(values.get("days") or 30), control=values.get("control", ""), owner=values.get("owner", ""),
            severity=cast("Severity", values.get("severity") or "medium"), conditions=(*self._conditions, *more),
        )

    def write(self, values: dict[str, str], passphrases: Passphrases) -> Written:
        """Read once more what is decided on, then sign."""
        fresh = self._desk.dossier(self._dossier.model, self._dossier.gate)
        if moved(self._dossier, fresh):
            error = MovedError("the ledger has moved", "Read it again.")
            error.fresh = fresh
            raise error
        return self._desk.decide(self._dossier, self.choice(values), passphrases)

    def written(self, values: dict[str, str], result: Any) -> None:
        """Remember who signed, and the same as a command."""
        host = host_of(self)
        host.signer = values["signer"]
        host.say(command_of(self._dossier, self.choice(values), now=self._desk.now()))
        self.dismiss(result)

    def complain(self, error: GovernError) -> None:
        """Where the ledger moved, show the new state and sign nothing."""
        if not isinstance(error, MovedError):
            super().complain(error)
            return
        self._busy = False
        self._dossier, self._shown = error.fresh, ()
        self.show_what()
        self.problem("The ledger has moved: what you would sign on has changed. Nothing was signed. Esc, read it again, then decide.")


def _against(made: Document, dossier: Dossier) -> None:
    """What an approval is given in spite of: findings that are open, and why an earlier one no longer holds."""
    ended = next((row for row in reversed(dossier.reviews) if row.action == "approve" and row.standing == "stale"), None)
    if ended is not None:
        made.hang(9).line(f"! {'stale':<6} #{ended.index} of {ended.holder}: {ended.note}", "warn")
    found = [row for row in dossier.findings if row.state != "verified-closed"]
    for row in found[:MOST_AGAINST]:
        made.hang(9).line(f"! {row.state.split('-')[0]:<6} {row.id}, {row.severity}, due {when(row.due)[:10]}: {row.title}", "warn")
    if len(found) > MOST_AGAINST:
        made.line(f"! {len(found) - MOST_AGAINST} more findings are not closed", "warn")


def signed_by(dossier: Dossier) -> set[str]:
    """Holders whose approval of this counts now."""
    return {row.holder for row in dossier.reviews if row.action == "approve" and row.standing == "live"}


def fitting(signers: Sequence[SignerChoice], dossier: Dossier, verb: Verb) -> list[SignerChoice]:
    """Those who could sign this: the one that the quorum lacks in front, who signed already or is barred last."""
    wanted = {"approver", "validator"} | ({"evaluator"} if verb in EVALUATING else set())
    lacking = {quorum.role for quorum in dossier.missing}
    barred = {conflict.holder for conflict in dossier.conflicts}
    done = signed_by(dossier) if verb.startswith("approve") else set()
    people = [one for one in signers if wanted & set(one.roles)] or [one for one in signers if one.roles] or list(signers)
    return sorted(people, key=lambda one: (one.holder in barred, one.holder in done, not lacking & set(one.roles), one.name))


def moved(before: Dossier, now: Dossier) -> bool:
    """Whether what a decision rests on is not what was shown."""
    digest = before.decision.digest if before.decision else None
    return (
        before.closure != now.closure or digest != (now.decision.digest if now.decision else None)
        or before.reviews != now.reviews or before.findings != now.findings
    )
