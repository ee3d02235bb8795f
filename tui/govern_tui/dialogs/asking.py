"""A small dialog with a few fields and a passphrase, for everything that writes and is not a decision on a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Select, Static

from govern.errors import GovernError
from govern.workflow.interface import Passphrases
from govern_tui.dialogs.decide import TYPE_AHEAD
from govern_tui.dialogs.secret import Secret
from govern_tui.text import LOOK, clean


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing to fill in."""

    id: str
    label: str
    value: str = ""
    hint: str = ""
    choices: tuple[str, ...] = ()
    """Offered instead of a line to type."""
    needed: bool = True


PASSPHRASE: Final = "passphrase"  # noqa: S105 - the name of a field


class AskDialog(ModalScreen[Any]):
    """Fields, then Enter; `do(values, passphrases)` runs in a thread, and its result is the dialog's."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Cancel", show=False)]
    DEFAULT_CSS = """
    AskDialog { align: center middle; }
    AskDialog #frame { width: 86; max-width: 96%; height: auto; max-height: 96%; border: round $primary; background: $surface; padding: 0 1; }
    AskDialog Input, AskDialog Select { height: 1; border: none; padding: 0 1; background: $panel; }
    AskDialog Input:focus, AskDialog Select:focus { border: none; background: $cursor; }
    AskDialog .field { height: 1; margin-top: 1; }
    AskDialog .field Label { width: 16; color: $muted; }
    AskDialog .field Input, AskDialog .field Select { width: 1fr; }
    AskDialog #problem { color: $text-error; height: auto; min-height: 1; margin-top: 1; }
    """

    def __init__(
        self, title: str, what: str, fields: Sequence[Field], do: Callable[[dict[str, str], Passphrases], Any], *, secrets: Sequence[str] = (),
    ) -> None:
        """`secrets` are the keys whose passphrases are asked for; the names are those that signing will ask with."""
        super().__init__()
        self._title, self._what, self._fields, self._do = title, what, tuple(fields), do
        self._secrets = tuple(secrets)
        self.ready = self._busy = False

    def compose(self) -> ComposeResult:
        """What will be done, the fields, the passphrases."""
        with VerticalScroll(id="frame", can_focus=False) as frame:
            frame.border_title = clean(self._title).replace("[", "\\[")
            frame.border_subtitle = "Enter does it · Esc cancels"
            yield Static(Content(clean(self._what, lines=True)))
            for field in self._fields:
                with Horizontal(classes="field"):
                    yield Label(field.label)
                    if field.choices:
                        value = field.value if field.value in field.choices else field.choices[0]
                        yield Select[str]([(clean(choice), choice) for choice in field.choices], id=f"f-{field.id}", allow_blank=False, value=value, compact=True)
                    else:
                        yield Input(field.value, id=f"f-{field.id}", placeholder=field.hint, select_on_focus=False)
            for number, name in enumerate(self._secrets):
                with Horizontal(classes="field"):
                    yield Label("Passphrase")
                    yield Secret(id=f"s-{number}", placeholder=f"of the key {name}" if name else "of the key")
            yield Static(id="problem", markup=False)

    def on_mount(self) -> None:
        """Take keys only after a moment."""
        for field in self.query(Input):
            field.cursor_blink = False
        self.set_timer(TYPE_AHEAD, self._take_keys)

    def _take_keys(self) -> None:
        self.ready = True
        empty = [field for field in self._fields if not field.choices and not field.value]
        first = f"#f-{empty[0].id}" if empty else "#s-0" if self._secrets else f"#f-{self._fields[-1].id}"
        self.query_one(first).focus()

    def on_key(self, event: events.Key) -> None:
        """Swallow what was typed before the dialog could be seen."""
        if not self.ready and event.key != "escape":
            event.stop()
            event.prevent_default()

    def action_leave(self) -> None:
        """Cancel."""
        if not self._busy:
            self._forget()
            self.dismiss(None)

    def _forget(self) -> list[str]:
        return [field.take() for field in self.query(Secret)]

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        inputs = list(self.query(Input))
        if not self.ready or self._busy:
            return
        if event.input is not inputs[-1]:
            inputs[inputs.index(event.input) + 1].focus()
            return
        values = {field.id: str(self.query_one(f"#f-{field.id}").value).strip() for field in self._fields}  # type: ignore[attr-defined]
        for field in self._fields:
            if field.needed and not values[field.id]:
                self._forget()
                self._problem(f"{field.label} is needed.")
                return
        secrets = dict(zip(self._secrets, self._forget(), strict=True))
        self._busy = True
        self._problem("working …")
        self._run(values, lambda name: secrets.get(name) or next(iter(secrets.values()), ""))

    @work(thread=True, exclusive=True, group="ask")
    def _run(self, values: dict[str, str], passphrases: Passphrases) -> None:
        try:
            result = self._do(values, passphrases)
        except GovernError as error:
            self.app.call_from_thread(self._complain, error)
            return
        self.app.call_from_thread(self.dismiss, result)

    def _complain(self, error: GovernError) -> None:
        self._busy = False
        self._problem(f"{clean(error.message)}. {clean(error.hint)}")

    def _problem(self, text: str) -> None:
        self.query_one("#problem", Static).update(Content(f"{LOOK.glyph('bad')[0]} {text}"))
