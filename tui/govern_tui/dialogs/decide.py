"""The dialog in which a person signs a decision: what is signed, on what, by whom, why, and the passphrase."""

from collections.abc import Callable
from time import monotonic
from typing import ClassVar, Final

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Select, Static

from govern.domain.text import short
from govern.errors import GovernError, WrongPassphraseError
from govern.workflow.views import Dossier, Written
from govern_tui.desk import Choice, Desk, SignerChoice, Verb
from govern_tui.dialogs.secret import Secret
from govern_tui.text import LOOK, clean, grouped
from govern_tui.widgets.document import Document

TYPE_AHEAD: Final = 0.3
"""Seconds in which keys are swallowed: what was typed before the dialog was there is not meant for it."""
FEWEST_LETTERS: Final = 10
"""Of a reason: one word explains nothing to whoever reads it in three years."""
TRIES: Final = 3
WAIT: Final = 5.0
"""Seconds after three wrong passphrases."""
MOST_DAYS: Final = 365

Subjects = tuple[tuple[str, str], ...]

TITLES: Final[dict[str, str]] = {
    "approve": "APPROVE", "reject": "REJECT", "request-changes": "REQUEST CHANGES", "waive": "WAIVE", "attest": "ATTEST", "comment": "COMMENT",
    "take-back": "TAKE BACK", "approve-waiver": "APPROVE WAIVER", "revoke-waiver": "REVOKE WAIVER",
}


