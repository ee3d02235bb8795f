"""What every dialog that signs has in common: fields, passphrases that nothing keeps, and a moment before keys count."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, ClassVar, Final, Literal

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select, Static

from govern.errors import GovernError, WrongPassphraseError
from govern.workflow.interface import Passphrases
from govern_tui.dialogs.secret import SecretInput
from govern_tui.dialogs.tick import Tick
from govern_tui.host import host_of
from govern_tui.text import LOOK, clean
from govern_tui.widgets.document import Flow

TYPE_AHEAD: Final = 0.3
"""Seconds in which keys are swallowed: what was typed before the dialog was there is not meant for it."""
TRIES: Final = 3
WAIT: Final = 5.0
"""Seconds after three wrong passphrases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing to fill in."""

    id: str
    label: str
    value: str = ""
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """Offered instead of a line to type: text and value."""
    needed: bool = True
    kind: Literal["text", "number", "secret", "ticks"] = "text"
    """`ticks` is a box for each of the choices; `value` names those that are ticked, as does what is filled in."""
    longest: int = 2000
    """Characters."""
    key: str = ""
    """Of a secret: the name of the key that it opens, as signing will ask for it."""


class SigningDialog(ModalScreen[Any]):
    """Fields, then Enter in the last secret; `write` runs in a thread, and its result is the dialog's."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    VERTICAL_BREAKPOINTS = [(0, "-low"), (34, "-tall")]  # noqa: RUF012 - Textual declares it without ClassVar
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Cancel", show=False),
        # With priority the focus has moved before the next key is looked at: otherwise what comes fast, as from a password
        # manager, would still go into the field before, where a passphrase can be read, and be signed as a reason.
        Binding("tab", "step(1)", "Next", show=False, priority=True),
        Binding("shift+tab", "step(-1)", "Previous", show=False, priority=True),
        Binding("enter", "enter", "Next, or sign", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    SigningDialog { align: center middle; }
    SigningDialog #frame { width: 96; max-width: 96%; height: auto; max-height: 96%; border: round $primary; background: $surface; padding: 0 1; scrollbar-size-vertical: 1; }
    SigningDialog Input, SigningDialog Select, SigningDialog SelectCurrent { height: 1; border: none; padding: 0 1; background: $panel; }
    SigningDialog Input:focus, SigningDialog Select:focus { border: none; background: $cursor; }
    SigningDialog .field { height: 1; margin-top: 1; }
    SigningDialog .field Label { width: 16; color: $muted; }
    SigningDialog .field Input, SigningDialog .field Select { width: 1fr; }
    SigningDialog .field Tick { height: 1; border: none; padding: 0; margin-right: 2; background: transparent; }
    SigningDialog .field Tick:focus { border: none; background: $cursor; }
    SigningDialog .field Tick > .toggle--button, SigningDialog .field Tick.-on > .toggle--button { background: transparent; color: $foreground; }
    SigningDialog #problem { color: $text-error; height: auto; min-height: 1; margin-top: 1; }
    SigningDialog #buttons { height: 1; align-horizontal: right; }
    SigningDialog Button { height: 1; min-width: 12; border: none; margin-left: 2; }
    SigningDialog.-low .field, SigningDialog.-low #problem { margin-top: 0; }
    """

    def __init__(self, title: str, fields: Sequence[Field], *, sign: str) -> None:
        """`sign` is what the button says that does it."""
        super().__init__()
        self._title, self._fields, self._word = title, tuple(fields), sign
        self.ready = False
        self._busy = False
        self._failures = 0
        self._not_before = 0.0

    # What each dialog says for itself

    def what(self) -> Content:
        """What will be signed."""
        raise NotImplementedError

    def first(self) -> str:
        """Id of the field that gets the keys."""
        empty = [field.id for field in self._fields if not field.choices and not field.value and field.needed]
        return empty[0] if empty else self._fields[-1].id

    def refuses(self, values: dict[str, str]) -> tuple[str, str] | None:
        """Why this can't be signed as it is filled in, and the field that it is about."""
        missing = next((field for field in self._fields if field.needed and not values[field.id]), None)
        return None if missing is None else (f"{missing.label} is needed.", missing.id)

    def write(self, values: dict[str, str], passphrases: Passphrases) -> Any:
        """Sign and write, in a thread. Raises `GovernError`."""
        raise NotImplementedError

    def written(self, values: dict[str, str], result: Any) -> None:
        """Leave with the result, in the main thread."""
        del values
        self.dismiss(result)

    # Layout

    def compose(self) -> ComposeResult:
        """What is signed, then the fields, then two buttons."""
        with VerticalScroll(id="frame", can_focus=False) as frame:
            frame.border_title = clean(self._title).replace("[", "\\[")
            frame.border_subtitle = "Enter signs · Esc cancels" if self._secrets else "Enter does it · Esc cancels"
            yield Flow(id="what")
            for field in self._fields:
                with Horizontal(classes="field"):
                    yield Label(field.label)
                    yield from self._inputs(field)
            yield Flow(id="problem", markup=False)
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield from (Button(word, id=name, compact=True) for name, word in self.ways())
                yield Button(self._word, id="sign", variant="primary", compact=True)

    def ways(self) -> tuple[tuple[str, str], ...]:
        """Buttons between the two: id and word."""
        return ()

    def way(self, name: str) -> None:
        """One of them was pressed."""

    def _inputs(self, field: Field) -> Iterator[Widget]:
        if field.kind == "ticks":
            ticked = field.value.split()
            yield from (Tick(text, value in ticked, id=f"{field.id}-{value}") for text, value in field.choices)
        else:
            yield self._input(field)

    def _input(self, field: Field) -> Input | Select[str]:
        if field.kind == "secret":
            return SecretInput(id=field.id, placeholder=field.hint or "of the key that signs")
        if field.choices:
            value = field.value if field.value in {value for _, value in field.choices} else field.choices[0][1]
            choices = [(clean(text), one) for text, one in field.choices]
            return Select[str](choices, id=field.id, allow_blank=False, value=value, compact=True)
        kind: Literal["integer", "text"] = "integer" if field.kind == "number" else "text"
        return Input(field.value, id=field.id, placeholder=field.hint, type=kind, max_length=field.longest, select_on_focus=False)

    def on_mount(self) -> None:
        """Show what is signed; take keys only after a moment."""
        self.show_what()
        for field in self.query(Input):
            field.cursor_blink = False
        self.set_timer(TYPE_AHEAD, self._take_keys)

    def show_what(self) -> None:
        """Draw again what will be signed."""
        self.query_one("#what", Flow).update(self.what())

    def _take_keys(self) -> None:
        self.ready = True
        self.query_one(f"#{self.first()}").focus()

    # Keys

    @property
    def _secrets(self) -> tuple[Field, ...]:
        return tuple(field for field in self._fields if field.kind == "secret")

    def on_key(self, event: events.Key) -> None:
        """Swallow what was typed before the dialog could be seen."""
        if not self.ready and event.key != "escape":
            event.stop()
            event.prevent_default()

    def action_step(self, step: int) -> None:
        """The next field, or the one before; not before the dialog takes keys."""
        if self.ready:
            self.focus_next() if step > 0 else self.focus_previous()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enter is a choice's or a button's own, where one has the keys."""
        del parameters
        return action != "enter" or isinstance(self.focused, Input)

    def action_enter(self) -> None:
        """Go on to the next field; in the last secret, or the last line to type, sign."""
        typed = [field.id for field in self._fields if not field.choices]
        last = self._secrets[-1].id if self._secrets else typed[-1]
        if not self.ready or self._busy or self.focused is None:
            return
        if self.focused.id == last:
            self.focused.call_later(self.sign)  # behind the letters that the field has not looked at yet
        else:
            self.focus_next()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "cancel":
            self.action_leave()
        elif self.ready and event.button.id == "sign":
            self.sign()
        elif self.ready and not self._busy:
            self.way(str(event.button.id))

    def action_leave(self) -> None:
        """Cancel."""
        if not self._busy:
            self._take()
            self.dismiss(None)

    # Signing

    def values(self) -> dict[str, str]:
        """What was filled in, without the secrets."""
        found: dict[str, str] = {}
        for field in self._fields:
            if field.kind == "ticks":
                found[field.id] = " ".join(value for _, value in field.choices if self.query_one(f"#{field.id}-{value}", Tick).value)
            elif field.kind != "secret":
                widget = self.query_one(f"#{field.id}")
                held = widget.value if isinstance(widget, Input | Select) else ""
                found[field.id] = held.strip() if isinstance(held, str) else ""
        return found

    def _take(self) -> dict[str, str]:
        """Empty every secret field; key name to what was typed."""
        return {field.key: self.query_one(f"#{field.id}", SecretInput).take() for field in self._secrets}

    def sign(self) -> None:
        """Check what can be checked here, then sign in a thread."""
        if self._busy:
            return
        if (left := self._not_before - monotonic()) > 0:
            self._take()
            self.problem(f"Three wrong passphrases: wait {left:.0f} s.")
            return
        values = self.values()
        against = self.refuses({**values, **{field.id: "-" for field in self._secrets}})
        if against is not None:
            self.problem(against[0])
            self.query_one(f"#{against[1]}").focus()
            return
        empty = next((field for field in self._secrets if field.needed and not self.query_one(f"#{field.id}", SecretInput).value), None)
        if empty is not None:
            self.problem("The passphrase of the key is needed for every signature.")
            self.query_one(f"#{empty.id}").focus()
            return
        self._busy = True
        self.problem("signing …" if self._secrets else "working …", glyph="")
        self._run(values, opened_with(self._take()))

    @work(thread=True, exclusive=True, group="sign")
    def _run(self, values: dict[str, str], passphrases: Passphrases) -> None:
        try:
            result = self.write(values, passphrases)
        except GovernError as error:
            self.app.call_from_thread(self.complain, error)
            return
        self.app.call_from_thread(self._finish, values, result)

    def _finish(self, values: dict[str, str], result: Any) -> None:
        host_of(self).changes += 1  # pages that were read before are read again when they are shown
        self.written(values, result)

    def complain(self, error: GovernError) -> None:
        """Say what went wrong; the passphrases are to be typed again."""
        self._busy = False
        if isinstance(error, WrongPassphraseError):
            self._failures += 1
            if self._failures % TRIES == 0:
                self._not_before = monotonic() + WAIT
        self.problem(f"{clean(error.message)}. {clean(error.hint)}")
        if self._secrets:
            self.query_one(f"#{self._secrets[0].id}").focus()

    def problem(self, text: str, *, glyph: str = "bad") -> None:
        """Show one line about what is in the way, and bring it into view."""
        shown = self.query_one("#problem", Static)
        shown.update(Content(f"{LOOK.glyph(glyph)[0]} {text}" if glyph else text))
        shown.scroll_visible(animate=False)


def opened_with(secrets: dict[str, str]) -> Callable[[str], str]:
    """Give each key's passphrase to whoever asks, the only one for every name; forgotten with this function."""
    only = next(iter(secrets.values()), "") if len(secrets) == 1 else ""
    return lambda name: secrets.get(name, "") or only