class DecideDialog(ModalScreen[Written]):
    """Gives what was written, or nothing."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", show=False),
        Binding("tab", "app.focus_next", "Next", show=False),
        Binding("shift+tab", "app.focus_previous", "Previous", show=False),
    ]
    DEFAULT_CSS = """
    DecideDialog { align: center middle; }
    DecideDialog #frame { width: 92; max-width: 96%; height: auto; max-height: 96%; border: round $primary; background: $surface; padding: 0 1; scrollbar-size-vertical: 1; }
    DecideDialog Input, DecideDialog Select, DecideDialog SelectCurrent { height: 1; border: none; padding: 0 1; background: $panel; }
    DecideDialog Input:focus, DecideDialog Select:focus { border: none; background: $cursor; }
    DecideDialog .field { height: 1; margin-top: 1; }
    DecideDialog .field Label { width: 12; color: $muted; }
    DecideDialog .field Input, DecideDialog .field Select { width: 1fr; }
    DecideDialog #problem { color: $text-error; height: auto; min-height: 1; margin-top: 1; }
    DecideDialog #buttons { height: 1; align-horizontal: right; }
    DecideDialog Button { height: 1; min-width: 12; border: none; margin-left: 2; }
    """

    def __init__(self, desk: Desk, dossier: Dossier, verb: Verb, *, shown: tuple[str, ...], signer: str, subjects: Subjects = ()) -> None:
        """`subjects` are what the decision can be about, as (text, value), where that is not the model alone."""
        super().__init__()
        self._subjects = subjects
        self._desk = desk
        self._dossier = dossier
        self._verb: Verb = verb
        self._shown = shown
        self._signer = signer
        self._signers: tuple[SignerChoice, ...] = ()
        self.ready = False
        self._failures = 0
        self._not_before = 0.0
        self._busy = False

    # Layout

    def compose(self) -> ComposeResult:
        """What is signed, then the fields, then two buttons."""
        with VerticalScroll(id="frame", can_focus=False) as frame:
            frame.border_title = clean(f"{TITLES[self._verb]} · {self._dossier.name} · {self._dossier.gate}").replace("[", "\\[")
            frame.border_subtitle = "Enter signs · Esc cancels"
            yield Static(id="what")
            yield from self._subject_field()
            with Horizontal(classes="field"):
                yield Label("Reason")
                optional = self._verb in {"approve", "attest"}
                yield Input(id="reason", placeholder="optional" if optional else f"at least {FEWEST_LETTERS} characters", max_length=2000)
            if self._verb == "waive":
                with Horizontal(classes="field"):
                    yield Label("Days")
                    yield Input("30", id="days", type="integer", max_length=3)
            with Horizontal(classes="field"):
                yield Label("Passphrase")
                yield Secret(id="passphrase", placeholder="of the key that signs")
            if self._verb == "waive":
                with Horizontal(classes="field"):
                    yield Label("Meanwhile")
                    yield Input(id="control", placeholder="compensating control, optional", max_length=1000)
            with Horizontal(classes="field"):
                yield Label("Signer")
                yield Select[str]([], id="signer", allow_blank=True, compact=True, prompt="reading keys …")
            yield Static(id="problem", markup=False)
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(f"Sign {self._verb}", id="sign", variant="primary", compact=True)

    def _subject_field(self) -> ComposeResult:
        if self._subjects:
            choices = [(clean(text), value) for text, value in self._subjects]
            with Horizontal(classes="field"):
                yield Label("About")
                yield Select[str](choices, id="subject", allow_blank=False, value=choices[0][1], compact=True)

    def on_mount(self) -> None:
        """Show what is signed; take keys only after a moment."""
        self._show_what()
        self._read_signers()
        for field in self.query(Input):
            field.cursor_blink = False
        self.set_timer(TYPE_AHEAD, self._take_keys)

    def _take_keys(self) -> None:
        self.ready = True
        first = "#passphrase" if self._verb in {"approve", "attest"} else "#reason"
        self.query_one(first).focus()

    def _show_what(self) -> None:
        dossier = self._dossier
        made = Document()
        made.facts([
            ("you sign", f"{self._verb} on {dossier.name}"), ("model", dossier.model),
            ("closure", dossier.closure or "–"), ("decision", dossier.decision.digest if dossier.decision else "–"),
            ("ledger", f"{grouped(dossier.head)} entries when read"),
        ], width=10)
        if dossier.decision is not None:
            decision = dossier.decision.decision
            counts = {name: sum(1 for rule in decision.rules if rule.status.value == name) for name in ("pass", "fail", "inconclusive", "error")}
            made.add("policy     ", "dim").pieces([LOOK.verdict(decision.outcome.value)]).add("   ")
            for name, count in counts.items():
                made.add(f"{count} {LOOK.verdict(name)[0]}   ", LOOK.verdict(name)[1] if count else "dim")
            made.line()
        made.add("opened     ", "dim").line(", ".join(self._shown) or "nothing yet", "" if "rules" in self._shown else "warn")
        for conflict in dossier.conflicts:
            made.line(f"! {conflict.holder} may not approve: {conflict.reason}", "warn")
        self.query_one("#what", Static).update(made.content())

    # Keys of the machine

    @work(thread=True, exclusive=True, group="signers")
    def _read_signers(self) -> None:
        try:
            signers = self._desk.signers()
        except GovernError as error:
            self.app.call_from_thread(self._complain, error)
            return
        self.app.call_from_thread(self._offer, signers)

    def _offer(self, signers: tuple[SignerChoice, ...]) -> None:
        self._signers = signers
        people = self._fitting(signers)
        choice = self.query_one("#signer", Select)
        choice.set_options([(clean(f"{one.name} · {one.holder} · {', '.join(one.roles)} · {short(one.keyid)}"), one.name) for one in people])
        names = [one.name for one in people]
        if names:
            choice.value = self._signer if self._signer in names else names[0]
        else:
            self._problem("No key is on this machine: make one on page 9.")

    def _fitting(self, signers: tuple[SignerChoice, ...]) -> list[SignerChoice]:
        """Those who could sign this, the one that the quorum lacks and that no conflict bars in front."""
        lacking = {quorum.role for quorum in self._dossier.missing}
        barred = {conflict.holder for conflict in self._dossier.conflicts}
        people = [one for one in signers if {"approver", "validator"} & set(one.roles)] or [one for one in signers if one.roles] or list(signers)
        return sorted(people, key=lambda one: (one.holder in barred, not lacking & set(one.roles), one.name))

    # Signing

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if not self.ready:
            return
        if event.input.id == "passphrase":
            self._sign()
        else:
            self.focus_next()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "cancel":
            self.dismiss(None)
        elif self.ready:
            self._sign()

    def on_key(self, event: events.Key) -> None:
        """Swallow what was typed before the dialog could be seen."""
        if not self.ready and event.key != "escape":
            event.stop()
            event.prevent_default()

    def action_leave(self) -> None:
        """Cancel."""
        if not self._busy:
            self.query_one(Secret).take()
            self.dismiss(None)

    def _choice(self) -> Choice | None:
        reason = self.query_one("#reason", Input).value.strip()
        if self._verb not in {"approve", "attest"} and len(reason) < FEWEST_LETTERS:
            self._problem(f"A reason of at least {FEWEST_LETTERS} characters is signed with it.")
            self.query_one("#reason").focus()
            return None
        key = self.query_one("#signer", Select).value
        if not isinstance(key, str):
            self._problem("Choose the key that signs.")
            return None
        subject = self.query_one("#subject", Select).value if self._subjects else ""
        days = self._days()
        if days is None:
            return None
        control = self.query_one("#control", Input).value.strip() if self._verb == "waive" else ""
        return Choice(verb=self._verb, reason=reason, key=key, shown=self._shown, subject=str(subject), days=days, control=control)

    def _days(self) -> int | None:
        if self._verb != "waive":
            return 30
        text = self.query_one("#days", Input).value
        if not text.isdigit() or not 1 <= int(text) <= MOST_DAYS:
            self._problem(f"A waiver ends: give 1 to {MOST_DAYS} days.")
            self.query_one("#days").focus()
            return None
        return int(text)

    def _sign(self) -> None:
        if self._busy:
            return
        if (left := self._not_before - monotonic()) > 0:
            self.query_one(Secret).take()
            self._problem(f"Three wrong passphrases: wait {left:.0f} s.")
            return
        choice = self._choice()
        if choice is None:
            return
        field = self.query_one(Secret)
        if not field.value:
            self._problem("The passphrase of the key is needed for every signature.")
            field.focus()
            return
        self._busy = True
        self._problem("signing …")
        self._write(choice, once(field.take()))

    @work(thread=True, exclusive=True, group="sign")
    def _write(self, choice: Choice, passphrases: Callable[[str], str]) -> None:
        try:
            fresh = self._desk.dossier(self._dossier.model, self._dossier.gate)
            if moved(self._dossier, fresh):
                self.app.call_from_thread(self._moved, fresh)
                return
            written = self._desk.decide(self._dossier, choice, passphrases)
        except GovernError as error:
            self.app.call_from_thread(self._complain, error)
            return
        self.app.call_from_thread(self._written, choice, written)

    def _written(self, choice: Choice, written: Written) -> None:
        app = self.app
        app.signer = choice.key  # type: ignore[attr-defined]
        app.say(command_of(self._dossier, choice))  # type: ignore[attr-defined]
        self.dismiss(written)

    def _moved(self, fresh: Dossier) -> None:
        self._busy = False
        self._dossier = fresh
        self._shown = ()
        self._show_what()
        self._problem("The ledger has moved: what you would sign on has changed. Nothing was signed. Esc, read it again, then decide.")

    def _complain(self, error: GovernError) -> None:
        self._busy = False
        if isinstance(error, WrongPassphraseError):
            self._failures += 1
            if self._failures % TRIES == 0:
                self._not_before = monotonic() + WAIT
        self._problem(f"{clean(error.message)}. {clean(error.hint)}")
        self.query_one(Secret).focus()

    def _problem(self, text: str) -> None:
        self.query_one("#problem", Static).update(Content(f"{LOOK.glyph('bad')[0]} {text}" if text else ""))


def once(secret: str) -> Callable[[str], str]:
    """Give a passphrase to whoever asks, and forget it with this function: nothing keeps it."""
    return lambda _name: secret


def moved(before: Dossier, now: Dossier) -> bool:
    """Whether what a decision rests on is not what was shown."""
    digest = before.decision.digest if before.decision else None
    return before.closure != now.closure or digest != (now.decision.digest if now.decision else None) or before.reviews != now.reviews


def command_of(dossier: Dossier, choice: Choice) -> str:
    """The same on the command line, without the passphrase."""
    option = {"waive": "--rule", "attest": "--rule", "approve-waiver": "--approve", "revoke-waiver": "--revoke", "take-back": "--review"}
    verb = "waive" if choice.verb.endswith("-waiver") else choice.verb
    words = ["govern review", verb] if choice.verb.endswith("-waiver") else ["govern review", verb, dossier.name, "--gate", dossier.gate]
    words += [option[choice.verb], choice.subject] if choice.subject else []
    words += ["--reason", f'"{choice.reason}"'] if choice.reason else []
    return " ".join([*words, "--as", choice.key])
